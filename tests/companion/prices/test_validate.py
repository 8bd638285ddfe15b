"""A book that may replace another, and the ones that may not: both sides of every limit."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from price_examples import FLAT, content, credit_rates, day, model_price, rates

from aicost.core.errors import ConfigError, ExitCode
from aicost.core.price_json import BookContent
from aicost.core.tariffs import ModelPrice, PriceEntry, Tariff
from aicost.prices.validate import check_book


def with_rates(*numbers: str | None) -> ModelPrice:
    return model_price(entries=(PriceEntry(standard=Tariff(rates=rates(*numbers))),))


def dated(*starts: str | None) -> ModelPrice:
    moments = [None if start is None else day(start) for start in starts]
    return model_price(entries=tuple(PriceEntry(start=m, standard=FLAT) for m in moments))


def tiered(threshold_tokens: int | None, rate: str | None) -> ModelPrice:
    long_rates = None if rate is None else rates(*[rate] * 5)
    tariff = replace(FLAT, threshold_tokens=threshold_tokens, long_rates=long_rates)
    return model_price(entries=(PriceEntry(standard=tariff),))


def credits(*starts: str, rate: str = "50", model: str = "claude-test-1") -> BookContent:
    rows = tuple(credit_rates(rate, rate, rate, start=day(start)) for start in starts)
    return content(model_price(), credits={model: rows}, unpriced={"a-preview": "no price"})


def geo(factor: str) -> BookContent:
    multipliers: Mapping[str, Mapping[str, Decimal]] = {"anthropic": {"us": Decimal(factor)}}
    return content(model_price(), geo_multipliers=multipliers)


@pytest.mark.parametrize(
    "book",
    [
        content(model_price()),
        content(with_rates("0", "0", "0", "0", "0")),
        content(with_rates("1000", "1000", "1000", "1000", "1000")),
        content(with_rates("0.00000001", None, None, None, "20")),
        content(dated(None, "2026-01-01", "2026-01-02")),
        content(dated("2026-01-01")),
        content(tiered(1, "1000")),
        content(model_price(aliases=("a", "b")), model_price("c")),
        geo("1.1001"),
        credits("2026-01-01", "2026-01-02"),
        credits("2026-01-01", model="a-preview"),
    ],
)
def test_a_sound_book_is_accepted(book: BookContent) -> None:
    check_book(book, None)
    check_book(book, book)


@pytest.mark.parametrize(
    ("book", "row", "why"),
    [
        (content(), "the book", "no models"),
        (content(with_rates("1000.1", "1", "1", "1", "1")), "claude-test-1.*input_mtok", "1000.1"),
        (content(with_rates("-1", "1", "1", "1", "1")), "claude-test-1.*input_mtok", "-1 is not"),
        (content(with_rates("1", "NaN", "1", "1", "1")), "cache_read_mtok", "NaN"),
        (content(with_rates("1", "1", "1", "1", "Infinity")), "output_mtok", "Infinity"),
        (content(with_rates("0.000000001", "1", "1", "1", "1")), "input_mtok", "over 8 decimals"),
        (content(with_rates(None, "1", "1", "1", "1")), "claude-test-1", "must have a price"),
        (content(with_rates("1", "1", "1", "1", None)), "claude-test-1", "must have a price"),
        (content(dated()), "claude-test-1", "no price"),
        (content(dated("2026-01-02", "2026-01-01")), "claude-test-1", "not in order"),
        (content(dated("2026-01-01", "2026-01-01")), "claude-test-1", "not in order"),
        (content(dated("2026-01-01", None)), "claude-test-1", "not in order"),
        (content(tiered(0, "1")), "standard", "not positive"),
        (content(tiered(None, "1")), "standard", "threshold"),
        (content(tiered(1, None)), "standard", "threshold"),
        (content(tiered(1, "1001")), "standard, long prompt, input_mtok", "1001"),
        (content(model_price(windows_tokens=(0,))), "claude-test-1", "context window"),
        (content(model_price(regional_multiplier=Decimal(0))), "in one region", "factor 0"),
        (content(model_price(aliases=("c",)), model_price("c")), "^.*: c$", "also names"),
        (content(model_price(), unpriced={"claude-test-1": "no"}), "claude-test-1", "unpriced"),
        (credits("2026-01-01", model="claude-9"), "credits of claude-9", "no such model"),
        (credits(), "credits of claude-test-1", "not in order"),
        (credits("2026-01-02", "2026-01-01"), "credits of claude-test-1", "not in order"),
        (credits("2026-01-01", "2026-01-01"), "credits of claude-test-1", "not in order"),
        (geo("10.1"), "inference_geo us", "10.1"),
        (geo("1.00001"), "inference_geo us", "over 4 decimals"),
    ],
)
def test_an_unsound_book_is_refused_by_row(book: BookContent, row: str, why: str) -> None:
    with pytest.raises(ConfigError, match=row) as refused:
        check_book(book, None)
    assert why in refused.value.why
    assert refused.value.exit_code is ExitCode.CONFIG


def test_the_row_is_named_with_date_variant_and_unit() -> None:
    dear = Tariff(rates=rates("1", "1", "1", "1", "2000"))
    entry = PriceEntry(start=day("2026-03-13"), standard=FLAT, variants={"fast": dear})
    with pytest.raises(ConfigError) as refused:
        check_book(content(model_price(entries=(entry,))), None)
    assert refused.value.render() == (
        "aicost: price book rejected: claude-test-1 from 2026-03-13, fast, output_mtok\n"
        "   why: 2000 is not between 0 and 1000"
    )


# Against the book in use


OLD = content(model_price())


def scaled(factor: str, **changes: Any) -> BookContent:
    entries = (PriceEntry(standard=FLAT.times(Decimal(factor)), **changes),)
    return content(model_price(entries=entries))


@pytest.mark.parametrize("factor", ["10", "0.1", "1", "0.5"])
def test_a_change_of_up_to_ten_times_is_accepted(factor: str) -> None:
    check_book(scaled(factor), OLD)


@pytest.mark.parametrize("factor", ["10.001", "0.0999", "0"])
def test_a_larger_change_is_a_slip(factor: str) -> None:
    with pytest.raises(ConfigError, match="claude-test-1 since ever, standard, input_mtok") as no:
        check_book(scaled(factor), OLD)
    assert "over 10 times" in no.value.why


def test_a_new_dated_row_is_compared_with_the_price_that_held_then() -> None:
    later = PriceEntry(start=day("2026-12-01"), standard=FLAT.times(Decimal(11)))
    slipped = content(model_price(entries=(PriceEntry(standard=FLAT), later)))
    with pytest.raises(ConfigError, match="claude-test-1 from 2026-12-01, standard"):
        check_book(slipped, OLD)


def test_a_variant_is_compared_with_itself_and_may_be_new() -> None:
    def fast(factor: int) -> BookContent:
        return scaled("1", variants={"fast": FLAT.times(Decimal(factor))})

    check_book(fast(40), OLD)
    check_book(fast(20), fast(2))
    with pytest.raises(ConfigError, match="fast, input_mtok"):
        check_book(fast(21), fast(2))


def test_long_prompts_are_compared_too() -> None:
    with pytest.raises(ConfigError, match="standard, input_mtok"):
        check_book(content(tiered(200_000, "111")), content(tiered(200_000, "11")))


def test_a_book_that_loses_a_model_is_refused() -> None:
    two = content(model_price(), model_price("claude-test-2"))
    check_book(two, OLD)
    with pytest.raises(ConfigError, match="claude-test-2") as refused:
        check_book(OLD, two)
    assert "the new one has not" in refused.value.why


def test_a_model_that_was_renamed_is_not_lost() -> None:
    check_book(content(model_price("claude-test-2", aliases=("claude-test-1",))), OLD)


@pytest.mark.parametrize("rate", ["500", "5", "50"])
def test_credits_may_change_up_to_ten_times(rate: str) -> None:
    check_book(credits("2026-01-01", rate=rate), credits("2026-01-01"))
    check_book(credits("2026-01-01", "2026-02-01", rate=rate), credits("2026-01-01"))


@pytest.mark.parametrize("rate", ["500.1", "4.9", "0"])
def test_a_larger_change_of_credits_is_a_slip(rate: str) -> None:
    with pytest.raises(ConfigError, match="credits of claude-test-1 from 2026-01-01, input_mtok"):
        check_book(credits("2026-01-01", rate=rate), credits("2026-01-01"))


def test_no_models_credits_are_lost() -> None:
    with pytest.raises(ConfigError, match="credits of claude-test-1") as refused:
        check_book(OLD, credits("2026-01-01"))
    assert refused.value.why == "the book in use has them, the new one has not"
