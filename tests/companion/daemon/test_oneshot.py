"""One answer without a daemon: complete, beside others, and leaving nothing running."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from claude_logs import append, call_line, log_of, prompt_line, register

from aicost.core.errors import ConfigError, StoreError
from aicost.core.view import Reading
from aicost.daemon import indexer, oneshot
from aicost.daemon.lifecycle import DAEMON, AlreadyRunning, ledger_lock
from aicost.daemon.oneshot import answer
from aicost.platform.dirs import Dirs, load_dirs


@pytest.fixture
def dirs() -> Dirs:
    return load_dirs(os.environ)


@pytest.fixture
def logs(home: Path) -> Path:
    return home / ".claude"


def document(dirs: Dirs, method: str, **params: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer(dirs, os.environ, method, params))
    return found


def total(dirs: Dirs, **params: object) -> tuple[int, bool, int]:
    """Return (requests, complete, pending bytes) of a report."""
    report = document(dirs, "report", **params)
    return report["total"]["requests"], report["complete"], report["pending_bytes"]


HOLDER = """
import os, sys
from aicost.daemon.lifecycle import ledger_lock
from aicost.platform.dirs import load_dirs
with ledger_lock(load_dirs(os.environ), sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def lock_held(role: str) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process hold the ledger's lock until it hears a line."""
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, role],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder
        holder.kill()


def test_what_is_on_disk_is_read_first(dirs: Dirs, logs: Path) -> None:
    log = append(log_of(logs), prompt_line("p-1"), call_line("msg_1"))
    assert total(dirs) == (1, True, 0)
    append(log, call_line("msg_2"))
    assert total(dirs) == (2, True, 0)
    assert len(document(dirs, "turns")["turns"]) == 1
    sessions = document(dirs, "sessions")["sessions"]
    assert [(row["session_id"], row["requests"]) for row in sessions] == [("s-1", 2)]


