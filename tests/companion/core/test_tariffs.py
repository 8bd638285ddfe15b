"""Rates: what is known is multiplied, what is not known stays unknown."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from price_examples import FLAT, day, rates

from aicost.core.tariffs import (
    PriceEntry,
    Tariff,
    decimals,
    entry_at,
    priced_since,
    without_repeats,
)


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


FIRST, SECOND = (
    PriceEntry(start=day("2026-01-01"), standard=FLAT),
    PriceEntry(start=day("2026-02-01"), standard=FLAT.times(Decimal(2))),
)


@pytest.mark.parametrize(
    ("at", "entry"),
    [
        (None, None),
        (day("2025-12-31"), None),
        (day("2026-01-01"), FIRST),
        (day("2026-01-31"), FIRST),
        (day("2026-02-01"), SECOND),
    ],
)
def test_the_entry_in_force_is_the_last_that_has_begun(
    at: datetime | None, entry: PriceEntry | None
) -> None:
    assert entry_at((FIRST, SECOND), at) == entry


def test_an_entry_since_ever_is_in_force_before_all_dates() -> None:
    ever = replace(FIRST, start=None)
    assert entry_at((ever, SECOND), None) == ever
    assert entry_at((), None) is None


def test_a_date_on_which_nothing_changes_is_left_out() -> None:
    again = replace(FIRST, start=day("2026-01-15"))
    assert list(without_repeats([FIRST, again, SECOND, again])) == [FIRST, SECOND, again]


@pytest.mark.parametrize(
    ("number", "variant", "since"),
    [
        (0, "standard", None),
        (2, "standard", None),
        (3, "standard", "2026-04-01"),
        (0, "fast", None),
        (1, "fast", "2026-02-01"),
        (2, "fast", "2026-02-01"),
        (3, "fast", "2026-04-01"),
    ],
)
def test_a_price_began_where_its_tier_last_changed(
    number: int, variant: str, since: str | None
) -> None:
    fast = {"fast": FLAT.times(Decimal(2))}
    entries = (
        PriceEntry(standard=FLAT),
        PriceEntry(start=day("2026-02-01"), standard=FLAT, variants=fast),
        PriceEntry(start=day("2026-03-01"), standard=FLAT, variants={**fast, "batch": FLAT}),
        PriceEntry(start=day("2026-04-01"), standard=FLAT.times(Decimal(3))),
    )
    found = priced_since(entries, entries[number], variant)
    assert found == (None if since is None else day(since))


@pytest.mark.parametrize(
    ("source", "standard", "fast"),
    [
        ("a list", "a list", "a list"),
        ("a list; fast: a page; its copy", "a list", "a page; its copy"),
        ("a list; fast: a page; fast: yours", "a list", "yours"),
        ("a list; standard: a page; to be rechecked; fast: x", "a page; to be rechecked", "x"),
        (
            "yours: me; the rest: a list",
            "yours: me; the rest: a list",
            "yours: me; the rest: a list",
        ),
        ("a list; flex: no tier of this entry", *["a list; flex: no tier of this entry"] * 2),
        ("", "", ""),
    ],
)
def test_each_tier_has_its_own_source(source: str, standard: str, fast: str) -> None:
    entry = PriceEntry(standard=FLAT, variants={"fast": FLAT}, source=source)
    assert (entry.source_of("standard"), entry.source_of("fast")) == (standard, fast)
