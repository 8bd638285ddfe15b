"""Calls that stand in for a thread whose own log is missing: known only from copies of it.

They count while that is so, and while no better record of a call in their span is known. The
same calls in several copies have one key.
"""

import sqlite3
from collections.abc import Iterable

_COVERED = """
SELECT i.key FROM stand_in i JOIN call c ON c.key = i.key
WHERE i.thread_id IN (SELECT thread_id FROM thread_log)
  OR EXISTS (SELECT 1 FROM call o WHERE o.span = c.span
             AND NOT EXISTS (SELECT 1 FROM stand_in j WHERE j.key = o.key))
"""


def note_threads(db: sqlite3.Connection, thread_ids: Iterable[str]) -> None:
    """Keep which threads have a log of their own."""
    db.executemany("INSERT OR IGNORE INTO thread_log VALUES (?)", [(name,) for name in thread_ids])


def note_stand_ins(db: sqlite3.Connection, threads: Iterable[tuple[int, str]]) -> None:
    """Keep for which thread a call (by key) stands in; "": it does not, or no longer."""
    for key, thread_id in threads:
        if thread_id:
            db.execute("INSERT OR REPLACE INTO stand_in VALUES (?, ?)", (key, thread_id))
        else:
            db.execute("DELETE FROM stand_in WHERE key = ?", (key,))


def standing(db: sqlite3.Connection) -> dict[int, str]:
    """Return the thread that each of these calls stands in for, by key."""
    return dict(db.execute("SELECT key, thread_id FROM stand_in"))


def take_covered(db: sqlite3.Connection) -> list[int]:
    """Return the calls that are not needed any more, and forget that they stood in."""
    keys = [key for (key,) in db.execute(_COVERED)]
    db.executemany("DELETE FROM stand_in WHERE key = ?", [(key,) for key in keys])
    return keys
