"""The reports' SQL. Read only; takes a connection, gives plain values."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aicost.core.days import FIRST_DAY, LAST_DAY, LocalDays, from_us
from aicost.core.reconcile import Cause
from aicost.core.reports import GroupBy, HiddenSpend, ReportQuery, ReportRow, TurnRow, UsageReport
from aicost.core.usage import TokenCounts
from aicost.store.accounts import hidden
from aicost.store.calls import USAGE
from aicost.store.evidence import EVIDENCE
from aicost.store.groups import GROUPS, Group, add_functions, source
from aicost.store.homes import home_ids, session_rows
from aicost.store.schema import TOKENS

_TIMES = ("day", "week", "month")  # in order of time; other groups the dearest first
_USAGE_SUMS = ", ".join(f"sum(u.{name})" for name in USAGE)
_EVIDENCE_SUMS = ", ".join(f"sum(u.{name})" for name in EVIDENCE)

Ticket = Callable[[str], str]


def no_ticket(_branch: str) -> str:
    """Return that a branch names no ticket."""
    return ""


def report(
    db: sqlite3.Connection, query: ReportQuery, *, ticket_of: Ticket = no_ticket
) -> UsageReport:
    """Answer a report from the daily usage. Raises sqlite3.Error, ZoneInfoNotFoundError.

    Evidence is that of the last `Ledger.settle`.
    """
    add_functions(db, ZoneInfo(query.timezone), ticket_of)
    in_own_zone = meta(db, "timezone") == query.timezone
    where, values = _where(query)
    group, all_of_it = GROUPS[query.by], Group("''")
    usage = source("usage", group, in_own_zone=in_own_zone)
    rows = _usage_rows(db, usage, group, where, values)
    evidence = _evidence_rows(
        db, source("evidence", group, in_own_zone=in_own_zone), group, where, values
    )
    plain = source("usage", all_of_it, in_own_zone=in_own_zone)
    total = _usage_rows(db, plain, all_of_it, where, values).get("")
    days = f"SELECT count(DISTINCT u.day) FROM {plain} WHERE {where}"
    unpriced = (
        f"SELECT DISTINCT m.name FROM {plain} WHERE {where} AND u.unpriced_tokens > 0 ORDER BY 1"
    )
    found = [
        replace(rows.get(key) or ReportRow(key=""), key=_key_text(key, query.by), **_counted(sums))
        for key, sums in _joined(rows, evidence)
    ]
    if query.by not in _TIMES:
        found.sort(key=lambda row: (-(row.cost_nusd or 0), row.key))
    whole = replace(total or ReportRow(key=""), key="total", **_counted(_added(evidence.values())))
    return UsageReport(
        query=query,
        price_book=meta(db, "price_book"),
        rows=tuple(found),
        total=whole,
        unpriced_models=tuple(name for (name,) in db.execute(unpriced, values)),
        skipped_lines=skipped_lines(db, query.homes),
        active_days=db.execute(days, values).fetchone()[0],
        hidden=_hidden(db, query),
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


def _hidden(db: sqlite3.Connection, query: ReportQuery) -> HiddenSpend:
    """Return the hidden spend of sessions that ended in the range: it has no time of its own."""
    parts, values = ["x.last_us IS NOT NULL"], list[object]()
    days = LocalDays(ZoneInfo(query.timezone))
    if query.since:
        parts.append("x.last_us >= ?")
        values.append(days.start_us(max(query.since, FIRST_DAY)))
    if query.until and query.until < LAST_DAY:
        parts.append("x.last_us < ?")
        values.append(days.start_us(max(query.until, FIRST_DAY) + timedelta(days=1)))
    if query.agent:
        parts.append("x.agent = ?")
        values.append(query.agent)
    if query.homes:
        parts.append(f"x.id IN {session_rows(query.homes)}")
        values += query.homes
    spent, causes = hidden(db, " AND ".join(parts), values)
    why = [cause.sentence for cause in causes]
    codex = f"SELECT 1 FROM session x WHERE x.agent = 'codex' AND {' AND '.join(parts)} LIMIT 1"
    if db.execute(codex, values).fetchone():
        why.append(f"at least: {Cause.AT_LEAST.sentence}")
    return HiddenSpend(cost_nusd=spent.cost_nusd, why=tuple(why))


def _usage_rows(
    db: sqlite3.Connection, table: str, group: Group, where: str, values: list[object]
) -> dict[object, ReportRow]:
    rows = db.execute(
        f"SELECT {group.key} AS key, json_group_array(DISTINCT x.agent),"
        " json_group_array(DISTINCT m.name),"
        f" count(DISTINCT s.session), count(DISTINCT s.turn), {_USAGE_SUMS}"
        f" FROM {table} WHERE {where} GROUP BY 1",
        values,
    )
    return {row[0]: _row(row) for row in rows}


def _evidence_rows(
    db: sqlite3.Connection, table: str, group: Group, where: str, values: list[object]
) -> dict[object, tuple[int, ...]]:
    rows = db.execute(
        f"SELECT {group.key}, {_EVIDENCE_SUMS} FROM {table} WHERE {where} GROUP BY 1", values
    )
    return {key: tuple(sums) for key, *sums in rows}


def _joined(
    rows: Mapping[object, ReportRow], evidence: Mapping[object, tuple[int, ...]]
) -> list[tuple[object, tuple[int, ...]]]:
    """Return the keys of both, in order, with their evidence: an error may have no call."""
    nothing = (0,) * len(EVIDENCE)
    keys = sorted({*rows, *(key for key, sums in evidence.items() if any(sums))}, key=_sortable)
    return [(key, evidence.get(key, nothing)) for key in keys]


def _sortable(key: object) -> tuple[bool, int, str]:
    return (False, key, "") if isinstance(key, int) else (True, 0, str(key))


def _added(rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows))) or (0,) * len(EVIDENCE)


def _counted(sums: tuple[int, ...]) -> dict[str, Any]:
    return dict(zip(EVIDENCE, sums))


def _row(row: tuple[object, ...]) -> ReportRow:
    _, agents, models, sessions, turn_count, requests, *rest = row
    tokens, (searches, cost, priced, unpriced, ncredits, credited, uncertain) = (
        rest[: len(TOKENS)],
        rest[len(TOKENS) :],
    )
    return ReportRow(
        key="",
        agents=tuple(sorted(json.loads(str(agents)))),
        models=tuple(sorted(json.loads(str(models)))),
        requests=_int(requests),
        sessions=_int(sessions),
        turns=_int(turn_count),
        tokens=_tokens(tokens),
        web_searches=_int(searches),
        cost_nusd=_int(cost) if priced else None,
        unpriced_tokens=_int(unpriced),
        ncredits=_int(ncredits) if credited else None,
        uncertain_ncredits=_int(uncertain),
    )


def _key_text(raw: object, by: GroupBy) -> str:
    if by not in _TIMES:
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
