"""What the daemon says of guarded runs: real logs, real processes, a real socket."""

import asyncio
import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from claude_logs import TOO_LATE_S, append, call_line, eventually, log_of, prompt_line, register

from aicost.core.errors import ConfigError
from aicost.core.guard import MARK
from aicost.core.session import LiveSession, Running
from aicost.daemon import guard_answers
from aicost.daemon.service import Service
from aicost.daemon.setup import load_setup
from aicost.ipc import wire
from aicost.platform.dirs import load_dirs

A, B = "aaaaaaaaaaaa", "aaaaaaaaaaaa.bbbbbbbbbbbb"
DOLLAR = 10**9
HARD_DOLLAR = {"unit": "usd", "limit": DOLLAR, "is_hard": True}
BIG = {"input_tokens": 200_000}  # $0.60 and some: $3 a million in, $15 out


def spent_at(moment: datetime, name: str, session: str = "s-1") -> bytes:
    return call_line(name, session, at=moment, tokens=BIG)


def now() -> datetime:
    return datetime.now(UTC)


class Guard:
    """One guarded run, as its process would ask."""

    def __init__(self, service: Service, home: Path) -> None:
        self.service, self.logs = service, home / ".claude"
        self.since_us = time.time_ns() // 1000

    async def ask(self, method: str = "guard.status", **changes: Any) -> dict[str, Any]:
        asked = {
            "guard": A,
            "pid": os.getpid(),
            "since_us": self.since_us,
            "budgets": [HARD_DOLLAR],
            **changes,
        }
        path = load_dirs(os.environ).socket_path
        async with asyncio.timeout(TOO_LATE_S):
            return await asyncio.to_thread(wire.call, path, method, asked, timeout_s=TOO_LATE_S)

    async def when(self, key: str, value: object, **changes: Any) -> dict[str, Any]:
        """Ask until the answer says so."""
        async with asyncio.timeout(TOO_LATE_S):
            while (found := await self.ask(**changes))[key] != value:
                pass
        return found

    def hook(self, session_id: str = "s-1", guard_id: str = A) -> None:
        self.service._guards.note_hook(session_id, guard_id)

    def decide(self, event: str, action: str, reason: str = "over") -> None:
        self.service._guards.note_decision("s-1", event, action, reason)


@pytest.fixture
async def guard(home: Path) -> AsyncIterator[Guard]:
    (home / ".claude" / "projects" / "-src-shop").mkdir(parents=True)
    service = Service(load_setup(load_dirs(os.environ), os.environ))
    ready = asyncio.Event()
    task = asyncio.create_task(service.run(ready.set))
    await asyncio.wait_for(ready.wait(), TOO_LATE_S)
    found = Guard(service, home)
    await found.ask("guard.start")
    yield found
    service.stop()
    await asyncio.wait_for(task, TOO_LATE_S)


@pytest.fixture
def agent() -> Iterator[int]:
    """A process that carries the guard's mark."""
    env = {"PATH": os.environ["PATH"], MARK: A}
    with subprocess.Popen(["sleep", "600"], env=env) as process:
        yield process.pid
        process.send_signal(signal.SIGKILL)


async def test_a_run_without_an_agent_stands_at_nothing(guard: Guard) -> None:
    found = await guard.ask()
    assert found["sessions"] == found["agents"] == []
    assert (found["is_over"], found["interrupt"], found["is_warned"]) == (False, False, False)
    assert (found["requests"], found["tokens"], found["cost_usd"]) == (0, 0, 0.0)
    assert found["budgets"] == [
        {
            "unit": "usd",
            "is_hard": True,
            "limit": 1.0,
            "spent": 0.0,
            "is_near": False,
            "sentence": "$0.00 of the run's $1.00 spent, 0 %",
        }
    ]


async def test_only_what_was_used_since_the_run_began_counts(guard: Guard) -> None:
    """A session that goes on under a guard brings no debts."""
    before = now() - timedelta(hours=1)
    append(log_of(guard.logs), prompt_line("p-0", at=before), spent_at(before, "msg_0"))
    guard.hook()
    append(log_of(guard.logs), prompt_line("p-1", at=now()), spent_at(now(), "msg_1"))
    append(log_of(guard.logs, "s-2"), spent_at(now(), "msg_2", "s-2"))  # under no guard
    found = await guard.when("requests", 1)
    assert found["sessions"] == ["s-1"]
    assert found["tokens"] == 200_009
    assert found["cost_usd"] == pytest.approx(0.6001, abs=1e-4)
    assert found["budgets"][0]["spent"] == pytest.approx(found["cost_usd"])


