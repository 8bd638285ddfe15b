"""Money is whole nano-dollars: exact in, exact out; written, it never claims too much."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.money import (
    cost_text,
    cost_text_short,
    dollars,
    dollars_short,
    nusd,
    usd,
)


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


# Written


@pytest.mark.parametrize(
    ("amount_usd", "text"),
    [
        ("0", "$0.00"),
        ("0.000000001", "<$0.01"),
        ("0.009999999", "<$0.01"),
        ("0.01", "$0.01"),
        ("0.014999999", "$0.01"),
        ("0.015", "$0.02"),
        ("18.42", "$18.42"),
        ("999.994", "$999.99"),
        ("999.995", "$1,000"),
        ("1234.5", "$1,235"),
        ("99999.4", "$99,999"),
        ("99999.5", "$100k"),
        ("999499.9", "$999k"),
        ("999500", "$1.0M"),
        ("1234567", "$1.2M"),
        ("99949999", "$99.9M"),
        ("99950000", "$100M"),
        ("999500000", "$1.0B"),
    ],
)
def test_short_money_fits_seven_cells_and_never_says_zero_for_something(
    amount_usd: str, text: str
) -> None:
    assert dollars_short(nusd(Decimal(amount_usd))) == text
    assert len(text) <= 7


@pytest.mark.parametrize(
    ("amount_usd", "text"),
    [
        ("0", "$0.00"),
        ("0.004", "<$0.01"),
        ("0.01", "$0.01"),
        ("3.205", "$3.21"),
        ("999.995", "$1,000.00"),
        ("12345.674", "$12,345.67"),
    ],
)
def test_money_keeps_the_cents(amount_usd: str, text: str) -> None:
    assert dollars(nusd(Decimal(amount_usd))) == text


@pytest.mark.parametrize(
    ("cost_usd", "unpriced_tokens", "text", "short"),
    [
        ("3.2", 0, "$3.20", "$3.20"),
        ("3.205", 0, "$3.21", "$3.21"),
        ("3.205", 1, "≥$3.20", "≥$3.20"),
        ("0.009", 1, "≥$0.00", "≥$0.00"),
        ("999.999", 1, "≥$999.99", "≥$999.99"),
        ("1234.99", 1, "≥$1,234.99", "≥$1,234"),
        ("99999.99", 1, "≥$99,999.99", "≥$99,999"),
        ("100999.9", 1, "≥$100,999.90", "≥$100k"),
        ("999999.9", 1, "≥$999,999.90", "≥$999k"),
        ("1999999.9", 1, "≥$1,999,999.90", "≥$1.9M"),
        (None, 0, "—", "—"),
        (None, 1, "unpriced", "unpriced"),
        ("0", 0, "$0.00", "$0.00"),
    ],
)
def test_a_cost_says_what_it_does_not_know(
    cost_usd: str | None, unpriced_tokens: int, text: str, short: str
) -> None:
    cost_nusd = None if cost_usd is None else nusd(Decimal(cost_usd))
    assert cost_text(cost_nusd, unpriced_tokens) == text
    assert cost_text_short(cost_nusd, unpriced_tokens) == short


@given(st.integers(0, 10**17))
def test_at_least_is_at_most_what_it_cost(cost_nusd: int) -> None:
    for text in (cost_text(cost_nusd, 1), cost_text_short(cost_nusd, 1)):
        number = text.removeprefix("≥$").replace(",", "")
        factor = {"k": 10**3, "M": 10**6, "B": 10**9}.get(number[-1], 1)
        shown = Decimal(number.rstrip("kMB")) * factor
        assert shown <= Decimal(cost_nusd) / 10**9
        assert (Decimal(cost_nusd) / 10**9 - shown) <= max(shown / 10, Decimal("0.01"))
    assert len(cost_text_short(cost_nusd, 1)) <= 8
