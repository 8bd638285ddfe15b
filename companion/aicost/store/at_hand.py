"""What the ledger knows of a session that one acts on: its current turn, its log, its folders."""

import sqlite3
from dataclasses import dataclass

from aicost.core.at_hand import CurrentTurn
from aicost.core.days import from_us

_MOST_FOLDERS = 20
_TURN = (
    "SELECT b.turn_id, b.started_us, k.category, k.why, k.origin, (SELECT sum(c.cost_nusd)"
    " FROM span s JOIN call c ON c.span = s.id WHERE s.turn = b.id AND s.session = b.session)"
    " FROM session x JOIN span b ON b.session = x.id LEFT JOIN turn_category k ON k.span = b.id"
    " WHERE x.session_id = ? AND b.subagent_id = '' AND b.turn_id <> ''"
)
_LATEST = f"{_TURN} ORDER BY b.started_us DESC, b.id DESC LIMIT 1"
_NAMED = f"{_TURN} AND b.turn_id = ?"
_LOGS = (
    "SELECT f.path, h.path FROM log_file f JOIN home h ON h.id = f.home"
    " WHERE instr(f.path, ?) ORDER BY f.modified_ns DESC"
)
_FOLDERS = (
    "SELECT p.cwd FROM session x JOIN span s ON s.session = x.id JOIN call c ON c.span = s.id"
    " JOIN place p ON p.id = c.place WHERE x.session_id = ? AND s.subagent_id = ''"
    f" AND p.cwd <> '' GROUP BY p.cwd ORDER BY min(c.at_us) LIMIT {_MOST_FOLDERS}"
)


@dataclass(frozen=True, slots=True)
class Log:
    """A log of a session's main thread."""

    path: str = ""  # "": none is known
    home: str = ""


def turn_of(db: sqlite3.Connection, session_id: str, turn_id: str = "") -> CurrentTurn | None:
    """Return a turn of a session, the latest unless one is named; None if there is none."""
    if turn_id:
        row = db.execute(_NAMED, (session_id, turn_id)).fetchone()
    else:
        row = db.execute(_LATEST, (session_id,)).fetchone()
    if row is None:
        return None
    found_id, started_us, category, why, origin, cost_nusd = row
    return CurrentTurn(
        turn_id=found_id,
        started_at=None if started_us is None else from_us(started_us),
        category=category or "",
        why=why or "",
        is_corrected=origin in ("user", "prompt"),
        cost_nusd=cost_nusd,
    )


def log_of(db: sqlite3.Connection, session_id: str) -> Log:
    """Return the log that is named after a session."""
    if not session_id:
        return Log()
    for path, home in db.execute(_LOGS, (session_id,)):
        stem = path.rpartition("/")[2].partition(".jsonl")[0]
        if stem == session_id or stem.endswith(f"-{session_id}"):
            return Log(path, home)
    return Log()


def folders_of(db: sqlite3.Connection, session_id: str) -> tuple[str, ...]:
    """Return the folders that a session worked in, the first one first."""
    return tuple(cwd for (cwd,) in db.execute(_FOLDERS, (session_id,)))
