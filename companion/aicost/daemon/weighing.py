"""How the budgets stand for every session at work, with what no ledger knows.

That is who asked at the gate, who was let pass, and who works without asking.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aicost.core.allowance import Allowance
from aicost.core.attribution import environment_of
from aicost.core.budget import Budget, BudgetFilter, Traits
from aicost.core.days import to_us
from aicost.core.gate import (
    AFTER_TOOLS,
    BEFORE_SWITCH,
    BEFORE_TOOL,
    PROMPT,
    Ask,
    Footing,
    Ruling,
)
from aicost.core.loops import Repeat, Run, run_id
from aicost.core.reservation import EXPIRES, InFlight, Thread, call_size, reserved
from aicost.core.session import WRITING_S
from aicost.core.spending import CallSize, Evaluation, Reserved, SessionNow
from aicost.core.usage import Agent
from aicost.daemon.budgeting import evaluate
from aicost.daemon.world import World
from aicost.platform.git import repo_of
from aicost.platform.processes import start_mark
from aicost.store.places import Attribution, names_of
from aicost.store.present import (
    Known,
    known_sessions,
    sessions_since,
    spent_since,
    subagent_models,
    threads_since,
)
from aicost.store.repeats import repeats
from aicost.store.spending import Spending, Within

_STARTS, _ENDS = "SessionStart", "SessionEnd"
_BETWEEN_CALLS = frozenset({PROMPT, BEFORE_TOOL}) | AFTER_TOOLS  # a thread's last call has ended
_BEFORE_CALLS = frozenset({PROMPT}) | AFTER_TOOLS
_HEARD_FOR = timedelta(minutes=15)  # a session that no registry knows, and that asks no more
_WRITING = timedelta(seconds=WRITING_S)
_MOST_RUNS = 64  # commands that a hook told of, of one session


@dataclass(slots=True)
class _Heard:
    """What a session's hooks said of it."""

    agent: Agent
    at: datetime
    cwd: str = ""
    repo: str = ""
    branch: str = ""
    branch_at: datetime | None = None  # when it was looked at before a call that will name it
    turn_id: str = ""
    turn_at: datetime | None = None  # of its prompt
    environment: str = ""
    model: str = ""
    model_at: datetime | None = None
    is_busy: bool = False
    process: tuple[int, str] = (0, "")  # of its client: the number, and what tells it from another
    runs: dict[int, Run] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """How all stands at one moment."""

    world: World
    sessions: Mapping[str, SessionNow]
    evaluation: Evaluation
    reserved: Mapping[str, Reserved]
    repeats: Mapping[str, Repeat]
    allowed: frozenset[str]  # sessions that the user's own word lets go on

    def footing(self, session_id: str) -> Footing:
        """Return how a session stands."""
        sizes = self.evaluation.sizes
        models = {name: one.traits.model for name, one in self.sessions.items()}
        repeat = self.repeats.get(session_id)
        return Footing(
            statuses=self.evaluation.by_session.get(session_id, ()),
            size=sizes.get(session_id, CallSize()),
            expected=call_size(session_id, sizes, models),
            grace_permille=self.world.grace_permille,
            is_allowed=session_id in self.allowed,
            repeated=repeat.command_key if repeat else "",
        )


