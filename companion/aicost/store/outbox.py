"""What is still to be sent to a team, and what was: `team.db` beside the ledger.

A small file of its own: a ledger made anew does not lose the revisions. If it is lost itself, the
server tells which revision it has. No secret, path or name is in it. Of a damaged one nothing is
believed: it is kept aside, and another begins.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, Self

from aicost.core.team.documents import DayOutcomes
from aicost.core.team.outbox import Place
from aicost.store.own_file import OwnFile
from aicost.store.team_outcomes import Happened

_COLUMNS = (
    "day", "revision", "content_hash", "state", "attempts", "next_try_s", "last_status", "why",
)  # fmt: skip
_PLACE = ", ".join(_COLUMNS)
_MIGRATIONS = (  # append only, never edit: position n takes the file from version n to n + 1
    """
    CREATE TABLE place (
      day TEXT PRIMARY KEY, revision INTEGER NOT NULL, content_hash TEXT NOT NULL,
      state TEXT NOT NULL, attempts INTEGER NOT NULL, next_try_s REAL NOT NULL,
      last_status INTEGER, why TEXT NOT NULL, final INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE happened (
      key INTEGER PRIMARY KEY, kind TEXT NOT NULL, day TEXT NOT NULL, amount INTEGER NOT NULL);
    CREATE INDEX happened_day ON happened (day);
    CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
)
VERSION = len(_MIGRATIONS)
_TEAM, _PAUSED, _NOT_BEFORE, _KNOWS = "team", "paused", "not_before_s", "knows_outcomes"
_LOOKED = "looked_s"
_UNDECIDED = "unsent"  # no content has this hash: the day is offered under a new revision


class Outbox:
    """The outbox, open. Used by one process at a time. Its methods raise StoreError."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path, self._db = path, db

    @classmethod
    def open(cls, path: Path, team: str = "") -> Self:
        """Open the outbox; make it if it is missing. What is there for another team is dropped.

        `team` says which server and team the days are for; "": whichever they are for.
        """
        outbox = cls(path, _FILE.open(path))
        if team and outbox._note(_TEAM) != team:
            outbox.begin(team)
        return outbox

    @classmethod
    def in_memory(cls) -> Self:
        """Return an outbox that nobody keeps: for a look at what would be sent."""
        path = Path(":memory:")
        db = sqlite3.connect(":memory:", isolation_level=None)
        _FILE.migrate(db, path)
        return cls(path, db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def begin(self, team: str) -> None:
        """Forget all days: those to come are for this team."""
        for table in ("place", "note"):
            self._run(f"DELETE FROM {table}")
        self._set(_TEAM, team)

    def places(self) -> Mapping[str, Place]:
        """Return where each day stands."""
        rows = self._run(f"SELECT {_PLACE} FROM place ORDER BY day")
        return {row[0]: Place(**dict(zip(_COLUMNS, row))) for row in rows}

    def settled(self) -> frozenset[str]:
        """Return the days that were sent for the last time."""
        rows = self._run("SELECT day FROM place WHERE final = 1 AND state <> 'due'")
        return frozenset(day for (day,) in rows)

    def write(self, place: Place, *, final: bool) -> None:
        """Keep where a day stands; it is on disk when this returns."""
        values = [getattr(place, name) for name in _COLUMNS]
        marks = ", ".join("?" * (len(values) + 1))
        self._run(
            f"INSERT OR REPLACE INTO place ({_PLACE}, final) VALUES ({marks})", *values, final
        )

    def send_again(self, since: date) -> int:
        """Let all days from one on be sent under a new revision; return how many there are."""
        found = self._run(
            "UPDATE place SET content_hash = ?, state = 'due', final = 0, why = ''"
            " WHERE day >= ? RETURNING day",
            _UNDECIDED,
            since.isoformat(),
        )
        self.resume()
        return len(found)

    def pause(self, why: str) -> None:
        """Send nothing until the user did something about it."""
        self._set(_PAUSED, why)

    def resume(self) -> None:
        """Let days be sent, at once."""
        self._run("DELETE FROM note WHERE key IN (?, ?, ?)", _PAUSED, _NOT_BEFORE, _LOOKED)

    @property
    def paused(self) -> str:
        """Why nothing is sent; "" if it is."""
        return self._note(_PAUSED)

    def wait_until(self, at_s: float) -> None:
        """Send nothing before a moment: the server is in trouble, or asked for it."""
        self._set(_NOT_BEFORE, repr(at_s))

    @property
    def not_before_s(self) -> float:
        """When the next try is, in seconds since 1970."""
        return float(self._note(_NOT_BEFORE) or 0)

    def note_look(self, at_s: float) -> None:
        """Note that days which were sent were looked at, too, at a moment."""
        self._set(_LOOKED, repr(at_s))

    @property
    def looked_s(self) -> float:
        """When that was last, in seconds since 1970; 0: never."""
        return float(self._note(_LOOKED) or 0)

    def note_happened(self, found: Iterable[Happened], today: date) -> None:
        """Keep on which day things came of work, as far as that is not kept yet.

        What was so before anybody kept it happened when its session ended.
        """
        is_first = not self._note(_KNOWS)
        rows = [
            (
                one.key,
                one.kind,
                (one.worked_on if is_first or one.is_told_at_once else today).isoformat(),
                one.amount,
            )
            for one in found
        ]
        self._many("INSERT OR IGNORE INTO happened VALUES (?, ?, ?, ?)", rows)
        self._set(_KNOWS, "1")

    def outcomes(self, day: date, commits: int) -> DayOutcomes:
        """Return what came of work on a day."""
        rows = self._run(
            "SELECT kind, sum(amount) FROM happened WHERE day = ? GROUP BY kind", day.isoformat()
        )
        return DayOutcomes(commits=commits, **dict(rows))

    def _note(self, key: str) -> str:
        rows = self._run("SELECT value FROM note WHERE key = ?", key)
        return str(rows[0][0]) if rows else ""

    def _set(self, key: str, value: str) -> None:
        self._run("INSERT OR REPLACE INTO note VALUES (?, ?)", key, value)

    def _many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(sql, rows)
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise
        except sqlite3.Error as error:
            raise _FILE.unusable(self._path, error) from error

    def _run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _FILE.unusable(self._path, error) from error


def standing(path: Path) -> tuple[str, ...]:
    """Return what the user should know of an outbox, one sentence each; none if all goes well.

    Raises StoreError.
    """
    if not path.is_file():
        return ()
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as db:
            if not db.execute("PRAGMA user_version").fetchone()[0]:
                return ()
            paused = db.execute("SELECT value FROM note WHERE key = ?", (_PAUSED,)).fetchall()
            parked = db.execute(
                "SELECT day, why FROM place WHERE state = 'parked' ORDER BY day"
            ).fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _FILE.unusable(path, error) from error
    told = [f"nothing is sent to the team: {why}" for (why,) in paused]
    told += [f"{day} was not taken by the team's server: {why}" for day, why in parked]
    return tuple(told)


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA synchronous = FULL")  # a revision must be on disk before it is used
    places = db.execute("SELECT count(revision) FROM place").fetchone()
    assert places is not None, "a count has a row"


_FILE = OwnFile("the team's outbox", _MIGRATIONS, _prepare)
