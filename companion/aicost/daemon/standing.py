"""How one budget stands at a moment: for all that it covers, for a session, in a turn."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aicost.core.budget import (
    OF_A_PLAN,
    Budget,
    BudgetStatus,
    BudgetWindow,
    window_of,
)
from aicost.core.days import from_us, to_us
from aicost.core.forecast import HISTORY_DAYS, forecast
from aicost.core.guard import is_within
from aicost.core.limits import PlanLimits
from aicost.core.plans import plan_status
from aicost.core.spending import CallSize, Repeating, Reserved, SessionNow
from aicost.store.evidence import MOST_ACTIVE_US
from aicost.store.limits import plan_limits
from aicost.store.spending import Hidden, Key, Spending, TurnSeen, Used, Within

_ROLLING_US = 5 * 3600 * 1_000_000
_NOTHING_RESERVED = Reserved()
_NO_WINDOW = BudgetWindow()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When it is, and what no ledger knows of it."""

    now: datetime  # UTC
    zone: ZoneInfo  # whose days are counted
    reserved: Mapping[str, Reserved]  # by session id
    repeats: Mapping[str, Repeating | None]  # by session id


class Standing:
    """Answers for one moment; what several budgets need is asked of the ledger once."""

    def __init__(
        self, db: sqlite3.Connection, sessions: Sequence[SessionNow], moment: Moment
    ) -> None:
        self._db, self._sessions = db, sessions
        self._now, self._now_us, self._zone = moment.now, to_us(moment.now), moment.zone
        self._reserved, self._repeats = moment.reserved, moment.repeats
        self._spending = Spending(db, [session.session_id for session in sessions])
        self._seen = self._spending.sessions
        self._turns: dict[str, TurnSeen | None] | None = None
        self._limits: tuple[PlanLimits, ...] | None = None
        self._active: dict[int, int] | None = None

    def shared(self, budget: Budget) -> BudgetStatus | None:
        """Return how a budget of a window stands; None: of its plan nothing is known."""
        if budget.scope in OF_A_PLAN:
            return plan_status(budget, self._plan_limits(), self._now)
        window = window_of(budget.scope, self._now, self._zone)
        within = Within(
            start_us=None if window.start is None else to_us(window.start),
            end_us=None if window.end is None else to_us(window.end),
        )
        covered = [one for one in self._sessions if one.is_under(budget.filter)]
        return self._status(budget, _Place(within), covered, window=window)

    def of_session(self, budget: Budget, session: SessionNow) -> BudgetStatus | None:
        """Return how a budget stands for a session that it covers; None: it says nothing of it."""
        if budget.scope in OF_A_PLAN:
            return plan_status(budget, self._limits_of(session), self._now)
        if budget.origin == "guard":
            return self._of_guard(budget, session)
        if budget.scope == "turn":
            return self._of_turn(budget, session)
        rows = tuple(sorted(seen.row for seen in self._seen.values()))
        seen = self._seen.get(session.session_id)
        place = _Place(Within(sessions=rows), "session", seen.row if seen else None)
        return self._status(budget, place, [session], subject=session.session_id)

    def size(self, session_id: str) -> CallSize:
        """Return how large the last calls of a session were."""
        seen = self._seen.get(session_id)
        return CallSize() if seen is None else self._spending.size(seen.row)

    def _of_guard(self, budget: Budget, session: SessionNow) -> BudgetStatus | None:
        """Return what all sessions of one guarded run used since it began."""
        if not is_within(session.guard_id, budget.guard_id):
            return None
        group = [one for one in self._sessions if is_within(one.guard_id, budget.guard_id)]
        names = [one.session_id for one in group]
        rows = tuple(sorted(self._seen[name].row for name in names if name in self._seen))
        since_us = None if budget.since is None else to_us(budget.since)
        place = _Place(Within(sessions=rows, start_us=since_us), "all", 0 if rows else None)
        return self._status(budget, place, group, subject=budget.guard_id)

    def _of_turn(self, budget: Budget, session: SessionNow) -> BudgetStatus:
        turns = self._turns_now()
        rows = tuple(sorted(turn.row for turn in turns.values() if turn))
        turn = turns[session.session_id]
        within = Within(turns=rows, sessions=tuple(sorted(one.row for one in self._seen.values())))
        named = session.turn_id or (turn.turn_id if turn else "")
        place = _Place(within, "turn", turn.row if turn else None)
        return self._status(budget, place, [session], subject=f"{session.session_id} {named}")

    def _turns_now(self) -> Mapping[str, TurnSeen | None]:
        if self._turns is None:
            self._turns = {}
            for one in self._sessions:
                seen = self._seen.get(one.session_id)
                turn = self._spending.turn(seen.row, one.turn_id) if seen else None
                self._turns[one.session_id] = turn
        return self._turns

    def _status(
        self,
        budget: Budget,
        place: "_Place",
        sessions: Sequence[SessionNow],
        *,
        subject: str = "",
        window: BudgetWindow = _NO_WINDOW,
    ) -> BudgetStatus:
        if budget.unit == "repeats":
            return self._repeating(budget, sessions, subject)
        used, hidden = self._used(budget, place)
        spent, unseen = _amount(budget, used), _hidden_amount(budget, hidden)
        if budget.unit == "minutes":
            spent = self._active_us(budget, place) + sum(map(self._gap_us, sessions))
        whole = spent + unseen
        return BudgetStatus(
            budget=budget,
            window=window,
            subject=subject,
            spent=whole,
            hidden=unseen,
            reserved=sum(self._reserved_of(budget, one) for one in sessions),
            forecast=self._forecast(budget, window, whole),
            unpriced_tokens=(
                used.unpriced_tokens + hidden.unpriced_tokens if budget.unit == "usd" else 0
            ),
            resets_at=(
                self._under_again(budget, place.within, whole)
                if budget.scope == "5h"
                else window.end
            ),
        )

    def _used(self, budget: Budget, place: "_Place") -> tuple[Used, Hidden]:
        if place.at is None:
            return Used(), Hidden()
        asked = (place.within, budget.filter, place.key)
        used = self._spending.used(*asked, with_turns=budget.unit == "turns")
        hidden = self._spending.hidden(*asked) if budget.unit in ("usd", "tokens") else {}
        return used.get(place.at, Used()), hidden.get(place.at, Hidden())

    def _active_us(self, budget: Budget, place: "_Place") -> int:
        if place.at is None:
            return 0
        return self._spending.active_us(place.within, budget.filter, place.key).get(place.at, 0)

    def _gap_us(self, session: SessionNow) -> int:
        """Return the active time since a session's last call, which no call shows yet."""
        seen = self._seen.get(session.session_id)
        if not session.is_busy or seen is None or not seen.last_us:
            return 0
        return max(0, min(self._now_us - seen.last_us, MOST_ACTIVE_US))

    def _reserved_of(self, budget: Budget, session: SessionNow) -> int:
        one = self._reserved.get(session.session_id, _NOTHING_RESERVED)
        match budget.unit:
            case "usd":
                return one.nusd
            case "tokens":
                return one.tokens
            case "credits":
                return one.ncredits
            case "requests":
                return one.calls
            case _:
                return 0

    def _repeating(
        self, budget: Budget, sessions: Sequence[SessionNow], subject: str
    ) -> BudgetStatus:
        found = [one for session in sessions if (one := self._repeats.get(session.session_id))]
        worst = max(found, key=lambda one: one.count, default=None)
        return BudgetStatus(
            budget=budget,
            subject=subject,
            spent=worst.count if worst else 0,
            command=worst.label if worst else "",
        )

    def _forecast(self, budget: Budget, window: BudgetWindow, spent: int) -> int | None:
        if window.start is None or window.end is None:
            return None
        if self._active is None:  # of the longest window, too
            first = self._now - timedelta(days=HISTORY_DAYS + 4)
            self._active = self._spending.active_by_day(to_us(first), self._now_us + 1)
        here = self._now.astimezone(self._zone)
        return forecast(budget.scope, window, spent, self._active, here)

    def _under_again(self, budget: Budget, within: Within, spent: int) -> datetime | None:
        """Return when enough has left five hours that roll; None while there is something left.

        Hidden spend leaves with the calls.
        """
        if spent < budget.limit:
            return None
        seen = self._spending.leaving(within, budget.filter, budget.unit)
        total = left = sum(amount for _, amount in seen)
        for at_us, amount in seen:
            left -= amount
            if spent * left < budget.limit * total or left <= 0:
                return from_us(at_us + _ROLLING_US + 1)
        return None

    def _plan_limits(self) -> Sequence[PlanLimits]:
        if self._limits is None:
            self._limits = plan_limits(self._db)
        return self._limits

    def _limits_of(self, session: SessionNow) -> list[PlanLimits]:
        """Return the limits of the account that a session is of, as far as that is known."""
        limits = self._plan_limits()
        agent = session.traits.agent
        limits = [one for one in limits if not agent or one.agent == agent]
        seen = self._seen.get(session.session_id)
        homes = self._spending.homes(seen.row) if seen else ()
        own = [one for one in limits if one.home in homes]
        return own or ([] if homes else limits)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to find a sum: of which calls, and the row it is under; None: the ledger has none."""

    within: Within
    key: Key = "all"
    at: int | None = 0


def _amount(budget: Budget, used: Used) -> int:
    match budget.unit:
        case "usd":
            return used.nusd
        case "tokens":
            return used.tokens
        case "credits":
            return used.ncredits
        case "requests":
            return used.requests
        case "turns":
            return used.turns
        case _:
            return 0


def _hidden_amount(budget: Budget, hidden: Hidden) -> int:
    match budget.unit:
        case "usd":
            return hidden.nusd
        case "tokens":
            return hidden.tokens
        case _:
            return 0
