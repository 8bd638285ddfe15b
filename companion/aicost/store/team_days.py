"""A UTC day of the ledger as a document for a team: counts under closed words. Read only.

Evidence is what the facts say at this moment, not the daily sums: those are of local days.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from aicost.core.attribution import environment_of
from aicost.core.audit import GateEvent
from aicost.core.days import to_us
from aicost.core.limits import CLAUDE_LIMITS
from aicost.core.team.documents import (
    Billing,
    DayDocument,
    DayOutcomes,
    DayRow,
    Place,
    TokenSums,
)
from aicost.core.team.words import (
    Known,
    Projects,
    billing_word,
    category_word,
    model_words,
    tier_word,
    tool_word,
)
from aicost.core.waste.hits import LOOPS
from aicost.store.evidence import MOST_ACTIVE_US, evidence_moments
from aicost.store.limits import plan_limits

DAY_US = 86_400_000_000
_MINUTE_US = 60_000_000
_STOPS = frozenset({"stop", "block", "refuse"})
_JOINS = (
    " JOIN span s ON s.id = u.span JOIN session x ON x.id = s.session"
    " LEFT JOIN model m ON m.id = u.model LEFT JOIN place p ON p.id = u.place"
    " LEFT JOIN variant v ON v.id = u.variant LEFT JOIN span r ON r.id = s.turn"
    " LEFT JOIN setting q ON q.id = coalesce(r.setting, s.setting)"
    " LEFT JOIN turn_category g ON g.span = s.turn"
)
_NAMED = (
    "s.session, s.turn, x.session_id, x.agent, coalesce(m.name, ''), coalesce(v.speed, ''),"
    " coalesce(v.service_tier, ''), coalesce(p.repo_key, ''), coalesce(p.repo, ''),"
    " coalesce(g.category, ''), coalesce(q.entrypoint, ''), coalesce(q.ci_job, '')"
)
_NAMES = 12  # columns of it
_GROUPED = "s.session, s.turn, u.model, u.place, u.variant, q.id"
_ALL_TOKENS = "input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens"
_CALLS = (
    f"SELECT {_NAMED}, count(*), sum(u.input_tokens), sum(u.cache_write_5m_tokens),"
    " sum(u.cache_write_1h_tokens), sum(u.cache_read_tokens), sum(u.output_tokens),"
    " sum(u.reasoning_tokens), sum(u.web_searches), sum(u.cost_nusd), sum(u.ncredits),"
    f" sum(iif(u.cost_nusd IS NULL, {_ALL_TOKENS} + output_tokens, 0))"
    f" FROM call u{_JOINS} WHERE u.at_us >= ?1 AND u.at_us < ?2 GROUP BY {_GROUPED}"
)
_SPANS = (
    "span IN (SELECT span FROM call WHERE at_us >= {first} AND at_us < {late}"
    " UNION SELECT span FROM api_error WHERE at_us >= {first} AND at_us < {end})"
)
_MOMENTS = (  # stretches of work one by one, all else added up
    f"SELECT {_NAMED}, iif(u.active_us > 0, u.at_us, 0), u.active_us, sum(u.tool_calls),"
    " sum(u.api_errors), sum(u.retries) FROM (SELECT e.*, c.variant FROM {moments} e"
    " LEFT JOIN call c ON c.key = e.key WHERE e.at_us >= {first} AND (e.at_us < {end}"
    " OR e.at_us - e.active_us < {end})"
    f") u{_JOINS} GROUP BY {_GROUPED}, {_NAMES + 1}, {_NAMES + 2}"
)
_HITS = (
    "SELECT w.session, t.id, x.agent, count(*) FROM waste w JOIN session x ON x.id = w.session"
    " LEFT JOIN span t ON t.session = w.session AND t.turn_id = w.turn_id AND t.subagent_id = ''"
    " WHERE w.since_us >= ? AND w.since_us < ? AND w.kind IN ({marks}) GROUP BY 1, 2"
)
_Words = tuple[Any, ...]
_NO_PROJECTS, _NO_OUTCOMES = Projects(), DayOutcomes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How a day's calls are named, and what else its document says of itself."""

    known: Known  # models of the shipped price list
    projects: Projects = _NO_PROJECTS
    billing: Billing = "unknown"  # where logs do not tell
    client: str
    cohort: str | None = None
    price_book: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What of a day is not in the ledger."""

    events: Sequence[GateEvent] = ()  # of the gate, on that day
    outcomes: DayOutcomes = _NO_OUTCOMES


@dataclass(slots=True)
class _Row:
    """A row so far."""

    counts: list[int] = field(default_factory=lambda: [0] * 8)  # requests, tokens, searches
    cost_nusd: int | None = None
    ncredits: int | None = None
    unpriced_tokens: int = 0
    sessions: set[int] = field(default_factory=set)
    turns: set[int] = field(default_factory=set)
    tool_calls: int = 0
    api_errors: int = 0
    retries: int = 0
    loops: int = 0
    budget_stops: int = 0
    overrides: int = 0
    stretches: list[tuple[int, int]] = field(default_factory=list)  # [start, end) of work, in us


def days_with_calls(db: sqlite3.Connection, first: date, last: date) -> tuple[date, ...]:
    """Return the UTC days with any call or error, both ends inclusive. Raises sqlite3.Error."""
    found = db.execute(
        "SELECT DISTINCT at_us / ?3 FROM call WHERE at_us >= ?1 AND at_us < ?2"
        " UNION SELECT at_us / ?3 FROM api_error WHERE at_us >= ?1 AND at_us < ?2 ORDER BY 1",
        (_start_us(first), _start_us(last) + DAY_US, DAY_US),
    )
    return tuple(date.fromordinal(_EPOCH + number) for (number,) in found)


def day_document(
    db: sqlite3.Connection, day: date, naming: Naming, beside: Beside = Beside()
) -> DayDocument:
    """Return a UTC day as revision 0, not final. Raises sqlite3.Error."""
    first_us = _start_us(day)
    rows = _Rows(naming, _with_plan(db))
    _add_usage(db, rows, first_us)
    _add_evidence(db, rows, first_us)
    rows.note_loops(_loops(db, first_us))
    rows.note_events(beside.events)
    return DayDocument(
        day=day.isoformat(),
        revision=0,
        final=False,
        client=naming.client,
        cohort=naming.cohort,
        price_book=naming.price_book,
        sessions=len(set[int]().union(*(row.sessions for row in rows.found.values()))),
        turns=len(set[int]().union(*(row.turns for row in rows.found.values()))),
        active_minutes=_minutes(one for row in rows.found.values() for one in row.stretches),
        outcomes=beside.outcomes,
        rows=tuple(_day_row(words, row) for words, row in sorted(rows.found.items(), key=_sorted)),
    )


def day_span_us(day: date) -> tuple[int, int]:
    """Return the first microsecond of a UTC day, and the first after it."""
    return _start_us(day), _start_us(day) + DAY_US


_EPOCH = date(1970, 1, 1).toordinal()


def _start_us(day: date) -> int:
    return to_us(datetime(day.year, day.month, day.day, tzinfo=UTC))


class _Rows:
    """The rows of a day by their words, and where sessions and turns did most."""

    def __init__(self, naming: Naming, with_plan: Collection[int]) -> None:
        self._naming, self._with_plan = naming, with_plan
        self._words: dict[_Words, _Words] = {}
        self._most: dict[object, tuple[int, _Words]] = {}
        self.session_ids: dict[str, int] = {}
        self.found: dict[_Words, _Row] = {}

    def row(self, named: _Words, requests: int = 0) -> _Row:
        """Return the row of what the first columns of a query name."""
        session, turn, session_id, *rest = named
        words = self._words_of(session in self._with_plan, tuple(rest))
        if requests:
            self.session_ids[session_id] = session
            for place in ((session, turn), session, rest[0], None):
                known = self._most.get(place, (0, words))
                self._most[place] = max(known, (requests, words), key=lambda one: one[0])
        return self.found.setdefault(words, _Row())

    def most(self, *places: object) -> _Row | None:
        """Return the row of the first of these places where calls were made: where most were."""
        known = next((self._most[place] for place in places if place in self._most), None)
        return None if known is None else self.found[known[1]]

    def note_loops(self, loops: Iterable[tuple[int, int | None, str, int]]) -> None:
        """Count loops where the turn, else its session, made most calls."""
        for session, turn, agent, count in loops:
            row = self.most((session, turn), session, agent)
            if row is not None:  # else the agent did nothing else on that day
                row.loops += count

    def note_events(self, events: Iterable[GateEvent]) -> None:
        """Count what the gate stopped, and was told to let pass."""
        for event in events:
            row = self.most(self.session_ids.get(event.session_id, event.agent), event.agent, None)
            if row is not None:
                row.budget_stops += event.kind in _STOPS
                row.overrides += event.kind == "allow"

    def _words_of(self, has_plan: bool, named: _Words) -> _Words:  # noqa: FBT001
        asked = (has_plan, *named)
        if asked not in self._words:
            agent, model, speed, service_tier, repo_key, repo, category, way, job = named
            naming, words = self._naming, model_words(model, self._naming.known)
            place: Place = environment_of(way, job) or "unknown"
            self._words[asked] = (
                tool_word(agent),
                words.provider,
                words.model,
                tier_word(speed, service_tier),
                billing_word(words.provider, has_plan=has_plan, otherwise=naming.billing),
                naming.projects.label(repo_key, repo),
                category_word(category),
                place,
            )
        return self._words[asked]


def _add_usage(db: sqlite3.Connection, rows: _Rows, first_us: int) -> None:
    for found in db.execute(_CALLS, (first_us, first_us + DAY_US)):
        named, (*counts, cost, ncredits, unpriced) = found[:_NAMES], found[_NAMES:]
        row = rows.row(named, counts[0])
        row.counts = [a + b for a, b in zip(row.counts, counts)]
        row.cost_nusd = _added(row.cost_nusd, cost)
        row.ncredits = _added(row.ncredits, ncredits)
        row.unpriced_tokens += unpriced
        row.sessions.add(named[0])
        if named[1] is not None:
            row.turns.add(named[1])


def _add_evidence(db: sqlite3.Connection, rows: _Rows, first_us: int) -> None:
    end_us = first_us + DAY_US
    span = {"first": first_us, "end": end_us, "late": end_us + MOST_ACTIVE_US}
    query = _MOMENTS.format(moments=evidence_moments(_SPANS.format(**span)), **span)
    for found in db.execute(query):
        at_us, active_us, tool_calls, api_errors, retries = found[_NAMES:]
        if not (active_us or tool_calls or api_errors or retries):
            continue
        row = rows.row(found[:_NAMES])
        row.tool_calls += tool_calls
        row.api_errors += api_errors
        row.retries += retries
        if active_us:
            row.stretches.append((max(first_us, at_us - active_us), min(end_us, at_us)))


def _loops(db: sqlite3.Connection, first_us: int) -> Iterator[tuple[int, int | None, str, int]]:
    kinds = sorted(LOOPS)
    query = _HITS.format(marks=", ".join("?" * len(kinds)))
    return iter(db.execute(query, (first_us, first_us + DAY_US, *kinds)).fetchall())


def _with_plan(db: sqlite3.Connection) -> frozenset[int]:
    """Return the sessions of accounts whose logs tell of a plan's limits."""
    found = set[int]()
    for one in plan_limits(db):
        agent = "claude" if one.limits.limit_id == CLAUDE_LIMITS else "codex"
        if agent == "codex" and not one.limits.plan_type:
            continue
        found.update(
            session
            for (session,) in db.execute(
                "SELECT k.session FROM session_home k JOIN home h ON h.id = k.home"
                " JOIN session x ON x.id = k.session WHERE h.path = ? AND x.agent = ?",
                (one.home, agent),
            )
        )
    return frozenset(found)


