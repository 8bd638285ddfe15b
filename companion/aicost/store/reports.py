"""The reports' SQL. Read only; takes a connection, gives plain values."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aicost.core.days import FIRST_DAY, LAST_DAY, LocalDays
from aicost.core.reconcile import Cause
from aicost.core.reports import (
    UNALLOCATED,
    GroupBy,
    HiddenSpend,
    OutcomeSums,
    ReportQuery,
    ReportRow,
    UsageReport,
)
from aicost.core.usage import TokenCounts
from aicost.store.accounts import hidden
from aicost.store.calls import USAGE
from aicost.store.evidence import EVIDENCE
from aicost.store.groups import GROUPS, Group, Rows, add_functions, parts_asked, source
from aicost.store.homes import session_rows
from aicost.store.outcome_sums import outcome_sums
from aicost.store.queries import meta, skipped_lines
from aicost.store.schema import TOKENS

_TIMES = ("day", "week", "month")  # in order of time; other groups the dearest first
_ALL, _DAY = Group("''"), Group("u.day")
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
    asking = _Asking(db, query)
    group = GROUPS[query.by]
    sums, models = asking.usage(group), asking.model_names()
    evidence, distinct = asking.evidence(group), asking.distinct(group)
    keys = {*sums, *(key for key, counts in evidence.items() if any(counts))}
    rows = [
        _with_evidence(
            _row(_key_text(key, query.by), sums.get(key, _Sums()), distinct.get(key), models),
            evidence.get(key, _NO_EVIDENCE),
        )
        for key in sorted(keys, key=_sortable)
    ]
    if query.by not in _TIMES:
        rows.sort(key=lambda row: (-(row.cost_nusd or 0), row.key))
    whole = _added(sums.values())
    total = _row("total", whole, asking.distinct(_ALL).get(""), models)
    return UsageReport(
        query=query,
        price_book=meta(db, "price_book"),
        rows=tuple(rows),
        total=_with_evidence(total, tuple(map(sum, zip(_NO_EVIDENCE, *evidence.values())))),
        unpriced_models=tuple(sorted(models[model] for model in whole.unpriced)),
        skipped_lines=skipped_lines(db, query.homes),
        active_days=asking.active_days(),
        hidden=None if query.within else _hidden(db, query),  # it is of whole sessions
        outcomes=_outcomes(db, asking) if query.by == "outcome" else None,
    )


_NO_EVIDENCE = (0,) * len(EVIDENCE)
_NO_USAGE = (0,) * len(USAGE)
_UNPRICED = USAGE.index("unpriced_tokens")
_COST, _PRICED = USAGE.index("cost_nusd"), USAGE.index("priced_requests")


@dataclass(slots=True)
class _Sums:
    """The usage of one group so far."""

    counts: tuple[int, ...] = _NO_USAGE  # in the order of USAGE
    agents: set[str] = field(default_factory=set)
    models: set[int] = field(default_factory=set)  # row ids
    unpriced: set[int] = field(default_factory=set)  # those of them without a price

    @property
    def cost_nusd(self) -> int | None:
        """The sum of the priced calls; None if none is priced."""
        return self.counts[_COST] if self.counts[_PRICED] else None

    def add(self, agent: str, model: int, counts: tuple[int, ...]) -> None:
        self.counts = tuple([a + b for a, b in zip(self.counts, counts)])
        self.agents.add(agent)
        self.models.add(model)
        if counts[_UNPRICED]:
            self.unpriced.add(model)


def _added(groups: Iterable[_Sums]) -> _Sums:
    whole = _Sums()
    for one in groups:
        whole.counts = tuple([a + b for a, b in zip(whole.counts, one.counts)])
        whole.agents |= one.agents
        whole.models |= one.models
        whole.unpriced |= one.unpriced
    return whole


class _Asking:
    """One question to the ledger: which rows, and of whose days."""

    def __init__(self, db: sqlite3.Connection, query: ReportQuery) -> None:
        self._db = db
        self._by_call = meta(db, "timezone") != query.timezone
        self._where, self._values = _where(db, query, by_call=self._by_call)
        self._parts, conditions, keys = parts_asked(query.within)
        self._where = " AND ".join((self._where, *conditions))
        self._values += keys

    def usage(self, group: Group) -> dict[object, _Sums]:
        """Return the usage of each group."""
        found: dict[object, _Sums] = {}
        for key, agent, model, *counts in self._rows(
            "usage", group, f"{group.key}, x.agent, u.model, {_USAGE_SUMS}", "1, 2, 3"
        ):
            found.setdefault(key, _Sums()).add(agent, model, tuple(counts))
        return found

    def evidence(self, group: Group) -> dict[object, tuple[int, ...]]:
        """Return the evidence of each group, in the order of EVIDENCE."""
        rows = self._rows("evidence", group, f"{group.key}, {_EVIDENCE_SUMS}", "1")
        return {key: tuple(counts) for key, *counts in rows}

    def distinct(self, group: Group) -> dict[object, tuple[int, int]]:
        """Return how many sessions and turns there are in each group."""
        counts = "count(DISTINCT s.session), count(DISTINCT s.turn)"
        rows = self._rows("usage", group, f"{group.key}, {counts}", "1")
        return {key: (sessions, turns) for key, sessions, turns in rows}

    def active_days(self) -> int:
        """Return how many days have usage."""
        return sum(1 for _ in self._rows("usage", _DAY, _DAY.key, "1"))

    def model_names(self) -> dict[int, str]:
        """Return the models as logged, by row."""
        return dict(self._db.execute("SELECT id, name FROM model"))

    def _rows(self, rows: Rows, group: Group, columns: str, by: str) -> Iterable[tuple[Any, ...]]:
        if self._by_call:
            columns = columns.replace("u.day", "local_day(u.at_us)")
        table = source(rows, group, by_call=self._by_call, more=self._parts)
        query = f"SELECT {columns} FROM {table} WHERE {self._where} GROUP BY {by}"
        return self._db.execute(query, self._values)


def _where(
    db: sqlite3.Connection, query: ReportQuery, *, by_call: bool
) -> tuple[str, list[object]]:
    parts, values = ["1"], list[object]()
    if by_call:
        parts.append("u.at_us >= ? AND u.at_us < ?")
        values += _moments(query)
    else:
        first_day, last_day = query.since or FIRST_DAY, query.until or LAST_DAY
        parts.append("u.day >= ? AND u.day <= ?")
        values += (first_day.toordinal(), last_day.toordinal())
    if query.agent:
        parts.append("x.agent = ?")
        values.append(query.agent)
    if query.homes and not _are_all_homes(db, query.homes):
        parts.append(f"+s.session IN {session_rows(query.homes)}")  # (+: go through the days)
        values += query.homes
    return " AND ".join(parts), values


def _moments(query: ReportQuery) -> tuple[int, int]:
    """Return the first microsecond of a query's days, and the first after them."""
    days = LocalDays(ZoneInfo(query.timezone))
    first, last = query.since or FIRST_DAY, query.until or LAST_DAY
    return (
        days.start_us(min(max(first, FIRST_DAY), LAST_DAY)),
        days.start_us(min(max(last, FIRST_DAY), LAST_DAY) + timedelta(days=1)),
    )


