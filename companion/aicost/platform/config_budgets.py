"""Budgets, and how gates and nudges behave, as files of settings say it.

No error repeats what a file says: a repository's own budgets are read here, too.
"""

import difflib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

from aicost.core.budget import OF_A_PLAN, Budget, BudgetFilter, Origin, Scope, Traits, budget_id
from aicost.core.budget_words import SCOPES, AmountError, parse_amount
from aicost.core.categories import TaskCategory
from aicost.core.errors import ConfigError
from aicost.core.money import nusd

BUDGET_KEYS = ("scope", "amount", "hard", "repo", "branch", "model", "agent", "env", "category")
MOST_BUDGETS = 100  # in one file
MOST_GLOB_CHARS = 120
GRACE_PERMILLE = 50
_MOST_GRACE = 50  # percent
_MOST_CONTEXT_USD = 1_000
_MOST_NUMBER = 10**18
_AGENTS = ("claude", "codex")
_ENVIRONMENTS = ("interactive", "headless", "ci")
_GLOBS = ("repo", "branch", "model")

Place = Callable[[int, str], str]  # of a key in the budget at a position: "FILE:LINE"
Fail = Literal["open", "closed"]


def parse_budgets(value: object, place: Place, *, origin: Origin = "config") -> tuple[Budget, ...]:
    """Return the budgets of `[[budgets]]`, None for none. Raises ConfigError."""
    rows = [] if value is None else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(
            f"budgets are not a list of tables ({place(0, '')})",
            why="each has a header of its own in double brackets",
            hint='[[budgets]], and below it lines like scope = "day" and amount = 25',
        )
    if len(rows) > MOST_BUDGETS:
        where = place(MOST_BUDGETS, "")
        raise ConfigError(f"more than {MOST_BUDGETS} budgets ({where})", hint="aicost budget list")
    found: dict[str, Budget] = {}
    for position, row in enumerate(rows):
        budget = _Row(row, position, place).budget(origin)
        if budget.budget_id in found:
            raise ConfigError(
                f"a budget is there twice ({place(position, '')})",
                why="two of the same scope, unit and filter, both hard or both not",
                hint="keep one of them",
            )
        found[budget.budget_id] = budget
    return tuple(found.values())


class _Row:
    """One table of `[[budgets]]`."""

    def __init__(self, row: Mapping[str, Any], position: int, place: Place) -> None:
        self._row, self._position, self._place = row, position, place

    def budget(self, origin: Origin) -> Budget:
        for key in self._row:
            if key not in BUDGET_KEYS:
                near = difflib.get_close_matches(key, BUDGET_KEYS, n=1)
                raise self._error(
                    "a budget has a key that none has",
                    key,
                    why=f"its keys are {', '.join(BUDGET_KEYS)}",
                    hint=f"write {near[0]}" if near else "delete that line",
                )
        scope = self._scope()
        filter_ = self._filter()
        if scope in OF_A_PLAN and filter_ != BudgetFilter(agent=filter_.agent):
            raise self._error(
                "a plan's window is one for all that its agent does",
                "scope",
                why="only agent can be named beside it",
                hint='scope = "5h" counts what you choose',
            )
        try:
            unit, limit = parse_amount(self._amount(), scope)
        except AmountError as error:
            raise self._error(
                "a budget has no usable amount", "amount", why=str(error), hint=_EXAMPLE
            ) from error
        is_hard = self._row.get("hard", False)
        if not isinstance(is_hard, bool):
            raise self._error("hard is neither true nor false", "hard", hint="hard = true")
        return Budget(
            budget_id=budget_id(scope, unit, filter_, is_hard=is_hard),
            scope=scope,
            unit=unit,
            limit=limit,
            is_hard=is_hard,
            filter=filter_,
            origin=origin,
        )

    def _scope(self) -> Scope:
        said = self._row.get("scope")
        for scope in SCOPES:
            if said == scope:
                return scope
        what = "a budget has no scope" if said is None else "a budget has a scope that none has"
        why = f"scopes are {', '.join(SCOPES)}"
        raise self._error(what, "scope", why=why, hint='scope = "day"')

    def _amount(self) -> str:
        said = self._row.get("amount")
        if isinstance(said, str):
            return said
        if (number := _number(said)) is not None:
            return f"{number:f}"
        what = "a budget has no amount" if said is None else "an amount is neither number nor text"
        raise self._error(what, "amount", hint=_EXAMPLE)

    def _filter(self) -> BudgetFilter:
        texts = {name: self._glob(name) for name in (*_GLOBS, "category", "agent", "env")}
        env = texts["env"]
        filter_ = BudgetFilter(
            repo=texts["repo"],
            branch=texts["branch"],
            model=texts["model"],
            category=texts["category"],
            agent=texts["agent"],
            environment=env,
        )
        agent, environment = BudgetFilter(agent=filter_.agent), BudgetFilter(environment=env)
        if not any(agent.covers(Traits(agent=name)) for name in _AGENTS):  # type: ignore[arg-type]
            raise self._error("there is no such agent", "agent", hint='agent = "claude"')
        if not any(environment.covers(Traits(environment=name)) for name in _ENVIRONMENTS):
            why = f"environments are {', '.join(_ENVIRONMENTS)}"
            raise self._error("there is no such env", "env", why=why, hint='env = "ci"')
        self._check_category(filter_.category)
        return filter_

    def _check_category(self, category: str) -> None:
        wanted = BudgetFilter(category=category)
        if not any(wanted.covers(Traits(category=name)) for name in TaskCategory):
            why = f"categories are {', '.join(TaskCategory)}"
            hint = 'category = "bugfix"'
            raise self._error("there is no such category", "category", why=why, hint=hint)

    def _glob(self, name: str) -> str:
        said = self._row.get(name, "")
        if isinstance(said, str) and (name not in self._row or _is_glob(said)):
            return said
        raise self._error(
            f"{name} is no name or pattern",
            name,
            why=f"it is a line of text of at most {MOST_GLOB_CHARS} characters; * is any text",
            hint=f'{name} = "*"',
        )

    def _error(self, what: str, key: str, *, why: str = "", hint: str = "") -> ConfigError:
        return ConfigError(f"{what} ({self._place(self._position, key)})", why=why, hint=hint)


