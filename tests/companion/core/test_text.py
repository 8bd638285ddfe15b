"""Foreign text cannot do harm, and takes the cells that we count."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from aicost.core.text import cells_of, clean, escaped, fit, visible, wrapped


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
    assert clean(text) == cleaned


@given(st.text())
def test_no_text_gets_a_control_character_through(text: str) -> None:
    cleaned = clean(text)
    assert {unicodedata.category(char) for char in cleaned}.isdisjoint({"Cc", "Cf", "Cs", "Zl"})
    assert clean(cleaned) == cleaned


def test_a_huge_text_is_cut_before_it_costs_time() -> None:
    assert len(clean("x" * 10**6)) <= 400


def test_widths_agree_with_the_library_that_draws() -> None:
    """But for signs that newer terminals draw wide and older ones narrow, and two fillers."""
    doubtful = {
        char
        for char in map(chr, range(0x20, 0x10000))
        if clean(char) and cells_of(char) != cell_len(char)
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
    assert fit(text, width) == fitted


@given(st.text().map(clean), st.integers(0, 30))
def test_cut_text_always_fits(text: str, width: int) -> None:
    assert cells_of(fit(text, width)) <= width


# Documents


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("main", "main"),
        ("日本語 é", "日本語 é"),
        ("\x1b[31m", "\\u001b[31m"),
        ("\x9b31m", "\\u009b31m"),
        ("\x7f", "\\u007f"),
        ("evil\u202egpj", "evil\\u202egpj"),
        ("\U000e0001", "\\udb40\\udc01"),
        ("\ud800", "\\ud800"),
        ("a\nb", "a\\nb"),
    ],
)
def test_json_shows_what_can_be_read_and_escapes_the_rest(text: str, shown: str) -> None:
    assert escaped(json.dumps(text, ensure_ascii=False)) == f'"{shown}"'


@given(st.dictionaries(st.text(), st.text()))
def test_escaped_json_means_the_same_and_steers_no_terminal(document: dict[str, str]) -> None:
    text = escaped(json.dumps(document, indent=2, ensure_ascii=False))
    assert json.loads(text) == document
    assert text.replace("\n", "").isprintable()
    text.encode()


@given(st.text(st.characters(codec=None)))
def test_visible_text_keeps_its_length_and_its_lines(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert shown.count("\n") == text.count("\n")
    assert shown.replace("\n", "").replace("\t", "").isprintable()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two", ["one two"]),
        ("one two.", ["one", "two."]),
        ("a a a a a", ["a a a a", "a"]),
        ("longer-than-that x", ["longer-than-that", "x"]),
        ("店舗 店舗", ["店舗", "店舗"]),
    ],
)
def test_text_goes_on_below_at_a_word(text: str, lines: list[str]) -> None:
    assert list(wrapped(text, 7)) == lines
