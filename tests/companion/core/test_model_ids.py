"""Model ids: every spelling of agents, clouds and routers ends at one id, or stays unknown."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aicost.core.model_ids import ModelRef, normalise_model_id, parse_model_id
from aicost.prices.book import load_price_book

BOOK = load_price_book(None)
BEDROCK_ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"


@pytest.mark.parametrize(
    ("logged", "model_id"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("claude-opus-5-5[1m]", "claude-opus-5-5"),
        ("Claude-Opus-5-5[1M]", "claude-opus-5-5"),
        (" claude-opus-5-5 ", "claude-opus-5-5"),
        ("claude-opus-5.5", "claude-opus-5-5"),
        ("anthropic/claude-opus-5.5", "claude-opus-5-5"),
        ("openrouter/anthropic/claude-opus-5.5", "claude-opus-5-5"),
        ("claude-opus-5-5-20260922", "claude-opus-5-5"),
        ("claude-opus-5-5@20260922", "claude-opus-5-5"),
        ("claude-opus-5-5@default", "claude-opus-5-5"),
        ("publishers/anthropic/models/claude-opus-5-5@20260922", "claude-opus-5-5"),
        ("anthropic.claude-opus-5-5", "claude-opus-5-5"),
        ("us.anthropic.claude-opus-5-5", "claude-opus-5-5"),
        ("eu.anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5"),
        ("apac.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4-0"),
        ("jp.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("au.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("bedrock/us.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        (BEDROCK_ARN + "us.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude-3-7-sonnet"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
        ("claude-3-5-haiku-20241022", "claude-3-5-haiku"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("claude-3.7-sonnet", "claude-3-7-sonnet"),
        ("claude-sonnet-3-7", "claude-3-7-sonnet"),
        ("claude-3-opus-20240229", "claude-3-opus"),
        ("claude-4-5-sonnet", "claude-sonnet-4-5"),
        ("claude-4.5-sonnet-20250929", "claude-sonnet-4-5"),
        ("claude-4-sonnet", "claude-sonnet-4-0"),
        ("claude-sonnet-4", "claude-sonnet-4-0"),
        ("claude-sonnet-4-20250514", "claude-sonnet-4-0"),
        ("claude-opus-4@20250514", "claude-opus-4-0"),
        ("claude-opus-4-1-20250805", "claude-opus-4-1"),
        ("claude-mythos-5-1", "claude-mythos-5-1"),
        ("gpt-5.6-sol", "gpt-5.6-sol"),
        ("gpt-5-6-sol", "gpt-5.6-sol"),
        ("gpt-5.6", "gpt-5.6-sol"),
        ("openai/gpt-5.6-sol-2026-07-09", "gpt-5.6-sol"),
        ("openai.gpt-5.5", "gpt-5.5"),
        ("gpt-5-codex", "gpt-5"),
        ("gpt-5.1-codex-max", "gpt-5.1"),
        ("gpt-5.1-codex-mini", "gpt-5.1-codex-mini"),
        ("gpt-5.3-codex", "gpt-5.3-codex"),
        ("gpt-6-sol-codex", "gpt-6-sol"),
        ("gpt-5.4-mini-2026-03-17", "gpt-5.4-mini"),
    ],
)
def test_every_spelling_ends_at_one_model(logged: str, model_id: str) -> None:
    known = BOOK.model_price(logged)
    assert known is not None
    assert known.id == model_id


@pytest.mark.parametrize(
    "logged",
    [
        "claude-opus-6",
        "claude-opus-5-6",
        "claude-opus",
        "claude-opus-5-5-turbo",
        "claude",
        "gpt-5.3-codex-spark",
        "gpt-6",
        "gpt-6-astra-mini",
        "gpt-5.6-sol-preview",
        "codex-auto-review",
        "gpt-daybreak-red-latest",
        "sonnet",
        "opus[1m]",
        "<synthetic>",
        "us.anthropic.",
        "us.",
        "[1m]",
        "/",
        "",
        "x" * 10_000,
    ],
)
def test_a_model_that_is_not_listed_stays_unknown(logged: str) -> None:
    """Never the price of the nearest name: that is how others were wrong by a factor of four."""
    assert BOOK.model_price(logged) is None


REGIONAL = ModelRef(id="claude-opus-5-5", is_bedrock=True, region="us")


@pytest.mark.parametrize(
    ("logged", "ref"),
    [
        ("claude-opus-5-5", ModelRef(id="claude-opus-5-5")),
        ("claude-opus-5-5[1m]", ModelRef(id="claude-opus-5-5", is_1m=True)),
        ("us.anthropic.claude-opus-5-5[1m]", replace(REGIONAL, is_1m=True)),
        ("global.anthropic.claude-opus-5-5", replace(REGIONAL, region="global")),
        ("anthropic.claude-opus-5-5", replace(REGIONAL, region="")),
    ],
)
def test_what_was_stripped_is_kept_as_notes(logged: str, ref: ModelRef) -> None:
    assert parse_model_id(logged) == ref


def test_a_bedrock_call_is_regional_unless_it_says_global() -> None:
    assert REGIONAL.is_regional
    assert replace(REGIONAL, region="").is_regional
    assert not replace(REGIONAL, region="global").is_regional
    assert not replace(REGIONAL, is_bedrock=False).is_regional


affixes = st.sampled_from(
    [
        "us.",
        "anthropic.",
        "openai.",
        "global.",
        "[1m]",
        "@20260922",
        "-20260922",
        "-2026-09-22",
        "-v1:0",
        "-v2",
        "/",
        "a/",
        "@default",
        "claude-",
        "4-5-",
        "sonnet",
        ".5",
        "-latest",
    ]
)
ids = st.sampled_from(sorted(model.id for model in BOOK.models))
spellings = st.lists(st.one_of(affixes, ids, st.text(max_size=4)), max_size=8).map("".join)


@given(st.one_of(st.text(max_size=400), spellings))
@example("us.eu.anthropic.openai.claude-opus-5-5")
@example("claude-opus-5-5-20260922@20260922-v1:0")
def test_normalising_twice_is_once(text: str) -> None:
    once = normalise_model_id(text)
    assert normalise_model_id(once) == once


@given(st.one_of(st.text(max_size=400), spellings))
def test_any_text_ends_in_a_listed_id_or_is_unknown(text: str) -> None:
    known = BOOK.model_price(text)
    name = normalise_model_id(text)
    if known is None:
        assert name not in {model.id for model in BOOK.models}
    else:
        assert {name, name.removesuffix("-codex")} & {known.id, *known.aliases}


@given(ids)
def test_every_id_and_alias_of_the_book_is_spelt_as_it_is_looked_up(model_id: str) -> None:
    model = BOOK.content.models[model_id]
    for name in (model.id, *model.aliases):
        assert normalise_model_id(name) == name
        assert BOOK.model_price(name) is model
