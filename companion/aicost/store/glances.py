"""What a dashboard asks about the session under its cursor. Read only, and quick: it asks often."""

import sqlite3
from collections.abc import Iterator
from operator import attrgetter

from aicost.core.days import from_us
from aicost.core.prices import PriceBook
from aicost.core.session_glance import SubagentGlance
from aicost.core.session_page import ContextPoint
from aicost.core.usage import TokenCounts, requests_of
from aicost.store.calls import parts_of
from aicost.store.schema import TOKENS

MOST_POINTS = 400  # more than a chart has columns
MOST_SUBAGENTS = 12
_TOKENS = ", ".join(f"c.{name}" for name in TOKENS)
_LAST_TURNS = 400  # each has a call at least, so these hold the last MOST_POINTS

_POINTS = f"""
SELECT c.at_us, s.turn_id, c.parts, {_TOKENS} FROM call c JOIN span s ON s.id = c.span
WHERE c.span IN (SELECT id FROM span WHERE session = ? AND subagent_id = ''
  AND EXISTS (SELECT 1 FROM call WHERE call.span = span.id)
  ORDER BY started_us DESC LIMIT {_LAST_TURNS})
ORDER BY c.at_us DESC, c.key DESC LIMIT {MOST_POINTS}
"""
_COMPACTED = """
SELECT k.at_us FROM compaction k JOIN span s ON s.id = k.span
WHERE s.session = ? AND s.subagent_id = '' AND k.at_us >= ? ORDER BY 1
"""
_SUBAGENTS = """
SELECT s.subagent_id, max(s.kind), sum(u.requests), sum(u.cost_nusd), sum(u.priced_requests),
  sum(u.unpriced_tokens) FROM span s CROSS JOIN usage_day u ON u.span = s.id
WHERE s.session = ? AND s.subagent_id <> '' GROUP BY 1
ORDER BY max(s.started_us) DESC, max(s.id) DESC
"""
_LAST_CALL = f"""
SELECT m.name, c.at_us, c.parts, {_TOKENS} FROM span s CROSS JOIN call c ON c.span = s.id
JOIN model m ON m.id = c.model WHERE s.session = ? AND s.subagent_id = ?
ORDER BY c.at_us DESC, c.key DESC LIMIT 1
"""


def session_number(db: sqlite3.Connection, session_id: str) -> int | None:
    """Return the ledger's own number of a session, None where it has no such."""
    row = db.execute("SELECT id FROM session WHERE session_id = ?", (session_id,)).fetchone()
    return None if row is None else int(row[0])


def calls_in(db: sqlite3.Connection, session: int) -> int:
    """Return how many requests a session made, its subagents' included."""
    row = db.execute(
        "SELECT coalesce(sum(u.requests), 0) FROM span s JOIN usage_day u ON u.span = s.id"
        " WHERE s.session = ?",
        (session,),
    ).fetchone()
    return int(row[0])


def context_points(db: sqlite3.Connection, session: int) -> tuple[ContextPoint, ...]:
    """Return the prompts of the main thread's last MOST_POINTS calls, oldest first."""
    rows = db.execute(_POINTS, (session,)).fetchall()[::-1]
    since_us = rows[0][0] if rows else 0
    compacted = [at_us for (at_us,) in db.execute(_COMPACTED, (session, since_us))]
    points = []
    for at_us, turn_id, parts, *counts in rows:
        before = len(compacted)
        while compacted and compacted[0] < at_us:
            compacted.pop(0)
        points.append(
            ContextPoint(
                at=from_us(at_us),
                tokens=_context(parts, counts),
                turn_id=turn_id,
                is_compacted=len(compacted) < before,
            )
        )
    return tuple(points)


def subagents(
    db: sqlite3.Connection, session: int, book: PriceBook
) -> tuple[tuple[SubagentGlance, ...], int]:
    """Return a session's last MOST_SUBAGENTS subagents, the newest first, and how many more."""
    rows = db.execute(_SUBAGENTS, (session,)).fetchall()
    shown = tuple(_subagents(db, session, book, rows[:MOST_SUBAGENTS]))
    return tuple(sorted(shown, key=attrgetter("last_at"), reverse=True)), len(rows) - len(shown)


def _subagents(
    db: sqlite3.Connection,
    session: int,
    book: PriceBook,
    rows: list[tuple[str, str, int, int, int, int]],
) -> Iterator[SubagentGlance]:
    for subagent_id, kind, requests, cost, priced, unpriced in rows:
        last = db.execute(_LAST_CALL, (session, subagent_id)).fetchone()
        if last is None:  # the writer moved its calls just now
            continue
        model, at_us, parts, *counts = last
        context = _context(parts, counts)
        yield SubagentGlance(
            subagent_id=subagent_id,
            kind=kind or "",
            model=model,
            requests=requests,
            context_tokens=context,
            context_window_tokens=book.context_window_tokens(model, context),
            cost_nusd=cost if priced else None,
            unpriced_tokens=unpriced,
            last_at=from_us(at_us),
        )


def _context(parts: str | None, counts: list[int]) -> int:
    tokens = TokenCounts(**dict(zip(TOKENS, counts)))
    return requests_of(tokens, parts_of(parts))[-1].context_tokens
