"""Credits of a call: by date, model and tier, exact; what is not known is said, not guessed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from price_examples import DATA, MTOK, call, credit_rates, day

from aicost.core.credits import NANO, Credits, credits_of
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.prices.book import load_price_book
from aicost.store.schema import TOKENS

BOOK = load_price_book(None)
CARD = {
    row["id"]: row
    for row in json.loads((DATA / "prices" / "codex_credits.json").read_text(), parse_float=Decimal)
}


def codex(model: str, tokens: TokenCounts | None = None, **changes: Any) -> UsageEvent:
    return call(model, tokens, agent="codex", **changes)


def found(event: UsageEvent) -> Credits:
    credits = BOOK.credits_of(event)
    assert credits is not None
    return credits


def amount(event: UsageEvent) -> Decimal:
    return Decimal(found(event).ncredits) / NANO


# Against the rate card

KINDS = {
    "input": "input_tokens",
    "cached_input": "cache_read_tokens",
    "output": "output_tokens",
}


def card_rows() -> Iterator[Any]:
    for model, card in CARD.items():
        for row, after in zip(card["rates"], [*card["rates"][1:], None]):
            yield pytest.param(model, row, after, id=f"{model} from {row.get('from')}")


@pytest.mark.parametrize(("model", "row", "after"), card_rows())
def test_has_the_credits_of_the_card_from_their_first_to_their_last_moment(
    model: str, row: dict[str, Any], after: dict[str, Any] | None
) -> None:
    last = day(after["from"]) - timedelta(microseconds=1) if after else day("2026-11-26")
    first = day(row["from"]) if "from" in row else last
    for at in (first, last):
        for name, kind in KINDS.items():
            tokens = TokenCounts(**{kind: 100_000})
            assert amount(codex(model, tokens, at=at)) * 10 == row[name]


@pytest.mark.parametrize("model", CARD)
def test_fast_multiplies_by_what_the_card_says(model: str) -> None:
    factor, tokens = CARD[model]["fast_multiplier"], TokenCounts(output_tokens=10_000)
    standard = codex(model, tokens, service_tier="default")
    for tier in ("priority", "fast"):
        fast = replace(standard, service_tier=tier)
        assert amount(fast) == amount(standard) * (factor or 1)
        said = "what fast costs is not known"
        assert (said in found(fast).doubts) is (factor is None)


@pytest.mark.parametrize("model", CARD)
def test_before_its_first_row_a_model_has_no_credits(model: str) -> None:
    first = BOOK.content.credits[model][0].start
    assert BOOK.credits_of(codex(model, at=first)) is not None
    assert BOOK.credits_of(codex(model, at=first - timedelta(microseconds=1))) is None


def test_no_model_beside_the_cards_has_credits() -> None:
    assert BOOK.content.credits.keys() == CARD.keys()
    for model in ("gpt-5-nano", "claude-opus-5-5", "gpt-6", "codex-auto-review", "", "unknown"):
        assert BOOK.credits_of(codex(model)) is None


def test_only_codex_pays_in_credits() -> None:
    assert BOOK.credits_of(call("gpt-6-astra")) is None
    assert BOOK.credits_of(codex("gpt-6-astra")) is not None


@pytest.mark.parametrize(
    ("logged", "model"),
    [
        ("openai/gpt-5.6-sol-2026-07-09", "gpt-5.6-sol"),
        ("gpt-5-6-sol", "gpt-5.6-sol"),
        ("gpt-5.2-codex", "gpt-5.2"),
        ("gpt-5.1-codex-max", "gpt-5.1"),
    ],
)
def test_a_logged_spelling_finds_its_model(logged: str, model: str) -> None:
    assert found(codex(logged)) == found(codex(model))
    assert found(codex(logged)).model_id == model


# What credits do not know of


def test_writing_to_the_cache_is_no_extra() -> None:
    """Dollars charge a write 1.25 times its input; here it is input."""
    fresh = codex("gpt-6-astra", TokenCounts(input_tokens=1000))
    for name in ("cache_write_5m_tokens", "cache_write_1h_tokens"):
        written = replace(fresh, tokens=TokenCounts(**{name: 1000}))
        assert found(written).ncredits == found(fresh).ncredits
        assert BOOK.nusd_of(written) != BOOK.nusd_of(fresh)


def test_reasoning_is_output_already() -> None:
    tokens = TokenCounts(output_tokens=1000)
    thinking = replace(tokens, reasoning_tokens=900)
    assert amount(codex("gpt-6-astra", thinking)) == amount(codex("gpt-6-astra", tokens))


# Doubts


@pytest.mark.parametrize(
    ("model", "tier", "doubts"),
    [
        ("gpt-6-astra", "", ()),
        ("gpt-6-astra", "default", ()),
        ("gpt-6-astra", "priority", ()),
        ("gpt-6-astra", "flex", ("what the tier flex costs is not known",)),
        ("gpt-6-astra", "ultrafast", ("what the tier ultrafast costs is not known",)),
        ("gpt-6.1-sol", "priority", ("what fast costs is not known",)),
        ("gpt-6-sol", "", ("the default tier, priority, may cost more",)),
        ("gpt-6-luna", "", ("the default tier, priority, may cost more",)),
        ("gpt-6-sol", "default", ()),
        ("gpt-6-sol", "priority", ("what fast costs is not known",)),
        ("gpt-6.1-terra", "", ("the rates are derived from list prices",)),
        ("gpt-5.6-terra", "", ("the rates are derived from list prices",)),
    ],
)
def test_what_is_not_known_of_a_call_is_said(
    model: str, tier: str, doubts: tuple[str, ...]
) -> None:
    credits = found(codex(model, TokenCounts(input_tokens=1000), service_tier=tier))
    assert credits.doubts == doubts
    assert credits.is_uncertain == bool(doubts)


@pytest.mark.parametrize("model", BOOK.content.credits)
def test_a_long_prompt_is_uncertain_where_dollars_charge_more_unless_it_is_exempt(
    model: str,
) -> None:
    price = BOOK.model_price(model)
    threshold = price.entries[-1].standard.threshold_tokens if price else None
    is_exempt = model == "gpt-6-astra"
    for over in (0, 1):
        event = codex(model, TokenCounts(cache_read_tokens=272_000 + over), service_tier="default")
        doubted = "prompts of over 272,000 tokens may cost more" in found(event).doubts
        assert doubted is (over == 1 and threshold == 272_000 and not is_exempt)
        assert found(event).multiplier == 1


def test_the_length_is_that_of_each_request() -> None:
    half = TokenCounts(cache_read_tokens=200_000)
    both = codex("gpt-5.5", half + half)
    assert found(both).is_uncertain
    assert not found(replace(both, parts=(half, half))).is_uncertain


# Exact arithmetic


@pytest.mark.parametrize(
    ("rate", "factor", "count", "ncredits"),
    [
        ("0.0005", None, 1, 0),  # half a nano-credit: to the even side
        ("0.0005", None, 3, 2),
        ("0.0005", None, 5, 2),
        ("0.0006", None, 1, 1),
        ("1.875", "2.5", 1, 4688),  # 4687.5
        ("1.875", "2.5", 3, 14062),  # 14062.5
    ],
)
def test_rounds_half_to_even_once(rate: str, factor: str | None, count: int, ncredits: int) -> None:
    fast = None if factor is None else Decimal(factor)
    row = credit_rates(rate, rate, rate, fast_multiplier=fast)
    event = codex("m", TokenCounts(input_tokens=count), service_tier="fast" if factor else "")
    credits = credits_of(event, "m", [row])
    assert credits is not None
    assert credits.ncredits == ncredits


counts = st.integers(0, 3 * MTOK)
tokens = st.builds(TokenCounts, **dict.fromkeys(TOKENS[:-1], counts))


@given(st.sampled_from(sorted(CARD)), tokens, st.sampled_from(["", "default", "priority", "flex"]))
def test_equals_the_card_times_tokens(model: str, used: TokenCounts, tier: str) -> None:
    row, factor = CARD[model]["rates"][-1], CARD[model]["fast_multiplier"]
    exact = Decimal(used.input_tokens + used.cache_write_tokens) * row["input"]
    exact += used.cache_read_tokens * row["cached_input"] + used.output_tokens * row["output"]
    exact *= (factor or 1) if tier == "priority" else 1
    event = codex(model, used, service_tier=tier)
    expected = (exact * 1000).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert found(event).ncredits == expected
    assert found(event).ncredits >= 0
