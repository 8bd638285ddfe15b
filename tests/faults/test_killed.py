"""The daemon is killed at any moment while agents write: nothing is lost, nothing counts twice."""

import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from arrivals import arrivals
from corpora import Excerpt, Scenario
from lab.waiting import until
from ledgers import Rows, content, evidence, opened, read_everything

from aicost.core.errors import DaemonDown
from aicost.daemon.engine import Engine
from aicost.daemon.lifecycle import start_in_background, stop_running
from aicost.ipc import wire
from aicost.platform.dirs import load_dirs
from aicost.store.recovery import is_whole, kept_aside

LIVES = 8
TOO_LATE_S = 30.0


@pytest.fixture
def logs(claude_lab: Mapping[str, Scenario], real_excerpt: Excerpt) -> dict[str, bytes]:
    """Return logs by their place in a home."""
    homes = [real_excerpt.home, *(claude_lab[name].home for name in ("06_resume", "14_bgagent"))]
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for home in homes
        for path in sorted(home.glob("projects/**/*.jsonl"))
    }


def append(home: Path, name: str, data: bytes) -> None:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as log:
        log.write(data)


def test_a_daemon_killed_again_and_again_while_logs_grow_ends_with_the_same_rows(
    logs: dict[str, bytes], home: Path
) -> None:
    random, dirs, agent = Random(20261122), load_dirs(os.environ), home / ".claude"
    left = list(arrivals(logs, random))[::-1]  # popped from the end: each log in order
    per_life = len(left) // LIVES
    at_work = 0
    try:
        for _ in range(LIVES):
            start_in_background(dirs, os.environ)
            pid = wire.call(dirs.socket_path, "status", {}, timeout_s=TOO_LATE_S)["pid"]
            killed_at = random.randrange(per_life)
            for number in range(per_life):
                append(agent, *left.pop())
                if number == killed_at:
                    any_moment(random)
                    at_work += is_at_work(dirs.data_dir)
                    os.kill(pid, signal.SIGKILL)
            until(lambda: not answers(dirs.socket_path), "the daemon's end")
            assert is_whole(dirs.ledger_file)
    finally:
        stop_running(dirs, timeout_s=TOO_LATE_S)
    for name, piece in reversed(left):
        append(agent, name, piece)
    with opened(home / "reference", [agent]) as engine:
        expected = rows_of(engine)
    with opened(home / ".aicost", [agent]) as engine:
        found = rows_of(engine)
    for name, rows in expected.items():
        assert (name, sorted(set(found[name]) ^ set(rows), key=repr)) == (name, [])
        assert len(found[name]) == len(rows)
    assert kept_aside(dirs.ledger_file) == ()
    assert at_work > 0


def any_moment(random: Random) -> None:
    """Let the daemon do something, or nothing yet."""
    threading.Event().wait(random.random() * 0.05)


def is_at_work(data_dir: Path) -> bool:
    """Say whether the ledger has writes that are not in its file yet."""
    wal = data_dir / "ledger.db-wal"
    return wal.exists() and wal.stat().st_size > 0


def answers(socket_path: Path) -> bool:
    try:
        wire.connect(socket_path, timeout_s=1.0).close()
    except DaemonDown:
        return False
    return True


def rows_of(engine: Engine) -> Rows:
    """Read everything, twice over; return all that the ledger says then."""
    read_everything(engine)
    for _ in engine.read(engine.survey().without_evidence, cores=1):
        pass
    engine.settle()
    assert engine.survey().has_evidence
    found = evidence(engine.ledger.db)
    return content(engine.ledger.db) | {f"evidence: {name}": found[name] for name in found}
