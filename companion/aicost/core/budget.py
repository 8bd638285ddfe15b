"""What a budget is, what it covers, and how it stands at a moment. Pure values and rules.

Amounts are whole steps of their unit, so that sums are exact: nano-dollars, tokens, requests …
(see STEPS). Several budgets apply at once; each stands on its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal
from zoneinfo import ZoneInfo

from aicost.core.days import LocalDays, from_us
from aicost.core.usage import Agent

Unit = Literal["usd", "credits", "tokens", "requests", "turns", "minutes", "repeats", "percent"]
Scope = Literal["turn", "session", "5h", "day", "week", "month", "plan-5h", "plan-week"]
Origin = Literal["config", "repo", "guard"]  # whose: the user's, a repository's, one run's

STEPS: dict[Unit, int] = {  # steps of an amount in one unit
    "usd": 10**9,  # nano-dollars
    "credits": 10**9,  # nano-credits of the agent's plan
    "tokens": 1,
    "requests": 1,
    "turns": 1,
    "minutes": 60_000_000,  # microseconds of activity
    "repeats": 1,  # of one failing command
    "percent": 1_000,  # of a plan's limit, in thousandths
}
OF_ONE: frozenset[Scope] = frozenset({"turn", "session"})  # each turn or session for itself
OF_A_PLAN: frozenset[Scope] = frozenset({"plan-5h", "plan-week"})
LEVELS = (50, 80, 95, 100)  # percent of a budget that are worth a word
_ROLLING = timedelta(hours=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a call, or a session that is about to make one, is of. "" is not known."""

    agent: Agent | Literal[""] = ""
    repo: str = ""  # as reports name it: a repository's key, or a project's name
    branch: str = ""
    model: str = ""  # as logged
    environment: str = ""  # interactive, headless, ci
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetFilter:
    """Which calls a budget counts. "" covers all; the others are globs, letter case apart.

    `repo` also fits the last part of a repository's key: `shop` fits `github.com/acme/shop`. Where
    `is_repo_exact`, it is no glob and fits itself alone.
    """

    repo: str = ""
    is_repo_exact: bool = False
    branch: str = ""
    model: str = ""
    agent: str = ""
    environment: str = ""
    category: str = ""

    def covers(self, traits: Traits) -> bool:
        """Say whether what is of these traits counts. What is not known fits no glob."""
        return (
            self._fits_repo(traits.repo)
            and _fits(traits.branch, self.branch)
            and _fits(traits.model, self.model)
            and _fits(traits.agent, self.agent)
            and _fits(traits.environment, self.environment)
            and _fits(traits.category, self.category)
        )

    def _fits_repo(self, repo: str) -> bool:
        if self.is_repo_exact:
            return bool(repo) and repo == self.repo
        return _fits(repo, self.repo) or _fits(repo.rpartition("/")[2], self.repo)

    @property
    def is_open(self) -> bool:
        """Whether everything counts."""
        return self == BudgetFilter()


def _fits(text: str, pattern: str) -> bool:
    return not pattern or (bool(text) and fnmatchcase(text.casefold(), pattern.casefold()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A limit on what may be used within a window."""

    budget_id: str  # names it in commands: see `budget_id`
    scope: Scope
    unit: Unit
    limit: int  # in steps of the unit, > 0
    is_hard: bool = False  # stops; else it only tells
    filter: BudgetFilter = BudgetFilter()
    origin: Origin = "config"
    root: str = ""  # of a repository's own budget: the folder it is of
    guard_id: str = ""  # of a guarded run's: whose; sessions of guards within it count as well
    since: datetime | None = None  # of a guarded run's: what its sessions used before is not its


def budget_id(scope: Scope, unit: Unit, filter_: BudgetFilter, *, is_hard: bool) -> str:
    """Return the name of a budget; two of one name are one budget.

    `day`, `day-hard`, `session-tokens`, `day-hard@repo=shop,model=*opus*`.
    """
    name = scope + ("" if unit == "usd" else f"-{unit}") + ("-hard" if is_hard else "")
    fields = ("repo", "branch", "model", "agent", "environment", "category")
    parts = [f"{field}={getattr(filter_, field)}" for field in fields if getattr(filter_, field)]
    return f"{name}@{','.join(parts)}" if parts else name


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWindow:
    """The span [start, end) that a budget counts. None: it has no such end."""

    start: datetime | None = None  # UTC
    end: datetime | None = None  # UTC; when what was used then no longer counts


def window_of(scope: Scope, now: datetime, zone: ZoneInfo) -> BudgetWindow:
    """Return the window that `now` lies in; that of a turn, a session or a plan has no ends here.

    Weeks begin on Monday. Five hours roll: the window ends now, and its calls leave one by one.
    """
    if scope == "5h":
        return BudgetWindow(start=now - _ROLLING)
    if scope in OF_ONE or scope in OF_A_PLAN:
        return BudgetWindow()
    today = now.astimezone(zone).date()
    match scope:
        case "day":
            first, after = today, today + timedelta(days=1)
        case "week":
            first = today - timedelta(days=today.weekday())
            after = first + timedelta(days=7)
        case _:
            first = today.replace(day=1)
            after = (first + timedelta(days=32)).replace(day=1)
    days = LocalDays(zone)
    return BudgetWindow(start=from_us(days.start_us(first)), end=from_us(days.start_us(after)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """How a budget stands for one subject at one moment."""

    budget: Budget
    window: BudgetWindow = BudgetWindow()
    subject: str = ""  # the session, or "session turn"; "": all that the budget covers
    spent: int = 0  # in steps of the unit, hidden spend included
    hidden: int = 0  # the part of it that no log shows
    reserved: int = 0  # for calls under way
    forecast: int | None = None  # at the window's end, at this rate; None: not known
    unpriced_tokens: int = 0  # counted in `spent` of dollars as nothing
    resets_at: datetime | None = None  # None: never, or not known
    command: str = ""  # of `repeats`: the failing command, in a word or two

    @property
    def left(self) -> int:
        """What may still be used, negative when it is overdrawn."""
        return self.budget.limit - self.spent - self.reserved

    @property
    def share(self) -> float:
        """Used part of the limit, 0..1 and more; without what is reserved."""
        return self.spent / self.budget.limit

    @property
    def is_over(self) -> bool:
        """Whether nothing is left for one more call."""
        return self.left <= 0

    @property
    def level(self) -> int:
        """The highest of LEVELS that what is spent has reached, 0 below all."""
        return max(
            (level for level in LEVELS if self.spent * 100 >= level * self.budget.limit), default=0
        )
