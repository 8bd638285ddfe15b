"""Amounts as people write them: what each means, and what is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.budget import OF_A_PLAN, STEPS, Budget, BudgetFilter, Scope, Unit
from aicost.core.budget_words import (
    SCOPES,
    AmountError,
    config_amount,
    limit_words,
    parse_amount,
)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("25", "usd", 25),
        ("$25", "usd", 25),
        ("12.50", "usd", 12.5),
        (".5", "usd", 0.5),
        ("$ 1,250.25", "usd", 1250.25),
        ("1000000", "usd", 1_000_000),
        ("25 USD", "usd", 25),
        ("0.000000001", "usd", 1e-9),
        ("300 tokens", "tokens", 300),
        ("300k tokens", "tokens", 300_000),
        ("1.5M tokens", "tokens", 1_500_000),
        ("1 token", "tokens", 1),
        ("300,000 tokens", "tokens", 300_000),
        ("2k", "usd", 2000),
        ("20 requests", "requests", 20),
        ("10turns", "turns", 10),
        ("30 minutes", "minutes", 30),
        ("30min", "minutes", 30),
        ("1.5 hours", "minutes", 90),
        ("2h", "minutes", 120),
        ("3 repeats", "repeats", 3),
        ("50 credits", "credits", 50),
        (" 7 ", "usd", 7),
    ],
)
def test_an_amount_has_a_unit(text: str, unit: Unit, number: float) -> None:
    assert parse_amount(text, "session") == (unit, round(number * STEPS[unit]))


@pytest.mark.parametrize(
    "text",
    [
        "", "$", "tokens", "0", "0.00", "-5", "5 euros", "5 m", "5m", "5M", "1,00", "1e3", "1..2",
        "$5 tokens", "1.5 tokens", "0.0001k tokens", "2.5 repeats", "5 5", "80%", "80 percent",
        "1000000.01", "1000001", "0.0000000001", "1001 repeats", "k", "25 %%", "٢٥", "5 k k tokens",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(text, "session")


@pytest.mark.parametrize(
    ("scope", "text", "fits"),
    [
        ("plan-5h", "80%", True),
        ("plan-week", "0.5 percent", True),
        ("plan-week", "100%", True),
        ("plan-week", "100.001%", False),
        ("plan-week", "25", False),
        ("day", "80%", False),
        ("day", "3 repeats", False),
        ("turn", "3 repeats", True),
        ("turn", "3 turns", False),
        ("session", "3 turns", True),
    ],
)
def test_a_scope_has_only_units_that_it_can_count(scope: Scope, text: str, fits: bool) -> None:
    if fits:
        assert parse_amount(text, scope)[1] > 0
    else:
        with pytest.raises(AmountError):
            parse_amount(text, scope)


@given(st.text(max_size=30), st.sampled_from(SCOPES))
def test_any_text_is_an_amount_or_refused(text: str, scope: Scope) -> None:
    try:
        unit, steps = parse_amount(text, scope)
    except AmountError:
        return
    assert 0 < steps < 2**63
    assert (unit == "percent") == (scope in OF_A_PLAN)


@given(
    st.sampled_from(["usd", "credits", "tokens", "requests", "turns", "minutes", "repeats"]),
    st.integers(1, 10**12),
)
def test_an_amount_is_read_back_as_it_was_written(unit: Unit, steps: int) -> None:
    steps = min(steps, 1_000 * STEPS[unit])
    if unit == "minutes":
        steps -= steps % (STEPS[unit] // 100) - STEPS[unit] // 100
    number = f"{Decimal(steps) / STEPS[unit]:f}"
    text = number if unit == "usd" else f"{number} {unit}"
    assert parse_amount(text, "session") == (unit, steps)


@pytest.mark.parametrize(
    ("scope", "unit", "limit", "text"),
    [
        ("day", "usd", 25 * 10**9, "$25.00 a day for shop"),
        ("5h", "tokens", 300_000, "300,000 tokens in five hours for shop"),
        ("turn", "repeats", 1, "1 repeat a turn for shop"),
        ("plan-week", "percent", 80_000, "80 % of the plan's week for shop"),
    ],
)
def test_a_limit_is_said_without_a_moment(scope: Scope, unit: Unit, limit: int, text: str) -> None:
    shop = BudgetFilter(repo="shop")
    one = Budget(budget_id="b", scope=scope, unit=unit, limit=limit, filter=shop)
    assert limit_words(one) == text


def test_percent_are_read_to_a_part_of_one() -> None:
    assert parse_amount("80.5%", "plan-5h") == ("percent", 80_500)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25", 25),
        ("$12.50", 12.5),
        ("0.000001", 0.000001),
        ("1,234.50", "1,234.50"),  # read as dollars all the same
        ("300k tokens", "300k tokens"),
        ("80 %", "80 %"),
        ("", ""),
    ],
)
def test_plain_dollars_are_a_number_in_the_config(text: str, expected: float | str) -> None:
    found = config_amount(text)
    assert (found, type(found)) == (expected, type(expected))
