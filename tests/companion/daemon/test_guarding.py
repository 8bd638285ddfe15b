"""Which sessions are under which guard: told by hooks, found by processes, gone with the guard."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from lab.waiting import until

from aicost.core.budget import Budget
from aicost.core.guard import MARK
from aicost.core.session import LiveSession, Running
from aicost.daemon.guarding import GuardedRun, Guards, owners_of
from aicost.platform.families import birth_of, descendants, mark_of

A, B, C = "aaaaaaaaaaaa", "aaaaaaaaaaaa.bbbbbbbbbbbb", "cccccccccccc"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
NOBODY = 2**22 + 1


def run(guard_id: str = A, **changes: Any) -> GuardedRun:
    plain: dict[str, Any] = {"guard_id": guard_id, "pid": os.getpid(), "since": NOW}
    return GuardedRun(**(plain | changes))


def budget(guard_id: str) -> Budget:
    return Budget(
        budget_id="guard-1", scope="session", unit="usd", limit=1, origin="guard", guard_id=guard_id
    )


def live(session_id: str, pid: int) -> LiveSession:
    return LiveSession(
        session_id=session_id,
        pid=pid,
        state="busy",
        cwd="/x",
        started_at=None,
        version="",
        entrypoint="cli",
    )


def alive(*sessions: LiveSession) -> Running:
    return Running(sessions={one.session_id: one for one in sessions})


def guards(*runs: GuardedRun) -> Guards:
    found = Guards()
    for one in runs:
        found.register(one)
    return found


@contextmanager
def process(mark: str = "", script: str = "exec sleep 60") -> Iterator["subprocess.Popen[bytes]"]:
    env = {"PATH": os.environ["PATH"]} | ({MARK: mark} if mark else {})
    with subprocess.Popen(["sh", "-c", script], env=env, start_new_session=True) as started:
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


def guard_of(known: Guards, session_id: str) -> str:
    return known.guard_ids().get(session_id, "")


# Told by hooks


def test_a_hook_says_under_which_guard_its_session_is() -> None:
    known = guards(run(A))
    assert guard_of(known, "s-1") == ""
    known.note_hook("s-1", A)
    assert guard_of(known, "s-1") == A
    assert known.members(A)["s-1"].has_hooks
    assert guard_of(known, "s-2") == ""


def test_a_session_of_an_inner_guard_is_of_the_outer_one_as_well() -> None:
    known = guards(run(A), run(B))
    known.note_hook("s-1", A)
    known.note_hook("s-2", B)
    assert (guard_of(known, "s-1"), guard_of(known, "s-2")) == (A, B)
    assert set(known.members(A)) == set(known.members()) == {"s-1", "s-2"}
    assert set(known.members(B)) == {"s-2"}
    known.end(B)
    assert guard_of(known, "s-2") == B  # (within the outer one, which goes on)


def test_who_is_further_in_stays_there_and_keeps_its_hooks() -> None:
    known = guards(run(A), run(B))
    known.note_hook("s-1", A)
    known.place({"s-1": (7, B)})
    assert guard_of(known, "s-1") == B
    assert known.members(B)["s-1"].has_hooks
    known.note_hook("s-1", A)
    assert guard_of(known, "s-1") == B


def test_a_session_that_is_resumed_under_another_guard_begins_anew_there() -> None:
    known = guards(run(A), run(C))
    known.note_hook("s-1", A)
    known.note_decision("s-1", "PostToolBatch", "stop", "over")
    known.note_hook("s-1", C)
    assert guard_of(known, "s-1") == C
    assert known.members(C)["s-1"].stop_reason == ""
    assert "s-1" not in known.members(A)


@pytest.mark.parametrize("guard_id", ["", "x", "../../etc", "A" * 12])
def test_what_is_no_guard_is_nobodys(guard_id: str) -> None:
    known = guards(run(A))
    known.note_hook("s-1", guard_id)
    assert known.members() == {}


def test_a_guard_that_the_daemon_does_not_know_yet_has_its_sessions_when_it_comes() -> None:
    """A daemon that was started anew hears of a session first."""
    known = guards()
    known.note_hook("s-1", A)
    assert guard_of(known, "s-1") == ""
    known.register(run(A), sessions=["s-0"])
    assert guard_of(known, "s-1") == A
    assert set(known.members(A)) == {"s-0", "s-1"}
    assert not known.members(A)["s-0"].has_hooks


# What was decided


def test_a_stop_is_known_until_a_prompt_is_let_pass() -> None:
    known = guards(run(A))
    known.note_hook("s-1", A)
    member = known.members(A)["s-1"]
    known.note_decision("s-1", "PostToolBatch", "stop", "$5.02 of $5.00")
    assert (member.stop_reason, member.refusals) == ("$5.02 of $5.00", 0)
    known.note_decision("s-1", "PostToolBatch", "pass", "")
    assert member.stop_reason == "$5.02 of $5.00"
    known.note_decision("s-1", "UserPromptSubmit", "pass", "")
    assert member.stop_reason == ""


@pytest.mark.parametrize(
    ("event", "action", "refusals", "is_stopped"),
    [
        ("PreToolUse", "stop", 1, True),
        ("PreToolUse", "refuse", 1, False),  # room to save the work: the turn goes on
        ("PreToolUse", "pass", 0, False),
        ("PostToolBatch", "stop", 0, True),
        ("PostToolBatch", "save", 0, False),
        ("UserPromptSubmit", "block", 0, True),
        ("PreCompact", "refuse", 0, False),
    ],
)
def test_what_counts_as_a_stop_and_as_a_refused_tool(
    event: str, action: str, refusals: int, is_stopped: bool
) -> None:
    known = guards(run(A))
    known.note_hook("s-1", A)
    known.note_decision("s-1", event, action, "")
    member = known.members(A)["s-1"]
    assert (member.refusals, bool(member.stop_reason)) == (refusals, is_stopped)


def test_a_decision_on_a_session_under_no_guard_is_nothing_to_us() -> None:
    known = guards(run(A))
    known.note_decision("s-9", "PostToolBatch", "stop", "")
    assert known.members() == {}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(10.0, "a", True)], {"a": 0.0}),
        ([(10.0, "a", True), (14.5, "a", True)], {"a": 4.5}),
        ([(10.0, "a", True), (12.0, "ab", True), (14.5, "ab", True)], {"a": 4.5, "b": 2.5}),
        ([(10.0, "a", True), (12.0, "", True), (14.5, "a", True)], {"a": 0.0}),
        ([(10.0, "a", True), (12.0, "a", False), (14.5, "a", True)], {"a": 0.0}),
        ([(10.0, "a", False)], {}),
    ],
)
def test_how_long_agents_go_on_over_a_budget(
    steps: list[tuple[float, str, bool]], expected: dict[str, float]
) -> None:
    known = guards(run(A), run(B))
    for at_s, agents, is_over in steps:
        found = known.over_for_s(A, agents, at_s, is_over=is_over)
        assert known.over_for_s(B, agents, at_s, is_over=False) == {}  # (another has its own)
    assert found == expected
    assert known.over_for_s(C, "a", 1.0, is_over=True) == {"a": 0.0}


# The end


def test_budgets_are_those_of_the_runs_that_are_there() -> None:
    known = guards(run(A, budgets=(budget(A),)), run(B, budgets=(budget(B),)))
    assert known.budgets() == (budget(A), budget(B))
    known.end(A)
    assert known.budgets() == (budget(B),)
    known.end(A)


def test_a_guard_that_was_killed_is_dropped() -> None:
    with process() as guard:
        known = guards(run(A), run(C, pid=guard.pid, budgets=(budget(C),)))
        known.note_hook("s-1", C)
        assert known.budgets() == (budget(C),)
        assert guard_of(known, "s-1") == C
        guard.kill()
        guard.wait()
        assert known.budgets() == ()
        assert known.run(C) is None
        assert guard_of(known, "s-1") == ""
        assert known.run(A) is not None


def test_a_zombie_guards_nobody_nor_does_a_stranger_with_its_number() -> None:
    with process() as guard:
        known = guards(run(C, pid=guard.pid))
        known.end_dead(lambda pid: (birth_of(pid) or 0.0) + 5.0)
        assert known.run(C) is None
        known.register(run(C, pid=guard.pid))
        guard.kill()
        os.waitid(os.P_PID, guard.pid, os.WEXITED | os.WNOWAIT)
        known.end_dead()
        assert known.run(C) is None


def test_a_guard_that_is_gone_before_we_look_is_dropped() -> None:
    known = guards(run(A, pid=NOBODY))
    known.end_dead()
    assert known.run(A) is None


def test_sessions_of_old_runs_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicost.daemon.guarding._MOST_SESSIONS", 2)
    known = guards(run(A), run(C))
    for number in range(3):
        known.note_hook(f"s-{number}", A)
    known.note_hook("s-9", C)
    known.end(A)
    assert set(known.members(A)) == set()
    assert set(known.members(C)) == {"s-9"}


# Found by processes


def test_each_process_is_looked_at_once() -> None:
    known = guards(run(A))
    running = alive(live("s-1", 11), live("s-2", 12))
    assert known.unplaced(running) == {"s-1": 11, "s-2": 12}
    known.place({"s-1": (11, A), "s-2": (12, "")})
    assert known.unplaced(running) == {}
    assert guard_of(known, "s-1") == A
    assert guard_of(known, "s-2") == ""
    assert known.unplaced(alive(live("s-2", 13))) == {"s-2": 13}


def test_a_new_guard_or_its_command_makes_us_look_again() -> None:
    known = guards(run(A))
    running = alive(live("s-1", 11))
    known.place({"s-1": (11, "")})
    known.register(run(A))
    assert known.unplaced(running) == {}
    known.register(run(A, child_pid=10))
    assert known.unplaced(running) == {"s-1": 11}
    known.place({"s-1": (11, "")})
    known.register(run(C))
    assert known.unplaced(running) == {"s-1": 11}


def test_without_a_guard_nobody_looks() -> None:
    assert guards().unplaced(alive(live("s-1", 11))) == {}


def test_owners_are_found_by_the_mark_and_by_who_started_them() -> None:
    script = f"env -u {MARK} sleep 60 & wait"
    with process(B) as marked, process(A, script) as command, process() as stranger:
        child = until(lambda: descendants(command.pid)[1:], "its child")[0].pid
        until(lambda: not mark_of(child, MARK), "the mark's end")
        pids = {"s-1": marked.pid, "s-2": child, "s-3": stranger.pid, "s-4": NOBODY}
        assert owners_of(pids, {A: command.pid, C: 0}) == {
            "s-1": (marked.pid, B),
            "s-2": (child, A),
            "s-3": (stranger.pid, ""),
            "s-4": (NOBODY, ""),
        }
        inner = owners_of({"s-2": child}, {A: os.getpid(), B: command.pid})
        assert inner == {"s-2": (child, B)}
