"""Figures as text, on both sides of every boundary."""

import pytest
from builders import usd

from aicost_tui import format as fmt


def test_money_that_is_not_known_is_not_zero() -> None:
    assert fmt.money(None) == "—"
    assert fmt.money(usd("1234.5")) == "$1,235"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "—"),
        (0, "0"),
        (0.3, "<1"),
        (0.5, "0"),
        (0.6, "1"),
        (999, "999"),
        (999.6, "1.0k"),
        (1000, "1.0k"),
        (12_345, "12.3k"),
        (99_949, "99.9k"),
        (99_950, "100k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (3_140_000, "3.1M"),
        (999_500_000, "1.0B"),
        (10**12, "1000B"),
    ],
)
def test_tokens_fit_five_cells(count: float | None, text: str) -> None:
    assert fmt.tokens(count) == text
    assert len(text) <= 5


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "—"),
        (0, "0%"),
        (0.004, "<1%"),
        (0.01, "1%"),
        (0.29, "29%"),
        (0.62, "62%"),
        (0.994, "99%"),
        (0.9999, "99%"),
        (1, "100%"),
        (1.12, "112%"),
        (50, "999%"),
    ],
)
def test_percent_says_zero_and_all_only_when_it_is(share: float | None, text: str) -> None:
    assert fmt.percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-30, "now"),
        (0.9, "now"),
        (1, "1s"),
        (59.9, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86_399, "23h"),
        (86_400, "1d"),
        (86_400 * 5000, "999d"),
    ],
)
def test_ages_fit_four_cells(seconds: float, text: str) -> None:
    assert fmt.age(seconds) == text
    assert len(text) <= 4


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "time left not known yet"),
        (0, "under a minute left"),
        (60, "under a minute left"),
        (61, "2 min left"),
        (3540, "59 min left"),
        (3541, "1 h 0 min left"),
        (4800, "1 h 20 min left"),
    ],
)
def test_time_left(seconds: float | None, text: str) -> None:
    assert fmt.time_left(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (2_900_000_000, "2.9 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert fmt.size(count) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "────"),
        (0.001, "╸───"),
        (0.5, "━━──"),
        (0.6, "━━╸─"),
        (0.999, "━━━╸"),
        (1, "━━━━"),
        (1.5, "━━━━"),
    ],
)
def test_a_bar_shows_something_and_is_full_only_when_it_is(share: float, text: str) -> None:
    assert "".join(fmt.bar(share, 4)) == text


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("claude-opus-5-5-20261001", "opus-5.5"),
        ("claude-sonnet-4-5", "sonnet-4.5"),
        ("claude-sonnet-4-20250514", "sonnet-4"),
        ("claude-3-5-sonnet-20241022", "sonnet-3.5"),
        ("us.anthropic.claude-opus-4-6-v1:0", "opus-4.6"),
        ("anthropic/claude-opus-5", "opus-5"),
        ("claude-opus-4-6[1m]", "opus-4.6"),
        ("gpt-6-sol", "gpt-6-sol"),
        ("gpt-5.3-codex", "gpt-5.3-codex"),
        ("gpt-5-2025-08-07", "gpt-5"),
        ("", ""),
        ("\x1b[31mclaude-opus-5\n", "opus-5"),
    ],
)
def test_model_names_lose_maker_and_date(model: str, text: str) -> None:
    assert fmt.short_model(model) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1234, "1,234 files")]
)
def test_plural(count: int, text: str) -> None:
    assert fmt.plural(count, "file") == text
