"""What a call costs: by date, variant, place and length, exact to half a nano-dollar."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from builders import usd
from hypothesis import given
from hypothesis import strategies as st
from price_examples import (
    DATA,
    FLAT,
    MTOK,
    book,
    call,
    client_rates,
    day,
    list_prices,
    model_price,
    rates,
)

from aicost.core.prices import Cost, PriceBook, Unpriced
from aicost.core.tariffs import RATE_UNITS, PriceEntry, Rates, Tariff
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.prices.book import load_price_book

BOOK = load_price_book(None)
MICRO = 1000  # nano-dollars
TOKEN_FIELDS = [f"{unit.removesuffix('_mtok')}_tokens" for unit in RATE_UNITS]
LIST_PRICES = {row["id"]: row for row in list_prices()}
TIERED = Tariff(
    rates=rates("1", "0.1", "1.25", "2", "5"),
    threshold_tokens=200_000,
    long_rates=rates("2", "0.2", "2.5", "4", "7.5"),
)


def cost(event: UsageEvent, of: PriceBook = BOOK) -> Cost:
    found = of.cost_of(event)
    assert isinstance(found, Cost), found
    assert of.nusd_of(event) == found.nusd
    return found


def cost_usd(event: UsageEvent, of: PriceBook = BOOK) -> Decimal:
    return Decimal(cost(event, of).nusd) / 10**9


def one_each(count: int = MTOK) -> Iterator[tuple[str, TokenCounts]]:
    """Yield each kind of token alone, under its name among the rates."""
    for unit, name in zip(RATE_UNITS, TOKEN_FIELDS):
        yield unit, TokenCounts(**{name: count})


# Against the real client


def client_usages() -> Iterator[Any]:
    """Yield every total by model that the real client wrote, with what it said it costs.

    From the recorded scenarios' `cost_state` (end of a session's log) and `client_results` (what
    `-p` printed). They are sums over calls: right to compare, since no call of them was over a
    threshold. Scenario 31 ran in fast mode.
    """
    truth = json.loads((DATA / "claude_lab" / "truth.json").read_text())
    for name, scenario in truth.items():
        states = (session.get("cost_state") or {} for session in scenario["sessions"].values())
        seen = [*states, *scenario["client_results"]]
        usages = [item for state in seen for item in (state.get("modelUsage") or {}).items()]
        speed = "fast" if name == "31_fast" else "standard"
        for number, (model, usage) in enumerate(usages):
            yield pytest.param(model, usage, speed, id=f"{name}-{number}")


@pytest.mark.parametrize(("model", "usage", "speed"), client_usages())
def test_costs_what_the_client_says_it_costs(model: str, usage: dict[str, Any], speed: str) -> None:
    written_1h = usage["cacheCreationEphemeral1hInputTokens"]
    tokens = TokenCounts(
        input_tokens=usage["inputTokens"],
        cache_read_tokens=usage["cacheReadInputTokens"],
        cache_write_5m_tokens=usage["cacheCreationInputTokens"] - written_1h,
        cache_write_1h_tokens=written_1h,
        output_tokens=usage["outputTokens"],
    )
    event = call(model, tokens, speed=speed, web_searches=usage["webSearchRequests"])
    assert abs(cost(event).nusd - usd(usage["costUSD"])) < MICRO // 2


def test_every_recorded_scenario_has_a_cost_to_compare() -> None:
    assert len(list(client_usages())) == 108


CLIENT_REMAPS = {"claude-opus-4-20250514", "claude-opus-4-1"}  # it sends them to Opus 5.5
CLIENT_GUESSES = {"claude-zzz-unknown-9"}  # it takes its default model's price, we take none


@pytest.mark.parametrize("model", sorted(client_rates().keys() - CLIENT_REMAPS - CLIENT_GUESSES))
def test_has_the_rates_of_the_client(model: str) -> None:
    theirs = client_rates()[model]
    names = ["input", "cache_read", "cache_5m", "cache_1h", "output"]
    for (_, tokens), name in zip(one_each(100_000), names):
        assert cost_usd(call(model, tokens)) * 10 == theirs[name]
    fresh = TokenCounts(input_tokens=100_000)
    geo = call(model, fresh, inference_geo="us")
    assert cost_usd(geo) * 10 == theirs["geo_us_in"]
    search = call(model, TokenCounts(), web_searches=1)
    assert cost_usd(search) == theirs["web_search"]


@pytest.mark.parametrize(
    "model", sorted(client_rates().keys() - CLIENT_REMAPS - CLIENT_GUESSES - {"claude-sonnet-4-5"})
)
def test_has_the_rates_of_the_client_for_a_long_prompt(model: str) -> None:
    """Sonnet 4.5 is left out: above 200,000 its list price is $6, the client charged $3."""
    tokens = TokenCounts(input_tokens=250_000)
    assert cost_usd(call(model, tokens)) * 4 == client_rates()[model]["long_in_250k"]


@pytest.mark.parametrize("model", sorted(client_rates().keys() - CLIENT_REMAPS - CLIENT_GUESSES))
def test_has_the_rates_of_the_client_in_fast_mode(model: str) -> None:
    """Opus 4.7 is asked for a day before it lost its fast mode; the client never forgot it."""
    at = day("2026-07-01") if model == "claude-opus-4-7" else day("2026-11-22")
    served = {"speed": "fast", "at": at}
    fresh = call(model, TokenCounts(input_tokens=100_000), **served)
    written = call(model, TokenCounts(output_tokens=100_000), **served)
    assert cost_usd(fresh) * 10 == client_rates()[model]["fast_in"]
    assert cost_usd(written) * 10 == client_rates()[model]["fast_out"]


# Against the list prices


def expected_rates(row: dict[str, Any]) -> dict[str, Decimal]:
    """Name a gathered row's rates as the book does; units that it leaves out are left out."""
    names = {
        "input": "input_mtok",
        "cache_read": "cache_read_mtok",
        "cache_write_5m": "cache_write_5m_mtok",
        "cache_write": "cache_write_5m_mtok",
        "cache_write_1h": "cache_write_1h_mtok",
        "cache_write_12h": "cache_write_1h_mtok",
        "output": "output_mtok",
    }
    return {unit: Decimal(row[name]) for name, unit in names.items() if name in row}


