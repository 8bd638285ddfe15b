"""Turns that go on and on without leading on."""

import pytest
from waste_builders import brief, call, step, work

from aicost.core.waste.stalled import LEAST_ACTIVE_US, LEAST_CALLS, LEAST_NUSD, stalled
from aicost.core.waste.work import Call, Step

GAP = LEAST_ACTIVE_US / 60_000_000 / (LEAST_CALLS - 1)  # minutes
COST = LEAST_NUSD // LEAST_CALLS
CALLS = [call(1 + n * GAP, cost_nusd=COST) for n in range(LEAST_CALLS)]


def found(calls: list[Call], *steps: Step) -> list[tuple[str, str, int]]:
    return brief(stalled(work(calls=calls, steps=steps)))


def test_a_long_dear_turn_that_only_looks_is_a_hit() -> None:
    looks = [step(2), step(3, "search"), step(4, "look"), step(5, "test", failed=True)]
    noted = [step(6, "other", label="TodoWrite"), step(7, "edit", failed=True)]
    assert found(CALLS, *looks, *noted) == [("stalled", "", LEAST_CALLS)]


@pytest.mark.parametrize(
    "calls",
    [
        CALLS[:-1],
        [one._replace(cost_nusd=COST - 1) for one in CALLS],
        [one._replace(cost_nusd=None) for one in CALLS],
        [one._replace(at_us=one.at_us // 2) for one in CALLS],
        [one._replace(turn_id="") for one in CALLS],
        [*CALLS[:-1], CALLS[-1]._replace(tools=0)],  # it answered
    ],
)
def test_a_shorter_cheaper_or_answered_turn_is_none(calls: list[Call]) -> None:
    assert found(calls) == []


@pytest.mark.parametrize(
    "moved",
    [
        step(2, "edit"),
        step(2, "run"),
        step(2, "commit"),
        step(2, "test"),
        step(2, "build"),
        step(2, "edit", thread="a1"),
        step(2, "other", label="AskUserQuestion"),
        step(2, "other", label="mcp__github__create_pr"),
    ],
)
def test_whatever_may_have_led_on_is_progress(moved: Step) -> None:
    assert found(CALLS, moved) == []


def test_pauses_are_no_work() -> None:
    fewer = [one._replace(at_us=one.at_us // 2) for one in CALLS[: LEAST_CALLS // 2]]
    again = [one._replace(at_us=one.at_us + 10**12, key=one.key + 10**6) for one in fewer]
    assert found([*fewer, *again]) == []
