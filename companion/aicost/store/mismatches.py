"""Turns with the model that they ran on, and whether they were done well. Read only."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aicost.core.categories import TaskCategory
from aicost.core.days import FIRST_DAY, LAST_DAY, LocalDays
from aicost.core.mismatch import (
    LEAST_CONFIDENCE,
    Edit,
    Mismatch,
    TurnOnModel,
    find_mismatches,
    kind_of,
    kinds_to_compare,
    redone,
)
from aicost.core.model_ids import normalise_model_id
from aicost.core.outcome import LOST
from aicost.core.prices import PriceBook
from aicost.core.reports import ReportQuery
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.core.waste.hits import LOOPS
from aicost.store.homes import session_rows
from aicost.store.schema import TOKENS

_SUMS = ", ".join(f"sum(u.{name})" for name in TOKENS)
_TURNS = (
    "SELECT t.id, x.session_id, x.agent, k.category, min(iif(s.id = t.id, u.model, NULL)),"
    " max(iif(s.id = t.id, u.model, NULL)), sum(u.requests), sum(u.priced_requests),"
    f" sum(u.cost_nusd), {_SUMS} FROM span s JOIN span t ON t.id = s.turn"
    " JOIN session x ON x.id = s.session JOIN usage_day u ON u.span = s.id"
    " JOIN turn_category k ON k.span = t.id"
    " WHERE t.turn_id <> '' AND (k.confidence >= ? OR k.origin <> 'evidence') AND {where}"
    " GROUP BY t.id"
)
_SPANS = "(SELECT value FROM json_each(?))"
_RED = (  # (of a group sqlite takes the row that has the maximum)
    "SELECT turn FROM (SELECT s.turn AS turn, max(k.at_us),"
    " iif(r.call IS NULL, k.failed, r.error IS NOT NULL) AS failed FROM span s"
    " JOIN call c ON c.span = s.id JOIN step k ON k.call = c.key"
    " LEFT JOIN command_run r ON r.call = k.call AND r.key = k.key"
    f" WHERE s.id IN {_SPANS} AND k.kind IN ('test', 'build') GROUP BY s.turn, k.target)"
    " WHERE failed"
)
_UNANSWERED = (
    "SELECT turn FROM (SELECT s.turn AS turn, max(c.at_us), EXISTS"
    " (SELECT 1 FROM tool_call k WHERE k.call = c.key) AS asks FROM span s"
    f" JOIN call c ON c.span = s.id WHERE s.id IN {_SPANS} GROUP BY s.turn) WHERE asks"
)
_IN_LOOPS = (
    "SELECT t.id FROM waste w JOIN span t ON t.session = w.session AND t.turn_id = w.turn_id"
    f" AND t.subagent_id = '' WHERE t.id IN {_SPANS} AND w.kind IN"
    f" ({', '.join(repr(kind) for kind in sorted(LOOPS))})"
)
_LOST = (
    f"SELECT span FROM turn_outcome WHERE span IN {_SPANS} AND kind IN"
    f" ({', '.join(repr(str(kind)) for kind in sorted(LOST))})"
)
_EDITS = (
    "SELECT s.session, s.turn, k.target, k.content, k.part FROM span s"
    " JOIN call c ON c.span = s.id JOIN step k ON k.call = c.key"
    f" WHERE s.session IN (SELECT session FROM span WHERE id IN {_SPANS})"
    " AND k.kind = 'edit' AND NOT k.failed ORDER BY s.session, k.at_us, k.key"
)
_REPAIRS = (
    "SELECT t.id FROM span t JOIN turn_category k ON k.span = t.id"
    f" WHERE t.session IN (SELECT session FROM span WHERE id IN {_SPANS})"
    f" AND k.category IN ('{TaskCategory.BUGFIX}', '{TaskCategory.TEST_REPAIR}')"
)
_FLAWS = (_RED, _UNANSWERED, _IN_LOOPS, _LOST)
_SAMPLE = 1_000  # tokens; no request so short costs more for its length


class _Known(NamedTuple):
    span: int
    turn: TurnOnModel


def mismatches(
    db: sqlite3.Connection, book: PriceBook, query: ReportQuery, now: datetime
) -> tuple[Mismatch, ...]:
    """Return the kinds of work that a cheaper model did as well, by today's list prices."""
    known = list(_turns(db, query))
    kinds = kinds_to_compare(one.turn for one in known)
    some = [one for one in known if kind_of(one.turn) in kinds]
    if not some:
        return ()
    flawed = _flawed(db, [one.span for one in some])
    turns = [one.turn._replace(is_good=one.span not in flawed) for one in some]
    return find_mismatches(turns, list_prices(book, now))


def _turns(db: sqlite3.Connection, query: ReportQuery) -> Iterator[_Known]:
    """Yield turns of one model, all of whose calls have a price; none is called good yet."""
    where, values = _where(query)
    models = {
        row: normalise_model_id(name) for row, name in db.execute("SELECT id, name FROM model")
    }
    rows = db.execute(_TURNS.format(where=where), (LEAST_CONFIDENCE, *values))
    for span, session, agent, category, first, last, calls, priced, cost, *counts in rows:
        if first is None or models[first] != models[last] or priced < calls:
            continue
        tokens = TokenCounts(**dict(zip(TOKENS, counts)))
        kind = TaskCategory(category)
        turn = TurnOnModel(session, agent, kind, models[first], calls, cost, tokens, is_good=False)
        yield _Known(span, turn)


def _where(query: ReportQuery) -> tuple[str, list[object]]:
    days = LocalDays(ZoneInfo(query.timezone))
    parts, values = ["1"], list[object]()
    if query.since is not None:
        parts.append("t.started_us >= ?")
        values.append(days.start_us(max(query.since, FIRST_DAY)))
    if query.until is not None:
        parts.append("t.started_us < ?")
        values.append(days.start_us(min(query.until, LAST_DAY) + timedelta(days=1)))
    if query.agent:
        parts.append("x.agent = ?")
        values.append(query.agent)
    if query.homes:
        parts.append(f"x.id IN {session_rows(query.homes)}")
        values += query.homes
    return " AND ".join(parts), values


def _flawed(db: sqlite3.Connection, spans: Sequence[int]) -> frozenset[int]:
    """Return those of some turns that were not done well."""
    asked = (json.dumps(spans),)
    found = {row[0] for query in _FLAWS for row in db.execute(query, asked)}
    repairs = {row[0] for row in db.execute(_REPAIRS, asked)}
    by_session = defaultdict[int, list[Edit]](list)
    for session, turn, *rest in db.execute(_EDITS, asked):
        by_session[session].append(Edit(turn, *rest))
    for edits in by_session.values():
        found |= redone(edits, repairs)
    return frozenset(found)


def list_prices(book: PriceBook, now: datetime) -> Callable[[str, TokenCounts], int | None]:
    """Return what tells the list price of tokens on a model; None where it is not known."""

    @lru_cache
    def rate(model: str, name: str) -> int | None:
        tokens = TokenCounts(**{name: _SAMPLE})
        return book.nusd_of(_event(model, tokens, now))

    def price(model: str, tokens: TokenCounts) -> int | None:
        total = 0
        for name in TOKENS[:-1]:
            count, known = getattr(tokens, name), None
            if count and (known := rate(model, name)) is None:
                return None
            total += count * (known or 0) // _SAMPLE
        return total

    return price


def _event(model: str, tokens: TokenCounts, now: datetime) -> UsageEvent:
    return UsageEvent(
        event_key="", agent="claude", session_id="", turn_id="", model=model, at=now, tokens=tokens
    )