def assert_rates(event: UsageEvent, row: dict[str, Any]) -> None:
    """Compare what a million tokens of each kind cost, in requests under the threshold."""
    for unit, tokens in one_each(10_000):
        if unit in expected_rates(row):
            found = cost_usd(replace(event, tokens=tokens)) * 100
            assert found == expected_rates(row)[unit], unit


def assert_long_rates(event: UsageEvent, row: dict[str, Any]) -> None:
    """Compare the price on both sides of the threshold, by the tokens added to reach it."""
    tier = row.get("long_context")
    threshold = tier["above_prompt_tokens"] if tier else 1_000_000
    under = replace(event, tokens=TokenCounts(input_tokens=threshold))
    over = replace(event, tokens=TokenCounts(input_tokens=threshold + 1))
    assert cost_usd(under) * MTOK == row["input"] * threshold
    assert not cost(under).is_long_prompt
    assert cost(over).is_long_prompt is (tier is not None)
    if tier is None:
        assert cost_usd(over) * MTOK == row["input"] * (threshold + 1)
        return
    prompt = TokenCounts(cache_read_tokens=threshold + 1)
    base = cost_usd(replace(event, tokens=prompt))
    assert base * MTOK == tier["cache_read"] * (threshold + 1)
    for unit, more in one_each():
        if unit in expected_rates(tier):
            assert (
                cost_usd(replace(event, tokens=prompt + more)) - base
                == (expected_rates(tier)[unit])
            )


def dated_rows() -> Iterator[Any]:
    for model, price in LIST_PRICES.items():
        for row in price["rates"]:
            yield pytest.param(model, row, id=f"{model} from {row['from']}")


def ends_of(row: dict[str, Any], rows: list[dict[str, Any]]) -> list[Any]:
    """Return the first and the last moment of a dated row (for the last row: today)."""
    later = [day(r["from"]) for r in rows if r["from"] and r["from"] > (row["from"] or "")]
    last = min(later) - timedelta(microseconds=1) if later else day("2026-11-22")
    return [day(row["from"] or "2025-01-01"), last]


@pytest.mark.parametrize(("model", "row"), dated_rows())
def test_has_the_list_price_from_its_first_to_its_last_moment(
    model: str, row: dict[str, Any]
) -> None:
    for at in ends_of(row, LIST_PRICES[model]["rates"]):
        assert_rates(call(model, at=at), row)
        assert_long_rates(call(model, at=at), row)


