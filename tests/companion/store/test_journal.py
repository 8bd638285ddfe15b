"""What is kept beside the ledger: allowances, the audit, what was shown. Real files."""

import sqlite3
import stat
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aicost.core.allowance import Allowance
from aicost.core.audit import GateEvent
from aicost.core.errors import StoreError
from aicost.store.journal import KEPT, VERSION, Journal, read_events

NOW = datetime.now(UTC).replace(microsecond=0)  # old entries are thrown away by the real clock
HOUR = timedelta(hours=1)
STOP = GateEvent(
    at=NOW,
    kind="stop",
    session_id="s-1",
    thread_id="a1",
    agent="claude",
    event="PostToolBatch",
    tool="Bash",
    budget_id="day-hard",
    unit="usd",
    limit=25,
    spent=26,
    reserved=0,
    window="2026-11-22",
    text="the day's budget is used up",
)
WOULD = replace(STOP, kind="would-stop", budget_id="day")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_an_entry_comes_back_as_it_was(path: Path) -> None:
    with closing(Journal.open(path)) as journal:
        assert journal.note(STOP)
        assert journal.note(GateEvent(at=NOW, kind="allow"))
        assert journal.events(NOW) == (STOP, GateEvent(at=NOW, kind="allow"))
    with closing(Journal.open(path)) as journal:
        assert journal.events(NOW)[0] == STOP
    assert read_events(path, NOW)[0] == STOP


def test_entries_are_asked_for_by_time_and_session(path: Path) -> None:
    other = replace(STOP, at=NOW + HOUR, session_id="s-2")
    everybody = GateEvent(at=NOW, kind="allow")
    with closing(Journal.open(path)) as journal:
        for event in (other, STOP, everybody):
            journal.note(event)
        assert journal.events(NOW - HOUR) == (STOP, everybody, other)
        assert journal.events(NOW + HOUR) == (other,)
        assert journal.events(NOW + 2 * HOUR) == ()
        assert journal.events(NOW, "s-1") == (STOP, everybody)
        assert journal.events(NOW, "s-") == (STOP, everybody, other)
        assert journal.events(NOW, "s-11") == (everybody,)
    assert read_events(path, NOW, "s-2") == (everybody, other)


def test_a_soft_budget_is_noted_once_a_window_and_session(path: Path) -> None:
    with closing(Journal.open(path)) as journal:
        noted = [
            journal.note(event)
            for event in (
                WOULD,
                replace(WOULD, at=NOW + HOUR, spent=99),
                replace(WOULD, session_id="s-2"),
                replace(WOULD, window="2026-11-23"),
                replace(WOULD, budget_id="week"),
                STOP,
                STOP,
            )
        ]
        assert noted == [True, False, True, True, True, True, True]
        assert journal.would_stops(NOW) == {"day": 3, "week": 1}
        assert journal.would_stops(NOW + HOUR) == {}


def test_an_allowance_is_there_until_its_time_is_over(path: Path) -> None:
    allowed = Allowance(amount_nusd=5, at=NOW, until=NOW + HOUR, session_id="s-1", reason="hotfix")
    with closing(Journal.open(path)) as journal:
        journal.allow(allowed)
        journal.allow(replace(allowed, session_id=""))
    with closing(Journal.open(path)) as journal:
        first, second = journal.allowances(NOW + HOUR - timedelta(microseconds=1))
        assert (first, second) == (allowed, replace(allowed, session_id=""))
        assert journal.allowances(NOW + HOUR) == ()


def test_a_notice_is_new_once_a_channel(path: Path) -> None:
    with closing(Journal.open(path)) as journal:
        assert journal.note_shown("k", "desktop", NOW)
        assert not journal.note_shown("k", "desktop", NOW + HOUR)
        assert journal.note_shown("k", "agent", NOW)
        assert journal.note_shown("l", "desktop", NOW)


def test_what_is_too_old_is_thrown_away(path: Path) -> None:
    old = NOW - KEPT - HOUR
    with closing(Journal.open(path)) as journal:
        for at in (old, NOW - KEPT + HOUR):
            journal.note(replace(STOP, at=at))
            journal.note_shown(str(at), "agent", at)
    with closing(Journal.open(path)) as journal:
        assert [event.at for event in journal.events(old)] == [NOW - KEPT + HOUR]
        assert journal.note_shown(str(old), "agent", old)
        assert not journal.note_shown(str(NOW - KEPT + HOUR), "agent", NOW)


def test_the_file_is_the_users_alone(path: Path) -> None:
    with closing(Journal.open(path)) as journal:
        journal.note(STOP)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\0" + b"x" * 9000]
)
def test_a_damaged_journal_is_kept_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with closing(Journal.open(path)) as journal:
        journal.note(STOP)
        assert journal.events(NOW) == (STOP,)
    (kept,) = path.parent.glob("journal.db.corrupt-*")
    assert kept.read_bytes() == content


def test_a_journal_damaged_while_it_is_open_makes_way(path: Path) -> None:
    with closing(Journal.open(path)) as journal:
        for number in range(200):
            journal.note(replace(STOP, session_id=f"s-{number}", text="x" * 500))
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        path.write_bytes(content)
        assert journal.events(NOW) == ()
        assert journal.note(STOP)
        assert journal.events(NOW) == (STOP,)
    assert list(path.parent.glob("journal.db.corrupt-*"))


def test_a_newer_journal_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="the journal is of version"):
        Journal.open(path)


def test_a_journal_that_cannot_be_written_says_so(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="the journal cannot be used"):
        Journal.open(path)


def test_reading_makes_no_file(path: Path) -> None:
    assert read_events(path, NOW) == ()
    assert not path.exists()
    path.touch()
    assert read_events(path, NOW) == ()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="the journal cannot be used"):
        read_events(path, NOW)


def test_threads_may_share_it(path: Path) -> None:
    with closing(Journal.open(path)) as journal:
        first = [False] * 8

        def show(number: int) -> None:
            first[number] = journal.note_shown("k", "agent", NOW)

        threads = [threading.Thread(target=show, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(first) == 1
