"""Only closed words leave: what is not public is "other", "unknown" or nothing."""

import pytest

from aicost.core.team.checking import PATTERNS
from aicost.core.team.documents import Billing, Provider
from aicost.core.team.words import (
    Projects,
    billing_word,
    category_word,
    is_label,
    model_words,
    tier_word,
    tool_word,
)
from aicost.prices.book import load_price_book

BOOK = load_price_book(None)
KEY = b"t" * 32


@pytest.mark.parametrize(
    ("logged", "words"),
    [
        ("claude-opus-4-5-20251101", ("anthropic", "claude-opus-4-5")),
        ("claude-opus-4-5@20251101", ("vertex", "claude-opus-4-5")),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", ("bedrock", "claude-opus-4-5")),
        ("azure/gpt-5", ("azure", "gpt-5")),
        ("gpt-5", ("openai", "gpt-5")),
        ("acme-secret-merger-model", ("other", "other")),
        ("claude-opus-4-5-secret", ("other", "other")),
        ("arn:aws:bedrock:eu-west-1:1:application-inference-profile/secret", ("other", "other")),
        ("<synthetic>", ("other", "other")),
        ("", ("other", "other")),
    ],
)
def test_a_model_is_named_as_the_public_list_does_or_not_at_all(
    logged: str, words: tuple[str, str]
) -> None:
    found = model_words(logged, BOOK.model_price)
    assert (found.provider, found.model) == words


def test_every_model_of_the_list_has_a_name_that_servers_take() -> None:
    names = {model_words(model.id, BOOK.model_price).model for model in BOOK.models}
    assert len(names) > 20
    assert [name for name in names if not PATTERNS["model"].fullmatch(name)] == []


@pytest.mark.parametrize(
    ("speed", "service_tier", "word"),
    [
        ("", "", "standard"),
        ("standard", "standard", "standard"),
        ("", "default", "standard"),
        ("fast", "standard", "fast"),
        ("", "priority", "priority"),
        ("", "flex", "flex"),
        ("standard", "batch", "batch"),
        ("", "secret-lane", "other"),
    ],
)
def test_tiers_are_closed_words(speed: str, service_tier: str, word: str) -> None:
    assert tier_word(speed, service_tier) == word


@pytest.mark.parametrize(
    ("provider", "has_plan", "otherwise", "word"),
    [
        ("bedrock", True, "subscription", "api"),
        ("anthropic", True, "unknown", "subscription"),
        ("anthropic", True, "api", "api"),
        ("anthropic", False, "unknown", "unknown"),
        ("openai", False, "credits", "credits"),
    ],
)
def test_billing_is_what_logs_tell_and_else_the_users_word(
    provider: Provider,
    has_plan: bool,
    otherwise: Billing,
    word: str,
) -> None:
    assert billing_word(provider, has_plan=has_plan, otherwise=otherwise) == word


def test_other_words_are_closed_too() -> None:
    assert [category_word(word) for word in ("docs", "secret", "")] == [
        "docs",
        "unknown",
        "unknown",
    ]
    assert [tool_word(agent) for agent in ("claude", "codex")] == ["claude-code", "codex"]


def test_a_repository_has_no_label_unless_the_user_says_so() -> None:
    repo = "github.com/acme/shop"
    assert Projects().label(repo, "shop") is None
    allowed = Projects(labels={repo: "Shop", "games": "Games"})
    assert allowed.label(repo, "other") == "Shop"
    assert allowed.label("github.com/acme/secret", "games") == "Games"
    assert allowed.label("github.com/acme/secret", "secret") is None
    assert allowed.label("", "") is None


def test_a_hash_is_the_same_for_all_who_have_the_teams_key() -> None:
    repo = "github.com/acme/shop"
    mine, theirs = (Projects(team_key=KEY).label(repo, name) for name in ("shop", "x"))
    assert mine == theirs
    assert mine is not None
    assert "shop" not in mine
    assert is_label(mine)
    assert Projects(team_key=b"u" * 32).label(repo, "") != mine
    assert Projects(team_key=KEY).label("", "") is None
    assert "tttt" not in repr(Projects(team_key=KEY))


@pytest.mark.parametrize(("text", "fits"), [("Shop 2", True), ("a/b", False), ("", False)])
def test_labels_are_short_words(text: str, fits: bool) -> None:
    assert is_label(text) is fits