def _are_all_homes(db: sqlite3.Connection, homes: Sequence[str]) -> bool:
    """Say whether no session is known from other folders alone."""
    marks = ", ".join("?" * len(homes))
    other = (
        f"SELECT 1 FROM home h WHERE h.path NOT IN ({marks})"
        " AND EXISTS (SELECT 1 FROM session_home k WHERE k.home = h.id)"
    )
    return db.execute(other, tuple(homes)).fetchone() is None


def _hidden(db: sqlite3.Connection, query: ReportQuery) -> HiddenSpend:
    """Return the hidden spend of sessions that ended in the range: it has no time of its own."""
    parts = ["x.last_us >= ? AND x.last_us < ?"]
    values = list[object](_moments(query))
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
        why.append(Cause.AT_LEAST.sentence)
    return HiddenSpend(cost_nusd=spent.cost_nusd, why=tuple(why))


def _outcomes(db: sqlite3.Connection, asking: _Asking) -> OutcomeSums:
    """Return what the sessions of a report led to, and what they cost within its range."""
    sessions, tickets = asking.usage(GROUPS["session"]), asking.usage(GROUPS["ticket"])
    return outcome_sums(
        db,
        {str(name): sums.cost_nusd for name, sums in sessions.items()},
        [sums.cost_nusd for name, sums in tickets.items() if name != UNALLOCATED],
    )


def _row(
    key: str, sums: _Sums, distinct: tuple[int, int] | None, models: Mapping[int, str]
) -> ReportRow:
    requests, *rest = sums.counts
    tokens, (searches, cost, priced, unpriced, ncredits, credited, uncertain) = (
        rest[: len(TOKENS)],
        rest[len(TOKENS) :],
    )
    sessions, turns = distinct or (0, 0)
    return ReportRow(
        key=key,
        agents=tuple(sorted(sums.agents)),
        models=tuple(sorted(models[model] for model in sums.models)),
        requests=requests,
        sessions=sessions,
        turns=turns,
        tokens=TokenCounts(**dict(zip(TOKENS, tokens))),
        web_searches=searches,
        cost_nusd=cost if priced else None,
        unpriced_tokens=unpriced,
        ncredits=ncredits if credited else None,
        uncertain_ncredits=uncertain,
    )


def _with_evidence(row: ReportRow, counts: tuple[int, ...]) -> ReportRow:
    tool_calls, api_errors, retries, active_us = counts
    return replace(
        row, tool_calls=tool_calls, api_errors=api_errors, retries=retries, active_us=active_us
    )


def _sortable(key: object) -> tuple[bool, int, str]:
    return (False, key, "") if isinstance(key, int) else (True, 0, str(key))


def _key_text(raw: object, by: GroupBy) -> str:
    if by not in _TIMES:
        return str(raw)
    first = date.fromordinal(int(str(raw)))
    if by == "day":
        return first.isoformat()
    if by == "month":
        return f"{first:%Y-%m}"
    year, week, _ = first.isocalendar()
    return f"{year}-W{week:02d}"