class Scales:
    """Remembers what hooks said, and weighs. Belongs to one thread. Raises sqlite3.Error."""

    def __init__(
        self,
        db: sqlite3.Connection,
        attribution: Attribution,
        mark_of: Callable[[int], str] = start_mark,
    ) -> None:
        """`mark_of` tells a process from another of its number, "" if it is gone."""
        self._db, self._attribution, self._mark_of = db, attribution, mark_of
        self._heard: dict[str, _Heard] = {}
        self._in_flight = InFlight()
        self._sizes: Mapping[str, CallSize] = {}
        self._ran: frozenset[str] = frozenset()  # sessions that were seen to run
        self._registries: frozenset[str] = frozenset()  # that told of them
        self.asking: frozenset[str] = frozenset()  # sessions whose hooks ask at each event

    def hear(self, ask: Ask, now: datetime) -> None:
        """Take on what a session's hook says."""
        if ask.event in _BETWEEN_CALLS:  # (not a session that starts anew after a compaction)
            self._in_flight.asks(Thread(ask.session_id, ask.thread_id))
        if ask.event == _ENDS:
            self._heard.pop(ask.session_id, None)
            self._in_flight.ends(ask.session_id)
            return
        heard = self._heard.setdefault(ask.session_id, _Heard(ask.agent, now))
        heard.at = now
        self._hear_process(heard, ask)
        # A call's log line names the branch of its moment; of Codex, that of the thread's start.
        names_branch = ask.agent == "claude" and ask.event in _BEFORE_CALLS
        if ask.cwd and (ask.cwd != heard.cwd or names_branch):
            heard.branch = repo_of(ask.cwd)[1] or ""
            heard.branch_at = now if names_branch else None
        if ask.cwd and ask.cwd != heard.cwd:
            heard.cwd = ask.cwd
            heard.repo = names_of(self._db, self._attribution, ask.cwd)[1]
        if ask.entrypoint:
            job = self._attribution.ci_job
            heard.environment = environment_of(ask.entrypoint, job) or ""
        if ask.model and not ask.thread_id:
            heard.model, heard.model_at = ask.model, now
        if ask.event == PROMPT and not ask.thread_id:  # (Codex' subagents have prompts, too)
            heard.turn_id, heard.turn_at = ask.turn_id, now
            heard.runs.clear()
        self._hear_commands(heard, ask, now)

    def _hear_process(self, heard: _Heard, ask: Ask) -> None:
        if ask.pid > 0 and ask.pid != heard.process[0]:
            heard.process = ask.pid, self._mark_of(ask.pid)

    def _hear_commands(self, heard: _Heard, ask: Ask, now: datetime) -> None:
        if ask.event not in AFTER_TOOLS:
            return
        for run in ask.commands:
            number = run_id(f"{ask.agent}:{run.id}")
            heard.runs[number] = Run(
                number,
                to_us(now),
                ask.thread_id,
                run.command,
                run.label,
                run.failed,
                run.error,
            )
        while len(heard.runs) > _MOST_RUNS:
            del heard.runs[next(iter(heard.runs))]

    def follow(self, ask: Ask, ruling: Ruling, now: datetime) -> None:
        """Take on what comes of a ruling: which call is made next, of which model."""
        goes_on = ruling.action in ("pass", "save")
        heard = self._heard.get(ask.session_id)
        if heard is not None and ask.event in (PROMPT, *AFTER_TOOLS):
            heard.is_busy = goes_on
        if ask.event == BEFORE_SWITCH and goes_on and heard is not None and ask.to_model:
            heard.model, heard.model_at = ask.to_model, now
        thread = Thread(ask.session_id, ask.thread_id)
        if ask.event in (PROMPT, *AFTER_TOOLS) and goes_on:
            self._in_flight.passes(thread, now)
        if ask.event == BEFORE_TOOL and ask.agent == "codex":
            self._in_flight.passes(thread, now)  # also if it is refused: its turn goes on
        if ask.event == BEFORE_TOOL and ask.spawns and goes_on:
            self._in_flight.starts(ask.session_id, " ".join(ask.tool_use_ids), now)

    def weigh(self, world: World, ask: Ask | None = None) -> Weighed:
        """Say how all stands, before the next call of whoever asks."""
        now = world.now
        self._forget(world)
        names = self.names(world, ask)
        known = known_sessions(self._db, names)
        models = self._models(world)
        sessions = {
            name: _of_thread(
                self._session_now(name, known.get(name), world, ask), models.get(name, {}), ask
            )
            for name in names
        }
        if self._in_flight.sessions:
            self._in_flight.settle(threads_since(self._db, to_us(now - EXPIRES)), now)
        held = self._reserved(world, sessions, ask)
        repeating = self._repeats(names) if any(_counts_repeats(b) for b in world.budgets) else {}
        evaluation = evaluate(
            self._db,
            world.budgets,
            tuple(sessions.values()),
            now=now,
            zone=world.zone,
            reserved=held,
            repeats=repeating,
        )
        self._sizes = evaluation.sizes
        return Weighed(
            world=world,
            sessions=sessions,
            evaluation=evaluation,
            reserved=held,
            repeats=repeating,
            allowed=self._allowed(world, names, held),
        )

    def repeat_of(self, session_id: str) -> Repeat | None:
        """Return the command that fails again and again in a session's turn."""
        return self._repeats((session_id,)).get(session_id)

    def _models(self, world: World) -> Mapping[str, Mapping[str, str]]:
        """Return the models of subagents, by session and thread, if a budget asks for models."""
        if not any(budget.filter.model for budget in world.budgets):
            return {}
        return subagent_models(self._db, to_us(world.now - _HEARD_FOR))

    def _repeats(self, names: Sequence[str]) -> dict[str, Repeat]:
        told = {name: tuple(heard.runs.values()) for name, heard in self._heard.items()}
        return repeats(self._db, names, told)

    def names(self, world: World, ask: Ask | None = None) -> tuple[str, ...]:
        """Return all sessions that may make a call, or that count for a budget of those."""
        lately = sessions_since(self._db, to_us(world.now - _WRITING))
        asks = () if ask is None else (ask.session_id,)
        names = (*world.running.sessions, *self._heard, *lately, *world.guards, *asks)
        return tuple(dict.fromkeys(names))

    def _reserved(
        self, world: World, sessions: Mapping[str, SessionNow], ask: Ask | None
    ) -> dict[str, Reserved]:
        silent = [
            name
            for name, live in world.running.sessions.items()
            if live.state == "busy" and name not in self.asking
        ]
        asker = Thread(ask.session_id, ask.thread_id) if ask else Thread("")
        models = {name: one.traits.model for name, one in sessions.items()}
        return reserved(self._in_flight, asker, silent, self._sizes, models)

    def _allowed(
        self, world: World, names: Sequence[str], held: Mapping[str, Reserved]
    ) -> frozenset[str]:
        found = set[str]()
        for allowance in world.allowances:
            covered = [name for name in names if allowance.covers(name)]
            used = self._spent_since(allowance, covered)
            used += sum(held[name].nusd for name in covered if name in held)
            if allowance.lifts(used, world.now):
                found.update(covered)
        return frozenset(found)

    def _spent_since(self, allowance: Allowance, names: Sequence[str]) -> int:
        """Return what an allowance's sessions spent since it was made, hidden spend too.

        Of that of a session which is older the same share counts as of its priced calls.
        """
        since_us, session_id = to_us(allowance.at), allowance.session_id
        priced = spent_since(self._db, since_us, session_id)
        spending = Spending(self._db, names)
        only = spending.sessions.get(session_id)
        if session_id and only is None:
            return priced  # the ledger does not know it yet
        within = Within(start_us=since_us, sessions=(only.row,) if only else ())
        hidden = spending.hidden(within, BudgetFilter()).get(0)
        return priced + (hidden.nusd if hidden else 0)

    def _session_now(
        self, name: str, known: Known | None, world: World, ask: Ask | None
    ) -> SessionNow:
        heard, live = self._heard.get(name), world.running.sessions.get(name)
        is_asker = ask is not None and ask.session_id == name
        is_busy = live.state == "busy" if live else bool(heard and heard.is_busy)
        if ask is not None and is_asker:
            is_busy = ask.event not in (PROMPT, _STARTS, _ENDS)
        traits = _traits(known, heard)
        if live is not None and not traits.agent:
            traits = replace(traits, agent=live.agent)
        if ask is not None and is_asker and ask.event == BEFORE_SWITCH:
            traits = replace(traits, model=ask.to_model)
        return SessionNow(
            session_id=name,
            turn_id=_turn_id(known, heard),
            traits=traits,
            cwd=(heard.cwd if heard else "")
            or (live.cwd if live else "")
            or (known.cwd if known else ""),
            is_busy=is_busy,
            guard_id=world.guards.get(name, ""),
        )

    def _forget(self, world: World) -> None:
        """Forget sessions that ended without a word: their calls will never come."""
        running = world.running
        if running.registries >= self._registries:  # (one that is half written says nothing)
            for name in self._ran - running.sessions.keys() - running.unsure:
                self._in_flight.ends(name)
                self._heard.pop(name, None)
            self._ran = frozenset()
        for name in self._in_flight.sessions - running.sessions.keys():
            pid, mark = self._heard[name].process if name in self._heard else (0, "")
            if mark and self._mark_of(pid) != mark:  # killed: no registry tells
                self._in_flight.ends(name)
                self._heard.pop(name, None)
        self._ran |= running.sessions.keys()
        self._registries = running.registries
        for name, heard in tuple(self._heard.items()):
            if name not in world.running.sessions and world.now - heard.at > _HEARD_FOR:
                del self._heard[name]


