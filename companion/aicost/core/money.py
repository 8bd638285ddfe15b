"""Money: whole nano-dollars, and how amounts are written. Only here is it known what a dollar is.

An amount that leaves tokens without a price out is a lower bound: it is written with `≥`, and
rounded down, so that "at least" holds.
"""

from collections.abc import Callable
from decimal import Decimal

from aicost.core.text import UNKNOWN

NANO = 1_000_000_000  # nano-dollars per US dollar
_CENT = NANO // 100
_UNITS = (("k", NANO * 10**3), ("M", NANO * 10**6), ("B", NANO * 10**9))
_Divide = Callable[[int, int], int]


def usd(nusd: int) -> float:
    """Return nano-dollars as dollars, for JSON (never for sums)."""
    return nusd / NANO


def nusd(amount_usd: Decimal) -> int:
    """Return dollars as whole nano-dollars, rounded half-even."""
    return int((amount_usd * NANO).to_integral_value())


def dollars(nusd: int) -> str:
    """Return an amount to the cent, however large: `$12,345.67`; `<$0.01` for less than a cent."""
    return "<$0.01" if 0 < nusd < _CENT else _to_the_cent(_rounded(nusd, _CENT))


def dollars_short(nusd: int) -> str:
    """Return an amount in at most 7 cells: `$0.00`, `<$0.01`, `$18.42`, `$1,235`, `$123k`."""
    return "<$0.01" if 0 < nusd < _CENT else _short(nusd, _rounded)


def cost_text(nusd: int | None, unpriced_tokens: int) -> str:
    """Return a cost to the cent that says what it does not know.

    `≥$3.20` when some tokens have no price, `unpriced` when none has, `—` when nothing was used.
    """
    if nusd is None or not unpriced_tokens:
        return _known(nusd, unpriced_tokens, dollars)
    return f"≥{_to_the_cent(nusd // _CENT)}"


def more_text(nusd: int | None) -> str:
    """Return how much more was spent, also where that is not known."""
    return "more, at a price that is not known" if nusd is None else f"{dollars(nusd)} more"


def cost_text_short(nusd: int | None, unpriced_tokens: int) -> str:
    """Return a cost like `cost_text`, in at most 8 cells."""
    if nusd is None or not unpriced_tokens:
        return _known(nusd, unpriced_tokens, dollars_short)
    return f"≥{_short(nusd, int.__floordiv__)}"


def _known(nusd: int | None, unpriced_tokens: int, write: Callable[[int], str]) -> str:
    if nusd is None:
        return "unpriced" if unpriced_tokens else UNKNOWN
    return write(nusd)


def _to_the_cent(cents: int) -> str:
    return f"${cents // 100:,}.{cents % 100:02}"


def _short(nusd: int, divide: _Divide) -> str:
    cents, whole = divide(nusd, _CENT), divide(nusd, NANO)
    if cents < 1_000_00:
        return _to_the_cent(cents)
    if whole < 100_000:
        return f"${whole:,}"
    unit, size = next((unit for unit in _UNITS if divide(nusd, unit[1]) < 1_000), _UNITS[-1])
    tenths, whole = divide(nusd * 10, size), divide(nusd, size)
    return f"${tenths // 10}.{tenths % 10}{unit}" if tenths < 1_000 else f"${whole}{unit}"


def _rounded(value: int, by: int) -> int:
    """Divide, rounded half up, in whole numbers."""
    return (value + by // 2) // by
