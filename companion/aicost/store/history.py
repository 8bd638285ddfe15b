"""What the history screen asks of the ledger: its days, its groups, and whose sessions they were.

Read only. Days are counted in the ledger's own time zone: no call is looked at one by one.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from aicost.core.days import FIRST_DAY, LAST_DAY, from_us
from aicost.core.history import Day, History, HistoryQuery, SessionNote, calendar_start
from aicost.core.reports import ReportQuery, UsageReport
from aicost.store.categories import present_purposes
from aicost.store.groups import Group, add_functions, parts_asked, source
from aicost.store.homes import session_rows
from aicost.store.queries import meta
from aicost.store.reports import no_ticket
from aicost.store.schema import TOKENS

_TOKENS = " + ".join(f"u.{name}" for name in TOKENS if name != "reasoning_tokens")
_DAY_SUMS = ", ".join(
    f"sum({one})"
    for one in ("u.requests", _TOKENS, "u.cost_nusd", "u.priced_requests", "u.unpriced_tokens")
)
_SOME = 500  # sessions in one statement
_NO_GROUP = Group("''")

Report = Callable[[ReportQuery], UsageReport]


def ledger_zone(db: sqlite3.Connection) -> ZoneInfo:
    """Return the zone that a ledger counts days in."""
    return ZoneInfo(meta(db, "timezone"))


def history(db: sqlite3.Connection, query: HistoryQuery, today: date, report: Report) -> History:
    """Answer the history screen. Raises sqlite3.Error.

    `report` answers a report from the same ledger. A span that ends before it begins is empty.
    """
    zone = ledger_zone(db)
    first_day = _first_day(db)
    since, until = _span(query, today, first_day)
    found = report(
        ReportQuery(
            by=query.by,
            since=since,
            until=until,
            timezone=zone.key,
            homes=query.homes,
            within=query.within,
        )
    )
    add_functions(db, zone, no_ticket)  # (an answer that was remembered taught it none)
    calendar = replace(query, since=min(since, calendar_start(today)), until=max(until, today))
    names = [row.key for row in found.rows] if query.by == "session" else []
    return History(
        by=query.by,
        since=since,
        until=until,
        today=today,
        timezone=zone.key,
        days=tuple(_days(db, calendar)),
        rows=found.rows,
        total=found.total,
        sessions=dict(_notes(db, names)),
        first_day=first_day,
        active_days=found.active_days,
        unpriced_models=found.unpriced_models,
        hidden=found.hidden,
    )


def _first_day(db: sqlite3.Connection) -> date | None:
    (day,) = db.execute("SELECT min(day) FROM usage_day").fetchone()
    return None if day is None else date.fromordinal(day)


def _span(query: HistoryQuery, today: date, first_day: date | None) -> tuple[date, date]:
    if query.last_days is not None:
        return today - timedelta(days=max(0, query.last_days - 1)), today
    since = query.since or first_day or today
    return max(since, FIRST_DAY), min(query.until or today, LAST_DAY)


def _days(db: sqlite3.Connection, query: HistoryQuery) -> Iterator[Day]:
    """Yield the days with usage between `since` and `until`, which are known."""
    assert query.since is not None
    assert query.until is not None
    groups, conditions, keys = parts_asked(query.within)
    where = ["u.day >= ?", "u.day <= ?", *conditions]
    values: list[object] = [query.since.toordinal(), query.until.toordinal(), *keys]
    if query.homes:
        where.append(f"+s.session IN {session_rows(query.homes)}")
        values += query.homes
    narrowed = bool(query.within or query.homes)
    table = source("usage", _NO_GROUP, by_call=False, more=groups) if narrowed else "usage_day u"
    rows = db.execute(
        f"SELECT u.day, {_DAY_SUMS} FROM {table} WHERE {' AND '.join(where)} GROUP BY 1 ORDER BY 1",
        values,
    )
    for day, requests, tokens, cost, priced, unpriced in rows:
        yield Day(
            day=date.fromordinal(day),
            requests=requests,
            tokens=tokens,
            cost_nusd=cost if priced else None,
            unpriced_tokens=unpriced,
        )


def _notes(db: sqlite3.Connection, names: Sequence[str]) -> Iterator[tuple[str, SessionNote]]:
    """Yield (session id, what is known of it)."""
    tasks = present_purposes(db, names)
    for start in range(0, len(names), _SOME):
        some = names[start : start + _SOME]
        rows = db.execute(
            "SELECT x.session_id, x.agent, x.first_us, x.last_us, coalesce(p.repo, ''),"
            " coalesce(p.branch, '') FROM session x LEFT JOIN call c ON c.key = x.last_main_call"
            " LEFT JOIN place p ON p.id = c.place"
            f" WHERE x.session_id IN ({', '.join('?' * len(some))})",
            some,
        )
        for name, agent, first_us, last_us, repo, branch in rows:
            yield (
                name,
                SessionNote(
                    agent="codex" if agent == "codex" else "claude",
                    first_at=from_us(first_us),
                    last_at=from_us(last_us),
                    repo=repo,
                    branch=branch,
                    task=str(tasks[name].category) if name in tasks else "",
                ),
            )
