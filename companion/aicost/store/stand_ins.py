"""Calls that stand in for a thread whose own log is missing: known only from copies of it.

They count while that is so, and while no better record of a call in their span is known. The
same calls in several copies have one key.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable

# Looked at are those alone that a batch may have covered: of threads (1), among calls (2), or in
# spans (3) that it told of. There may be as many as old logs are missing, and they stay.
_COVERED = """
WITH asked (key, span) AS MATERIALIZED (
  SELECT i.key, c.span FROM json_each(?1) t CROSS JOIN stand_in i ON i.thread_id = t.value
    CROSS JOIN call c ON c.key = i.key
  UNION
  SELECT i.key, c.span FROM json_each(?2) k CROSS JOIN stand_in i ON i.key = k.value
    CROSS JOIN call c ON c.key = i.key
  UNION
  SELECT i.key, c.span FROM json_each(?3) s CROSS JOIN call c ON c.span = s.value
    CROSS JOIN stand_in i ON i.key = c.key)
SELECT a.key FROM asked a CROSS JOIN stand_in i ON i.key = a.key
WHERE i.thread_id IN (SELECT thread_id FROM thread_log)
  OR a.span IN (
    SELECT span FROM (SELECT DISTINCT span FROM asked) known
    WHERE EXISTS (SELECT 1 FROM call o WHERE o.span = known.span
                  AND NOT EXISTS (SELECT 1 FROM stand_in j WHERE j.key = o.key)))
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


def standing(db: sqlite3.Connection, keys: Collection[int]) -> dict[int, str]:
    """Return the thread that each of these calls stands in for, by key; others have none."""
    if not _has_any(db):
        return {}
    wanted = json.dumps(list(keys))
    query = "SELECT key, thread_id FROM stand_in WHERE key IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, (wanted,)))


def take_covered(
    db: sqlite3.Connection, threads: Collection[str], keys: Collection[int], spans: Collection[int]
) -> list[int]:
    """Return the calls that are not needed any more, and forget that they stood in.

    What may have changed since they were asked for last: threads whose log was read, calls that
    now stand in, spans that a call was added to.
    """
    if not _has_any(db):
        return []
    asked = [json.dumps(list(known)) for known in (threads, keys, spans)]
    covered = [key for (key,) in db.execute(_COVERED, asked)]
    db.executemany("DELETE FROM stand_in WHERE key = ?", [(key,) for key in covered])
    return covered


def _has_any(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM stand_in LIMIT 1").fetchone() is not None