def test_who_does_not_wait_gets_what_is_known(dirs: Dirs, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    assert total(dirs, wait=False) == (0, False, log.stat().st_size)
    assert total(dirs) == (1, True, 0)
    append(log, call_line("msg_2"))
    assert total(dirs, wait=False) == (1, False, len(call_line("msg_2")))


def test_what_cannot_be_read_makes_an_answer_incomplete(dirs: Dirs, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    odd = append(log_of(logs).parent / os.fsdecode(b"\xff.jsonl"), call_line("msg_2"))
    assert total(dirs) == (1, False, odd.stat().st_size)


def test_homes_of_the_caller_are_read_and_counted_alone(dirs: Dirs, logs: Path, home: Path) -> None:
    append(log_of(logs, "s-1"), call_line("msg_1", "s-1"))
    append(log_of(home / "other", "s-2"), call_line("msg_2", "s-2"))
    assert total(dirs, homes=[str(home / "other")]) == (1, True, 0)
    assert total(dirs, homes=[str(logs)]) == (1, True, 0)
    assert total(dirs) == (2, True, 0)


def test_running_agents_are_sessions_too(dirs: Dirs, logs: Path, home: Path) -> None:
    register(logs, "starting", pid=os.getpid())
    register(home / "other", "elsewhere", pid=os.getpid())
    for homes in ([], [str(logs)]):
        rows = document(dirs, "sessions", live=True, homes=homes)["sessions"]
        assert [(row["session_id"], row["state"]) for row in rows] == [("starting", "busy")]


def test_progress_is_shown(dirs: Dirs, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "BATCH_BYTES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    for number in range(3):
        append(log_of(logs, f"s-{number}"), call_line(f"msg_{number}"))
    shown = list[Reading]()
    answer(dirs, os.environ, "report", {}, shown.append)
    assert [reading.files_done for reading in shown] == [1, 2, 3]
    assert shown[-1].bytes_done == shown[-1].bytes_total


def test_nothing_is_left_behind(dirs: Dirs, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    descriptors = psutil.Process().num_fds()
    total(dirs)
    with pytest.raises(ConfigError):
        answer(dirs, os.environ, "report", {"by": "colour"})
    assert psutil.Process().num_fds() <= descriptors
    assert dirs.lock_file.read_text() == ""
    assert not dirs.socket_path.exists()


# Beside others


def test_a_reading_command_is_waited_for(dirs: Dirs, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    with lock_held("command") as holder:
        shown = list[Reading]()
        assert holder.stdin is not None
        holder.stdin.write(b"\n")
        holder.stdin.close()
        holder.stdin = None
        answer(dirs, os.environ, "report", {}, shown.append)
        assert shown


def test_a_command_that_reads_for_long_is_named(
    dirs: Dirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oneshot, "LOCK_WAIT_S", 0.05)
    with (
        lock_held("command") as holder,
        pytest.raises(AlreadyRunning, match=f"in use by command {holder.pid}"),
    ):
        total(dirs)


def test_a_daemon_is_not_waited_for(dirs: Dirs, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps the lock; whoever asked does better to ask it."""
    monkeypatch.setattr(oneshot, "LOCK_WAIT_S", 1000.0)
    with lock_held(DAEMON), pytest.raises(AlreadyRunning):
        total(dirs)


@pytest.mark.parametrize("role", ["command", DAEMON])
def test_who_does_not_wait_is_answered_beside_a_reading(dirs: Dirs, logs: Path, role: str) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    assert total(dirs) == (1, True, 0)
    append(log, call_line("msg_2"))
    register(logs, "starting", pid=os.getpid())
    with lock_held(role):
        assert total(dirs, wait=False) == (1, False, len(call_line("msg_2")))
        rows = document(dirs, "sessions", wait=False)["sessions"]
        assert sorted(row["session_id"] for row in rows) == ["s-1", "starting"]


def test_who_does_not_wait_does_not_wait_for_the_lock(
    dirs: Dirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_s = list[float]()

    def lock(dirs: Dirs, *, wait_s: float) -> AbstractContextManager[None]:
        waits_s.append(wait_s)
        return ledger_lock(dirs, wait_s=wait_s)

    monkeypatch.setattr(oneshot, "ledger_lock", lock)
    for wait in (True, False):
        total(dirs, wait=wait)
    assert waits_s == [oneshot.LOCK_WAIT_S, 0.0]


def test_without_a_ledger_beside_a_reading_there_is_no_answer(dirs: Dirs) -> None:
    with lock_held("command"), pytest.raises(StoreError):
        total(dirs, wait=False)


# What cannot be asked


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("report", {"by": "colour"}),
        ("report", {"homes": "/home"}),
        ("turns", {"timezone": "../x"}),
        ("sessions", {"live": 7}),
        ("status", {}),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_said(dirs: Dirs, method: str, params: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        answer(dirs, os.environ, method, params)


def test_a_folder_in_the_place_of_the_ledger_is_said(dirs: Dirs) -> None:
    dirs.ledger_file.mkdir()
    with pytest.raises(StoreError) as caught:
        total(dirs)
    assert "unable to open" in caught.value.what
    assert str(dirs.ledger_file) in caught.value.why
    assert dirs.ledger_file.is_dir()


def test_a_status_tells_of_budgets_without_a_daemon_too(dirs: Dirs, logs: Path) -> None:
    dirs.config_file.parent.mkdir(parents=True, exist_ok=True)
    dirs.config_file.write_text('[[budgets]]\nscope = "day"\namount = 5\n')
    line = call_line(at=datetime.now(UTC), tokens={"output_tokens": 300_000})
    append(log_of(logs), line)
    status = document(dirs, "overview", format="json")
    assert [one["id"] for one in status["budgets"]] == ["day"]
    assert status["budgets"][0]["share"] == pytest.approx(0.9, abs=0.01)


def test_a_report_by_outcome_judges_what_is_due(dirs: Dirs, logs: Path) -> None:
    append(log_of(logs), prompt_line("t-1"), call_line("msg_1"))
    plain = document(dirs, "report")
    assert (plain["outcomes"], plain["total"]["requests"]) == (None, 1)
    assert [row["key"] for row in document(dirs, "report", by="outcome", wait=False)["rows"]] == [
        "unallocated"
    ]
    found = document(dirs, "report", by="outcome")
    assert [(row["key"], row["requests"]) for row in found["rows"]] == [("answered", 1)]
    assert found["outcomes"]["commits"] == 0
    assert document(dirs, "sessions")["sessions"][0]["outcome"] == "answered"
    assert document(dirs, "turns")["turns"][0]["outcome"] == "answered"
