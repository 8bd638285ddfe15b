"""`aicost sessions`, for real: without a daemon, over logs on disk."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from commands import aicost, write_log


def register(home: Path, session_id: str) -> None:
    """Say that this very process is the agent of a session."""
    folder = home / ".claude" / "sessions"
    folder.mkdir()
    now_ms = datetime.now(UTC).timestamp() * 1000
    entry = {"pid": os.getpid(), "sessionId": session_id, "startedAt": now_ms, "status": "waiting"}
    (folder / f"{os.getpid()}.json").write_text(json.dumps(entry))


def test_each_session_is_a_row_the_running_first(home: Path) -> None:
    write_log(home, "s-1")
    write_log(home, "s-2")
    register(home, "s-1")
    rows = json.loads(aicost("sessions", "--json").stdout)["sessions"]
    assert [(row["session_id"], row["state"]) for row in rows] == [
        ("s-1", "waiting"),
        ("s-2", "ended"),
    ]
    assert rows[0]["pid"] == os.getpid()


def test_live_shows_only_running_ones(home: Path) -> None:
    write_log(home, "s-1")
    write_log(home, "s-2")
    register(home, "s-2")
    text = aicost("sessions", "--live").stdout
    assert "s-2" in text
    assert "s-1" not in text


def test_no_session_is_a_sentence() -> None:
    ended = aicost("sessions")
    assert (ended.returncode, ended.stdout) == (0, "No sessions.\n")
