"""Tasks: runs of consecutive turns of a session with one purpose. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
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
    cost_nusd: int | None = None  # None: nothing of it has a price


def tasks_of(turns: Iterable[TurnOfTask]) -> tuple[Task, ...]:
    """Return the tasks of a session's turns, which are in order of time.

    A turn that comes later changes the last task only, or begins another.
    """
    found: list[_Begun] = []
    for turn in turns:
        if not found or not found[-1].goes_on(turn):
            found.append(_Begun())
        found[-1].take(turn)
    return tuple(one.so_far() for one in found)


@dataclass(slots=True)
class _Begun:
    """A task to which turns are added."""

    category: TaskCategory = TaskCategory.OTHER
    turn_ids: list[str] = field(default_factory=list)
    cost_nusd: int | None = None
    branches: frozenset[str] = frozenset()  # of its last turn for which they are known

    def goes_on(self, turn: TurnOfTask) -> bool:
        """Say whether a turn goes on with this task.

        It does if it has the same category, or if of one of both it cannot be told; not if the
        user went to another branch in between.
        """
        if self.branches and turn.branches and not self.branches & turn.branches:
            return False
        unclear = (None, TaskCategory.OTHER)
        return turn.category in unclear or self.category in (TaskCategory.OTHER, turn.category)

    def take(self, turn: TurnOfTask) -> None:
        """Add a turn."""
        self.turn_ids.append(turn.turn_id)
        self.branches = turn.branches or self.branches
        if self.category is TaskCategory.OTHER and turn.category is not None:
            self.category = turn.category
        if turn.cost_nusd is not None:
            self.cost_nusd = turn.cost_nusd + (self.cost_nusd or 0)

    def so_far(self) -> Task:
        """Return the task as it is by now."""
        return Task(category=self.category, turn_ids=tuple(self.turn_ids), cost_nusd=self.cost_nusd)


def task_words(task: Task) -> str:
    """Return e.g. "bugfix (3 turns, $1.20)"."""
    turns = "1 turn" if len(task.turn_ids) == 1 else f"{len(task.turn_ids):,} turns"
    cost = "" if task.cost_nusd is None else f", {cost_text(task.cost_nusd, 0)}"
    return f"{task.category} ({turns}{cost})"
