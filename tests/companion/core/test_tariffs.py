"""Rates: what is known is multiplied, what is not known stays unknown."""

from decimal import Decimal

import pytest
from price_examples import FLAT, rates

from aicost.core.tariffs import Tariff, decimals


def test_multiplying_rates_leaves_unknown_ones_unknown() -> None:
    assert rates("4", None, "5", "8", "20").times(Decimal("0.5")) == rates(
        "2", None, "2.5", "4", "10"
    )


def test_multiplying_a_tariff_keeps_its_threshold() -> None:
    tiered = Tariff(rates=FLAT.rates, threshold_tokens=10, long_rates=rates(*["3"] * 5))
    assert tiered.times(Decimal(2)) == Tariff(
        rates=rates("8", "0.4", "10", "16", "40"),
        threshold_tokens=10,
        long_rates=rates(*["6"] * 5),
    )


@pytest.mark.parametrize(
    ("number", "count"),
    [("1000", 0), ("0.1", 1), ("0.10", 1), ("1e-8", 8), ("12.345", 3), ("0", 0)],
)
def test_decimals_counts_the_digits_that_matter(number: str, count: int) -> None:
    assert decimals(Decimal(number)) == count
