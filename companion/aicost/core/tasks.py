"""Tasks: runs of consecutive turns of a session with one purpose. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from aicost.core.categories import TaskCategory
from aicost.core.money import cost_text


class TurnOfTask(NamedTuple):
    """What is asked of a turn to tell which task it belongs to."""

    turn_id: str
    category: TaskCategory | None  # None: not known yet
    branches: frozenset[str] = frozenset()  # that its main thread was on; empty: none is known
    cost_nusd: int | None = None  # None: nothing of it has a price


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A run of turns with one purpose, the first turn first."""

    category: TaskCategory  # OTHER until a turn of it tells more
    turn_ids: tuple[str, ...]
    cost_nusd: int | None = None
    branches: frozenset[str] = frozenset()  # of its last turn for which they are known


def tasks_of(turns: Iterable[TurnOfTask]) -> tuple[Task, ...]:
    """Return the tasks of a session's turns, which are in order of time.

    A turn that comes later changes the last task only, or begins another.
    """
    found: list[Task] = []
    for turn in turns:
        if found and is_of(found[-1], turn):
            found[-1] = _with(found[-1], turn)
        else:
            category = turn.category or TaskCategory.OTHER
            ids = (turn.turn_id,)
            found.append(Task(category=category, turn_ids=ids, cost_nusd=turn.cost_nusd,
                              branches=turn.branches))  # fmt: skip
    return tuple(found)


def is_of(task: Task, turn: TurnOfTask) -> bool:
    """Say whether a turn goes on with the task before it.

    It does if it has the same category, or if of one of both it cannot be told; not if the user
    went to another branch in between.
    """
    if task.branches and turn.branches and not task.branches & turn.branches:
        return False
    unclear = (None, TaskCategory.OTHER)
    return turn.category in unclear or task.category in (TaskCategory.OTHER, turn.category)


def _with(task: Task, turn: TurnOfTask) -> Task:
    is_told = task.category is not TaskCategory.OTHER or turn.category is None
    known = [cost for cost in (task.cost_nusd, turn.cost_nusd) if cost is not None]
    return replace(
        task,
        category=task.category if is_told else (turn.category or task.category),
        turn_ids=(*task.turn_ids, turn.turn_id),
        cost_nusd=sum(known) if known else None,
        branches=turn.branches or task.branches,
    )


def task_words(task: Task) -> str:
    """Return e.g. "bugfix (3 turns, $1.20)"."""
    turns = "1 turn" if len(task.turn_ids) == 1 else f"{len(task.turn_ids):,} turns"
    cost = "" if task.cost_nusd is None else f", {cost_text(task.cost_nusd, 0)}"
    return f"{task.category} ({turns}{cost})"