async def test_several_sessions_share_one_budget(guard: Guard) -> None:
    for number in (1, 2):
        guard.hook(f"s-{number}")
        append(log_of(guard.logs, f"s-{number}"), spent_at(now(), f"msg_{number}", f"s-{number}"))
    found = await guard.when("requests", 2)
    assert found["is_over"]
    assert found["is_warned"]
    assert found["reason"] == "the run's $1.00 used up: $1.20 spent, 120 %"
    assert found["sessions"] == ["s-1", "s-2"]
    assert not found["interrupt"]  # nobody is there to be interrupted


async def test_a_soft_budget_warns_and_stops_nobody(guard: Guard, agent: int) -> None:
    register(guard.logs, "s-1", pid=agent)
    append(log_of(guard.logs), spent_at(now(), "msg_1"), spent_at(now(), "msg_2"))
    soft = [HARD_DOLLAR | {"is_hard": False}]
    found = await guard.when("requests", 2, budgets=soft)
    assert (found["is_over"], found["interrupt"], found["reason"]) == (False, False, "")
    assert found["is_warned"]


@pytest.mark.parametrize(("tokens", "is_warned"), [(53_333, False), (53_334, True)])
async def test_from_80_percent_on_a_run_came_near(
    guard: Guard, tokens: int, is_warned: bool
) -> None:
    guard.hook()
    append(
        log_of(guard.logs),
        call_line("msg_1", at=now(), tokens={"input_tokens": 0, "output_tokens": tokens}),
    )
    found = await guard.when("requests", 1)
    assert (found["is_warned"], found["is_over"]) == (is_warned, False)


# Who is interrupted


async def test_an_agent_without_hooks_is_found_and_interrupted_at_once(
    guard: Guard, agent: int
) -> None:
    register(guard.logs, "s-1", pid=agent)
    found = await guard.when("sessions", ["s-1"])
    assert found["agents"] == [{"agent": "claude", "pid": agent, "lacks_hooks": False}]
    append(log_of(guard.logs), spent_at(now(), "msg_1"))
    found = await guard.when("requests", 1)
    assert found["agents"] == [{"agent": "claude", "pid": agent, "lacks_hooks": True}]
    assert not found["interrupt"]
    append(log_of(guard.logs), spent_at(now(), "msg_2"))
    found = await guard.when("requests", 2)
    assert (found["is_over"], found["interrupt"]) == (True, True)


