"""Running agents: their registry files, held against the process table."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from claude_logs import register
from codex_logs import NEW, THREAD, meta, started
from lab.waiting import until

from aicost.core.session import Running
from aicost.daemon.live import Live, read_live


@pytest.fixture
def logs(home: Path) -> Path:
    return home / ".claude"


def live(*homes: Path) -> dict[str, str]:
    return {name: found.state for name, found in read_live(map(str, homes)).sessions.items()}


def test_a_running_agent_is_live_and_a_dead_one_is_not(logs: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as agent:
        register(logs, "s-1", pid=agent.pid, status="waiting")
        assert live(logs) == {"s-1": "waiting"}
        agent.kill()
        agent.wait()
        assert live(logs) == {}


def test_all_homes_are_looked_at(logs: Path, home: Path) -> None:
    other = home / "other"
    register(logs, "s-1", pid=os.getpid())
    register(other, "s-2", pid=os.getpid(), status="idle")
    assert live(logs, other, home / "none") == {"s-1": "busy", "s-2": "idle"}
    assert live(other) == {"s-2": "idle"}


def test_a_home_has_a_registry_also_while_nothing_runs(logs: Path, home: Path) -> None:
    (logs / "sessions").mkdir(parents=True)
    old, file, gone = home / "old", home / "file", home / "gone"
    old.mkdir()
    file.mkdir()
    (file / "sessions").touch()
    running = read_live(map(str, (logs, old, file, gone)))
    assert running == Running(registries=frozenset({str(logs)}))


def test_codexs_folder_of_logs_is_no_registry(home: Path, tmp_path: Path) -> None:
    """A client that has a thread open is seen to; without one, the thread has ended."""
    codex = (home / ".codex").resolve()
    log = codex / "sessions" / "2025" / "01" / "02" / f"rollout-x-{THREAD}.jsonl"
    log.parent.mkdir(parents=True)
    log.write_bytes(meta(version=NEW) + started())
    sleep = shutil.which("sleep")
    if sleep is None:
        pytest.skip("no sleep to run under another name")
    client = shutil.copy(sleep, tmp_path / "codex")
    assert read_live([str(codex)]) == Running(registries=frozenset({str(codex)}))
    register(home / ".claude", "s-1", pid=os.getpid())
    with log.open() as held, subprocess.Popen([client, "60"], stdin=held) as agent:
        try:  # (a new process has its name a moment after it has begun)
            wanted = {THREAD: "busy", "s-1": "busy"}
            until(lambda: live(codex, home / ".claude") == wanted, "both to be seen")
        finally:
            agent.kill()


def test_two_looks_of_one_watcher_see_what_happens_between(home: Path) -> None:
    watching, claude = Live(), home / ".claude"
    (claude / "sessions").mkdir(parents=True)
    assert watching.read([str(claude)]).sessions == {}
    register(claude, "s-1", pid=os.getpid())
    assert set(watching.read([str(claude)]).sessions) == {"s-1"}


def test_a_registry_that_is_just_written_says_of_nobody_that_he_ended(logs: Path) -> None:
    entry = register(logs, "s-1", pid=os.getpid())
    (entry.parent / "removed.json").symlink_to("nowhere")
    whole = entry.read_bytes()
    for content, registries in ((whole, {str(logs)}), (whole[:30], set())):
        entry.write_bytes(content)
        assert read_live([str(logs)]).registries == registries


def test_what_is_no_registry_file_is_passed_over(logs: Path) -> None:
    entry = register(logs, "s-1", pid=os.getpid())
    folder = entry.parent
    (folder / "half.json").write_bytes(entry.read_bytes()[:30])
    (folder / "junk.json").write_bytes(b"\xff\x00")
    (folder / "empty.json").touch()
    (folder / "huge.json").write_bytes(b"[" * 2**20)
    (folder / "notes.txt").write_bytes(entry.read_bytes())
    (folder / "folder.json").mkdir()
    (folder / "dangling.json").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.json")
    descriptors = psutil.Process().num_fds()
    assert live(logs) == {"s-1": "busy"}
    assert psutil.Process().num_fds() <= descriptors
