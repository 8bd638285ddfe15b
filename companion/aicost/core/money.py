"""Money: whole nano-dollars. The only place that knows how many make a dollar."""

from decimal import Decimal

NANO = 1_000_000_000  # nano-dollars per US dollar


def usd(nusd: int) -> float:
    """Return nano-dollars as dollars, for JSON and screens (never for sums)."""
    return nusd / NANO


def nusd(amount_usd: Decimal) -> int:
    """Return dollars as whole nano-dollars, rounded half-even."""
    return int((amount_usd * NANO).to_integral_value())
