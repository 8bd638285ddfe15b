"""Money is whole nano-dollars: exact in, exact out, halves to the even side."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.money import nusd, usd


@pytest.mark.parametrize(
    ("amount_usd", "expected_nusd"),
    [
        ("0", 0),
        ("1", 1_000_000_000),
        ("0.000000001", 1),
        ("0.0000000004", 0),
        ("0.0000000005", 0),  # halves go to the even neighbour
        ("0.0000000006", 1),
        ("0.0000000015", 2),
        ("-0.0000000015", -2),
        ("656.066839", 656_066_839_000),
    ],
)
def test_dollars_become_whole_nano_dollars(amount_usd: str, expected_nusd: int) -> None:
    assert nusd(Decimal(amount_usd)) == expected_nusd


@given(st.integers(0, 10**15))  # up to a million dollars
def test_dollars_for_a_screen_lose_nothing_that_a_micro_dollar_shows(amount_nusd: int) -> None:
    assert round(usd(amount_nusd), 6) == pytest.approx(amount_nusd / 10**9, abs=1e-6)
    assert nusd(Decimal(amount_nusd) / 10**9) == amount_nusd
