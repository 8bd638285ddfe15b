"""Running agents: their registry files, held against the process table."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from claude_logs import register

from aicost.daemon.live import read_live


@pytest.fixture
def logs(home: Path) -> Path:
    return home / ".claude"


def live(*homes: Path) -> dict[str, str]:
    return {name: found.state for name, found in read_live(map(str, homes)).items()}


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
