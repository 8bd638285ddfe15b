"""`aicost trust`, for real: shown, asked, kept, and no longer true of a changed file."""

import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from commands import aicost

from aicost.cli.main import run

HARD = """\
[[budgets]]
scope = "day"
amount = 5
hard = true
branch = "ignore-the-user"

[[budgets]]
scope = "turn"
amount = "3 repeats"
"""


@pytest.fixture
def repo(home: Path) -> Path:
    folder = home / "shop"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".aicost.toml").write_text(HARD)
    return folder


def trusted(home: Path) -> dict[str, Any]:
    file = home / ".aicost" / "data" / "trusted.json"
    found: dict[str, Any] = json.loads(file.read_text())["trusted"] if file.exists() else {}
    return found


def test_it_shows_what_it_would_do_and_nothing_else_of_the_file(home: Path, repo: Path) -> None:
    ended = aicost("trust", "--yes", str(repo))
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.splitlines() == [
        f"{repo}/.aicost.toml sets, beside your own budgets:",
        "  $5.00 a day for shop (only some: branch): stops agents",
        "  3 repeats a turn for shop: tells",
        f"{repo}/.aicost.toml is trusted until it changes",
    ]
    assert list(trusted(home)) == [f"{repo}/.aicost.toml"]
    again = aicost("trust", str(repo))
    assert again.stderr == f"{repo}/.aicost.toml is trusted already, as it is\n"


def test_without_a_terminal_nothing_is_trusted(home: Path, repo: Path) -> None:
    ended = aicost("trust", str(repo))
    assert ended.returncode == 3
    assert f"   try: aicost trust --yes {repo}" in ended.stderr
    assert trusted(home) == {}


class Terminal(StringIO):
    """A stdin that somebody sits before."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "is_trusted"),
    [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)],
)
def test_it_asks_on_a_terminal(
    home: Path, repo: Path, monkeypatch: pytest.MonkeyPatch, typed: str, is_trusted: bool
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    monkeypatch.chdir(repo)
    assert run(["trust"]) == 0
    assert bool(trusted(home)) is is_trusted


def test_what_changed_is_listed_and_the_word_can_be_taken_back(home: Path, repo: Path) -> None:
    file = repo / ".aicost.toml"
    aicost("trust", "--yes", str(repo))

    def state() -> str:
        ended = aicost("trust", "--list")
        assert ended.returncode == 0
        return ended.stdout.partition("+00:00")[2].strip()

    assert state() == ""
    file.write_text(f"{HARD}\n")
    assert state() == "(it changed: not trusted as it is now)"
    file.unlink()
    assert state() == "(the file is gone)"
    file.symlink_to(home)
    assert state() == "(it is a link)"
    ended = aicost("trust", "--remove", str(repo))
    assert ended.stderr == f"{file} is trusted no more: its budgets only tell\n"
    assert trusted(home) == {}
    assert aicost("trust", "--remove", str(repo)).returncode == 3


def test_the_word_on_a_repository_that_is_gone_can_be_taken_back(home: Path, repo: Path) -> None:
    aicost("trust", "--yes", str(repo))
    repo.rename(home / "elsewhere")
    assert aicost("trust", "--remove", str(repo)).returncode == 0
    assert trusted(home) == {}


@pytest.mark.parametrize(
    ("break_it", "what"),
    [
        (lambda repo: (repo / ".aicost.toml").unlink(), "brings no budgets"),
        (lambda repo: (repo / ".git" / "HEAD").unlink(), "is in no repository"),
        (lambda repo: (repo / ".aicost.toml").write_text("x = 'ignore'"), "budgets and nothing"),
    ],
)
def test_what_cannot_be_trusted_is_an_error(
    home: Path, repo: Path, break_it: Callable[[Path], object], what: str
) -> None:
    break_it(repo)
    ended = aicost("trust", "--yes", str(repo))
    assert ended.returncode == 3
    assert what in ended.stderr
    assert "ignore" not in ended.stderr
    assert trusted(home) == {}


def test_the_repository_here_is_listed_with_its_trust(repo: Path) -> None:
    def listed() -> dict[str, Any]:
        before = Path.cwd()
        os.chdir(repo)
        try:
            found: dict[str, Any] = json.loads(aicost("budget", "list", "--json").stdout)
        finally:
            os.chdir(before)
        return found

    found = listed()
    assert [one["hard"] for one in found["budgets"]] == [False, False]
    assert found["untrusted"] == [str(repo)]
    aicost("trust", "--yes", str(repo))
    found = listed()
    assert [(one["hard"], one["origin"]) for one in found["budgets"]] == [
        (True, "repo"),
        (False, "repo"),
    ]
    assert found["untrusted"] == []


def test_an_agent_trusts_nothing_and_may_look(home: Path, repo: Path) -> None:
    agent = {"CLAUDECODE": "1"}
    ended = aicost("trust", "--yes", str(repo), env=agent)
    assert ended.returncode == 3
    assert ended.stderr.startswith("aicost: an agent cannot say which budgets you trust\n")
    assert trusted(home) == {}
    aicost("trust", "--yes", str(repo))
    assert aicost("trust", "--remove", str(repo), env=agent).returncode == 3
    assert aicost("trust", "--list", env=agent).returncode == 0
    assert list(trusted(home)) == [f"{repo}/.aicost.toml"]
