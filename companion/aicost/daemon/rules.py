"""What was set of budgets and their gate. Plain values."""

from collections.abc import Sequence
from dataclasses import dataclass

from aicost.core.budget import Budget
from aicost.core.hook_files import FailMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which budgets there are, and how their gate behaves."""

    budgets: Sequence[Budget] = ()
    grace_permille: int = 50  # of a hard limit
    fail: FailMode = "open"
