"""What a weekly report is made from. Read only; days are the ledger's own."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aicost.core.audit import GateEvent
from aicost.core.days import LocalDays, to_us
from aicost.core.model_ids import normalise_model_id
from aicost.core.prices import PriceBook
from aicost.core.reports import UNALLOCATED, ReportQuery, UsageReport
from aicost.core.usage import TokenCounts
from aicost.core.waste.hits import Hit
from aicost.core.weekly import (
    LOOKS_BACK,
    BudgetEvents,
    DayUse,
    LargeContexts,
    Loss,
    OutcomeUse,
    WeeklyFacts,
)
from aicost.core.weekly_causes import Price
from aicost.core.weekly_use import Use
from aicost.core.weeks import DAYS
from aicost.store.mismatches import list_prices, mismatches
from aicost.store.queries import meta
from aicost.store.reports import report
from aicost.store.schema import TOKENS

# Half of a usual window and more than enough for most work: what is above it is mostly history.
LARGE_TOKENS = 100_000
_SUMS = ", ".join(f"sum(u.{name})" for name in TOKENS)
_USES = (
    f"SELECT u.day, coalesce(g.category, '{UNALLOCATED}'), m.name, sum(u.requests), {_SUMS},"
    " sum(u.cost_nusd), sum(u.priced_requests), sum(u.unpriced_tokens) FROM usage_day u"
    " JOIN span s ON s.id = u.span JOIN model m ON m.id = u.model"
    " LEFT JOIN turn_category g ON g.span = s.turn WHERE u.day >= ? AND u.day <= ?"
    " GROUP BY 1, 2, 3"
)
_HIT = (
    "kind", "turn_id", "thread", "label", "cause", "count", "size", "since_us", "until_us",
    "cost_nusd",
)  # fmt: skip
_LOSSES = (
    f"SELECT {', '.join('w.' + name for name in _HIT)}, x.session_id, coalesce(p.repo, ''),"
    " coalesce(p.branch, '') FROM waste w JOIN session x ON x.id = w.session"
    " LEFT JOIN call c ON c.key = x.last_main_call LEFT JOIN place p ON p.id = c.place"
    " WHERE w.until_us >= ? AND w.until_us < ? ORDER BY w.until_us, x.session_id, w.number"
)
_CONTEXT = (
    "c.input_tokens + c.cache_read_tokens + c.cache_write_5m_tokens + c.cache_write_1h_tokens"
)
_LARGE = (  # (of a call with parts the counts are those of several requests)
    f"SELECT m.name, count(*), sum(min(c.cache_read_tokens, {_CONTEXT} - ?1)) FROM call c"
    " JOIN model m ON m.id = c.model WHERE c.at_us >= ?2 AND c.at_us < ?3 AND c.parts IS NULL"
    f" AND {_CONTEXT} > ?1 GROUP BY 1"
)
_STOPS = ("stop", "block")


def weekly_facts(
    db: sqlite3.Connection,
    book: PriceBook,
    monday: date,
    now: datetime,
    events: Iterable[GateEvent],
) -> WeeklyFacts:
    """Return what is known of a week, at list prices. Raises sqlite3.Error.

    `events`: of the journal, of any time. That all was read is taken for granted.
    """
    zone = ZoneInfo(meta(db, "timezone"))
    today, last_day = now.astimezone(zone).date(), monday + timedelta(days=DAYS - 1)
    since = monday - timedelta(weeks=LOOKS_BACK)
    days = LocalDays(zone)
    span = (days.start_us(monday), days.start_us(last_day + timedelta(days=1)))
    asked = ReportQuery(by="outcome", since=monday, until=last_day, timezone=zone.key)
    found = report(db, asked)
    looked = ReportQuery(by="category", since=since, until=last_day, timezone=zone.key)
    return WeeklyFacts(
        monday=monday,
        today=today,
        timezone=zone.key,
        first_day=_first_day(db),
        uses=tuple(_uses(db, since, last_day)),
        sessions=found.total.sessions,
        turns=found.total.turns,
        losses=tuple(_losses(db, span)),
        large=_large(db, span, list_prices(book, now)),
        mismatches=mismatches(db, book, looked, now),
        sums=found.outcomes,
        outcomes=tuple(_outcomes(found)),
        events=_counted(one for one in events if span[0] <= to_us(one.at) < span[1]),
        unpriced_models=found.unpriced_models,
        hidden=found.hidden,
        skipped_lines=found.skipped_lines,
    )


def _first_day(db: sqlite3.Connection) -> date | None:
    (day,) = db.execute("SELECT min(day) FROM usage_day").fetchone()
    return None if day is None else date.fromordinal(day)


def _uses(db: sqlite3.Connection, since: date, until: date) -> Iterator[DayUse]:
    for row in db.execute(_USES, (since.toordinal(), until.toordinal())):
        day, category, model, requests, *counts, cost, priced, unpriced = row
        yield DayUse(
            day=date.fromordinal(day),
            category=category,
            model=normalise_model_id(model),
            use=Use(
                requests=requests,
                tokens=TokenCounts(**dict(zip(TOKENS, counts))),
                cost_nusd=cost if priced else None,
                unpriced_tokens=unpriced,
            ),
        )


def _losses(db: sqlite3.Connection, span: tuple[int, int]) -> Iterator[Loss]:
    for *values, session_id, repo, branch in db.execute(_LOSSES, span):
        hit = Hit(**dict(zip(_HIT, values)))
        yield Loss(hit=hit, session_id=session_id, repo=repo, branch=branch)


def _large(db: sqlite3.Connection, span: tuple[int, int], price: Price) -> LargeContexts:
    calls = tokens = 0
    nusd: int | None = None
    for model, count, extra in db.execute(_LARGE, (LARGE_TOKENS, *span)):
        calls, tokens = calls + count, tokens + extra
        cost = price(normalise_model_id(model), TokenCounts(cache_read_tokens=extra))
        if cost is not None:
            nusd = (nusd or 0) + cost
    return LargeContexts(
        threshold_tokens=LARGE_TOKENS,
        calls=calls,
        extra_tokens=tokens,
        nusd=nusd if calls else 0,
    )


def _outcomes(found: UsageReport) -> Iterator[OutcomeUse]:
    for row in found.rows:
        yield OutcomeUse(outcome=row.key, sessions=row.sessions, cost_nusd=row.cost_nusd)


def _counted(events: Iterable[GateEvent]) -> BudgetEvents:
    kinds = [str(one.kind) for one in events]
    return BudgetEvents(
        stopped=sum(map(kinds.count, _STOPS)),
        refused=kinds.count("refuse"),
        would_stop=kinds.count("would-stop"),
        allowed=kinds.count("allow"),
    )
