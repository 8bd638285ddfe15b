"""The price of a call taken apart: every product is there, and they add up to the cost."""

from dataclasses import replace
from datetime import UTC
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from price_examples import FLAT, MTOK, book, call, day, list_prices, model_price, rates

from aicost.core.explain import Charge, PriceExplained, explain
from aicost.core.tariffs import PriceEntry, Tariff
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.prices.book import load_price_book
from aicost.store.schema import TOKENS

BOOK = load_price_book(None)
TIERED = replace(FLAT, threshold_tokens=200_000, long_rates=rates("8", "0.4", "10", "16", "30"))
EACH = TokenCounts(**dict(zip(TOKENS, (1000, 2000, 3000, 4000, 5000))))


def test_every_kind_of_token_is_a_product_of_its_own() -> None:
    entry = PriceEntry(
        start=day("2026-09-01"), standard=FLAT, source="a list", checked="2026-11-22"
    )
    found = explain(
        call("claude-test-1", EACH, web_searches=3), book(model_price(entries=(entry,)))
    )
    assert found == PriceExplained(
        nusd=4_000_000 + 400_000 + 15_000_000 + 32_000_000 + 100_000_000 + 30_000_000,
        status="priced",
        model_id="claude-test-1",
        row_from=day("2026-09-01"),
        source="a list",
        checked="2026-11-22",
        tier_factor=Decimal(1),
        charges=(
            Charge("input", 1000, Decimal(4)),
            Charge("cache_read", 2000, Decimal("0.2")),
            Charge("cache_write_5m", 3000, Decimal(5)),
            Charge("cache_write_1h", 4000, Decimal(8)),
            Charge("output", 5000, Decimal(20)),
            Charge("web_search", 3, Decimal(10)),
        ),
    )
    assert [charge.nusd for charge in found.charges] == [
        *[4_000_000, 400_000, 15_000_000, 32_000_000, 100_000_000, 30_000_000],
    ]


def test_what_was_not_used_is_no_product() -> None:
    found = explain(call("claude-opus-5-5", TokenCounts(output_tokens=7)), BOOK)
    assert found.charges == (Charge("output", 7, Decimal(20)),)


def test_a_product_is_not_rounded() -> None:
    of = book(model_price(entries=(PriceEntry(standard=Tariff(rates=rates(*["0.0005"] * 5))),)))
    found = explain(call("claude-test-1", TokenCounts(input_tokens=1, output_tokens=1)), of)
    assert [charge.nusd for charge in found.charges] == [Decimal("0.5"), Decimal("0.5")]
    assert found.nusd == 1


@pytest.mark.parametrize(
    ("served", "tier", "tier_factor", "place_factor"),
    [
        ({}, "standard", 1, "1"),
        ({"speed": "fast"}, "fast", 2, "1"),
        ({"service_tier": "batch"}, "batch", Decimal("0.5"), "1"),
        ({"inference_geo": "us"}, "standard", 1, "1.1"),
        ({"speed": "fast", "inference_geo": "us"}, "fast", 2, "1.1"),
    ],
)
def test_tier_and_place_are_factors_that_the_rates_have_in_them(
    served: dict[str, Any], tier: str, tier_factor: object, place_factor: str
) -> None:
    found = explain(call("claude-opus-5-5", **served), BOOK)
    assert (found.tier, found.tier_factor) == (tier, tier_factor)
    assert found.place_factor == Decimal(place_factor)
    (charge,) = found.charges
    assert charge.rate_usd == 4 * found.tier_factor * found.place_factor  # type: ignore[operator]


def test_a_place_named_in_the_models_id_is_a_factor_too() -> None:
    assert explain(call("us.anthropic.claude-opus-5-5"), BOOK).place_factor == Decimal("1.1")


def test_a_tier_that_is_no_multiple_of_the_standard_price_has_no_factor() -> None:
    odd = Tariff(rates=replace(FLAT.rates, output_mtok=Decimal(21)))
    of = book(model_price(entries=(PriceEntry(standard=FLAT, variants={"odd": odd}),)))
    assert explain(call("claude-test-1", service_tier="odd"), of).tier_factor is None


def test_a_source_is_that_of_the_tier() -> None:
    fast = explain(call("claude-opus-4-6", speed="fast"), BOOK)
    assert fast.source == "Claude Code 2.1.330 catalogue"
    assert explain(call("claude-opus-4-6"), BOOK).source.startswith("genai-prices ")


