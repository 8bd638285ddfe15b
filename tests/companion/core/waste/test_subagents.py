"""Subagents that cost much and returned little."""

import pytest
from waste_builders import CENT, brief, call, step, work

from aicost.core.commands import hash_of, to_number
from aicost.core.waste.subagents import LEAST_NUSD, MOST_BYTES, subagents
from aicost.core.waste.work import Step, Subagent

CALLS = [call(n, thread="a1", cost_nusd=LEAST_NUSD // 5) for n in range(1, 6)]
ANSWER = step(9, "agent", target=to_number(hash_of("a1")), label="Explore", size_bytes=MOST_BYTES)
A1 = Subagent("a1", "t-1", "")


def found(*steps: Step, calls: object = CALLS, who: Subagent = A1) -> list[tuple[str, str, int]]:
    return brief(subagents(work(calls=calls, steps=steps, subagents=[who])))


def test_half_a_dollar_for_two_sentences_is_a_hit() -> None:
    assert found(ANSWER) == [("subagent", "Explore", 5)]
    assert found(ANSWER, who=A1._replace(kind="review")) == [("subagent", "review", 5)]


@pytest.mark.parametrize(
    "steps",
    [
        [],  # it goes on
        [ANSWER._replace(size_bytes=MOST_BYTES + 1)],
        [ANSWER._replace(size_bytes=None)],
        [ANSWER._replace(target=0)],
        [ANSWER, step(2, "edit", thread="a1")],  # what it did is its answer
        [ANSWER, step(2, "run", thread="a1")],
    ],
)
def test_one_that_answered_or_acted_is_none(steps: list[Step]) -> None:
    assert found(*steps) == []


def test_one_that_only_looked_is_one() -> None:
    looked = [step(2, "read", thread="a1"), step(3, "edit", thread="a1", failed=True)]
    assert found(ANSWER, *looked) == [("subagent", "Explore", 5)]


def test_a_cheap_one_is_none() -> None:
    assert found(ANSWER, calls=[call(1, thread="a1", cost_nusd=CENT)]) == []
    assert found(ANSWER, calls=[call(1, thread="a1", cost_nusd=None)]) == []
    assert found(ANSWER, calls=[]) == []
