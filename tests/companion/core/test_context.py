"""The next prompt: cheap while the cache is warm, the whole context anew once it is cold."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import usd
from price_examples import TODAY, book, model_price

from aicost.core.context import (
    CachedPrompt,
    CacheLifetime,
    after_clear_nusd,
    cache_ends_at,
    cache_lifetime,
    next_prompt_nusd,
    rewrite_nusd,
)
from aicost.core.usage import TokenCounts
from aicost.prices.book import load_price_book

BOOK = load_price_book(None)
OPUS = CachedPrompt(model="claude-opus-5-5", context_tokens=100_000, idle_s=0)


@pytest.mark.parametrize(
    ("idle_s", "lifetime", "dollars"),
    [
        (0, "short", 0.02),
        (299.9, "short", 0.02),
        (300, "short", 0.5),
        (3599.9, "long", 0.02),
        (3600, "long", 0.8),
        (86_400, "long", 0.8),
    ],
)
def test_a_cold_context_is_written_again_at_its_lifetimes_rate(
    idle_s: float, lifetime: CacheLifetime, dollars: float
) -> None:
    prompt = replace(OPUS, idle_s=idle_s, lifetime=lifetime)
    assert next_prompt_nusd(BOOK, prompt, at=TODAY) == usd(dollars)


@pytest.mark.parametrize(
    ("idle_s", "lifetime", "dollars"),
    [
        (1799, "short", 0.02),
        (1800, "short", 0.25),
        (43_199, "long", 0.02),
        (43_200, "long", 0.5),
    ],
)
def test_openai_keeps_prompts_longer(
    idle_s: float, lifetime: CacheLifetime, dollars: float
) -> None:
    prompt = replace(OPUS, model="gpt-6-sol", idle_s=idle_s, lifetime=lifetime)
    assert next_prompt_nusd(BOOK, prompt, at=TODAY) == usd(dollars)


def test_a_long_context_costs_the_long_prompts_rate() -> None:
    haiku = replace(OPUS, model="claude-haiku-5-5")
    assert next_prompt_nusd(BOOK, haiku, at=TODAY) == 1_000_000
    longer = replace(haiku, context_tokens=100_001)
    assert next_prompt_nusd(BOOK, longer, at=TODAY) == 5_000_050


@pytest.mark.parametrize(
    ("served", "dollars"),
    [
        (replace(OPUS, speed="fast"), 0.04),
        (replace(OPUS, service_tier="batch"), 0.01),
        (replace(OPUS, inference_geo="us"), 0.022),
    ],
)
def test_how_the_last_call_was_served_counts(served: CachedPrompt, dollars: float) -> None:
    assert next_prompt_nusd(BOOK, served, at=TODAY) == usd(dollars)


def test_an_empty_context_costs_nothing() -> None:
    assert next_prompt_nusd(BOOK, replace(OPUS, context_tokens=0), at=TODAY) == 0


def test_without_a_price_there_is_no_number() -> None:
    unknown = replace(OPUS, model="claude-opus-9")
    assert next_prompt_nusd(BOOK, unknown, at=TODAY) is None


def test_without_a_known_cache_there_is_no_number() -> None:
    of = book(model_price("other-1", provider="other"))
    assert next_prompt_nusd(of, replace(OPUS, model="other-1"), at=TODAY) is None


@pytest.mark.parametrize(
    ("tokens", "lifetime"),
    [
        (TokenCounts(cache_write_5m_tokens=1), "short"),
        (TokenCounts(cache_write_1h_tokens=1), "long"),
        (TokenCounts(cache_write_5m_tokens=1, cache_write_1h_tokens=9), "short"),
        (TokenCounts(cache_read_tokens=9), None),
    ],
)
def test_lifetime_is_what_was_written(tokens: TokenCounts, lifetime: str | None) -> None:
    assert cache_lifetime(tokens) == lifetime


@pytest.mark.parametrize(("lifetime", "dollars"), [("short", 0.5), ("long", 0.8)])
@pytest.mark.parametrize("idle_s", [0, 100_000])
def test_a_rewrite_costs_the_same_before_and_after_the_cache_is_cold(
    lifetime: CacheLifetime, dollars: float, idle_s: float
) -> None:
    prompt = replace(OPUS, lifetime=lifetime, idle_s=idle_s)
    assert rewrite_nusd(BOOK, prompt, at=TODAY) == usd(dollars)


@pytest.mark.parametrize(("idle_s", "dollars"), [(0, 0.004), (300, 0.1)])
def test_after_clear_only_the_first_context_is_sent(idle_s: float, dollars: float) -> None:
    prompt = replace(OPUS, idle_s=idle_s)
    assert after_clear_nusd(BOOK, prompt, 20_000, at=TODAY) == usd(dollars)


@pytest.mark.parametrize(
    ("idle_s", "lifetime", "ends_in_s"),
    [(0, "short", 300), (299, "short", 1), (400, "short", -100), (60, "long", 3540)],
)
def test_the_cache_ends_its_lifetime_after_the_last_call(
    idle_s: float, lifetime: CacheLifetime, ends_in_s: float
) -> None:
    prompt = replace(OPUS, idle_s=idle_s, lifetime=lifetime)
    assert cache_ends_at(BOOK, prompt, at=TODAY) == TODAY + timedelta(seconds=ends_in_s)


def test_an_empty_context_and_an_unknown_model_have_no_cache_that_ends() -> None:
    unknown = replace(OPUS, model="claude-mystery-7")
    assert cache_ends_at(BOOK, replace(OPUS, context_tokens=0), at=TODAY) is None
    assert cache_ends_at(BOOK, unknown, at=TODAY) is None
    assert rewrite_nusd(BOOK, unknown, at=TODAY) is None
    assert after_clear_nusd(BOOK, unknown, 10, at=TODAY) is None
