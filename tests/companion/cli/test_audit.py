"""`aicost audit`, for real, with a daemon and without one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import aicost

from aicost.core.audit import GateEvent
from aicost.store.journal import Journal

NOW = datetime.now(UTC)


@pytest.fixture
def journal(home: Path) -> Path:
    """A journal of an older block, one of today, and one of another session."""
    path = home / ".aicost/data/journal.db"
    path.parent.mkdir(parents=True, mode=0o700)
    journal = Journal.open(path)
    for days, session in ((8, "s-1"), (0, "s-1"), (0, "s-2")):
        at = NOW - timedelta(days=days)
        journal.note(GateEvent(at=at, kind="block", session_id=session, text=f"{days} days ago"))
    journal.close()
    return path


def test_nobody_needs_a_daemon_for_it(journal: Path) -> None:
    ended = aicost("audit", "--session", "s-1")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "0 days ago" in ended.stdout
    assert "8 days ago" not in ended.stdout
    assert "s-2" not in ended.stdout


def test_it_is_the_same_from_a_daemon(journal: Path) -> None:
    since = f"{NOW - timedelta(days=9):%Y-%m-%d}"
    alone = aicost("audit", "--since", since, "--json")
    assert aicost("daemon", "start").returncode == 0
    try:
        assert aicost("audit", "--since", since, "--json").stdout == alone.stdout
    finally:
        aicost("daemon", "stop")
    events = json.loads(alone.stdout)["events"]
    assert [event["text"] for event in events] == ["8 days ago", "0 days ago", "0 days ago"]


def test_without_anything_it_says_so(home: Path) -> None:
    assert aicost("audit").stdout == "Nothing was stopped, and nothing would have been.\n"
    assert not (home / ".aicost/data/journal.db").exists()