def dated_variants() -> Iterator[Any]:
    for model, price in LIST_PRICES.items():
        for name, row in price.get("variants", {}).items():
            yield pytest.param(model, name.partition("=")[2], row, id=f"{model} {name}")


@pytest.mark.parametrize(("model", "tier", "row"), dated_variants())
def test_has_the_price_of_a_service_tier(model: str, tier: str, row: dict[str, Any]) -> None:
    factor = row.get("multiplier")
    last = LIST_PRICES[model]["rates"][-1]
    if factor:
        row = row | {unit: last[unit] * factor for unit in ("input", "cache_read", "output")}
    for at in ends_of({"from": row.get("from")}, []):
        event = call(model, at=at, service_tier=tier)
        assert_rates(event, row)
        if not factor:
            assert_long_rates(event, row)
    if row.get("from"):
        before = call(model, at=day(row["from"]) - timedelta(microseconds=1))
        asked = cost(replace(before, service_tier=tier))
        assert asked == replace(cost(before), unknown_tier=tier)
        assert asked.status == "tier_uncertain"


@pytest.mark.parametrize("model", [m for m, price in LIST_PRICES.items() if "fast_mode" in price])
def test_has_the_price_of_fast_mode(model: str) -> None:
    at = day("2026-07-01") if model == "claude-opus-4-7" else day("2026-11-22")
    event = call(model, at=at, speed="fast")
    assert_rates(event, LIST_PRICES[model]["fast_mode"])
    assert cost(event).variant == "fast"


@pytest.mark.parametrize(
    ("model", "last_fast_day"),
    [("claude-opus-4-7", "2026-07-24"), ("claude-opus-4-8", "2026-11-30")],
)
def test_fast_mode_ends_on_the_day_it_was_removed(model: str, last_fast_day: str) -> None:
    end = day(last_fast_day)
    assert cost(call(model, speed="fast", at=end - timedelta(seconds=1))).variant == "fast"
    standard = cost(call(model, at=end))
    assert cost(call(model, speed="fast", at=end)) == replace(standard, unknown_tier="fast")


@pytest.mark.parametrize("model", [m for m in LIST_PRICES if m.startswith("claude-")])
def test_a_claude_batch_costs_half(model: str) -> None:
    for at in (day("2026-03-01"), day("2026-11-22")):
        event = call(model, at=at)
        assert cost(replace(event, service_tier="batch")).nusd * 2 == cost(event).nusd


@pytest.mark.parametrize(
    ("mythos", "fable"),
    [
        ("claude-mythos-5", "claude-fable-5"),
        ("claude-mythos-5-1", "claude-fable-5-1"),
        ("claude-mythos-5-2", "claude-fable-5-2"),
    ],
)
def test_mythos_costs_what_fable_costs_under_its_own_name(mythos: str, fable: str) -> None:
    for _, tokens in one_each():
        found = cost(call(mythos, tokens))
        assert found.nusd == cost(call(fable, tokens)).nusd
        assert found.model_id == mythos


def test_sonnet_5_5_cache_reads_were_twice_as_dear_until_october_7() -> None:
    read = TokenCounts(cache_read_tokens=MTOK)
    cut = day("2026-10-07")
    before = call("claude-sonnet-5-5", read, at=cut - timedelta(microseconds=1))
    assert cost_usd(before) == Decimal("0.2")
    assert cost_usd(replace(before, at=cut)) == Decimal("0.1")
    assert cost_usd(replace(before, service_tier="batch")) == Decimal("0.1")


def test_a_twelve_hour_cache_write_costs_twice_the_half_hour_one() -> None:
    short, late = (TokenCounts(**{f"cache_write_{t}_tokens": 1000}) for t in ("5m", "1h"))
    for tier in ("", "priority", "flex", "batch"):
        event = call("gpt-6-sol", short, service_tier=tier)
        assert cost(replace(event, tokens=late)).nusd == 2 * cost(event).nusd


@pytest.mark.parametrize("model", LIST_PRICES)
def test_has_the_price_under_every_name_that_the_lists_give_a_model(model: str) -> None:
    for alias in LIST_PRICES[model].get("aliases", ()):
        found = BOOK.model_price(alias)
        assert found is not None, alias
        assert found.id == model


