"""`aicost badge` as a user runs it: with and without a daemon, in any format, in plain text."""

import json
import os
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from claude_logs import append, call_line, log_of, register
from commands import aicost, command_line, own_environment
from gates import output_of
from lab.terminal import Terminal
from on_terminals import on_terminal

from aicost.core.errors import ExitCode
from aicost.daemon.lifecycle import start_in_background, stop_running
from aicost.platform.dirs import load_dirs


@pytest.fixture(params=["with a daemon", "without a daemon"])
def daemon(request: pytest.FixtureRequest) -> Iterator[bool]:
    is_wanted = request.param == "with a daemon"
    dirs = load_dirs(os.environ)
    if is_wanted:
        start_in_background(dirs, os.environ)
    yield is_wanted
    assert stop_running(dirs, timeout_s=20) == is_wanted


def spend(home: Path, usd: float, session: str = "s-1", **changes: Any) -> None:
    at = datetime.now(UTC) - timedelta(seconds=1)
    line = call_line(f"msg_{session}", session, at=at, tokens=output_of(usd), **changes)
    append(log_of(home / ".claude", session), line)


def budget(home: Path, amount: float) -> None:
    config = load_dirs(os.environ).config_file
    config.write_text(f'[[budgets]]\nscope = "day"\namount = {amount}\n')


def test_it_prints_what_a_prompt_would_show(home: Path) -> None:
    budget(home, 2.5)
    spend(home, 2)
    run = aicost("badge")
    assert (run.returncode, run.stdout, run.stderr) == (0, "⬡ $2.00 ▲80%\n", "")
    run = aicost("badge", "--format", "{cost} of {percent}, {level}, {tokens}{task}")
    assert run.stdout == "$2.00 of 80%, warn, 133k\n"
    ascii_env = {"AICOST_BADGE_ASCII": "1"}
    assert aicost("badge", env=ascii_env).stdout == "$2.00 !80%\n"
    assert aicost("badge", env={"AICOST_BADGE_FORMAT": "<{cost}>"}).stdout == "<$2.00>\n"


def test_json_is_the_same_with_and_without_a_daemon(home: Path, daemon: bool) -> None:
    spend(home, 2)
    if daemon:
        aicost("report")  # waits until all is read
    run = aicost("badge", "--json")
    document = json.loads(run.stdout)
    assert (document["schema"], document["scope"], document["text"]) == (1, "today", "⬡ $2.00")
    assert set(document) == {
        "schema", "at", "complete", "pending_bytes", "scope", "shell", "root", "text", "level",
        "cost_usd", "unpriced_tokens", "tokens", "budget", "state", "sessions", "usd_per_hour",
        "context_share", "task",
    }  # fmt: skip


def test_another_shell_s_badge_can_be_asked_for(home: Path) -> None:
    spend(home, 2)
    with on_terminal("bash", "--norc", "--noprofile", "-i") as shell:
        shell.types("sleep 600")
        register(home / ".claude", "s-2", pid=shell.child("sleep"))
        spend(home, 1, "s-2")
        document = json.loads(aicost("badge", "--json", "--shell", str(shell.pid)).stdout)
        assert (document["scope"], document["shell"]) == ("shell", shell.pid)
        assert document["cost_usd"] == pytest.approx(1, abs=1e-4)


def test_it_knows_the_shell_that_it_is_run_from_and_its_folder(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    spend(home, 2)
    spend(home, 4, "s-3", cwd=str(tmp_path))
    ask = f"{shlex.join(command_line('badge', '--json'))} > said.json; mv said.json"
    with on_terminal(
        "bash", "--norc", "--noprofile", "-i", env=own_environment(), cwd=tmp_path
    ) as shell:
        shell.types(f"{ask} folder.json")
        document = json.loads(written(tmp_path / "folder.json"))
        assert (document["scope"], document["root"]) == ("repo", str(tmp_path))
        assert document["cost_usd"] == pytest.approx(4, abs=1e-4)
        shell.types("sleep 600 &")
        register(home / ".claude", "s-1", pid=shell.child("sleep"))
        spend(home, 1, "s-2")
        register(home / ".claude", "s-2", pid=shell.child("sleep"))
        shell.types(f"{ask} shell.json")
        document = json.loads(written(tmp_path / "shell.json"))
        assert (document["scope"], document["shell"]) == ("shell", shell.pid)


def written(path: Path) -> str:
    from lab.waiting import until

    until(path.exists, f"{path.name}")
    return path.read_text()


def test_it_prints_nothing_where_nothing_ran_today() -> None:
    run = aicost("badge")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("wrong", ["{costs}", "{", "{cost"])
def test_a_wrong_placeholder_says_which_there_are(wrong: str) -> None:
    run = aicost("badge", "--format", wrong)
    assert (run.returncode, run.stdout) == (ExitCode.CONFIG, "")
    assert "a badge's format cannot have" in run.stderr
    assert "{cost}, {percent}, {level}, {sign}" in run.stderr
    assert "try: aicost badge --format" in run.stderr


@pytest.mark.parametrize(
    "argv", [("--json", "--format", "{cost}"), ("--shell", "x"), ("--shell",), ("today",)]
)
def test_what_it_does_not_know_is_a_usage_error(argv: tuple[str, ...]) -> None:
    run = aicost("badge", *argv)
    assert run.returncode == 2
    assert "try: aicost badge --help" in run.stderr


def test_a_terminal_shows_the_level_in_colour_unless_it_is_not_wanted(
    home: Path, tmp_path: Path
) -> None:
    budget(home, 2.5)
    spend(home, 2)
    for extra, is_coloured in ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False):
        env = own_environment() | {"TERM": "screen-256color"} | extra
        stays = ["sh", "-c", f"{shlex.join(command_line('badge'))}; read -r line"]
        with Terminal(stays, env=env, cwd=tmp_path) as terminal:
            terminal.wait_for("80%")
            assert ("\x1b[33m" in terminal.painted_screen()) == is_coloured


def test_a_folder_that_is_gone_is_in_no_repository(home: Path, tmp_path: Path) -> None:
    spend(home, 2)
    gone = tmp_path / "gone"
    gone.mkdir()
    argv = shlex.join(command_line("badge"))
    with on_terminal(
        "bash", "--norc", "--noprofile", "-i", env=own_environment(), cwd=gone
    ) as shell:
        shell.types(f"rmdir {gone}; {argv} > {tmp_path}/part; mv {tmp_path}/part {tmp_path}/said")
        assert written(tmp_path / "said") == "⬡ $2.00\n"
