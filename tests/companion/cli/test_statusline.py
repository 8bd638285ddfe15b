"""`aicost statusline`: shows what it will write, asks, keeps the other command, leaves no trace."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from agent_homes import stand_in, tree
from commands import aicost, command_line, own_environment

from aicost.core.hook_files import STATUS_LINE, other_status_line, status_line_command
from aicost.platform.dirs import load_dirs
from aicost.platform.hook_files import is_current

SETTINGS = b'{\n\t"statusLine": {"type": "command", "command": "echo mine; date"}\n}'
ENTER_S = 20.0


@pytest.fixture
def path(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    bin_dir = stand_in(home / "bin", "claude", "2.1.330 (Claude Code)")
    monkeypatch.setenv("PATH", f"{bin_dir}{os.pathsep}/usr/bin{os.pathsep}/bin")
    found = home / ".claude" / "settings.json"
    found.parent.mkdir()
    found.write_bytes(SETTINGS)
    return found


def command(path: Path) -> str:
    return str(json.loads(path.read_text())["statusLine"]["command"])


def test_without_a_terminal_nothing_is_written_unless_told_so(path: Path, home: Path) -> None:
    ended = aicost("statusline", "install")
    assert ended.returncode == 3
    assert "try: aicost statusline install --yes" in ended.stderr
    assert ended.stdout.startswith("--- ~/.claude/settings.json\n+++ ~/.claude/settings.json\n")
    assert "AICOST_C='echo mine; date'" in ended.stdout
    assert tree(path.parent) == {"settings.json": SETTINGS}
    assert not (home / ".aicost" / "data" / "hooks").exists()


@pytest.mark.parametrize(("answer", "code"), [("n", 3), ("y", 0)])
def test_on_a_terminal_the_user_is_asked(path: Path, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command_line("statusline", "install"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=own_environment(),
        text=True,
    ) as process:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        process.communicate(timeout=ENTER_S)
    os.close(ours)
    assert process.returncode == code
    assert (path.read_bytes() == SETTINGS) is (answer == "n")


def test_it_is_installed_once_and_leaves_no_trace(path: Path, home: Path) -> None:
    ended = aicost("statusline", "install", "--yes")
    assert ended.returncode == 0
    assert "installed in ~/.claude/settings.json; what it was: ~/.claude/settings.json.aicost" in (
        ended.stdout
    )
    assert "runs beside it: echo mine; date\n" in ended.stdout
    assert "the daemon does not run: nothing of ours is shown until it does" in ended.stderr
    data_dir = load_dirs(os.environ).data_dir
    assert command(path) == status_line_command(str(data_dir / "hooks"), "echo mine; date")
    assert is_current(data_dir, STATUS_LINE)
    before = path.stat()
    again = aicost("statusline", "install")
    assert (again.returncode, "already installed in" in again.stdout) == (0, True)
    assert path.stat() == before
    ended = aicost("statusline", "uninstall", "--yes")
    assert "~/.claude/settings.json is without our status line" in ended.stdout
    assert tree(path.parent) == {"settings.json": SETTINGS}
    assert tree(data_dir / "hooks") == {}
    assert aicost("statusline", "uninstall").stdout == "no status line of aicost is installed\n"


def test_hooks_and_the_status_line_do_not_take_each_other_along(path: Path) -> None:
    data_dir = load_dirs(os.environ).data_dir
    for word in ("hooks", "statusline"):
        assert aicost(word, "install", "--yes").returncode == 0
    assert aicost("hooks", "uninstall", "--yes").returncode == 0
    assert other_status_line(command(path)) == "echo mine; date"
    assert is_current(data_dir, STATUS_LINE)
    assert aicost("statusline", "uninstall", "--yes").returncode == 0
    assert tree(path.parent) == {"settings.json": SETTINGS}
    assert tree(data_dir / "hooks") == {}


def test_how_it_stands_is_told_to_people_and_scripts(path: Path) -> None:
    shown = aicost("statusline", "status").stdout
    assert shown.splitlines() == [
        "~/.claude/settings.json: another status line: echo mine; date",
        "! no status line of aicost is installed",
        "  try: aicost statusline install",
    ]
    aicost("statusline", "install", "--yes")
    shown = aicost("statusline", "status").stdout
    assert shown.splitlines() == [
        "~/.claude/settings.json: our status line, beside echo mine; date",
        "! the daemon does not run: nothing of ours is shown until it does",
        "  try: aicost daemon start",
    ]
    document = json.loads(aicost("statusline", "status", "--json").stdout)
    assert document["installed"]
    assert [file["other"] for file in document["files"]] == ["echo mine; date"]
    assert len(document["problems"]) == 1


def test_the_setting_is_printed_for_settings_that_another_program_writes(path: Path) -> None:
    printed = json.loads(aicost("statusline", "install", "--print").stdout)
    assert path.read_bytes() == SETTINGS
    path.write_text("{}")
    aicost("statusline", "install", "--yes")
    assert json.loads(path.read_text()) == printed


def test_it_may_be_a_folders_own(path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = home / "src" / "shop"
    project.mkdir(parents=True)
    monkeypatch.chdir(project)
    assert aicost("statusline", "install", "--project-local", "--yes").returncode == 0
    assert path.read_bytes() == SETTINGS
    assert other_status_line(command(project / ".claude" / "settings.local.json")) == ""
    monkeypatch.chdir(home)
    assert aicost("statusline", "uninstall", "--yes").returncode == 0
    assert tree(project) == {}