@pytest.mark.parametrize("model", [m for m in LIST_PRICES if m.startswith("gpt-")])
def test_a_cache_write_costs_its_own_rate_or_that_of_fresh_input(model: str) -> None:
    """Where the lists name no price for writing (GPT-5.5 and older), writing is no extra."""
    for row in LIST_PRICES[model]["rates"]:
        at = day(row["from"] or "2025-01-01")
        written = call(model, TokenCounts(cache_write_5m_tokens=10_000), at=at)
        assert cost_usd(written) * 100 == row.get("cache_write", row["input"])


def test_a_price_that_may_have_ended_says_so() -> None:
    sol = BOOK.model_price("gpt-5.6-sol")
    assert sol is not None
    promised = [e for e in sol.entries if e.start and e.start >= day("2026-08-21")]
    assert promised
    for entry in promised:
        assert entry.standard.rates.input_mtok == 4
        assert "at least through 2026-11-21" in entry.source
        assert "to be rechecked" in entry.source


# Which row, which rate


def test_a_row_holds_from_its_first_moment_until_the_next_row() -> None:
    dear = PriceEntry(start=day("2026-06-01"), standard=FLAT.times(Decimal(2)))
    of = book(model_price(entries=(PriceEntry(standard=FLAT), dear)))
    event = call("claude-test-1", at=day("2026-06-01"))
    before = replace(event, at=event.at - timedelta(microseconds=1))
    assert cost_usd(event, of) == 8
    assert cost(event, of).entry_start == event.at
    assert cost_usd(before, of) == 4
    assert cost(before, of).entry_start is None


def test_before_the_first_dated_row_no_price_is_known() -> None:
    of = book(model_price(entries=(PriceEntry(start=day("2026-06-01"), standard=FLAT),)))
    event = call("claude-test-1", at=day("2026-05-31"))
    assert of.cost_of(event) == Unpriced("claude-test-1", MTOK, "no price before 2026-06-01")


def test_a_row_begins_at_midnight_utc_wherever_the_call_was_logged() -> None:
    of = book(model_price(entries=(PriceEntry(start=day("2026-06-01"), standard=FLAT),)))
    kiritimati = day("2026-06-01").astimezone(timezone(timedelta(hours=14)))
    event = call("claude-test-1", at=kiritimati)
    assert isinstance(of.cost_of(event), Cost)
    assert isinstance(of.cost_of(replace(event, at=kiritimati - timedelta(hours=1))), Unpriced)


def test_an_unknown_model_counts_its_tokens_and_costs_nothing_known() -> None:
    tokens = TokenCounts(input_tokens=1, cache_read_tokens=20, output_tokens=300)
    event = call("claude-zzz-unknown-9", tokens)
    assert BOOK.cost_of(event) == Unpriced("claude-zzz-unknown-9", 321, "no price is known")
    assert BOOK.nusd_of(event) is None


@pytest.mark.parametrize(
    "model",
    [
        "codex-auto-review",
        "gpt-5.3-codex-spark",
        "gpt-daybreak-blue-latest",
        "gpt-daybreak-red-latest",
        "claude-mythos-preview",
    ],
)
def test_a_model_known_to_have_no_price_says_why(model: str) -> None:
    found = BOOK.cost_of(call(model))
    assert isinstance(found, Unpriced)
    assert found.why == BOOK.content.unpriced[model]


@pytest.mark.parametrize("model", ["", "unknown"])
def test_a_call_whose_log_names_no_model_is_unpriced(model: str) -> None:
    found = BOOK.cost_of(call(model))
    assert found == Unpriced(model, MTOK, "the log names no model")
    assert found.status == "unpriced"


def test_the_clients_own_notes_cost_nothing() -> None:
    assert BOOK.cost_of(call("<synthetic>")) == Cost(0, "<synthetic>")


def test_tokens_of_a_kind_without_a_price_leave_the_call_unpriced() -> None:
    of = book(
        model_price(
            entries=(PriceEntry(standard=Tariff(rates=rates("4", None, None, None, "20"))),)
        )
    )
    both = TokenCounts(cache_read_tokens=5, output_tokens=7)
    assert of.cost_of(call("claude-test-1", both)) == Unpriced(
        "claude-test-1", 12, "no price of standard cache read tokens"
    )
    assert of.nusd_of(call("claude-test-1", both)) is None
    assert cost(call("claude-test-1", TokenCounts(output_tokens=7)), of).nusd == 140_000


