"""Who may go on: every event, on both sides of every limit."""

from dataclasses import replace
from typing import Any

import pytest
from builders import usd

from aicost.core.budget import STEPS, Budget, BudgetFilter, BudgetStatus
from aicost.core.gate import (
    PASS,
    Ask,
    CommandRun,
    Footing,
    Pressure,
    pressure,
    rule,
    strictest,
    verdict_of,
)
from aicost.core.spending import CallSize

CALLS = CallSize(nusd=usd(1), tokens=1_000, ncredits=usd(2), known_calls=3)
MINUTE = 60_000_000


def budget(**changes: Any) -> Budget:
    """A hard budget of $100 a day."""
    fields: dict[str, Any] = {"budget_id": "b", "scope": "day", "unit": "usd", "is_hard": True}
    return Budget(**(fields | {"limit": usd(100)} | changes))


def standing_at(spent: float, **changes: Any) -> BudgetStatus:
    """A status with so much spent, in units of the budget."""
    reserved = changes.pop("reserved", 0)
    limit = changes.pop("limit", 100)
    unit = changes.get("unit", "usd")
    of = budget(**changes, limit=round(limit * STEPS[unit]))
    return BudgetStatus(
        budget=of, spent=round(spent * STEPS[unit]), reserved=round(reserved * STEPS[unit])
    )


def ask(event: str = "PostToolBatch", **changes: Any) -> Ask:
    fields = {"agent": "claude", "event": event, "session_id": "s-1", "path": "/t.jsonl"}
    return Ask(**(fields | changes))


def ruled(status: BudgetStatus, event: str = "PostToolBatch", **changes: Any) -> str:
    """Return what is done, for calls of a dollar; `changes` are of the asker or the standing."""
    own = {name: changes.pop(name) for name in list(changes) if name in Footing.__slots__}
    footing = Footing(statuses=(status,), **({"size": CALLS} | own))
    return rule(ask(event, **changes), footing).action


@pytest.mark.parametrize(
    ("spent", "changes", "expected"),
    [
        # Three of the dearest recent calls are $3; the grace of 5 % is $5 of $100, $1 of $20.
        pytest.param(94, {"grace_permille": 10}, "free", id="far"),
        pytest.param(96.99, {"grace_permille": 10}, "free", id="three calls and a bit"),
        pytest.param(97, {"grace_permille": 10}, "near", id="three calls left"),
        pytest.param(98.99, {"grace_permille": 10}, "near", id="more than a call left"),
        pytest.param(99, {"grace_permille": 10}, "grace", id="one call left"),
        pytest.param(94.99, {}, "free", id="before 5 %"),
        pytest.param(95, {}, "grace", id="5 % left"),
        pytest.param(99.99, {}, "grace", id="a cent left"),
        pytest.param(99.99, {"grace_permille": 0}, "near", id="no grace"),
        pytest.param(100, {}, "over", id="nothing left"),
        pytest.param(101, {"grace_permille": 0}, "over", id="overdrawn"),
    ],
)
def test_a_budget_of_dollars_presses_by_what_calls_cost(
    spent: float, changes: dict[str, Any], expected: Pressure
) -> None:
    footing = Footing(**({"size": CALLS} | changes))
    assert pressure(standing_at(spent), footing) == expected


def test_what_is_reserved_for_others_is_not_left() -> None:
    footing = Footing(size=CALLS)
    assert pressure(standing_at(90, reserved=9.99), footing) == "grace"
    assert pressure(standing_at(90, reserved=10), footing) == "over"


@pytest.mark.parametrize("scope", ["session", "turn"])
def test_a_budget_of_a_session_is_near_until_three_calls_are_known(scope: Any) -> None:
    status = standing_at(1, scope=scope)
    assert pressure(status, Footing(size=replace(CALLS, known_calls=2))) == "near"
    assert pressure(status, Footing(size=CALLS)) == "free"


def test_a_day_is_near_by_what_the_first_call_is_expected_to_cost() -> None:
    new = Footing(expected=CallSize(nusd=usd(2)), grace_permille=10)
    assert pressure(standing_at(93.99), new) == "free"
    assert pressure(standing_at(94), new) == "near"


def test_an_expected_call_alone_is_no_grace() -> None:
    """A session that never called may begin: nobody knows that its budget is too small."""
    new = Footing(expected=CallSize(nusd=usd(9)))
    assert pressure(standing_at(0, limit=5), new) == "near"


