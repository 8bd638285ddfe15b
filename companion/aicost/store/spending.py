"""What was used within a window, by a session or in a turn: the sums that budgets need. Read only.

Whole days of the ledger's own time zone are added up from its daily sums, all else from calls.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import ZoneInfo

from aicost.core.budget import BudgetFilter, Traits, Unit
from aicost.core.days import FIRST_DAY, LocalDays
from aicost.core.spending import LAST_CALLS, CallSize
from aicost.store.accounts import unsettled_hidden
from aicost.store.covered import Covered, ids, joins, needs_span
from aicost.store.evidence import evidence_moments
from aicost.store.groups import CALL_ROWS
from aicost.store.queries import meta
from aicost.store.schema import TOKENS

Key = Literal["all", "session", "turn"]
_KEYS: Mapping[Key, str] = {"all": "0", "session": "s.session", "turn": "s.turn"}
_TOKENS = " + ".join(name for name in TOKENS if name != "reasoning_tokens")
_AMOUNTS: Mapping[Unit, str] = {"usd": "cost_nusd", "tokens": _TOKENS, "credits": "ncredits"}
_SUMS = ", ".join(
    f"coalesce(sum({name}), 0)"
    for name in ("requests", "cost_nusd", _TOKENS, "ncredits", "unpriced_tokens")
)
_OPEN = BudgetFilter()
# session, its first and last call, model, tokens, nano-dollars
_HiddenRow = tuple[int, int | None, int | None, str, int, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Which calls are added up: those in [start, end), of some sessions, in some turns."""

    start_us: int | None = None  # since 1970 UTC
    end_us: int | None = None
    sessions: tuple[int, ...] = ()  # row ids; (): all
    turns: tuple[int, ...] = ()  # row ids of their spans; (): all


@dataclass(frozen=True, slots=True)
class Used:
    """What some calls used together, without hidden spend."""

    requests: int = 0
    nusd: int = 0  # of the priced ones
    tokens: int = 0
    ncredits: int = 0
    unpriced_tokens: int = 0
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Hidden:
    """What no log shows of some sessions."""

    nusd: int = 0
    tokens: int = 0
    unpriced_tokens: int = 0


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """A session as the ledger has it."""

    row: int
    last_us: int  # of the main thread's last prompt or call; 0: of none