async def test_an_agent_with_hooks_gets_a_while(
    guard: Guard, agent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(guard.logs, "s-1", pid=agent)
    guard.hook()
    append(log_of(guard.logs), spent_at(now(), "msg_1"), spent_at(now(), "msg_2"))
    found = await guard.when("requests", 2)
    assert (found["is_over"], found["interrupt"]) == (True, False)
    monkeypatch.setattr("aicost.core.guard.GRACE_S", 0.0)
    assert (await guard.ask())["interrupt"]


async def test_one_that_waits_for_its_user_is_let_be(guard: Guard, agent: int) -> None:
    register(guard.logs, "s-1", pid=agent, status="idle")
    append(log_of(guard.logs), spent_at(now(), "msg_1"), spent_at(now(), "msg_2"))
    found = await guard.when("requests", 2)
    assert (found["is_over"], found["interrupt"]) == (True, False)


async def test_codex_is_interrupted_over_its_budget_at_the_second_refused_tool(
    guard: Guard, agent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    codex = LiveSession(
        session_id="s-1",
        pid=agent,
        state="busy",
        cwd="/x",
        started_at=None,
        version="",
        entrypoint="",
        agent="codex",
    )

    async def running(*_: object) -> Running:
        return Running(sessions={"s-1": codex})

    access = guard.service._guarding._access
    monkeypatch.setattr(
        guard.service._guarding, "_access", dataclasses.replace(access, running=running)
    )
    guard.hook()
    guard.decide("PreToolUse", "refuse")
    guard.decide("PreToolUse", "refuse")
    assert not (await guard.ask())["interrupt"]  # it may save its work
    append(log_of(guard.logs), spent_at(now(), "msg_1"), spent_at(now(), "msg_2"))
    assert (await guard.when("is_over", True))["interrupt"]
    guard.decide("UserPromptSubmit", "pass")
    assert not (await guard.ask())["interrupt"]
    guard.decide("PreToolUse", "stop")
    assert not (await guard.ask())["interrupt"]
    guard.decide("PreToolUse", "stop")
    assert (await guard.ask())["interrupt"]


async def test_what_a_hook_stopped_is_said_until_a_prompt_goes_through(guard: Guard) -> None:
    guard.hook()
    guard.decide("PostToolBatch", "stop", "$1.20 of $1.00")
    found = await guard.ask()
    assert (found["is_stopped"], found["reason"]) == (True, "$1.20 of $1.00")
    guard.decide("UserPromptSubmit", "pass")
    found = await guard.ask()
    assert (found["is_stopped"], found["reason"]) == (False, "")


# Guards within guards, and their ends


async def test_what_an_inner_guard_spends_the_outer_one_pays_as_well(guard: Guard) -> None:
    inner: dict[str, Any] = {"guard": B, "budgets": [HARD_DOLLAR | {"limit": DOLLAR // 2}]}
    await guard.ask("guard.start", **inner)
    guard.hook("s-1", B)
    append(log_of(guard.logs), spent_at(now(), "msg_1"))
    found = await guard.when("requests", 1, **inner)
    assert found["is_over"]
    outer = await guard.ask()
    assert (outer["requests"], outer["is_over"]) == (1, False)
    guard.hook("s-2", A)
    append(log_of(guard.logs, "s-2"), spent_at(now(), "msg_2", "s-2"))
    outer = await guard.when("requests", 2)
    assert outer["is_over"]
    assert (await guard.ask(**inner))["requests"] == 1


async def test_at_the_end_all_that_was_written_is_counted(guard: Guard) -> None:
    guard.hook()
    append(log_of(guard.logs), *(spent_at(now(), f"msg_{number}") for number in range(50)))
    found = await guard.ask("guard.end")
    assert (found["requests"], found["complete"]) == (50, True)
    assert guard.service._guards.budgets() == ()


async def test_an_end_is_answered_though_the_logs_cannot_be_read(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> None:
        await asyncio.get_running_loop().create_future()

    access = guard.service._guarding._access
    monkeypatch.setattr(guard_answers, "READ_S", 0.01)
    monkeypatch.setattr(
        guard.service._guarding, "_access", dataclasses.replace(access, read_all=never)
    )
    assert (await guard.ask("guard.end"))["complete"] is False


async def test_a_daemon_that_is_new_learns_the_run_from_its_next_question(guard: Guard) -> None:
    guard.service._guards.end(A)
    append(log_of(guard.logs), spent_at(now(), "msg_1"))
    await eventually(lambda: guard.service._reader.reading is None, "the first reading")
    found = await guard.when("requests", 1, sessions=["s-1"])
    assert found["sessions"] == ["s-1"]
    assert len(guard.service._guards.budgets()) == 1


async def test_a_question_waits_for_news_and_no_longer(guard: Guard) -> None:
    news = (await guard.ask())["news"]
    asking = asyncio.create_task(guard.ask(news=news, wait_s=guard_answers.MOST_WAIT_S * 100))
    done, _ = await asyncio.wait([asking], timeout=0.1)
    assert not done
    guard.service._guarding.changed()
    assert (await asking)["news"] == news + 1
    begin = time.monotonic()
    await guard.ask(news=news, wait_s=60.0)  # (it has older news)
    assert time.monotonic() - begin < guard_answers.MOST_WAIT_S


@pytest.mark.parametrize(
    "changes",
    [
        {"guard": "no guard"},
        {"guard": ""},
        {"pid": 0},
        {"pid": "1"},
        {"since_us": None},
        {"budgets": [{"unit": "euro", "limit": 1}]},
        {"budgets": [{"unit": "usd", "limit": 0}]},
        {"budgets": [{"unit": "usd", "limit": 1.5}]},
        {"sessions": "s-1"},
    ],
)
async def test_what_is_no_run_is_refused(guard: Guard, changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="guarded run"):
        await guard.ask("guard.start", **changes)
