"""What hard budgets hold, whatever happens: sessions side by side, subagents, late logs, midnights.

A small world of agents whose calls are served at once, and known to the ledger when it reads their
logs, with the gate's own code and a real ledger. Its clock is the test's.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from log_builders import START, calls_read, event, open_ledger, tokens

from aicost.core.allowance import Allowance, Wish
from aicost.core.budget import Budget, BudgetWindow, window_of
from aicost.core.gate import Ask
from aicost.core.session import LiveSession, Running
from aicost.core.usage import Agent
from aicost.daemon.judging import Judge
from aicost.daemon.verdict_files import Verdict
from aicost.daemon.verdicts import CODEX, DEFAULT, find_verdicts
from aicost.daemon.weighing import Scales
from aicost.daemon.world import World
from aicost.store.journal import Journal
from aicost.store.places import NO_ATTRIBUTION

UTC_ZONE = ZoneInfo("UTC")
CENT = 10**7
PER_TOKEN = 4_000  # nano-dollars, in the ledgers of log_builders
SESSIONS: Mapping[str, Agent] = {"s-1": "claude", "s-2": "claude", "s-3": "claude", "x-1": "codex"}
SESSION_CENTS, DAY_CENTS, ROLLING_CENTS = 120, 300, 260


def is_in(window: BudgetWindow, at: datetime) -> bool:
    return (window.start is None or window.start <= at) and (window.end is None or at < window.end)


def hard(name: str, scope: str, cents: int) -> Budget:
    return Budget(budget_id=name, scope=scope, unit="usd", limit=cents * CENT, is_hard=True)  # type: ignore[arg-type]


BUDGETS = (
    hard("session", "session", SESSION_CENTS),
    hard("day", "day", DAY_CENTS),
    hard("5h", "5h", ROLLING_CENTS),
)


@dataclass
class Call:
    """A call that was served."""

    number: int
    session_id: str
    thread_id: str
    at: datetime
    nusd: int
    is_known: bool = False  # the ledger has it


@dataclass
class AgentThread:
    """A thread of an agent: it waits for a prompt, for the model, or runs tools."""

    session_id: str
    thread_id: str
    state: str = "idle"  # idle, calling, tools
    extra: int = 0  # requests that a refused tool leads to

    @property
    def agent(self) -> Agent:
        return SESSIONS[self.session_id]


class Agents:
    """Agents that go on as long as the gate lets them."""

    def __init__(self, grace_permille: int) -> None:
        self.grace = grace_permille
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = open_ledger()
        self.journal = Journal.open(Path(self.folder.name, "journal.db"))
        self.scales = Scales(self.ledger.db, NO_ATTRIBUTION)
        self.judge = Judge(self.ledger.db, self.scales, self.journal)
        self.now = START
        self.threads = {(name, ""): AgentThread(name, "") for name in SESSIONS}
        self.calls: list[Call] = []
        self.late: list[Call] = []  # served, and not read for one more step
        self.files: Mapping[str, Verdict] = {}
        self.allowed: list[Allowance] = []

        self.renew()

    def close(self) -> None:
        self.journal.close()
        self.ledger.close()
        self.folder.cleanup()

    # The world

    def world(self) -> World:
        busy = {
            name: LiveSession(
                session_id=name,
                pid=1,
                state="busy" if self.is_busy(name) else "idle",
                cwd="/src/shop",
                started_at=START,
                version="",
                entrypoint="cli",
                agent=agent,
            )
            for name, agent in SESSIONS.items()
        }
        return World(
            now=self.now,
            zone=UTC_ZONE,
            budgets=BUDGETS,
            grace_permille=self.grace,
            allowances=self.journal.allowances(self.now),
            running=Running(sessions=busy),
        )

    def is_busy(self, session_id: str) -> bool:
        return any(
            one.session_id == session_id and one.state != "idle" for one in self.threads.values()
        )

    def read(self, calls: list[Call]) -> None:
        """Let the ledger know of calls, some in two pieces: a stream's, and its end."""
        for call in calls:
            if call.is_known:
                continue
            call.is_known = True
            whole = call.nusd // PER_TOKEN
            for output in (whole // 3, whole):
                one = event(
                    call.number,
                    event_key=f"{SESSIONS[call.session_id]}:{call.number}",
                    session_id=call.session_id,
                    agent=SESSIONS[call.session_id],
                    turn_id="" if call.thread_id else "t-1",
                    subagent_id=call.thread_id,
                    at=call.at,
                    tokens=tokens(0, output),
                )
                self.ledger.record([calls_read(one, path=f"{call.session_id}.jsonl")])

    def step(self) -> None:
        """Let a second pass; what was late before is read now."""
        late, self.late = self.late, []
        self.read(late)
        self.now += timedelta(seconds=1)

    def renew(self) -> None:
        """Keep the verdicts, as the daemon does after each change."""
        weighed = self.scales.weigh(self.world())
        found = find_verdicts(weighed, self.judge.telling)
        self.files, self.scales.asking = found.files, found.asking

    def ask(self, thread: AgentThread, event_: str, *, spawns: bool = False) -> str:
        """Ask at the gate, as hook and daemon do: the event's own calls are known by then."""
        self.read([one for one in self.late if self.is_of(one, thread)])
        ask = Ask(
            agent=thread.agent,
            event=event_,
            session_id=thread.session_id,
            path="/t.jsonl",
            cwd="/src/shop",
            turn_id="t-1",
            thread_id=thread.thread_id,
            spawns=spawns,
            tool_use_ids=(f"tool-{self.now}",),
        )
        action = self.judge.decide(ask, self.world()).action
        if event_ != "SessionEnd":
            self.check_decision(thread, action)
        return action

    def hook(self, thread: AgentThread, event_: str, *, spawns: bool = False) -> str:
        """Do what gate.sh does: look at the files first."""
        if thread.agent == "codex":
            return self.ask(thread, event_, spawns=spawns) if CODEX in self.files else "pass"
        verdict = self.files.get(thread.session_id, self.files.get(DEFAULT, Verdict("pass")))
        if verdict.word == "stop" and verdict.until is not None and self.now < verdict.until:
            self.check_decision(thread, "stop")
            return "stop"
        return self.ask(thread, event_, spawns=spawns) if verdict.word == "check" else "pass"

    @staticmethod
    def is_of(call: Call, thread: AgentThread) -> bool:
        return (call.session_id, call.thread_id) == (thread.session_id, thread.thread_id)

    # What is known without the code under test

    def spent(self, budget: Budget, session_id: str, *, known: bool, at: datetime) -> int:
        window = window_of(budget.scope, at, UTC_ZONE)
        return sum(
            call.nusd
            for call in self.calls
            if (call.is_known or not known)
            and (budget.scope != "session" or call.session_id == session_id)
            and is_in(window, call.at)
        )

    def is_lifted(self, session_id: str) -> bool:
        return any(
            one.at <= self.now < one.until
            and one.session_id in ("", session_id)
            and self.spent_since(one) < one.amount_nusd
            for one in self.allowed
        )

    def spent_since(self, allowance: Allowance) -> int:
        return sum(
            call.nusd
            for call in self.calls
            if call.is_known
            and call.at >= allowance.at
            and allowance.session_id in ("", call.session_id)
        )

    def check_decision(self, thread: AgentThread, action: str) -> None:
        """Nobody passes over a limit without the user's word, nobody is stopped far below one."""
        known = {
            one.budget_id: self.spent(one, thread.session_id, known=True, at=self.now)
            for one in BUDGETS
        }
        over = [one.budget_id for one in BUDGETS if known[one.budget_id] >= one.limit]
        if action in ("pass", "save"):
            assert not over or self.is_lifted(thread.session_id), (over, "passed")
        elif action in ("stop", "block"):
            assert not self.is_lifted(thread.session_id) or self.reserved_at_most() > 0
            room = self.reserved_at_most()
            assert any(known[one.budget_id] + room >= one.limit for one in BUDGETS), "stopped early"

    def reserved_at_most(self) -> int:
        """Return more than what may be kept free for all other threads."""
        return 40 * CENT * (len(self.threads) + 4)

    # What agents do

    def go_on(self, chance: Random) -> None:
        """Let all agents do what comes next for them, side by side; at times, something else."""
        if chance.random() < (0.02 if self.has_room() else 0.9):
            self.let_time_pass(chance)
        if chance.random() < 0.05:
            self.end(chance.choice(list(SESSIONS)), says_so=chance.random() < 0.5)
        if chance.random() < 0.05:
            self.allow(chance)
        for thread in chance.sample(list(self.threads.values()), len(self.threads)):
            if chance.random() < 0.8 and self.is_there(thread):
                self.step()
                self.next_of(thread, chance)
                self.renew()
                self.check_verdicts()

    def let_time_pass(self, chance: Random) -> None:
        hours = chance.choice([0.1, 1, 3, 9, 24, None])
        if hours is None:  # to the last minutes of the day
            midnight = window_of("day", self.now, UTC_ZONE).end
            assert midnight is not None
            self.now = max(self.now, midnight - timedelta(seconds=chance.randint(1, 200)))
        else:
            self.now += timedelta(hours=hours)
        self.renew()

    def has_room(self) -> bool:
        return any(one.state != "idle" for one in self.threads.values())

    def is_there(self, thread: AgentThread) -> bool:
        return self.threads.get((thread.session_id, thread.thread_id)) is thread

    def next_of(self, thread: AgentThread, chance: Random) -> None:
        if thread.state == "calling":
            self.answer(thread, chance)
        elif thread.state == "tools":
            if chance.random() < 0.2 and len(self.threads) < 8:
                self.spawn(thread)
            self.tools_end(thread)
        elif self.ask(thread, "UserPromptSubmit") == "pass":
            thread.state, thread.extra = "calling", 0

    def answer(self, thread: AgentThread, chance: Random) -> None:
        """The model answers a thread: money is spent, whether the ledger knows it or not."""
        nusd = chance.randint(10, 20) * CENT
        call = Call(len(self.calls), thread.session_id, thread.thread_id, self.now, nusd)
        self.calls.append(call)
        self.check_bound(thread)
        if chance.random() < 0.3:
            self.late.append(call)
        else:
            self.read([call])
        if chance.random() < 0.15:
            self.leave(thread)
            return
        thread.state = "tools"
        if chance.random() < 0.4:  # a tool that ends before anybody heard of its call
            self.tools_end(thread)

    def leave(self, thread: AgentThread) -> None:
        """End a turn, or a subagent."""
        thread.state = "idle"
        if thread.thread_id:
            del self.threads[thread.session_id, thread.thread_id]

    def tools_end(self, thread: AgentThread) -> None:
        """A batch of tools ended (Codex: a tool is about to run)."""
        if thread.agent == "codex":
            action = self.hook(thread, "PreToolUse")
            thread.extra += action in ("stop", "refuse")
            thread.state = "calling"  # it goes on, whatever we say
        elif self.hook(thread, "PostToolBatch") in ("pass", "save"):
            thread.state = "calling"
        else:
            self.leave(thread)

    def spawn(self, thread: AgentThread) -> None:
        """A thread starts a subagent: its first call passes no gate."""
        if thread.agent == "claude" and self.hook(thread, "PreToolUse", spawns=True) == "pass":
            name = f"a{len(self.calls)}-{len(self.threads)}"
            self.threads[thread.session_id, name] = AgentThread(thread.session_id, name, "calling")

    def end(self, session: str, *, says_so: bool) -> None:
        """A session ends with all its threads, or is killed."""
        self.step()
        for thread in tuple(self.threads.values()):
            if thread.session_id == session:
                self.leave(thread)
        if says_so:
            assert self.ask(AgentThread(session, ""), "SessionEnd") == "pass"
        self.renew()

    def allow(self, chance: Random) -> None:
        self.step()
        lasts = timedelta(minutes=chance.randint(1, 300))
        wanted = Wish(amount_nusd=chance.randint(1, 60) * CENT, lasts=lasts)
        self.judge.allow_wish(wanted, chance.choice(["", *SESSIONS]), self.world())
        found = self.journal.allowances(self.now)  # each of a moment of its own
        self.allowed += [one for one in found if one not in self.allowed]
        self.renew()

    # What holds

    def check_bound(self, thread: AgentThread) -> None:
        """Of the requests that end over a limit, each thread makes one.

        Codex: and one for each tool that it was refused. Where the user lifted the budgets since,
        every single decision is checked instead.
        """
        for budget in BUDGETS:
            window = window_of(budget.scope, self.now, UTC_ZONE)
            calls = [
                one
                for one in self.calls
                if is_in(window, one.at)
                and (budget.scope != "session" or one.session_id == thread.session_id)
            ]
            total, beyond, reached_at = 0, 0, None
            for one in calls:
                total += one.nusd
                if total > budget.limit:
                    beyond += self.is_of(one, thread)
                    reached_at = reached_at or one.at
            if reached_at is not None and not self.was_lifted_since(reached_at):
                assert beyond <= 1 + thread.extra, (budget.budget_id, thread, beyond)

    def was_lifted_since(self, at: datetime) -> bool:
        return any(one.until > at for one in self.allowed)

    def check_verdicts(self) -> None:
        """No verdict outlives its window, or has no reason."""
        midnight = window_of("day", self.now, UTC_ZONE).end
        assert midnight is not None
        for name, verdict in self.files.items():
            if verdict.until is None:
                continue
            assert verdict.until > self.now
            known = {
                one.budget_id: self.spent(one, name, known=True, at=self.now) for one in BUDGETS
            }
            over = [one.budget_id for one in BUDGETS if known[one.budget_id] >= one.limit]
            assert over, "a stop without a reason"
            if over == ["day"]:
                assert verdict.until <= midnight


@settings(max_examples=12, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32), grace_permille=st.sampled_from([0, 50]))
def test_no_hard_budget_is_exceeded_by_more_than_a_request_a_thread(
    seed: int, grace_permille: int
) -> None:
    """Not shrunk: a seed is as good as another, and a shorter story takes minutes to find."""
    chance, agents = Random(seed), Agents(grace_permille)
    try:
        for _ in range(80):
            agents.go_on(chance)
    finally:
        agents.close()