@pytest.mark.parametrize(
    ("speed", "service_tier", "variant", "unknown_tier"),
    [
        ("", "", "standard", ""),
        ("standard", "standard", "standard", ""),
        ("", "default", "standard", ""),
        ("fast", "", "fast", ""),
        ("fast", "fast", "fast", ""),
        ("fast", "batch", "fast", "batch"),
        ("turbo", "batch", "batch", "turbo"),
        ("standard", "batch", "batch", ""),
        ("", "priority", "priority", ""),
        ("", "fast", "fast", ""),
        ("", "flex", "standard", "flex"),
        ("", "never heard of", "standard", "never heard of"),
    ],
)
def test_the_variant_that_served_the_call_is_priced(
    speed: str, service_tier: str, variant: str, unknown_tier: str
) -> None:
    variants = {
        name: FLAT.times(Decimal(n)) for n, name in enumerate(("batch", "fast", "priority"), 2)
    }
    of = book(model_price(entries=(PriceEntry(standard=FLAT, variants=variants),)))
    found = cost(call("claude-test-1", speed=speed, service_tier=service_tier), of)
    assert found.variant == variant
    assert found.nusd == usd(4) * {"standard": 1, "batch": 2, "fast": 3, "priority": 4}[variant]
    assert found.unknown_tier == unknown_tier
    assert found.status == ("tier_uncertain" if unknown_tier else "priced")


def test_fast_is_another_name_of_priority() -> None:
    event = call("gpt-6-sol", service_tier="fast")
    assert cost(event) == cost(replace(event, service_tier="priority"))
    assert cost(event).status == "priced"


@pytest.mark.parametrize("geo", ["", "global", "not_available", "eu"])
def test_only_us_inference_costs_more(geo: str) -> None:
    assert cost_usd(call("claude-opus-5-5", inference_geo=geo)) == 4


def test_us_inference_costs_a_tenth_more_on_tokens_but_not_on_searches() -> None:
    event = call("claude-opus-5-5", inference_geo="us", web_searches=3)
    assert cost_usd(event) == Decimal("4.43")


def test_us_inference_costs_no_more_at_openai() -> None:
    assert (
        cost_usd(call("gpt-6-sol", TokenCounts(input_tokens=1000), inference_geo="us")) * 1000 == 2
    )


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("us.anthropic.claude-opus-5-5", "4.4"),
        ("eu.anthropic.claude-opus-5-5-v1:0", "4.4"),
        ("anthropic.claude-opus-5-5", "4.4"),
        ("global.anthropic.claude-opus-5-5", "4"),
        ("claude-opus-5-5", "4"),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", "15"),
        ("us.anthropic.claude-mythos-5-1", "11"),
    ],
)
def test_a_call_bound_to_one_aws_region_costs_a_tenth_more(model: str, dollars: str) -> None:
    assert cost_usd(call(model)) == Decimal(dollars)
    if model.startswith("us.") and "opus-5-5" in model:
        assert cost_usd(call(model, inference_geo="us")) == Decimal(dollars)


# The length of a prompt


@pytest.mark.parametrize(
    ("tokens", "dollars"),
    [
        (TokenCounts(input_tokens=200_000), "0.2"),
        (TokenCounts(input_tokens=200_001), "0.400002"),
        (TokenCounts(cache_read_tokens=200_000, output_tokens=1_000_000), "5.02"),
        (TokenCounts(cache_read_tokens=200_000, input_tokens=1), "0.040002"),
        (TokenCounts(cache_write_5m_tokens=100_000, cache_write_1h_tokens=100_001), "0.650004"),
    ],
)
def test_the_whole_request_is_dearer_above_the_threshold(tokens: TokenCounts, dollars: str) -> None:
    of = book(model_price(entries=(PriceEntry(standard=TIERED),)))
    assert cost_usd(call("claude-test-1", tokens), of) == Decimal(dollars)


SHORT, LONG = TokenCounts(cache_read_tokens=150_000), TokenCounts(cache_read_tokens=250_000)


