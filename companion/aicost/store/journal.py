"""What no log can tell again: allowances, what the gate did, and which notices were shown.

A small file of its own beside the ledger, so that a ledger made anew does not lose it. The daemon
alone writes it. Of a damaged one nothing is believed: it is kept aside, and another begins.
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from aicost.core.allowance import Allowance
from aicost.core.audit import GateEvent
from aicost.core.categories import TaskCategory
from aicost.core.days import from_us, to_us
from aicost.core.purpose import Tag
from aicost.store.own_file import OwnFile
from aicost.store.recovery import is_damage

T = TypeVar("T")

KEPT = timedelta(days=400)  # events and notices; a year's audit is whole
_COLUMNS = (
    "at_us", "kind", "session_id", "thread_id", "agent", "event", "tool", "budget_id", "unit",
    "limit_steps", "spent", "reserved", "window", "text",
)  # fmt: skip
_EVENT = ", ".join(_COLUMNS)
_ALLOWANCE = "at_us, until_us, amount_nusd, session_id, reason"

_MIGRATIONS = (  # append only, never edit: position n takes the file from version n to n + 1
    """
    CREATE TABLE allowance (
      id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, until_us INTEGER NOT NULL,
      amount_nusd INTEGER NOT NULL, session_id TEXT NOT NULL, reason TEXT NOT NULL);
    CREATE INDEX allowance_until ON allowance (until_us);
    CREATE TABLE gate_event (
      id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, kind TEXT NOT NULL,
      session_id TEXT NOT NULL, thread_id TEXT NOT NULL, agent TEXT NOT NULL,
      event TEXT NOT NULL, tool TEXT NOT NULL, budget_id TEXT NOT NULL, unit TEXT NOT NULL,
      limit_steps INTEGER, spent INTEGER, reserved INTEGER, window TEXT NOT NULL,
      text TEXT NOT NULL);
    CREATE INDEX gate_event_at ON gate_event (at_us);
    CREATE UNIQUE INDEX gate_event_once ON gate_event (kind, budget_id, window, session_id)
      WHERE kind = 'would-stop';
    CREATE TABLE shown (
      key TEXT NOT NULL, channel TEXT NOT NULL, at_us INTEGER NOT NULL,
      PRIMARY KEY (key, channel)) WITHOUT ROWID;
    """,
    # What turns were for, by the user's own word; it is kept for ever.
    """
    CREATE TABLE tag (
      session_id TEXT NOT NULL, turn_id TEXT NOT NULL, category TEXT NOT NULL,
      at_us INTEGER NOT NULL, PRIMARY KEY (session_id, turn_id)) WITHOUT ROWID;
    """,
)
VERSION = len(_MIGRATIONS)
_WITH_TAGS = 2


class Journal:
    """The journal, open. Its methods may be called in any thread. They raise StoreError."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path, self._db = path, db
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the journal for writing; make it if it is missing. Raises StoreError."""
        return cls(path, _FILE.open(path))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def note(self, event: GateEvent) -> bool:
        """Write one entry; return False if it is one that is told once, and was."""

        def write() -> bool:
            row = _row_of(event)
            marks = ", ".join("?" * len(row))
            sql = f"INSERT OR IGNORE INTO gate_event ({_EVENT}) VALUES ({marks})"
            return self._db.execute(sql, row).rowcount > 0

        return self._do(write)

    def allow(self, allowance: Allowance) -> None:
        """Keep an allowance."""

        def write() -> None:
            self._db.execute(
                "INSERT INTO allowance (at_us, until_us, amount_nusd, session_id, reason)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    to_us(allowance.at),
                    to_us(allowance.until),
                    allowance.amount_nusd,
                    allowance.session_id,
                    allowance.reason,
                ),
            )

        self._do(write)

    def allowances(self, now: datetime) -> tuple[Allowance, ...]:
        """Return the allowances whose time is not over, oldest first."""
        return self._do(lambda: _allowances(self._db, now))

    def tag(self, tag: Tag) -> None:
        """Keep what the user says of a turn, or of all turns of a session."""
        row = (tag.session_id, tag.turn_id, str(tag.category), to_us(tag.at))
        self._do(lambda: self._db.execute("INSERT OR REPLACE INTO tag VALUES (?, ?, ?, ?)", row))

    def untag(self, session_id: str, turn_id: str) -> bool:
        """Forget what the user said; return False if that was nothing."""
        sql = "DELETE FROM tag WHERE session_id = ? AND turn_id = ?"
        return self._do(lambda: self._db.execute(sql, (session_id, turn_id)).rowcount > 0)

    def tags(self) -> tuple[Tag, ...]:
        """Return all that the user said of turns, oldest first."""
        return self._do(lambda: _tags(self._db))

    def note_shown(self, key: str, channel: str, at: datetime) -> bool:
        """Note that a notice is shown; return True the first time in this channel."""

        def write() -> bool:
            sql = "INSERT OR IGNORE INTO shown VALUES (?, ?, ?)"
            return self._db.execute(sql, (key, channel, to_us(at))).rowcount > 0

        return self._do(write)

    def events(self, since: datetime, session_id: str = "") -> tuple[GateEvent, ...]:
        """Return the entries since a moment, oldest first, of sessions whose id begins so.

        What is meant for all sessions is of each.
        """
        return self._do(lambda: _events(self._db, since, session_id))

    def would_stops(self, since: datetime) -> Mapping[str, int]:
        """Return how often each soft budget would have stopped a session, by budget id."""
        return self._do(lambda: _would_stops(self._db, since))

    def _do(self, work: Callable[[], T]) -> T:
        with self._lock:
            try:
                return work()
            except (sqlite3.Error, UnicodeDecodeError) as error:
                if not is_damage(error):
                    raise _FILE.unusable(self._path, error) from error
                self._db.close()
                _FILE.make_way(self._path, error)
                self._db = _FILE.open(self._path)
                return work()


def read_events(path: Path, since: datetime, session_id: str = "") -> tuple[GateEvent, ...]:
    """Return the entries of a journal that nobody has open; none if there is no file.

    Raises StoreError.
    """
    if not path.is_file():
        return ()
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as db:
            if not db.execute("PRAGMA user_version").fetchone()[0]:
                return ()
            return _events(db, since, session_id)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _FILE.unusable(path, error) from error


def read_tags(path: Path) -> tuple[Tag, ...] | None:
    """Return the tags of a journal; None if there is no file, or none that can be read."""
    if not path.is_file():
        return None
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] < _WITH_TAGS:
                return ()
            return _tags(db)
    except (sqlite3.Error, UnicodeDecodeError):
        return None  # (its opening for writing will say so)


def _tags(db: sqlite3.Connection) -> tuple[Tag, ...]:
    rows = db.execute(
        "SELECT session_id, turn_id, category, at_us FROM tag ORDER BY at_us, session_id, turn_id"
    )
    known = frozenset(TaskCategory)
    return tuple(
        Tag(session_id=session, turn_id=turn, category=TaskCategory(category), at=from_us(at_us))
        for session, turn, category, at_us in rows
        if category in known
    )


def _forget_old(db: sqlite3.Connection) -> None:
    oldest = to_us(datetime.now(UTC) - KEPT)  # noqa: TID251 - what is thrown away has no other
    for table, column in (("gate_event", "at_us"), ("shown", "at_us"), ("allowance", "until_us")):
        db.execute(f"DELETE FROM {table} WHERE {column} < ?", (oldest,))


_FILE = OwnFile("the journal", _MIGRATIONS, _forget_old)


def _row_of(event: GateEvent) -> tuple[object, ...]:
    return (
        to_us(event.at), event.kind, event.session_id, event.thread_id, event.agent, event.event,
        event.tool, event.budget_id, event.unit, event.limit, event.spent, event.reserved,
        event.window, event.text,
    )  # fmt: skip


def _events(db: sqlite3.Connection, since: datetime, session_id: str) -> tuple[GateEvent, ...]:
    rows = db.execute(
        f"SELECT {_EVENT} FROM gate_event WHERE at_us >= ?1"
        " AND (session_id = '' OR substr(session_id, 1, length(?2)) = ?2)"
        " ORDER BY at_us, id",
        (to_us(since), session_id),
    )
    return tuple(map(_event_of, rows))


def _event_of(row: tuple[Any, ...]) -> GateEvent:
    (
        at_us,
        kind,
        session_id,
        thread_id,
        agent,
        event,
        tool,
        budget_id,
        unit,
        *amounts,
        window,
        text,
    ) = row
    limit, spent, reserved = amounts
    return GateEvent(
        at=from_us(at_us),
        kind=kind,
        session_id=session_id,
        thread_id=thread_id,
        agent=agent,
        event=event,
        tool=tool,
        budget_id=budget_id,
        unit=unit,
        limit=limit,
        spent=spent,
        reserved=reserved,
        window=window,
        text=text,
    )


def _allowances(db: sqlite3.Connection, now: datetime) -> tuple[Allowance, ...]:
    rows = db.execute(
        f"SELECT {_ALLOWANCE} FROM allowance WHERE until_us > ? ORDER BY id", (to_us(now),)
    )
    return tuple(
        Allowance(
            at=from_us(at_us),
            until=from_us(until_us),
            amount_nusd=amount_nusd,
            session_id=session_id,
            reason=reason,
        )
        for at_us, until_us, amount_nusd, session_id, reason in rows
    )


def _would_stops(db: sqlite3.Connection, since: datetime) -> Mapping[str, int]:
    return dict(
        db.execute(
            "SELECT budget_id, count(*) FROM gate_event WHERE kind = 'would-stop' AND at_us >= ?"
            " GROUP BY budget_id",
            (to_us(since),),
        )
    )
