"""What `aicost guard` asks the daemon: take a run on, say how it stands, sum it up at its end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from aicost.core.budget import STEPS, Budget, BudgetFilter, BudgetStatus, Unit
from aicost.core.days import from_us, to_us
from aicost.core.errors import ConfigError, StoreError
from aicost.core.guard import (
    WARNING_PERCENT,
    GuardedAgent,
    is_guard_id,
    is_to_interrupt,
    lacks_hooks,
)
from aicost.core.session import LiveSession, Running
from aicost.daemon.answers import Question
from aicost.daemon.guarding import GuardedRun, Guards, Member, owners_of
from aicost.daemon.server import Method, Notify, Params

if TYPE_CHECKING:
    from aicost.store.spending import Hidden, Used

T = TypeVar("T")
MOST_WAIT_S = 5.0  # for news, before a status is answered anyway
_ALL = BudgetFilter()
READ_S = 10.0  # at most, for what a run wrote to be read at its end


class _BudgetAsked(msgspec.Struct):
    unit: Unit
    limit: int  # in steps of the unit
    is_hard: bool = True


class _RunAsked(msgspec.Struct):
    guard: str
    pid: int
    since_us: int
    budgets: list[_BudgetAsked] = []
    child: int = 0
    sessions: list[str] = []  # that the guard knows to be under it, should we be new
    wait_s: float = 0.0
    news: int = -1  # that the guard has seen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How a run stands at a moment."""

    statuses: tuple[BudgetStatus, ...]
    used: "Used"
    hidden: "Hidden"
    calls: Mapping[str, int]  # since the run began, by session id