@pytest.mark.parametrize(
    ("parts", "dollars", "is_long"),
    [
        pytest.param((), "0.08", 1, id="no parts: one request"),
        pytest.param((SHORT, LONG), "0.065", 1, id="one part is long"),
        pytest.param(
            (SHORT, SHORT, TokenCounts(cache_read_tokens=100_000)), "0.04", 0, id="no part is"
        ),
        pytest.param(
            (TokenCounts(cache_read_tokens=200_000), TokenCounts(cache_read_tokens=200_000)),
            "0.04",
            0,
            id="parts at the threshold are not over it",
        ),
        pytest.param((SHORT,), "0.08", 1, id="parts that are not the whole are ignored"),
        pytest.param((LONG, LONG), "0.08", 1, id="parts that are more than the whole too"),
    ],
)
def test_length_is_decided_by_request_where_the_log_tells(
    parts: tuple[TokenCounts, ...], dollars: str, is_long: int
) -> None:
    of = book(model_price(entries=(PriceEntry(standard=TIERED),)))
    found = cost(call("claude-test-1", SHORT + LONG, parts=parts), of)
    assert found.nusd == usd(dollars)
    assert found.is_long_prompt == bool(is_long)


def test_parts_that_do_not_tell_lifetimes_get_the_calls_1h_writes_first() -> None:
    of = book(model_price(entries=(PriceEntry(standard=TIERED),)))
    whole = TokenCounts(
        cache_read_tokens=300_000, cache_write_5m_tokens=500, cache_write_1h_tokens=700
    )
    parts = (
        TokenCounts(cache_write_5m_tokens=600, cache_read_tokens=250_000),
        TokenCounts(cache_write_5m_tokens=600, cache_read_tokens=50_000),
    )
    exact = (
        TokenCounts(cache_write_1h_tokens=600, cache_read_tokens=250_000),
        TokenCounts(cache_write_1h_tokens=100, cache_write_5m_tokens=500, cache_read_tokens=50_000),
    )
    event = call("claude-test-1", whole)
    found = cost(replace(event, parts=parts), of)
    assert found == cost(replace(event, parts=exact), of)
    assert found.nusd != cost(event, of).nusd


def test_parts_with_more_1h_writes_than_the_call_are_ignored() -> None:
    of = book(model_price(entries=(PriceEntry(standard=TIERED),)))
    event = call("claude-test-1", TokenCounts(cache_write_5m_tokens=300_000))
    parts = (TokenCounts(cache_write_1h_tokens=150_000),) * 2
    assert cost(replace(event, parts=parts), of) == cost(event, of)


# Exact arithmetic


@pytest.mark.parametrize(
    ("rate", "count", "nusd"),
    [
        ("0.0005", 1, 0),  # half a nano-dollar: to the even side
        ("0.0005", 3, 2),  # one and a half
        ("0.0005", 5, 2),  # two and a half
        ("0.0006", 1, 1),
        ("0.0004", 1, 0),
        ("0.00049999", 1, 0),
        ("0.00050001", 1, 1),
    ],
)
def test_rounds_half_to_even_once(rate: str, count: int, nusd: int) -> None:
    of = book(model_price(entries=(PriceEntry(standard=Tariff(rates=rates(*[rate] * 5))),)))
    assert cost(call("claude-test-1", TokenCounts(input_tokens=count)), of).nusd == nusd
    spread = TokenCounts(input_tokens=count, output_tokens=count)
    assert cost(call("claude-test-1", spread), of).nusd == round(Decimal(rate) * 2 * count * 1000)


counts = st.integers(0, 2 * MTOK)
token_counts = st.builds(TokenCounts, **dict.fromkeys(TOKEN_FIELDS, counts))
models = st.sampled_from(sorted(LIST_PRICES))
moments = st.datetimes(
    min_value=day("2025-01-01").replace(tzinfo=None),
    max_value=day("2027-01-01").replace(tzinfo=None),
).map(lambda at: at.replace(tzinfo=UTC))
events = st.builds(
    call,
    models,
    token_counts,
    at=moments,
    web_searches=st.integers(0, 50),
    speed=st.sampled_from(["", "standard", "fast"]),
    service_tier=st.sampled_from(["", "standard", "batch", "priority", "flex", "ultrafast"]),
    inference_geo=st.sampled_from(["", "us", "global"]),
)


def reference(event: UsageEvent) -> Decimal:
    """Return nano-dollars the slow way: Decimal rates of the entry, one sum, no cache."""
    model = BOOK.model_price(event.model)
    assert model is not None
    entry = [e for e in model.entries if e.start is None or e.start <= event.at][-1]
    wanted = ["fast"] * (event.speed == "fast") + [event.service_tier]
    names = [name for name in wanted if name in entry.variants]
    tariff = entry.variants[names[0]] if names else entry.standard
    is_long = (tariff.threshold_tokens or 10**12) < event.tokens.context_tokens
    used: Rates = tariff.long_rates if is_long and tariff.long_rates else tariff.rates
    known: list[Decimal] = [getattr(used, unit) for unit in RATE_UNITS]
    counted = zip(known, event.tokens.counts())
    total = sum((rate * count / MTOK for rate, count in counted), start=Decimal(0))
    if event.inference_geo == "us" and model.provider == "anthropic":
        total *= Decimal("1.1")
    return (total + Decimal(event.web_searches) / 100) * 10**9