@pytest.mark.parametrize(
    ("unit", "free", "near", "over"),
    [
        pytest.param("turns", 6, 7, 10, id="turns"),
        pytest.param("repeats", 7, 8, 10, id="repeats"),
        pytest.param("minutes", 7.9, 8, 10, id="minutes"),
        pytest.param("percent", 7.9, 8, 10, id="percent"),
    ],
)
def test_other_units_press_by_what_is_left(unit: Any, free: float, near: float, over: int) -> None:
    pressed = [
        pressure(standing_at(spent, unit=unit, limit=10), Footing())
        for spent in (free, near, over - 0.001 if unit in ("minutes", "percent") else near, over)
    ]
    assert pressed == ["free", "near", "near", "over"]


@pytest.mark.parametrize(
    ("spent", "expected"),
    [(6_999, "free"), (7_000, "near"), (8_999, "near"), (9_000, "grace"), (10_000, "over")],
)
def test_tokens_press_by_the_calls_tokens(spent: int, expected: Pressure) -> None:
    status = standing_at(spent, unit="tokens", limit=10_000)
    assert pressure(status, Footing(size=CALLS)) == expected


@pytest.mark.parametrize(
    ("spent", "expected"), [(96, "free"), (97, "near"), (98, "near"), (99, "grace"), (100, "over")]
)
def test_requests_press_by_their_number(spent: int, expected: Pressure) -> None:
    footing = Footing(size=CALLS, grace_permille=10)
    assert pressure(standing_at(spent, unit="requests"), footing) == expected


def test_credits_press_by_the_calls_credits() -> None:
    footing = Footing(size=CALLS, grace_permille=1)
    pressed = [pressure(standing_at(spent, unit="credits"), footing) for spent in (93, 94, 98)]
    assert pressed == ["free", "near", "grace"]


def test_the_strictest_of_none_is_free() -> None:
    assert strictest(()) == "free"
    assert strictest(("near", "over", "grace", "free")) == "over"


# What is done

OVER, GRACE, FREE = standing_at(100), standing_at(96), standing_at(10)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("UserPromptSubmit", "block"),
        ("PostToolBatch", "stop"),
        ("PostToolUse", "stop"),
        ("PreToolUse", "stop"),
        ("PreCompact", "refuse"),
        ("PreModelSwitch", "pass"),  # no budget of a model
        ("SessionStart", "pass"),
        ("SessionEnd", "pass"),
        ("Stop", "pass"),
        ("", "pass"),
    ],
)
@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_over_a_hard_budget_each_event_is_stopped_where_it_can_be(
    agent: Any, event: str, expected: str
) -> None:
    assert ruled(OVER, event, agent=agent, saves=True) == expected


EVENTS = ("UserPromptSubmit", "PreToolUse", "PostToolBatch", "PreCompact", "PreModelSwitch")


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(
    "status",
    [
        pytest.param(standing_at(100, is_hard=False), id="soft"),
        pytest.param(FREE, id="far"),
        pytest.param(standing_at(98, is_hard=False), id="soft, nearly used up"),
    ],
)
def test_nothing_else_stops(event: str, status: BudgetStatus) -> None:
    assert ruled(status, event) == "pass"


def test_the_strictest_decides_and_soft_ones_have_no_say() -> None:
    most = standing_at(30, limit=20)
    soft = standing_at(900, is_hard=False)
    ruling = rule(ask(), Footing(statuses=(GRACE, FREE, OVER, soft, most), size=CALLS))
    assert (ruling.action, ruling.causes) == ("stop", (most, OVER))


def test_what_the_user_allows_lifts_all_but_a_guarded_runs_budget() -> None:
    guarded = standing_at(100, origin="guard", scope="session")
    for event in EVENTS[:-1]:
        assert ruled(OVER, event, is_allowed=True) == "pass"
        assert ruled(GRACE, event, is_allowed=True) == "pass"
        assert ruled(guarded, event, is_allowed=True) != "pass"


@pytest.mark.parametrize(
    ("event", "changes", "expected"),
    [
        ("UserPromptSubmit", {}, "pass"),
        ("PostToolBatch", {}, "save"),
        ("PostToolUse", {}, "save"),
        ("PostToolBatch", {"was_told": True}, "pass"),
        ("PreToolUse", {}, "refuse"),
        ("PreToolUse", {"saves": True}, "pass"),
        ("PreToolUse", {"saves": True, "was_told": True}, "pass"),
        ("PreToolUse", {"spawns": True}, "refuse"),
        ("PreToolUse", {"spawns": True, "saves": True}, "refuse"),
        ("PreCompact", {}, "pass"),
        ("PreModelSwitch", {}, "pass"),
    ],
)
def test_before_a_limit_there_is_room_to_save_the_work(
    event: str, changes: dict[str, Any], expected: str
) -> None:
    assert ruled(GRACE, event, **changes) == expected


def test_a_prompt_begins_a_new_turn() -> None:
    turn = standing_at(100, scope="turn")
    assert ruled(turn, "UserPromptSubmit") == "pass"
    assert ruled(turn, "PostToolBatch") == "stop"


