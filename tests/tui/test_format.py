"""Figures as text, on both sides of every boundary; foreign text that cannot do harm."""

import unicodedata

import pytest
from builders import usd
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from aicost_tui import format as fmt


@pytest.mark.parametrize(
    ("amount_usd", "text"),
    [
        (0, "$0.00"),
        ("0.000000001", "<$0.01"),
        ("0.004", "<$0.01"),
        ("0.009999999", "<$0.01"),
        ("0.01", "$0.01"),
        ("0.014999999", "$0.01"),
        ("0.015", "$0.02"),
        ("18.42", "$18.42"),
        ("999.994", "$999.99"),
        ("999.995", "$1,000"),
        ("1234.5", "$1,235"),
        ("99999.4", "$99,999"),
        ("99999.5", "$100k"),
        ("1234567", "$1.2M"),
    ],
)
def test_money_fits_seven_cells_and_never_says_zero_for_something(
    amount_usd: float | str, text: str
) -> None:
    assert fmt.money(usd(amount_usd)) == text
    assert len(text) <= 7


def test_money_that_is_not_known_is_not_zero() -> None:
    assert fmt.money(None) == "—"


@pytest.mark.parametrize(
    ("amount_usd", "text"),
    [
        (0, "$0.00"),
        ("0.004", "<$0.01"),
        ("0.01", "$0.01"),
        ("999.995", "$1,000.00"),
        ("12345.674", "$12,345.67"),
    ],
)
def test_exact_money_keeps_the_cents(amount_usd: float | str, text: str) -> None:
    assert fmt.money_exact(usd(amount_usd)) == text


@pytest.mark.parametrize(
    ("cost_usd", "unpriced_tokens", "text"),
    [
        (3.2, 0, "$3.20"),
        (3.2, 1, "≥$3.20"),
        (None, 0, "—"),
        (None, 1, "unpriced"),
        (0, 0, "$0.00"),
    ],
)
def test_a_cost_says_what_it_does_not_know(
    cost_usd: float | None, unpriced_tokens: int, text: str
) -> None:
    assert fmt.cost(None if cost_usd is None else usd(cost_usd), unpriced_tokens) == text


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


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("main", "main"),
        ("a\nb\tc\r\nd", "a b c d"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;never ended", ""),
        ("\x1bc\x1b(Bx", "x"),
        ("\x9b31mx", "31mx"),
        ("a\x00\x08\x7fb", "ab"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("❤\ufe0f", "❤"),
        ("line\u2028break", "line break"),
        ("שלום", "שלום"),
        ("日本語", "日本語"),
        ("e" + "\u0301" * 9, "e\u0301\u0301"),
        ("[bold]x[/]", "[bold]x[/]"),
        ("\ud800", ""),
    ],
)
def test_foreign_text_becomes_one_harmless_line(text: str, cleaned: str) -> None:
    assert fmt.clean(text) == cleaned


@given(st.text())
def test_no_text_gets_a_control_character_through(text: str) -> None:
    cleaned = fmt.clean(text)
    assert {unicodedata.category(char) for char in cleaned}.isdisjoint({"Cc", "Cf", "Cs", "Zl"})
    assert fmt.clean(cleaned) == cleaned


def test_a_huge_text_is_cut_before_it_costs_time() -> None:
    assert len(fmt.clean("x" * 10**6)) <= 400


def test_widths_agree_with_the_library_that_draws() -> None:
    """But for signs that newer terminals draw wide and older ones narrow, and two fillers."""
    doubtful = {
        char
        for char in map(chr, range(0x20, 0x10000))
        if fmt.clean(char) and fmt.cells(char) != cell_len(char)
    }
    assert {unicodedata.category(char) for char in doubtful - {"\u3164", "\uffa0"}} <= {"So"}


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [
        ("main", 4, "main"),
        ("main", 3, "ma…"),
        ("main", 1, "…"),
        ("main", 0, ""),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("a b c", 3, "a…"),
    ],
)
def test_text_is_cut_by_cells(text: str, width: int, fitted: str) -> None:
    assert fmt.fit(text, width) == fitted


@given(st.text().map(fmt.clean), st.integers(0, 30))
def test_cut_text_always_fits(text: str, width: int) -> None:
    assert fmt.cells(fmt.fit(text, width)) <= width
