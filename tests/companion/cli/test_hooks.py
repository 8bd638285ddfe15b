"""`aicost hooks`: shows what it will write, asks, writes it once, and takes it away to the byte."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from agent_homes import stand_in, tree
from commands import aicost, command_line, own_environment
from lab.waiting import until

from aicost.core.hook_files import is_hook_command
from aicost.platform.dirs import load_dirs
from aicost.platform.hook_files import is_current, read_where

SETTINGS = b'{\n\t"model": "opus",\n\t"permissions": {"allow": ["Bash(ls)"]}\n}'
ENTER_S = 20.0


@pytest.fixture
def path(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the settings of a Claude Code that is the only agent here."""
    bin_dir = stand_in(home / "bin", "claude", "2.1.330 (Claude Code)")
    monkeypatch.setenv("PATH", f"{bin_dir}{os.pathsep}/usr/bin{os.pathsep}/bin")
    found = home / ".claude" / "settings.json"
    found.parent.mkdir()
    found.write_bytes(SETTINGS)
    return found


def on_terminal(answer: str, *argv: str) -> tuple[int, str, str]:
    """Run a command whose stdin and stderr are a terminal; return code, stdout, the terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command_line(*argv),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=own_environment(),
        text=True,
    ) as process:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        out, _ = process.communicate(timeout=ENTER_S)
        said = os.read(ours, 10_000).decode()
    os.close(ours)
    return process.returncode, out, said


def commands_in(path: Path) -> list[str]:
    hooks = json.loads(path.read_text()).get("hooks", {})
    return [h["command"] for groups in hooks.values() for group in groups for h in group["hooks"]]


def test_without_a_terminal_nothing_is_written_unless_told_so(path: Path, home: Path) -> None:
    before = tree(path.parent)
    ended = aicost("hooks", "install")
    assert ended.returncode == 3
    assert ended.stderr.splitlines() == [
        "aicost: nothing was changed",
        "   why: there is no terminal to ask on",
        "   try: aicost hooks install --yes",
    ]
    assert ended.stdout.startswith("--- ~/.claude/settings.json\n+++ ~/.claude/settings.json\n")
    assert ended.stdout.count("A=claude E=") == 7
    assert tree(path.parent) == before
    assert not (home / ".aicost" / "data" / "hooks").exists()


def test_on_a_terminal_the_change_is_shown_and_asked_about(path: Path) -> None:
    code, out, said = on_terminal("n", "hooks", "install")
    assert (code, path.read_bytes()) == (3, SETTINGS)
    assert "+++ ~/.claude/settings.json" in out
    assert "Write this? [y/N]" in said
    assert "nothing was changed" in said
    code, out, _ = on_terminal("y", "hooks", "install")
    assert code == 0
    assert "Claude Code: installed in ~/.claude/settings.json; what it was: " in out
    assert len(commands_in(path)) == 7


def test_hooks_are_installed_once_and_leave_no_trace(path: Path, home: Path) -> None:
    path.chmod(0o644)
    ended = aicost("hooks", "install", "--yes")
    assert ended.returncode == 0
    assert "daemon does not run" in ended.stderr
    assert all(map(is_hook_command, commands_in(path)))
    (backup,) = path.parent.glob("settings.json.aicost-backup-*")
    assert backup.read_bytes() == SETTINGS
    dirs = load_dirs(os.environ)
    where = read_where(dirs.data_dir)
    assert where is not None
    assert (where.run_dir, where.fail, where.daemon_pid) == (str(dirs.run_dir), "open", 0)
    assert os.access(where.hook, os.X_OK)
    assert is_current(dirs.data_dir)
    before = path.stat()
    ended = aicost("hooks", "install")
    assert (ended.returncode, ended.stdout) == (
        0,
        "Claude Code: already installed in ~/.claude/settings.json\n",
    )
    assert path.stat() == before
    ended = aicost("hooks", "uninstall", "--yes")
    assert ended.returncode == 0
    assert "~/.claude/settings.json is without our hooks" in ended.stdout
    assert tree(path.parent) == {"settings.json": SETTINGS}
    assert path.stat().st_mode & 0o777 == 0o644
    assert tree(home / ".aicost" / "data" / "hooks") == {}
    assert aicost("hooks", "uninstall").stdout == "no hooks of aicost are installed\n"


def test_the_files_of_the_hooks_are_repaired_though_the_settings_are_right(path: Path) -> None:
    aicost("hooks", "install", "--yes")
    data_dir = load_dirs(os.environ).data_dir
    (data_dir / "hooks" / "gate.sh").unlink()
    assert aicost("hooks", "install").returncode == 0
    assert is_current(data_dir)


def test_a_config_that_closes_the_gate_is_followed(path: Path) -> None:
    aicost("config", "set", "gate.fail", "closed")
    aicost("hooks", "install", "--yes")
    where = read_where(load_dirs(os.environ).data_dir)
    assert where is not None
    assert where.fail == "closed"


def test_a_daemon_that_runs_is_named_to_the_hooks(path: Path) -> None:
    aicost("daemon", "start")
    try:
        pid = json.loads(aicost("daemon", "status", "--json").stdout)["pid"]
        assert aicost("hooks", "install", "--yes").stderr == ""
        where = read_where(load_dirs(os.environ).data_dir)
        assert where is not None
        assert where.daemon_pid == pid
        text = aicost("hooks", "status").stdout
        assert "  stops a turn before the next request\n" in text
        assert "!" not in text
    finally:
        aicost("daemon", "stop")
    until(lambda: "does not run" in aicost("hooks", "status").stdout, "the end to be seen")


def test_entries_for_settings_that_another_program_writes_are_printed(
    path: Path, home: Path
) -> None:
    ended = aicost("hooks", "install", "claude", "--print")
    assert ended.returncode == 0
    printed = json.loads(ended.stdout)
    assert path.read_bytes() == SETTINGS
    assert is_current(load_dirs(os.environ).data_dir)
    aicost("hooks", "install", "--yes")
    assert json.loads(path.read_text())["hooks"] == printed["hooks"]


@pytest.mark.parametrize(
    ("option", "name"),
    [("--project", "settings.json"), ("--project-local", "settings.local.json")],
)
def test_hooks_may_be_a_folders_own(
    option: str, name: str, path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = home / "src" / "shop"
    project.mkdir(parents=True)
    monkeypatch.chdir(project)
    assert aicost("hooks", "install", "claude", option, "--yes").returncode == 0
    assert path.read_bytes() == SETTINGS
    assert len(commands_in(project / ".claude" / name)) == 7
    assert aicost("hooks", "uninstall", option, "--yes").returncode == 0
    assert tree(project) == {}


def test_settings_that_cannot_be_changed_are_an_error_of_the_user(path: Path) -> None:
    path.write_bytes(b"{\n  // mine\n}")
    ended = aicost("hooks", "install", "--yes")
    assert ended.returncode == 3
    assert "is not valid JSON" in ended.stderr
    assert path.read_bytes() == b"{\n  // mine\n}"


def test_where_no_agent_is_used_it_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    ended = aicost("hooks", "install")
    assert ended.returncode == 3
    assert "no agent was found" in ended.stderr
    assert aicost("hooks", "status").stdout == "no agent was found\n"
    assert json.loads(aicost("hooks", "status", "--json").stdout)["agents"] == []


def test_codex_is_trusted_only_when_asked_for(
    path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = home / ".codex" / "config.toml"
    ended = aicost("hooks", "install", "codex", "--yes")
    assert ended.returncode == 0
    assert "until you trust them" in ended.stderr
    assert not config.exists()
    ended = aicost("hooks", "install", "codex", "--trust")
    assert ended.returncode == 3
    assert ended.stdout.count("sha256:") == 10  # each hash, and the line with it
    assert not config.exists()
    ended = aicost("hooks", "install", "codex", "--trust", "--yes")
    assert ended.returncode == 0
    assert "Codex: trusted in ~/.codex/config.toml" in ended.stdout
    assert config.read_text().count("trusted_hash") == 5
    status = json.loads(aicost("hooks", "status", "codex", "--json").stdout)
    assert status["agents"][0]["files"][0]["problems"] == []
    assert aicost("hooks", "install", "codex", "--trust").stdout.endswith("already trusted\n")
    aicost("hooks", "uninstall", "--yes")
    assert not (home / ".codex").exists()


def test_a_home_that_the_client_itself_does_not_know_is_left_alone(
    home: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`~/.config/claude` is where tools look, not the client."""
    monkeypatch.delenv("CLAUDE_CONFIG_DIR")
    (home / ".config" / "claude").mkdir(parents=True)
    aicost("hooks", "install", "claude", "--yes")
    assert len(commands_in(path)) == 7
    assert tree(home / ".config") == {}


def test_homes_of_the_config_get_hooks_too(home: Path, path: Path) -> None:
    work = home / "work" / ".claude"
    work.mkdir(parents=True)
    aicost("config", "set", "sources.claude.homes", str(work))
    aicost("hooks", "install", "claude", "--yes")
    assert len(commands_in(work / "settings.json")) == 7
    assert len(commands_in(path)) == 7


@pytest.mark.parametrize("mark", ["CLAUDECODE", "CODEX_THREAD_ID"])
def test_an_agent_cannot_take_its_hooks_away(path: Path, mark: str) -> None:
    assert aicost("hooks", "install", "--yes").returncode == 0
    before = path.read_bytes()
    ended = aicost("hooks", "uninstall", "--yes", env={mark: "1"})
    assert ended.returncode == 3
    assert ended.stderr.startswith("aicost: an agent cannot take away the hooks that stop it\n")
    assert path.read_bytes() == before
    assert aicost("hooks", "status", env={mark: "1"}).returncode == 0
    assert aicost("hooks", "uninstall", "--yes").returncode == 0
    assert path.read_bytes() == SETTINGS
