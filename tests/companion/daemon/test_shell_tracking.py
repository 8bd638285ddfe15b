"""Agents and their shells: looked up once, remembered over a daemon's end, forgotten with them."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from lab.waiting import until
from on_terminals import OnTerminal, on_terminal

from aicost.core.session import LiveSession
from aicost.core.shell_links import Shell
from aicost.daemon import shell_tracking
from aicost.daemon.shell_tracking import AgentAt, ShellTracker, agent_of
from aicost.platform.shells import Origin, origin_of

BASH = ("bash", "--norc", "--noprofile", "-i")
NOBODY = AgentAt("claude", 2**22 + 1, "/")


@pytest.fixture
def shell() -> Iterator[OnTerminal]:
    with on_terminal(*BASH) as shell:
        yield shell


def pids(tracker: ShellTracker, session_id: str = "s-1") -> set[int]:
    """Return the shells that a session belongs to now."""
    links = tracker.links
    found = {shell: links.sessions_of(shell).get(session_id, ()) for shell in links.shells}
    return {shell.pid for shell, times in found.items() if times and times[-1].until_us is None}


def test_the_process_of_a_session_is_the_one_that_has_it_open() -> None:
    live = LiveSession(
        session_id="s-1",
        pid=7,
        state="busy",
        cwd="/src",
        started_at=None,
        version="",
        entrypoint="cli",
        agent="codex",
    )
    assert agent_of(live) == AgentAt("codex", 7, "/src")


def test_a_process_is_looked_at_once(
    tmp_path: Path, shell: OnTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.types("sleep 600")
    agent = AgentAt("claude", shell.child("sleep"), "/")
    looked = list[int]()

    def looking(pid: int) -> Origin | None:
        looked.append(pid)
        return origin_of(pid)

    monkeypatch.setattr(shell_tracking, "origin_of", looking)
    tracker = ShellTracker(tmp_path)
    assert tracker.look({"s-1": agent})
    assert not tracker.look({"s-1": agent})
    assert not tracker.look({"s-1": agent, "s-2": NOBODY})
    assert looked == [agent.pid, NOBODY.pid]
    assert pids(tracker) == {shell.pid}


def test_a_process_that_is_gone_changes_nothing(tmp_path: Path, shell: OnTerminal) -> None:
    shell.types("sleep 600")
    tracker = ShellTracker(tmp_path)
    tracker.look({"s-1": AgentAt("claude", shell.child("sleep"), "/")})
    assert not tracker.look({"s-1": NOBODY})
    assert pids(tracker) == {shell.pid}


def test_a_session_goes_with_its_process_to_another_shell(
    tmp_path: Path, shell: OnTerminal
) -> None:
    tracker = ShellTracker(tmp_path)
    shell.types("sleep 600")
    tracker.look({"s-1": AgentAt("claude", shell.child("sleep"), "/")})
    with on_terminal(*BASH) as other:
        other.types("sleep 600")
        assert tracker.look({"s-1": AgentAt("claude", other.child("sleep"), "/")})
        assert pids(tracker) == {other.pid}


def test_what_is_known_is_kept_but_for_shells_that_ended(tmp_path: Path) -> None:
    tracker = ShellTracker(tmp_path)
    with on_terminal(*BASH) as shell:
        shell.types("sleep 600")
        agents = {"s-1": AgentAt("claude", shell.child("sleep"), "/")}
        tracker.look(agents)
        tracker.save()
        file = tmp_path / "shells.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        inode = file.stat().st_ino
        tracker.save()
        assert file.stat().st_ino == inode  # nothing new
        again = ShellTracker(tmp_path)
        again.load()
        assert pids(again) == {shell.pid}
        assert not again.tidy(agents)
        os.kill(shell.pid, 9)
        until(lambda: again.tidy(agents), "its end")
        assert pids(again) == set()
    late = ShellTracker(tmp_path)
    late.load()
    assert pids(late) == set()


@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b"[[["])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "shells.json").write_bytes(content)
    tracker = ShellTracker(tmp_path)
    tracker.load()
    assert list(tracker.links.shells) == []
    tracker.links.link("s-1", (Shell(1, "a"),), 5)
    tracker.save()
    again = ShellTracker(tmp_path)
    again.load()
    assert (tmp_path / "shells.json").read_bytes().startswith(b'{"version"')


def test_what_cannot_be_kept_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "shells.json").mkdir()
    tracker = ShellTracker(tmp_path)
    tracker.load()
    tracker.save()
    assert "cannot be kept" in caplog.text


# Codex: a daemon may hold the thread of a window


@pytest.fixture
def codex(tmp_path: Path) -> Path:
    """Return a program whose processes are named as Codex' are, and that waits."""
    program = tmp_path / f"codex-{os.getpid()}"
    shutil.copy(shutil.which("bash") or "", program)
    return program


def test_a_thread_of_a_daemon_is_of_the_shell_of_its_window(
    tmp_path: Path, codex: Path, shell: OnTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell_tracking, "PROCESS_NAME", codex.name)
    wait, place = "read -r line; true", tmp_path / "here"
    place.mkdir()
    words = [str(codex), "-c", wait, "app-server", "--listen", "unix://"]
    mark = {"PATH": os.environ["PATH"], "AICOST_SHELL": str(os.getppid())}
    with subprocess.Popen(
        words, env=mark, cwd="/", stdin=subprocess.PIPE, start_new_session=True
    ) as server:
        until(lambda: psutil.Process(server.pid).cmdline() == words, "the daemon")
        tracker, agents = ShellTracker(tmp_path), {"t-1": AgentAt("codex", server.pid, str(place))}
        assert not tracker.look(agents)  # no window yet
        assert pids(tracker, "t-1") == set()
        shell.types(f"cd {place} && {codex} -c '{wait}'")
        window = shell.child(codex.name)
        until(lambda: psutil.Process(window).cwd() == str(place), "the window")
        assert tracker.tidy(agents)
        assert pids(tracker, "t-1") == {shell.pid}
        assert not tracker.tidy(agents)
        psutil.Process(window).kill()
        until(lambda: not psutil.pid_exists(window), "its end")
        assert not tracker.tidy(agents)  # the thread was begun there, and is its shell's still
        assert pids(tracker, "t-1") == {shell.pid}
        with on_terminal(*BASH, cwd=place) as other:
            other.types(f"{codex} -c '{wait}' resume t-1")
            other.child(codex.name)
            assert tracker.tidy(agents)
            assert pids(tracker, "t-1") == {other.pid}
        server.kill()


def test_a_client_that_holds_its_thread_itself_is_its_own_window(
    tmp_path: Path, codex: Path, shell: OnTerminal
) -> None:
    shell.types(f"{codex} -c 'read -r line; true'")
    agent = AgentAt("codex", shell.child(codex.name), "/elsewhere")
    tracker = ShellTracker(tmp_path)
    tracker.look({"t-1": agent})
    assert pids(tracker, "t-1") == {shell.pid}
