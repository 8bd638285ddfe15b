"""Budgets set and taken away in config.toml; the rest of the file stays, comments too."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aicost.core.budget import Budget
from aicost.core.errors import ConfigError
from aicost.platform.config import load_settings
from aicost.platform.config_budgets import parse_budgets
from aicost.platform.config_edit import Makers, Table, change_file

_LIST = "aicost budget list"
_SHOWN = 8  # names in an error


def set_budget(path: Path, row: Mapping[str, Any]) -> Budget:
    """Set one budget: keys and values as in `[[budgets]]`; "hard" only if it is to change.

    What is there of the same scope, unit and filter gets the new amount. Raises ConfigError.
    """
    budget = budget_of(row)
    known = load_settings(path).budgets
    at = _place_of(budget, known, row)
    if at is not None and "hard" not in row:
        budget = budget_of({**row, "hard": known[at].is_hard})

    def change(table: Table, make: Makers) -> None:
        if "budgets" not in table:
            table["budgets"] = make.tables()
        if at is None:
            table["budgets"].append(dict(row))
        else:
            table["budgets"][at].update({key: row[key] for key in ("amount", "hard") if key in row})

    change_file(path, change)
    return budget


def loosens(path: Path, row: Mapping[str, Any]) -> bool:
    """Say whether `set_budget` would raise a limit, or let a hard one only tell.

    Raises ConfigError.
    """
    budget = budget_of(row)
    known = load_settings(path).budgets
    at = _place_of(budget, known, row)
    if at is None:
        return False
    is_hard = budget.is_hard if "hard" in row else known[at].is_hard
    return budget.limit > known[at].limit or (known[at].is_hard and not is_hard)


def remove_budget(path: Path, budget_id: str) -> Budget:
    """Take one budget away and return it. Raises ConfigError if there is none of this name."""
    known = load_settings(path).budgets
    names = [one.budget_id for one in known]
    if budget_id not in names:
        near = difflib.get_close_matches(budget_id, names, n=1)
        raise ConfigError(
            f"there is no budget {budget_id}",
            why=f"yours are {', '.join(names[:_SHOWN])}" if names else "you have set none",
            hint=f"aicost budget rm {near[0]}" if near else _LIST,
        )
    at = names.index(budget_id)

    def change(table: Table, _: Makers) -> None:
        del table["budgets"][at]
        if not table["budgets"]:
            del table["budgets"]

    change_file(path, change)
    return known[at]


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
