"""What is derived of calls and prompts per session: first and last call, and whose turn it is."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable

from aicost.store.categories import drop_work

_SUMMARY = """
UPDATE session SET
  first_us = (SELECT min(c.at_us) FROM call c JOIN span s ON s.id = c.span
              WHERE s.session = session.id),
  last_us = (SELECT max(c.at_us) FROM call c JOIN span s ON s.id = c.span
             WHERE s.session = session.id),
  (last_main_us, last_main_call) = (
     SELECT c.at_us, c.key FROM call c JOIN span s ON s.id = c.span
     WHERE s.session = session.id AND s.subagent_id = ''
     ORDER BY c.at_us DESC, c.key DESC LIMIT 1)
WHERE id = ?
"""

# A subagent belongs to the turn that started it: the one with the same prompt id, else (older
# clients have none) the one in force when the subagent got its task.
_RESOLVE = """
UPDATE span SET turn = coalesce(
  (SELECT t.id FROM span t WHERE t.session = span.session AND t.subagent_id = ''
     AND span.prompt_id <> '' AND t.prompt_id = span.prompt_id
     ORDER BY t.started_us DESC, t.turn_id LIMIT 1),
  (SELECT t.id FROM span t WHERE t.session = span.session AND t.subagent_id = ''
     AND t.started_us <= coalesce(span.started_us,
       (SELECT min(c.at_us) FROM call c WHERE c.span = span.id))
     ORDER BY t.started_us DESC, t.turn_id LIMIT 1))
WHERE session = ? AND subagent_id <> ''
"""


def note_start(db: sqlite3.Connection, span: int, started_us: int, prompt_id: str) -> bool:
    """Keep when a prompt was given (the earliest record wins, with its prompt id).

    Return whether that is new.
    """
    changed = db.execute(
        "UPDATE span SET started_us = ?1, prompt_id = ?2 WHERE id = ?3 AND (started_us IS NULL"
        " OR ?1 < started_us OR (?1 = started_us AND ?2 < prompt_id))",
        (started_us, prompt_id, span),
    )
    return changed.rowcount > 0


def note_kind(db: sqlite3.Connection, span: int, kind: str) -> None:
    """Keep which sort of subagent a span is (of two, the larger text: the same in every order)."""
    db.execute("UPDATE span SET kind = ?1 WHERE id = ?2 AND kind < ?1", (kind, span))


def resolve_turns(db: sqlite3.Connection, touched: Iterable[int]) -> None:
    """Find the turns of the subagents of these sessions."""
    db.executemany(_RESOLVE, [(session,) for session in touched])


def drop_unused_spans(db: sqlite3.Connection, spans: Iterable[int]) -> int:
    """Delete those spans that hold no call and were never started; return how many they were.

    They stood for a place that a better record of their calls corrected.
    """
    wanted = list(spans)
    dropped = db.executemany(
        "DELETE FROM span WHERE id = ? AND started_us IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM call WHERE call.span = span.id)"
        " AND NOT EXISTS (SELECT 1 FROM api_error WHERE api_error.span = span.id)",
        [(span,) for span in wanted],
    ).rowcount
    drop_work(db, wanted)
    return dropped


def update_summaries(
    db: sqlite3.Connection,
    added: Iterable[tuple[int, int, int | None]],
    moved: Collection[int],
) -> None:
    """Fold new calls into their sessions; `moved` ones are summed up anew from all their calls.

    `added`: (session, at_us, key of a main-thread call else None).
    """
    times = defaultdict[int, list[int]](list)
    main = defaultdict[int, list[tuple[int, int]]](list)
    for session, at_us, key in added:
        times[session].append(at_us)
        if key is not None:
            main[session].append((at_us, key))
    db.executemany(
        "UPDATE session SET first_us = min(coalesce(first_us, ?1), ?1),"
        " last_us = max(coalesce(last_us, ?2), ?2) WHERE id = ?3",
        [(min(found), max(found), session) for session, found in times.items()],
    )
    db.executemany(
        "UPDATE session SET last_main_us = ?1, last_main_call = ?2 WHERE id = ?3"
        " AND (last_main_us IS NULL OR (?1, ?2) > (last_main_us, last_main_call))",
        [(*max(found), session) for session, found in main.items()],
    )
    db.executemany(_SUMMARY, [(session,) for session in moved])