@dataclass(frozen=True, slots=True)
class TurnSeen:
    """A turn as the ledger has it."""

    row: int  # of its prompt's span
    turn_id: str


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows to add up: of days (`day`), or of moments (`at_us`)."""

    sql: str
    has_days: bool = False


class Spending:
    """Sums of one moment, each asked for once. Use it inside one snapshot. Raises sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection, session_ids: Collection[str]) -> None:
        self._db = db
        self._days = LocalDays(ZoneInfo(meta(db, "timezone") or "UTC"))
        self.sessions = dict(_sessions(db, session_ids))
        self._used: dict[tuple[Within, BudgetFilter, Key, bool], dict[int, Used]] = {}
        self._hidden: dict[tuple[Within, BudgetFilter, Key], dict[int, Hidden]] = {}
        self._active: dict[tuple[Within, BudgetFilter, Key], dict[int, int]] = {}
        self._covered = Covered(db)
        self._stale: str | None = None
        self._unsettled: dict[int, list[tuple[str, int, int | None]]] | None = None
        self._rows: dict[str, list[_HiddenRow]] = {}  # hidden spend, by its query

    def used(
        self, within: Within, filter_: BudgetFilter, key: Key = "all", *, with_turns: bool = False
    ) -> dict[int, Used]:
        """Return what covered calls used, by row id of the session or turn; key 0 for all."""
        asked = (within, filter_, key, with_turns)
        if asked not in self._used:
            table = self._usage(within)
            turns = "count(DISTINCT s.turn)" if with_turns else "0"
            is_plain = key == "all" and not with_turns and not within.sessions
            where = self._where(within, filter_, table)
            linked = "" if is_plain and not needs_span(filter_) else joins(filter_)
            query = (
                f"SELECT {_KEYS[key]}, {_SUMS}, {turns} FROM {table.sql} u{linked} WHERE {where}"
            )
            rows = self._db.execute(f"{query} GROUP BY 1")
            self._used[asked] = {row[0]: Used(*row[1:]) for row in rows if row[0] is not None}
        return self._used[asked]

    def hidden(self, within: Within, filter_: BudgetFilter, key: Key = "all") -> dict[int, Hidden]:
        """Return the hidden spend of the sessions that covered calls are of.

        Hidden spend has no time and no folder of its own. A session that is only in part within
        counts the same part of it as of its priced calls (of its requests, if none is priced).
        That without any call counts for the session alone.
        """
        asked = (within, filter_, key)
        if asked not in self._hidden:
            self._hidden[asked] = self._find_hidden(within, filter_, key)
        return self._hidden[asked]

    def active_us(self, within: Within, filter_: BudgetFilter, key: Key = "all") -> dict[int, int]:
        """Return the active time of covered calls, as reports count it: up to the last call."""
        asked = (within, filter_, key)
        if asked not in self._active:
            found: dict[int, int] = {}
            for table in self._activity(within):
                where = self._where(within, filter_, table)
                query = f"SELECT {_KEYS[key]}, sum(u.active_us) FROM {table.sql} u{joins(filter_)}"
                for at_key, active_us in self._db.execute(f"{query} WHERE {where} GROUP BY 1"):
                    if at_key is not None:
                        found[at_key] = found.get(at_key, 0) + active_us
            self._active[asked] = found
        return self._active[asked]

    def leaving(self, within: Within, filter_: BudgetFilter, unit: Unit) -> list[tuple[int, int]]:
        """Return what of a unit was used when, oldest first: as (time in us, amount)."""
        if unit == "minutes":
            table, amount = _by_moment(_spans_within(within)), "sum(u.active_us)"
        else:
            table = _Table(CALL_ROWS["usage"])
            amount = f"sum({_AMOUNTS.get(unit, 'u.requests')})"
        linked, where = joins(filter_), self._where(within, filter_, table)
        by = "s.turn" if unit == "turns" else "u.at_us"
        counted = "count(DISTINCT s.turn)" if unit == "turns" else amount
        rows = self._db.execute(
            f"SELECT max(u.at_us), {counted} FROM {table.sql} u{linked} WHERE {where}"
            f" GROUP BY {by} ORDER BY 1"
        )
        return [(at_us, used) for at_us, used in rows]

    def turn(self, session: int, turn_id: str) -> TurnSeen | None:
        """Return a turn by its own id or its prompt's; "" asks for the latest.

        None: the ledger has none like it.
        """
        named = " AND (turn_id = ?2 OR prompt_id = ?2)" if turn_id else ""
        row = self._db.execute(
            f"SELECT id, turn_id FROM span WHERE session = ?1 AND subagent_id = ''"
            f" AND turn_id <> ''{named} ORDER BY started_us DESC, id DESC LIMIT 1",
            (session, turn_id) if turn_id else (session,),
        ).fetchone()
        return None if row is None else TurnSeen(*row)

    def homes(self, session: int) -> tuple[str, ...]:
        """Return the agent's folders that a session's logs lie in."""
        rows = self._db.execute(
            "SELECT h.path FROM session_home s JOIN home h ON h.id = s.home WHERE s.session = ?",
            (session,),
        )
        return tuple(path for (path,) in rows)

    def active_by_day(self, start_us: int, end_us: int) -> dict[int, int]:
        """Return the active time of each day of the ledger in [start, end), in microseconds."""
        first, last = self._days.day_of(start_us), self._days.day_of(end_us - 1)
        rows = self._db.execute(
            "SELECT day, sum(active_us) FROM evidence_day WHERE day >= ? AND day <= ? GROUP BY day",
            (first, last),
        )
        return dict(rows.fetchall())

    def size(self, session: int) -> CallSize:
        """Return how large a session's last calls were at most."""
        spans = self._last_spans(session)
        found = self._db.execute(
            "SELECT count(*), max(cost_nusd), max(tokens), max(ncredits) FROM (SELECT"
            f" cost_nusd, {_TOKENS} AS tokens, ncredits FROM call WHERE span IN ({ids(spans)})"
            f" ORDER BY at_us DESC LIMIT {LAST_CALLS})"
        ).fetchone()
        calls, nusd, tokens, ncredits = found
        return CallSize(
            nusd=nusd or 0, tokens=tokens or 0, ncredits=ncredits or 0, known_calls=calls
        )

    def _last_spans(self, session: int) -> list[int]:
        """Return the spans of a session's last days; its last calls are in them."""
        rows = self._db.execute(
            "SELECT u.day, u.span, sum(u.requests) FROM span s CROSS JOIN usage_day u"
            " ON u.span = s.id WHERE s.session = ? GROUP BY 1, 2 ORDER BY 1 DESC",
            (session,),
        )
        spans, calls, last_day = list[int](), 0, None
        for day, span, requests in rows:
            if calls >= LAST_CALLS and day != last_day:
                break
            spans.append(span)
            calls, last_day = calls + requests, day
        return spans

    def _usage(self, within: Within) -> "_Table":
        if self._by_day(within):
            return _Table("usage_day", has_days=True)
        return _Table(CALL_ROWS["usage"])

    def _activity(self, within: Within) -> list["_Table"]:
        """Return the tables that active time is in, which share no span."""
        if not self._by_day(within):
            return [_by_moment(_spans_within(within))]
        if self._stale is None:
            stale = self._db.execute(
                f"SELECT k.span FROM span s CROSS JOIN stale_span k ON k.span = s.id"
                f" WHERE s.session IN ({ids(seen.row for seen in self.sessions.values())})"
            )
            self._stale = ids(span for (span,) in stale)
        if not self._stale:
            return [_Table("evidence_day", has_days=True)]
        rest = f"(SELECT * FROM evidence_day WHERE span NOT IN ({self._stale}))"
        return [_Table(rest, has_days=True), _by_moment(f"span IN ({self._stale})")]

    def _by_day(self, within: Within) -> bool:
        ends = (within.start_us, within.end_us)
        if ends == (None, None):
            return True
        return None not in ends and all(self._begins_day(at_us or 0) for at_us in ends)

    def _begins_day(self, at_us: int) -> bool:
        return at_us >= self._days.start_us(FIRST_DAY) and self._days.day_of(
            at_us - 1
        ) < self._days.day_of(at_us)

    def _where(self, within: Within, filter_: BudgetFilter, table: "_Table") -> str:
        parts = [self._covered.where(filter_)]
        if table.has_days:
            if within.start_us is not None and within.end_us is not None:
                first, last = map(self._days.day_of, (within.start_us, within.end_us - 1))
                parts.append(f"u.day >= {first} AND u.day <= {last}")
        else:
            parts.append(_moments(within, "u.at_us"))
        if within.sessions:
            parts.append(f"s.session IN ({ids(within.sessions)})")
        if within.turns:
            parts.append(f"s.turn IN ({ids(within.turns)})")
        return " AND ".join(parts)

    def _find_hidden(self, within: Within, filter_: BudgetFilter, key: Key) -> dict[int, Hidden]:
        rows = self._hidden_rows(within)
        if filter_.model:  # what is of no model counts as the calls do; other rows say whose
            model = BudgetFilter(model=filter_.model)
            covered = {
                name for name in {row[3] for row in rows} if model.covers(Traits(model=name))
            }
            nameless = [row for row in rows if not row[3]]
            rows = [row for row in rows if row[3] in covered]
            shares = [(nameless, filter_), (rows, replace(filter_, model=""))]
        else:
            shares = [(rows, filter_)]
        sums: dict[int, list[int]] = {}
        for of_rows, by in shares:
            parts = self._parts(within, by, key, {row[0]: row for row in of_rows})
            for session, _, _, _, tokens, nusd in of_rows:
                for at_key, part, whole in parts.get(session, ()):
                    added, share = sums.setdefault(at_key, [0, 0, 0]), tokens * part // whole
                    added[0] += (nusd or 0) * part // whole
                    added[1] += share
                    added[2] += share if nusd is None else 0
        return {at_key: Hidden(*found) for at_key, found in sums.items()}

    def _hidden_rows(self, within: Within) -> list[_HiddenRow]:
        """Return hidden spend of sessions within; of those that run, as it is now."""
        if self._unsettled is None:
            running = [seen.row for seen in self.sessions.values()]
            self._unsettled = unsettled_hidden(self._db, running)
        query, unsettled = _hidden_rows(within), self._unsettled
        if query not in self._rows:
            found = self._db.execute(query).fetchall()
            new = {row[0]: row for row in found if row[0] in unsettled}
            self._rows[query] = [row for row in found if row[0] not in unsettled]
            self._rows[query] += [
                (*row[:3], *one) for session, row in new.items() for one in unsettled[session]
            ]
        return self._rows[query]

    def _parts(
        self, within: Within, filter_: BudgetFilter, key: Key, rows: Mapping[int, _HiddenRow]
    ) -> dict[int, list[tuple[int, int, int]]]:
        """Return of each session how much is within, by key: as (key, part, whole)."""
        found: dict[int, list[tuple[int, int, int]]] = {}
        if filter_ == _OPEN and key != "turn":
            for session, (_, first_us, last_us, *_) in rows.items():
                if _is_whole(within, first_us, last_us):
                    found[session] = [(session if key == "session" else 0, 1, 1)]
        partly = rows.keys() - found.keys()
        if not partly:
            return found
        sessions = replace(within, sessions=tuple(sorted(partly)))
        table = self._usage(within)
        sums = f"s.session, {_KEYS[key]}, sum(u.cost_nusd), sum(u.requests)"
        query = f"SELECT {sums} FROM {table.sql} u{joins(filter_)}"
        where = self._where(sessions, filter_, table)
        totals = self.used(Within(sessions=sessions.sessions), _OPEN, "session")
        for session, at_key, nusd, requests in self._db.execute(
            f"{query} WHERE {where} GROUP BY 1, 2"
        ):
            whole = totals[session]
            part = (nusd, whole.nusd) if whole.nusd else (requests, whole.requests)
            if at_key is not None:
                found.setdefault(session, []).append((at_key, *part))
        return found