def _added(known: int | None, more: int | None) -> int | None:
    return known if more is None else more + (known or 0)


def _minutes(stretches: Iterable[tuple[int, int]]) -> int:
    """Return the minutes that stretches cover together: two agents at once are not two people."""
    total_us, until_us = 0, 0
    for start_us, end_us in sorted(stretches):
        total_us += max(0, end_us - max(start_us, until_us))
        until_us = max(until_us, end_us)
    return round(total_us / _MINUTE_US)


def _sorted(item: tuple[_Words, _Row]) -> _Words:
    return tuple(word or "" for word in item[0])


def _day_row(words: _Words, row: _Row) -> DayRow:
    tool, provider, model, tier, billing, project, category, environment = words
    requests, fresh, write_5m, write_1h, read, output, reasoning, searches = row.counts
    return DayRow(
        tool=tool, provider=provider, model=model, tier=tier, billing=billing, project=project,
        category=category, environment=environment, requests=requests,
        tokens=TokenSums(
            input=fresh, cache_write_5m=write_5m, cache_write_1h=write_1h, cache_read=read,
            output=output, reasoning=reasoning,
        ),
        sessions=len(row.sessions), turns=len(row.turns), tool_calls=row.tool_calls,
        api_errors=row.api_errors, retries=row.retries, loops=row.loops,
        budget_stops=row.budget_stops, overrides=row.overrides,
        active_minutes=_minutes(row.stretches), web_searches=searches,
        cost_list_microusd=_steps(row.cost_nusd, 1000),
        credits_milli=_steps(row.ncredits, 1_000_000), unpriced_tokens=row.unpriced_tokens,
    )  # fmt: skip


def _steps(value: int | None, size: int) -> int | None:
    """Return a value in larger steps, half to even."""
    if value is None:
        return None
    whole, rest = divmod(value, size)
    return whole + (2 * rest > size or (2 * rest == size and whole % 2 == 1))