@given(events)
def test_equals_decimal_arithmetic_rounded_once(event: UsageEvent) -> None:
    exact = reference(event).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert cost(event).nusd == exact


@given(
    events,
    models | st.sampled_from(["claude-mystery-9", "<synthetic>", ""]),
    st.lists(
        st.tuples(token_counts, moments, st.lists(token_counts, max_size=2).map(tuple)), max_size=4
    ),
)
def test_calls_of_one_kind_cost_together_what_each_costs(
    event: UsageEvent,
    model: str,
    others: list[tuple[TokenCounts, datetime, tuple[TokenCounts, ...]]],
) -> None:
    first = replace(event, model=model)
    more = [replace(first, tokens=counts, at=at, parts=parts) for counts, at, parts in others]
    assert BOOK.nusd_of_alike([first, *more]) == [BOOK.nusd_of(one) for one in [first, *more]]


@given(events)
def test_no_call_costs_less_than_nothing(event: UsageEvent) -> None:
    assert cost(event).nusd >= 0


@given(models, moments, st.lists(token_counts, min_size=1, max_size=6))
def test_costs_of_short_calls_add_up_within_their_rounding(
    model: str, at: Any, tokens: list[TokenCounts]
) -> None:
    small = [
        TokenCounts(**dict(zip(TOKEN_FIELDS, (c % 9_000 for c in t.counts())))) for t in tokens
    ]
    apart = sum(cost(call(model, t, at=at)).nusd for t in small)
    together = cost(call(model, sum(small, start=TokenCounts()), at=at)).nusd
    assert abs(apart - together) <= (len(small) + 1) / 2


@given(events, st.permutations(TOKEN_FIELDS))
def test_the_order_of_the_fields_does_not_matter(event: UsageEvent, order: list[str]) -> None:
    shuffled = TokenCounts(**{name: getattr(event.tokens, name) for name in order})
    assert cost(replace(event, tokens=shuffled)) == cost(event)


@given(events)
def test_reasoning_is_paid_as_output_already(event: UsageEvent) -> None:
    thinking = replace(event.tokens, reasoning_tokens=event.tokens.output_tokens)
    assert cost(replace(event, tokens=thinking)) == cost(event)


# The context window


@pytest.mark.parametrize(
    ("model", "context_tokens", "window_tokens"),
    [
        ("claude-opus-5-5", 0, 1_000_000),
        ("claude-opus-5-5", 1_200_000, 1_000_000),
        ("claude-haiku-4-5", 250_000, 200_000),
        ("claude-sonnet-4-5", 200_000, 200_000),
        ("claude-sonnet-4-5", 200_001, 1_000_000),
        ("claude-sonnet-4-5[1m]", 10, 1_000_000),
        ("us.anthropic.claude-opus-4-6-v1[1m]", 10, 1_000_000),
        ("claude-3-5-haiku", 10, 200_000),
        ("gpt-6-sol", 272_000, 272_000),
        ("gpt-6-sol", 272_001, 872_000),
        ("gpt-6.1-terra", 10, 500_000),
        ("gpt-5.4", 10, 1_050_000),
        ("claude-opus-6", 10, None),
        ("<synthetic>", 10, None),
    ],
)
def test_window_is_the_smallest_that_the_model_and_its_prompt_allow(
    model: str, context_tokens: int, window_tokens: int | None
) -> None:
    assert BOOK.context_window_tokens(model, context_tokens) == window_tokens


@pytest.mark.parametrize("model", LIST_PRICES)
def test_windows_are_those_of_the_clients(model: str) -> None:
    price = LIST_PRICES[model]
    smallest = price.get("context_window") or price.get(
        "context_window_codex_default", price.get("context_window_api")
    )
    largest = price.get("context_window_1m_suffix") or price.get("context_window_api", smallest)
    assert BOOK.context_window_tokens(model, 0) == smallest
    assert BOOK.context_window_tokens(f"{model}[1m]", 0) == largest