def _by_moment(spans: str) -> _Table:
    return _Table(evidence_moments(spans))


def _spans_within(within: Within) -> str:
    return f"span IN (SELECT span FROM call WHERE {_moments(within, 'at_us')})"


def _sessions(db: sqlite3.Connection, ids: Iterable[str]) -> Iterator[tuple[str, SessionSeen]]:
    for session_id in ids:
        row = db.execute(
            "SELECT id, max(coalesce(last_main_us, 0), coalesce((SELECT max(s.started_us)"
            " FROM span s WHERE s.session = x.id AND s.subagent_id = ''), 0))"
            " FROM session x WHERE session_id = ?",
            (session_id,),
        ).fetchone()
        if row is not None:
            yield session_id, SessionSeen(*row)


def _hidden_rows(within: Within) -> str:
    tokens = " + ".join(f"h.{name}" for name in TOKENS if name != "reasoning_tokens")
    parts = ["1"]
    if within.start_us is not None:
        parts.append(f"x.last_us >= {within.start_us}")
    if within.end_us is not None:
        parts.append(f"x.first_us < {within.end_us}")
    if within.sessions:
        parts.append(f"h.session IN ({ids(within.sessions)})")
    return (
        f"SELECT h.session, x.first_us, x.last_us, h.model, {tokens}, h.cost_nusd"
        f" FROM hidden_spend h JOIN session x ON x.id = h.session WHERE {' AND '.join(parts)}"
    )


def _is_whole(within: Within, first_us: int | None, last_us: int | None) -> bool:
    if within.start_us is None and within.end_us is None:
        return True
    if first_us is None or last_us is None:
        return False
    return (within.start_us is None or within.start_us <= first_us) and (
        within.end_us is None or last_us < within.end_us
    )


def _moments(within: Within, column: str) -> str:
    parts = ["1"]
    if within.start_us is not None:
        parts.append(f"{column} >= {within.start_us}")
    if within.end_us is not None:
        parts.append(f"{column} < {within.end_us}")
    return " AND ".join(parts)
