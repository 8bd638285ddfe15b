"""Amounts of budgets as people write them: `25`, `$12.50`, `300k tokens`, `80%`. Pure.

How an amount is shown, core.nudge_words says.
"""

import re
from decimal import Decimal

from aicost.core.budget import OF_A_PLAN, STEPS, Budget, Scope, Unit
from aicost.core.nudge_words import amount, covers

SCOPES: tuple[Scope, ...] = (
    "turn", "session", "5h", "day", "week", "month", "plan-5h", "plan-week",
)  # fmt: skip
EXAMPLES = "25, $12.50, 300k tokens, 20 requests, 10 turns, 30 minutes, 3 repeats, 50 credits, 80%"
_AMOUNT = re.compile(
    r"(\$?)\s*(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})?(\.\d{1,9})?\s*([km]?)\s*(%|[a-z]{1,12})?",
    re.ASCII | re.IGNORECASE,
)
_UNITS: dict[str, tuple[Unit, int]] = {  # word -> unit, and how many of it the word is
    "": ("usd", 1),
    "usd": ("usd", 1),
    "dollar": ("usd", 1),
    "dollars": ("usd", 1),
    "credit": ("credits", 1),
    "credits": ("credits", 1),
    "token": ("tokens", 1),
    "tokens": ("tokens", 1),
    "request": ("requests", 1),
    "requests": ("requests", 1),
    "turn": ("turns", 1),
    "turns": ("turns", 1),
    "min": ("minutes", 1),
    "minute": ("minutes", 1),
    "minutes": ("minutes", 1),
    "h": ("minutes", 60),
    "hour": ("minutes", 60),
    "hours": ("minutes", 60),
    "repeat": ("repeats", 1),
    "repeats": ("repeats", 1),
    "%": ("percent", 1),
    "percent": ("percent", 1),
}
_THOUSANDS = {"": 1, "k": 1_000, "m": 1_000_000}
_MOST: dict[Unit, int] = {  # in units: more is a slip of the finger, or does not fit 64 bits
    "usd": 1_000_000,
    "credits": 1_000_000_000,
    "tokens": 10**15,
    "requests": 10**9,
    "turns": 10**6,
    "minutes": 60 * 24 * 366,
    "repeats": 1_000,
    "percent": 100,
}


_PER: dict[Scope, str] = {
    "turn": "a turn",
    "session": "a session",
    "5h": "in five hours",
    "day": "a day",
    "week": "a week",
    "month": "a month",
    "plan-5h": "of the plan's 5 hours",
    "plan-week": "of the plan's week",
}


class AmountError(ValueError):
    """An amount that cannot be used; the text says why, and repeats nothing of it."""


def parse_amount(text: str, scope: Scope) -> tuple[Unit, int]:
    """Return the unit of a budget's amount, and how many of its STEPS that is.

    Raises AmountError for what is no amount, and for units that the scope cannot have.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or not (found[2] or found[3]):
        raise AmountError(f"an amount is one of {EXAMPLES}")
    sign, whole, part, thousands, word = found.groups("")
    if thousands.lower() == "m" and word.lower() in ("", "in", "inute", "inutes"):
        word, thousands = thousands + word, ""  # of minutes
    unit, many = _UNITS.get(word.lower(), ("usd", 0))
    if not many or (sign and unit != "usd"):
        raise AmountError(f"that unit is not known: an amount is one of {EXAMPLES}")
    number = Decimal(whole.replace(",", "") + part) * many * _THOUSANDS[thousands.lower()]
    steps = number * STEPS[unit]
    if steps != int(steps):
        raise AmountError(f"{unit} are not parted so finely")
    if not 0 < number <= _MOST[unit]:
        raise AmountError(f"an amount of {unit} is more than 0 and at most {_MOST[unit]:,}")
    _check_scope(unit, scope)
    return unit, int(steps)


def config_amount(text: str) -> int | float | str:
    """Return dollars as a number, as one writes them in the config; all else as it was typed."""
    dollars = re.fullmatch(r"\$?(\d{1,9})(\.\d{1,6})?", text, re.ASCII)
    if dollars is None:
        return text
    return float(f"{dollars[1]}{dollars[2]}") if dollars[2] else int(dollars[1])


def _check_scope(unit: Unit, scope: Scope) -> None:
    """Raise AmountError for a unit that says nothing in a scope."""
    if (unit == "percent") != (scope in OF_A_PLAN):
        raise AmountError("a plan's window has a limit in percent, as 80%; nothing else has")
    if unit == "repeats" and scope not in ("turn", "session"):
        raise AmountError("repeats are counted within a turn or a session")
    if unit == "turns" and scope == "turn":
        raise AmountError("a turn is one turn; limit its requests, minutes or dollars")


def limit_words(budget: Budget) -> str:
    """Return a limit as a sentence has it that is of no moment: `$25.00 a day for shop`."""
    return f"{amount(budget, budget.limit)} {_PER[budget.scope]}{covers(budget)}"
