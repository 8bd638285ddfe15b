"""Budgets set and taken away in config.toml; the rest of the file stays, comments too."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aicost.core.budget import Budget
from aicost.core.errors import ConfigError
from aicost.platform.config import load_settings
from aicost.platform.config_budgets import parse_budgets
from aicost.platform.config_edit import FileEdit, Makers, Table, planned_change

_LIST = "aicost budget list"
_SHOWN = 8  # names in an error


@dataclass(frozen=True, slots=True)
class BudgetEdit:
    """A change of one budget that was looked at and not made yet."""

    budget: Budget  # as it will be; of one taken away, as it is
    was: Budget | None  # as it is; None: a new one
    file: FileEdit

    @property
    def loosens(self) -> bool:
        """Whether a limit is raised, or a hard one will only tell."""
        was, now = self.was, self.budget
        if was is None:
            return False
        is_higher = was.unit != now.unit or now.limit > was.limit
        return is_higher or (was.is_hard and not now.is_hard)


def set_budget(path: Path, row: Mapping[str, Any]) -> Budget:
    """Set one budget at once: see `planned_set`. Raises ConfigError."""
    edit = planned_set(path, row)
    edit.file.write()
    return edit.budget


def loosens(path: Path, row: Mapping[str, Any]) -> bool:
    """Say whether `set_budget` would raise a limit, or let a hard one only tell.

    Raises ConfigError.
    """
    return planned_set(path, row).loosens


def remove_budget(path: Path, budget_id: str) -> Budget:
    """Take one budget away at once: see `planned_removal`. Raises ConfigError."""
    edit = planned_removal(path, budget_id)
    edit.file.write()
    return edit.budget


def planned_set(path: Path, row: Mapping[str, Any], replaced: str = "") -> BudgetEdit:
    """Return what sets one budget: keys and values as in `[[budgets]]`.

    "hard" only if it is to change. What is there of the same scope, unit and filter gets the new
    amount; where `replaced` names a budget, that one does. Raises ConfigError.
    """
    budget = budget_of(row)
    known = load_settings(path).budgets
    at = _named(known, replaced) if replaced else _place_of(budget, known, row)
    if replaced and at is not None and not _is_alike(replace(known[at], unit=budget.unit), budget):
        why = "another scope or filter makes another budget"
        raise ConfigError(f"{replaced} stays what it is of", why=why, hint="aicost budget set")
    if at is not None and "hard" not in row:
        budget = budget_of({**row, "hard": known[at].is_hard})

    def change(table: Table, make: Makers) -> None:
        if "budgets" not in table:
            table["budgets"] = make.tables()
        if at is None:
            table["budgets"].append(dict(row))
        else:
            one, keys = known[at], ["amount", "hard"]
            if (one.unit, one.limit) == (budget.unit, budget.limit):
                keys.remove("amount")  # it stays as it was typed
            table["budgets"][at].update({key: row[key] for key in keys if key in row})

    return BudgetEdit(budget, None if at is None else known[at], planned_change(path, change))


def planned_removal(path: Path, budget_id: str) -> BudgetEdit:
    """Return what takes one budget away. Raises ConfigError if there is none of this name."""
    known = load_settings(path).budgets
    at = _named(known, budget_id)

    def change(table: Table, _: Makers) -> None:
        del table["budgets"][at]
        if not table["budgets"]:
            del table["budgets"]

    return BudgetEdit(known[at], known[at], planned_change(path, change))


def _named(known: Sequence[Budget], budget_id: str) -> int:
    """Return the place of a budget. Raises ConfigError if there is none of this name."""
    names = [one.budget_id for one in known]
    if budget_id not in names:
        near = difflib.get_close_matches(budget_id, names, n=1)
        raise ConfigError(
            f"there is no budget {budget_id}",
            why=f"yours are {', '.join(names[:_SHOWN])}" if names else "you have set none",
            hint=f"aicost budget rm {near[0]}" if near else _LIST,
        )
    return names.index(budget_id)


def budget_of(row: Mapping[str, Any]) -> Budget:
    """Return the budget that a row says. Raises ConfigError."""
    try:
        (budget,) = parse_budgets([dict(row)], lambda _, key: key)
    except ConfigError as error:  # it is in no file
        raise ConfigError(
            error.what.rpartition(" (")[0], why=error.why, hint="aicost budget set --help"
        ) from error
    return budget


def _place_of(budget: Budget, known: Sequence[Budget], row: Mapping[str, Any]) -> int | None:
    """Return the place of the budget that a row changes; None: it is a new one."""
    alike = [at for at, one in enumerate(known) if _is_alike(one, budget)]
    if "hard" in row:  # of two, that which is so already
        alike.sort(key=lambda at: known[at].is_hard != budget.is_hard)
    return alike[0] if alike else None


def _is_alike(one: Budget, other: Budget) -> bool:
    return (one.scope, one.unit, one.filter) == (other.scope, other.unit, other.filter)
