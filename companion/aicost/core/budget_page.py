"""What a screen of budgets shows beside how they stand, and what a change of one does. Values."""

from dataclasses import dataclass, field

from aicost.core.budget import Budget, BudgetStatus
from aicost.core.budget_words import limit_words


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEntry:
    """One budget that is set, with what no view has of it."""

    budget: Budget
    standing: tuple[BudgetStatus, ...] = ()  # none: of a turn or a session, and none is under it
    would_stop: int = 0  # how often a hard one would have stopped, in seven days
    bearers: tuple[str, ...] = ()  # ids of the sessions at work that count for it
    is_untrusted: bool = False  # of a repository that nobody trusted: it only tells


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPage:
    """All budgets that are set, in the order of their files."""

    entries: tuple[BudgetEntry, ...] = ()
    troubles: tuple[str, ...] = ()  # why files that set budgets cannot be used
    config_file: str = ""
    is_flat: bool = False  # a plan with a fixed price is in use
    complete: bool = True  # all logs are read


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetChange:
    """What a change of the file of settings does, made or only looked at."""

    text: str  # in a sentence
    file: str
    lines: tuple[str, ...] = field(default=())  # `+LINE`, `-LINE`, ` LINE` of what is around
    is_made: bool = False


def said_of_set(budget: Budget) -> str:
    """Return what a budget that was set does, in a sentence."""
    does = "stops agents when it is used up" if budget.is_hard else "tells, and stops nothing"
    return f"{budget.budget_id}: {limit_words(budget)}; it {does}"


def said_of_removal(budget: Budget) -> str:
    """Return what was taken away, in a sentence."""
    return f"{budget.budget_id} is taken away: it was {limit_words(budget)}"
