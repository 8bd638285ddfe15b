"""Runs of turns with one purpose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.categories import TaskCategory
from aicost.core.tasks import Task, TurnOfTask, task_words, tasks_of

BUG, DOCS, OTHER = TaskCategory.BUGFIX, TaskCategory.DOCS, TaskCategory.OTHER
CENT = 10_000_000


def turns(*categories: TaskCategory | None) -> list[TurnOfTask]:
    return [TurnOfTask(f"t-{number}", one, cost_nusd=CENT) for number, one in enumerate(categories)]


@pytest.mark.parametrize(
    ("categories", "runs"),
    [
        ((), []),
        ((BUG,), [(BUG, 1)]),
        ((BUG, BUG, DOCS, BUG), [(BUG, 2), (DOCS, 1), (BUG, 1)]),
        ((BUG, OTHER, BUG), [(BUG, 3)]),  # what cannot be told goes on with what was
        ((BUG, None), [(BUG, 2)]),
        ((OTHER, None, DOCS, DOCS), [(DOCS, 4)]),  # or with what follows
        ((None, OTHER), [(OTHER, 2)]),
        ((OTHER, DOCS, BUG), [(DOCS, 2), (BUG, 1)]),
    ],
)
def test_turns_of_one_category_are_a_task(
    categories: tuple[TaskCategory | None, ...], runs: list[tuple[TaskCategory, int]]
) -> None:
    found = tasks_of(turns(*categories))
    assert [(task.category, len(task.turn_ids)) for task in found] == runs


@pytest.mark.parametrize(
    ("branches", "count"),
    [
        (("fix/a", "fix/a"), 1),
        (("fix/a", "fix/b"), 2),  # the user went to another
        (("main fix/a", "fix/a"), 1),  # the agent made it meanwhile
        (("fix/a", "", "fix/a"), 1),
        (("fix/a", "", "fix/b"), 2),
        (("", "fix/b"), 1),
    ],
)
def test_another_branch_is_another_task(branches: tuple[str, ...], count: int) -> None:
    asked = [TurnOfTask(name, BUG, frozenset(name.split())) for name in branches]
    assert len(tasks_of(asked)) == count


def test_a_cost_that_is_not_known_is_no_nothing() -> None:
    known, free = TurnOfTask("t-1", BUG, cost_nusd=CENT), TurnOfTask("t-2", BUG)
    assert [task.cost_nusd for task in tasks_of([known, free, known])] == [2 * CENT]
    assert tasks_of([free])[0].cost_nusd is None


@given(st.lists(st.sampled_from([BUG, DOCS, OTHER, None])), st.integers(0, 20))
def test_a_later_turn_changes_the_last_task_only(
    categories: list[TaskCategory | None], cut: int
) -> None:
    asked = turns(*categories)
    before, after = tasks_of(asked[:cut]), tasks_of(asked)
    assert before[:-1] == after[: max(0, len(before) - 1)]
    assert [one for task in after for one in task.turn_ids] == [turn.turn_id for turn in asked]


def test_a_task_is_said_in_words() -> None:
    one = Task(category=BUG, turn_ids=("t-1",))
    assert task_words(one) == "bugfix (1 turn)"
    more = Task(category=BUG, turn_ids=("t-1", "t-2"), cost_nusd=120 * CENT)
    assert task_words(more) == "bugfix (2 turns, $1.20)"