class Query(Protocol):
    """Asks the ledger. Raises StoreError."""

    async def __call__(self, question: Callable[[], T], /) -> T:
        """Return what a function finds that reads the ledger."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """What the methods need of the daemon."""

    query: "Query"  # runs in the thread of the ledger's readers
    running: Callable[[], Awaitable[Running]]
    read_all: Callable[[], Awaitable[object]]  # and its evidence
    moment: Callable[[], Question]


class GuardAnswers:
    """The daemon's methods for guarded runs."""

    def __init__(self, guards: Guards, access: Access) -> None:
        self._guards, self._access = guards, access
        self._news = 0
        self._told = asyncio.Event()

    @property
    def methods(self) -> Mapping[str, Method]:
        """By name, as the server takes them."""
        return {"guard.start": self._start, "guard.status": self._status, "guard.end": self._end}

    def changed(self) -> None:
        """Note that the ledger or a decision changed. In the event loop only."""
        self._news += 1
        told, self._told = self._told, asyncio.Event()
        told.set()

    async def _start(self, params: Params, _notify: Notify) -> object:
        asked = _asked(params)
        self._take(asked)
        return {"guard": asked.guard}

    async def _status(self, params: Params, _notify: Notify) -> object:
        asked = _asked(params)
        run = self._take(asked)
        if asked.news == self._news:
            await self._wait(min(asked.wait_s, MOST_WAIT_S))
        return await self._document(run)

    async def _end(self, params: Params, _notify: Notify) -> object:
        """Answer when all that the run wrote is read, or after a while without the rest."""
        asked = _asked(params)
        run = self._take(asked)
        try:
            async with asyncio.timeout(READ_S):
                await self._access.read_all()
            is_complete = True
        except (TimeoutError, StoreError):
            is_complete = False
        document = await self._document(run)
        self._guards.end(asked.guard)
        return {**document, "complete": is_complete}

    def _take(self, asked: _RunAsked) -> GuardedRun:
        self._guards.end_dead()
        run = _run_of(asked)
        self._guards.register(run, asked.sessions)
        return run

    async def _wait(self, wait_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._told.wait()

    async def _document(self, run: GuardedRun) -> dict[str, object]:
        news = self._news
        running = await self._access.running()
        pids, commands = self._guards.unplaced(running), self._guards.commands()
        self._guards.place(await asyncio.to_thread(owners_of, pids, commands))
        members = dict(self._guards.members(run.guard_id))
        question = self._access.moment()
        states = {name: one for name, one in running.sessions.items() if name in members}
        look = await self._access.query(lambda: _look(question, run, members, states))
        agents = list(_agents(look, members, states))
        return {"news": news, **self._as_json(run, look, agents, members, question)}

    def _as_json(
        self,
        run: GuardedRun,
        look: _Look,
        agents: Sequence[GuardedAgent],
        members: Mapping[str, Member],
        question: Question,
    ) -> dict[str, object]:
        hard = [one for one in look.statuses if one.budget.is_hard]
        stops = [member.stop_reason for member in members.values() if member.stop_reason]
        is_over = any(one.spent >= one.budget.limit for one in hard)
        names = [one.session_id for one in agents]
        over_s = self._guards.over_for_s(run.guard_id, names, time.monotonic(), is_over=is_over)
        return {
            "is_over": is_over,
            "interrupt": is_over
            and any(is_to_interrupt(one, over_s[one.session_id]) for one in agents),
            "reason": _reason(hard, question) if is_over else next(iter(stops), ""),
            "is_stopped": bool(stops),
            "is_warned": any(one.level >= WARNING_PERCENT for one in look.statuses),
            "budgets": [_budget_json(one, question) for one in look.statuses],
            "agents": [
                {"agent": one.agent, "pid": one.pid, "lacks_hooks": lacks_hooks(one)}
                for one in agents
            ],
            "sessions": sorted(members),
            "requests": look.used.requests,
            "tokens": look.used.tokens,
            "cost_usd": _usd(look.used.nusd),
            "unpriced_tokens": look.used.unpriced_tokens,
            "hidden": {"cost_usd": _usd(look.hidden.nusd), "tokens": look.hidden.tokens},
        }


def _asked(params: Params) -> _RunAsked:
    """Return what a guard says of its run. Raises ConfigError."""
    try:
        asked = msgspec.convert(dict(params), _RunAsked)
    except msgspec.ValidationError as error:
        raise ConfigError(f"no guarded run: {error}") from error
    if not is_guard_id(asked.guard) or asked.pid <= 0:
        raise ConfigError(f"no guarded run: {asked.guard!r} of process {asked.pid}")
    if any(one.limit <= 0 for one in asked.budgets):
        raise ConfigError("a guarded run's budget is not above 0")
    return asked


def _run_of(asked: _RunAsked) -> GuardedRun:
    since = from_us(asked.since_us)
    budgets = tuple(
        Budget(
            budget_id=f"guard-{number}",
            scope="session",
            unit=one.unit,
            limit=one.limit,
            is_hard=one.is_hard,
            origin="guard",
            guard_id=asked.guard,
            since=since,
        )
        for number, one in enumerate(asked.budgets, 1)
    )
    return GuardedRun(
        guard_id=asked.guard, pid=asked.pid, since=since, budgets=budgets, child_pid=asked.child
    )


def _look(
    question: Question,
    run: GuardedRun,
    members: Mapping[str, Member],
    live: Mapping[str, LiveSession],
) -> _Look:
    """Sum up what the sessions of a run used since it began. Raises sqlite3.Error."""
    from aicost.store.spending import Hidden, Spending, Used, Within  # most daemons guard no run

    statuses = _statuses(question, run, members, live)
    spending = Spending(question.db, list(members))
    rows = {seen.row: name for name, seen in spending.sessions.items()}
    if not rows:
        return _Look(statuses=statuses, used=Used(), hidden=Hidden(), calls={})
    within = Within(start_us=to_us(run.since), sessions=tuple(sorted(rows)))
    by_session = spending.used(within, _ALL, "session")
    return _Look(
        statuses=statuses,
        used=spending.used(within, _ALL).get(0, Used()),
        hidden=spending.hidden(within, _ALL).get(0, Hidden()),
        calls={rows[row]: used.requests for row, used in by_session.items()},
    )


def _statuses(
    question: Question,
    run: GuardedRun,
    members: Mapping[str, Member],
    live: Mapping[str, LiveSession],
) -> tuple[BudgetStatus, ...]:
    """Return how the budgets of a run stand. Raises sqlite3.Error."""
    from aicost.core.spending import SessionNow  # as above
    from aicost.daemon.budgeting import evaluate
    from aicost.store.repeats import repeats

    sessions = [
        SessionNow(
            session_id=name,
            guard_id=member.guard_id,
            is_busy=name in live and live[name].state == "busy",
        )
        for name, member in members.items()
    ]
    counts_repeats = any(one.unit == "repeats" for one in run.budgets)
    found = evaluate(
        question.db,
        run.budgets,
        sessions,
        now=question.now,
        zone=question.zone,
        reserved={},
        repeats=repeats(question.db, list(members)) if counts_repeats else {},
    )
    # All sessions of a run stand before the same budgets: any of them knows how these stand.
    known = next(iter(found.by_session.values()), ())
    return known or tuple(BudgetStatus(budget=one) for one in run.budgets)


def _agents(
    look: _Look, members: Mapping[str, Member], live: Mapping[str, LiveSession]
) -> Iterator[GuardedAgent]:
    """Yield the sessions of a run whose processes are there."""
    for session_id, one in live.items():
        member = members[session_id]
        yield GuardedAgent(
            session_id=session_id,
            agent=one.agent,
            pid=one.pid,
            is_busy=one.state == "busy",
            has_hooks=member.has_hooks,
            has_called=look.calls.get(session_id, 0) > 0,
            refusals=member.refusals,
        )


def _reason(hard: Sequence[BudgetStatus], question: Question) -> str:
    """Return how the hard budget stands that is used up the most, "" without one."""
    from aicost.core.nudge_words import budget_sentence

    worst = max(hard, key=lambda one: one.share, default=None)
    return budget_sentence(worst, question.now, question.zone) if worst else ""


def _budget_json(status: BudgetStatus, question: Question) -> dict[str, object]:
    from aicost.core.nudge_words import budget_sentence

    budget = status.budget
    return {
        "unit": budget.unit,
        "is_hard": budget.is_hard,
        "limit": budget.limit / STEPS[budget.unit],
        "spent": status.spent / STEPS[budget.unit],
        "is_near": status.level >= WARNING_PERCENT,
        "sentence": budget_sentence(status, question.now, question.zone),
    }


def _usd(nusd: int) -> float:
    return nusd / STEPS["usd"]