@pytest.mark.parametrize(
    ("spent", "event", "expected"),
    [
        (4, "UserPromptSubmit", "pass"),
        (5, "UserPromptSubmit", "block"),
        (5, "PostToolBatch", "pass"),  # the fifth of five runs to its end
        (5, "PreToolUse", "pass"),
        (5, "PreCompact", "pass"),
        (6, "PostToolBatch", "stop"),  # one that no prompt began
        (6, "PreToolUse", "stop"),
    ],
)
def test_the_last_of_so_many_turns_may_end(spent: int, event: str, expected: str) -> None:
    assert ruled(standing_at(spent, unit="turns", limit=5), event) == expected


SAME = {"commands": (CommandRun(command="k1"),), "repeated": "k1"}
ANOTHER = {"commands": (CommandRun(command="k2"),), "repeated": "k1"}


@pytest.mark.parametrize(
    ("spent", "event", "changes", "expected"),
    [
        (2, "PostToolBatch", SAME, "pass"),
        (3, "PostToolBatch", SAME, "stop"),
        (3, "PostToolBatch", {}, "stop"),
        (3, "UserPromptSubmit", {}, "pass"),  # the user steps in
        (3, "PreCompact", {}, "pass"),
        (3, "PreToolUse", SAME, "stop"),
        (3, "PreToolUse", ANOTHER, "pass"),
        (3, "PreToolUse", {"agent": "codex", **SAME}, "refuse"),
        (3, "PreToolUse", {"agent": "codex", **ANOTHER}, "pass"),
        (3, "PreToolUse", {"agent": "codex"}, "pass"),
        (2, "PreToolUse", {"agent": "codex", **SAME}, "pass"),
        (3, "PreModelSwitch", {}, "pass"),
    ],
)
def test_a_command_that_fails_again_is_stopped(
    spent: int, event: str, changes: dict[str, Any], expected: str
) -> None:
    status = standing_at(spent, unit="repeats", limit=3, scope="turn")
    assert ruled(status, event, **changes) == expected


def test_a_spent_budget_beside_a_failing_command_stops_codex_as_a_spent_budget() -> None:
    repeats = standing_at(3, unit="repeats", limit=3)
    footing = Footing(statuses=(repeats, OVER), repeated="k1")
    runs = (CommandRun(command="k1"),)
    assert rule(ask("PreToolUse", agent="codex", commands=runs), footing).action == "stop"


@pytest.mark.parametrize(
    ("spent", "changes", "expected"),
    [
        (100, {"filter": BudgetFilter(model="*opus*")}, "refuse"),
        (99, {"filter": BudgetFilter(model="*opus*")}, "pass"),
        (100, {"filter": BudgetFilter(model="*opus*"), "is_hard": False}, "pass"),
        (100, {"filter": BudgetFilter(repo="shop")}, "pass"),
        (100, {"filter": BudgetFilter(model="*opus*"), "unit": "turns"}, "pass"),
    ],
)
def test_a_model_is_refused_by_a_budget_of_its_own(
    spent: float, changes: dict[str, Any], expected: str
) -> None:
    status = standing_at(spent, **changes)
    assert ruled(status, "PreModelSwitch", to_model="claude-opus-5-5") == expected


# What a session's hooks are to do until they hear more


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(FREE, "pass", id="far"),
        pytest.param(GRACE, "check", id="grace"),
        pytest.param(OVER, "stop", id="over"),
        pytest.param(standing_at(99, reserved=1), "check", id="over by what is under way"),
        pytest.param(standing_at(100, is_hard=False), "pass", id="soft"),
        pytest.param(standing_at(5, unit="turns", limit=5), "check", id="the last turn"),
        pytest.param(standing_at(6, unit="turns", limit=5), "stop", id="a turn too many"),
        pytest.param(standing_at(3, unit="repeats", limit=3), "check", id="repeats"),
        pytest.param(standing_at(0, unit="repeats", limit=2), "check", id="any failure counts"),
    ],
)
def test_the_verdict_of_a_session(status: BudgetStatus, expected: str) -> None:
    verdict, ruling = verdict_of(Footing(statuses=(status,), size=CALLS))
    assert verdict == expected
    assert ruling.causes == ((status,) if expected == "stop" else ())


def test_an_allowed_session_is_asked_about_instead_of_stopped() -> None:
    """The user's word ends at an amount: each event is looked at."""
    assert verdict_of(Footing(statuses=(OVER,), is_allowed=True)) == ("check", PASS)
    guarded = standing_at(100, origin="guard", scope="session")
    assert verdict_of(Footing(statuses=(guarded,), is_allowed=True))[0] == "stop"