_EXAMPLE = 'amount = 25, or amount = "300k tokens"'


def _is_glob(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= MOST_GLOB_CHARS


def fail_of(value: object, place: str) -> Fail:
    """Return `gate.fail`, "open" by default. Raises ConfigError."""
    if value is None or value == "open":
        return "open"
    if value == "closed":
        return "closed"
    raise ConfigError(
        f"gate.fail is neither open nor closed ({place})",
        why="it says what an agent does while the daemon does not answer: go on, or stop",
        hint='fail = "open"',
    )


def grace_of(value: object, place: str) -> int:
    """Return `gate.grace_percent` in thousandths of a limit. Raises ConfigError."""
    permille = GRACE_PERMILLE if value is None else _steps(value, Decimal(10))
    if permille is None or not 0 <= permille <= _MOST_GRACE * 10:
        raise ConfigError(
            f"gate.grace_percent is no share that can be kept free ({place})",
            why=f"it is a number from 0 to {_MOST_GRACE}, with one decimal at most",
            hint="grace_percent = 5",
        )
    return permille


def desktop_of(value: object, place: str) -> bool:
    """Return `nudges.desktop`, False by default. Raises ConfigError."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ConfigError(f"nudges.desktop is neither true nor false ({place})", hint="desktop = true")


def context_of(value: object, place: str) -> int | None:
    """Return `nudges.context_usd` in nano-dollars, None if it is not set. Raises ConfigError."""
    if value is None:
        return None
    found = _steps(value, Decimal(nusd(Decimal(1))))
    if found is None or not 0 < found <= nusd(Decimal(_MOST_CONTEXT_USD)):
        raise ConfigError(
            f"nudges.context_usd is no price of a prompt ({place})",
            why=f"it is a number of dollars, more than 0 and at most {_MOST_CONTEXT_USD}",
            hint="context_usd = 0.5",
        )
    return found


def _steps(value: object, step: Decimal) -> int | None:
    """Return a number in whole steps, None for what is none."""
    number = _number(value)
    if number is None:
        return None
    steps = number * step
    return int(steps) if steps == steps.to_integral_value() else None


def _number(value: object) -> Decimal | None:
    """Return a number of TOML, None for what is none or has no end."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if not abs(value) <= _MOST_NUMBER:  # (nan is not; and a text of it may be too long to make)
        return None
    return Decimal(str(value))