def _of_thread(session: SessionNow, models: Mapping[str, str], ask: Ask | None) -> SessionNow:
    """Return a session as the thread is that asks; if another one does, with all its subagents.

    `models` are those of its subagents.
    """
    if ask is None or ask.session_id != session.session_id:
        return replace(session, models=frozenset(models.values()))
    if not ask.thread_id:
        return session
    model = ask.model or models.get(ask.thread_id) or session.traits.model
    return replace(session, traits=replace(session.traits, model=model))


def _counts_repeats(budget: Budget) -> bool:
    return budget.unit == "repeats"


def _traits(known: Known | None, heard: _Heard | None) -> Traits:
    """Put together what the newest call was of, and what hooks said since."""
    if heard is None:
        return known.traits if known else Traits()
    is_elsewhere = bool(heard.cwd) and (known is None or known.cwd != heard.cwd)
    of = known.traits if known else Traits(agent=heard.agent)
    is_switched = heard.model_at is not None and (
        known is None or to_us(heard.model_at) > known.last_us
    )
    is_checked_out = (
        bool(heard.branch)
        and heard.branch_at is not None
        and (known is None or to_us(heard.branch_at) > known.last_us)
    )
    return Traits(
        agent=of.agent,
        repo=heard.repo if is_elsewhere else of.repo,
        branch=heard.branch if is_elsewhere or is_checked_out else of.branch,
        model=heard.model if is_switched else of.model,
        environment=of.environment or heard.environment,
        category=of.category,
    )


def _turn_id(known: Known | None, heard: _Heard | None) -> str:
    """Return the turn that goes on: the one whose prompt came last; "" is the ledger's newest."""
    if heard is None or heard.turn_at is None:
        return ""
    is_newer = known is None or to_us(heard.turn_at) > known.turn_us
    return heard.turn_id if is_newer else ""
