"""The reports' SQL. Read only; takes a connection, gives plain values."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from aicost.core.days import LocalDays, from_us
from aicost.core.reports import GroupBy, ReportQuery, ReportRow, TurnRow, UsageReport
from aicost.core.usage import TokenCounts
from aicost.store.calls import USAGE
from aicost.store.homes import home_ids, session_rows
from aicost.store.schema import TOKENS

_KEYS: dict[GroupBy, str] = {
    "day": "u.day",
    "week": "u.day - (u.day + 6) % 7",  # ordinal 1 was a Monday: the week's first day
    "month": "month_start(u.day)",
    "session": "x.session_id",
    "model": "m.name",
    "repo": "p.repo",
    "branch": "p.repo || ' · ' || p.branch",
    "agent": "x.agent",
}
_TIMES = ("day", "week", "month")  # in order of time; other groups the dearest first
_SUMS = ", ".join(f"sum(u.{name})" for name in USAGE)
_JOINS = (
    " JOIN span s ON s.id = u.span JOIN session x ON x.id = s.session"
    " JOIN model m ON m.id = u.model JOIN place p ON p.id = u.place"
)
_CALL_USAGE = (  # the same columns as usage_day, for another time zone than the ledger's
    f"(SELECT local_day(at_us) AS day, span, model, place, 1 AS requests, {', '.join(TOKENS)},"
    " web_searches, coalesce(cost_nusd, 0) AS cost_nusd, cost_nusd IS NOT NULL AS priced_requests,"
    " iif(cost_nusd IS NULL, input_tokens + cache_read_tokens + cache_write_5m_tokens"
    " + cache_write_1h_tokens + output_tokens, 0) AS unpriced_tokens,"
    " coalesce(credits, 0) AS credits, credits IS NOT NULL AS credited_requests FROM call)"
)


def report(db: sqlite3.Connection, query: ReportQuery) -> UsageReport:
    """Answer a report from the daily usage. Raises sqlite3.Error, ZoneInfoNotFoundError."""
    usage = _usage_table(db, query.timezone)
    db.create_function("month_start", 1, _month_start, deterministic=True)
    where, values = _where(query)
    order = "key" if query.by in _TIMES else "total_nusd DESC, key"
    rows = db.execute(_grouped(usage, _KEYS[query.by], where, order), values).fetchall()
    (total,) = db.execute(_grouped(usage, "''", where, "key"), values).fetchall() or [None]
    days = f"SELECT count(DISTINCT u.day) FROM {usage} u{_JOINS} WHERE {where}"
    unpriced = (
        f"SELECT DISTINCT m.name FROM {usage} u{_JOINS} WHERE {where} AND u.unpriced_tokens > 0"
        " ORDER BY 1"
    )
    return UsageReport(
        query=query,
        price_book=meta(db, "price_book"),
        rows=tuple(_row(row, query.by) for row in rows),
        total=_row(total, None) if total else ReportRow(key="total"),
        unpriced_models=tuple(name for (name,) in db.execute(unpriced, values)),
        skipped_lines=skipped_lines(db, query.homes),
        active_days=db.execute(days, values).fetchone()[0],
    )


def turns(
    db: sqlite3.Connection,
    *,
    session_id: str | None = None,
    since_us: int | None = None,
    homes: tuple[str, ...] = (),
) -> tuple[TurnRow, ...]:
    """Return turns, oldest first; subagents' calls count in the turn that started them.

    `session_id` may be the beginning of one, as tables show it.

    A prompt without any call is in, once: where a fork copied it too, at the older session.
    """
    where, values = ["1"], list[object]()
    if session_id is not None:
        where.append("substr(x.session_id, 1, length(?)) = ?")
        values += [session_id, session_id]
    if homes:
        where.append(f"x.id IN {session_rows(homes)}")
        values += homes
    having = "1"
    if since_us is not None:
        having = "min(coalesce(t.started_us, x.first_us)) >= ?"
        values.append(since_us)
    rows = db.execute(
        "SELECT x.session_id, coalesce(t.turn_id, ''), min(t.started_us),"
        f" {', '.join(f'coalesce(sum(u.{name}), 0)' for name in USAGE)}"
        " FROM span s JOIN session x ON x.id = s.session"
        " LEFT JOIN span t ON t.id = s.turn LEFT JOIN usage_day u ON u.span = s.id"
        f" WHERE {' AND '.join(where)} GROUP BY x.id, coalesce(t.turn_id, '')"
        f" HAVING {having} AND (count(u.requests) > 0 OR (max(t.turn_id <> '')"
        f" AND NOT EXISTS ({_OLDER_COPY})))"
        " ORDER BY coalesce(min(t.started_us), x.first_us), x.session_id, 2",
        values,
    )
    return tuple(_turn(row) for row in rows)


def skipped_lines(db: sqlite3.Connection, homes: Sequence[str] = ()) -> int:
    """Return how many lines of the logs (of these homes) could not be read."""
    where = f" WHERE home IN {home_ids(homes)}" if homes else ""
    count = f"SELECT coalesce(sum(broken_lines), 0) FROM log_file{where}"
    return int(db.execute(count, tuple(homes)).fetchone()[0])


def meta(db: sqlite3.Connection, key: str) -> str:
    """Return a setting of the ledger itself ("" if it has none)."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