def test_a_tier_without_a_price_is_named() -> None:
    found = explain(call("gpt-6-sol", service_tier="priority", at=day("2026-10-11")), BOOK)
    assert (found.tier, found.unknown_tier, found.status) == (
        *("standard", "priority", "tier_uncertain"),
    )
    assert found.nusd == 4_000_000 * 1000  # the standard price of a long prompt


SHORT, LONG = TokenCounts(cache_read_tokens=150_000), TokenCounts(cache_read_tokens=250_000)


def test_requests_over_the_limit_are_charged_apart() -> None:
    of = book(model_price(entries=(PriceEntry(standard=TIERED),)))
    found = explain(call("claude-test-1", SHORT + LONG, parts=(SHORT, LONG)), of)
    assert found.charges == (
        Charge("cache_read", 150_000, Decimal("0.2")),
        Charge("cache_read", 250_000, Decimal("0.4"), is_long=True),
    )
    assert (found.above_tokens, found.is_long_prompt) == (200_000, True)


def test_a_prompt_at_the_limit_is_short() -> None:
    of = book(model_price(entries=(PriceEntry(standard=TIERED),)))
    found = explain(call("claude-test-1", TokenCounts(input_tokens=200_000)), of)
    assert not found.is_long_prompt
    assert found.charges == (Charge("input", 200_000, Decimal(4)),)


def test_a_model_without_a_price_has_no_row_and_says_why() -> None:
    found = explain(call("claude-zzz-unknown-9"), BOOK)
    assert found == PriceExplained(nusd=None, status="unpriced", why="no price is known")


def test_a_kind_without_a_price_leaves_the_sum_unknown_and_the_rest_explained() -> None:
    gap = Tariff(rates=rates("4", None, None, None, "20"))
    of = book(model_price(entries=(PriceEntry(standard=gap),)))
    found = explain(call("claude-test-1", TokenCounts(cache_read_tokens=5, output_tokens=7)), of)
    assert (found.nusd, found.status) == (None, "unpriced")
    assert found.why == "no price of standard cache read tokens"
    assert found.charges == (Charge("cache_read", 5, None), Charge("output", 7, Decimal(20)))
    assert [charge.nusd for charge in found.charges] == [None, 140_000]


def test_the_clients_own_notes_cost_nothing() -> None:
    found = explain(call("<synthetic>"), BOOK)
    assert found == PriceExplained(nusd=0, status="priced", model_id="<synthetic>")


def test_codex_credits_are_beside_the_dollars() -> None:
    event = call("gpt-6-astra", agent="codex")
    assert explain(event, BOOK).credits == BOOK.credits_of(event) is not None
    assert explain(replace(event, agent="claude"), BOOK).credits is None


counts = st.integers(0, 2 * MTOK)
token_counts = st.builds(TokenCounts, **dict.fromkeys(TOKENS[:-1], counts))
events = st.builds(
    call,
    st.sampled_from(sorted(row["id"] for row in list_prices())),
    token_counts,
    at=st.datetimes(
        min_value=day("2025-01-01").replace(tzinfo=None),
        max_value=day("2027-01-01").replace(tzinfo=None),
    ).map(lambda at: at.replace(tzinfo=UTC)),
    parts=st.lists(token_counts, max_size=2).map(tuple),
    web_searches=st.integers(0, 50),
    speed=st.sampled_from(["", "standard", "fast"]),
    service_tier=st.sampled_from(["", "batch", "priority", "flex", "ultrafast", "new"]),
    inference_geo=st.sampled_from(["", "us"]),
)


@given(events)
def test_the_products_add_up_to_the_cost(event: UsageEvent) -> None:
    whole = replace(event, tokens=sum(event.parts, start=TokenCounts()) if event.parts else EACH)
    for call_ in (event, whole):
        found = explain(call_, BOOK)
        total = sum((charge.nusd or Decimal(0) for charge in found.charges), start=Decimal(0))
        assert found.nusd == BOOK.nusd_of(call_)
        assert total.quantize(Decimal(1), rounding=ROUND_HALF_EVEN) == found.nusd
        searches = call_.web_searches
        assert sum(charge.count for charge in found.charges) == call_.tokens.total_tokens + searches


@given(events)
def test_what_is_said_of_the_row_is_what_the_cost_says(event: UsageEvent) -> None:
    found, cost = explain(event, BOOK), BOOK.cost_of(event)
    assert found.status == cost.status
    since, start = found.row_from, getattr(cost, "entry_start", None)
    assert since is None or (start is not None and since <= start)
    if since is not None:  # then, too, the tier cost this
        earlier = explain(replace(event, at=since), BOOK)
        assert (earlier.charges, earlier.row_from) == (found.charges, since)