_OLDER_COPY = (
    "SELECT 1 FROM span o JOIN session y ON y.id = o.session"
    " WHERE o.turn_id = t.turn_id AND o.turn_id <> ''"
    f" AND (coalesce(y.first_us, {2**62}), y.session_id)"
    f" < (coalesce(x.first_us, {2**62}), x.session_id)"  # a session without calls is the younger
)


def _usage_table(db: sqlite3.Connection, timezone: str) -> str:
    if meta(db, "timezone") == timezone:
        return "usage_day"
    day_of = LocalDays(ZoneInfo(timezone)).day_of
    db.create_function("local_day", 1, day_of, deterministic=True)
    return _CALL_USAGE


def _where(query: ReportQuery) -> tuple[str, list[object]]:
    parts, values = ["1"], list[object]()
    if query.since:
        parts.append("u.day >= ?")
        values.append(query.since.toordinal())
    if query.until:
        parts.append("u.day <= ?")
        values.append(query.until.toordinal())
    if query.agent:
        parts.append("x.agent = ?")
        values.append(query.agent)
    if query.homes:
        parts.append(f"x.id IN {session_rows(query.homes)}")
        values += query.homes
    return " AND ".join(parts), values


def _month_start(day: int) -> int:
    return date.fromordinal(day).replace(day=1).toordinal()


def _grouped(usage: str, key: str, where: str, order: str) -> str:
    return (
        f"SELECT {key} AS key, json_group_array(DISTINCT x.agent),"
        " json_group_array(DISTINCT m.name),"
        f" count(DISTINCT s.session), count(DISTINCT s.turn), {_SUMS},"
        f" sum(u.cost_nusd) AS total_nusd FROM {usage} u{_JOINS} WHERE {where}"
        f" GROUP BY 1 ORDER BY {order}"
    )


def _row(row: tuple[object, ...], by: GroupBy | None) -> ReportRow:
    raw, agents, models, sessions, turn_count, requests, *rest, _ = row
    tokens, (searches, cost, priced, unpriced, *_) = rest[: len(TOKENS)], rest[len(TOKENS) :]
    return ReportRow(
        key=_key_text(raw, by),
        agents=tuple(sorted(json.loads(str(agents)))),
        models=tuple(sorted(json.loads(str(models)))),
        requests=_int(requests),
        sessions=_int(sessions),
        turns=_int(turn_count),
        tokens=_tokens(tokens),
        web_searches=_int(searches),
        cost_nusd=_int(cost) if priced else None,
        unpriced_tokens=_int(unpriced),
    )


def _key_text(raw: object, by: GroupBy | None) -> str:
    if by is None:
        return "total"
    if by not in ("day", "week", "month"):
        return str(raw)
    first = date.fromordinal(_int(raw))
    if by == "day":
        return first.isoformat()
    if by == "month":
        return f"{first:%Y-%m}"
    year, week, _ = first.isocalendar()
    return f"{year}-W{week:02d}"


def _turn(row: tuple[object, ...]) -> TurnRow:
    session_id, prompt_uuid, started_us, requests, *rest = row
    tokens, (_, cost, priced, unpriced, *_) = rest[: len(TOKENS)], rest[len(TOKENS) :]
    return TurnRow(
        session_id=str(session_id),
        prompt_uuid=str(prompt_uuid),
        started_at=None if started_us is None else from_us(_int(started_us)),
        requests=_int(requests),
        tokens=_tokens(tokens),
        cost_nusd=_int(cost) if priced else None,
        unpriced_tokens=_int(unpriced),
    )


def _tokens(values: list[object]) -> TokenCounts:
    return TokenCounts(**dict(zip(TOKENS, map(_int, values))))


def _int(value: object) -> int:
    assert isinstance(value, int)  # every column we sum is an INTEGER NOT NULL
    return value
