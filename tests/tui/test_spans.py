"""Lines of spans: exact widths, and what gives way first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost_tui.spans import Line, Part, Span, arrange, crop, glue, pad, plain, width_of


def line(*texts: str) -> Line:
    return tuple(Span(text) for text in texts)


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (9, "shop main"),
        (8, "shop ma…"),
        (6, "shop …"),
        (5, "shop…"),
        (4, "sho…"),
        (1, "…"),
        (0, ""),
    ],
)
def test_crop_cuts_in_the_span_that_is_too_much(width: int, text: str) -> None:
    assert plain(crop(line("shop", " ", "main"), width)) == text


def test_pad_fills_to_the_right_or_left() -> None:
    assert plain(pad(line("1.0"), 5)) == "1.0  "
    assert plain(pad(line("1.0"), 5, right=True)) == "  1.0"
    assert plain(pad(line("12345678"), 5)) == "1234…"


@given(st.lists(st.sampled_from(["a", "日", "bc", "", "…"])), st.integers(0, 20))
def test_pad_is_exact_whatever_stands_in_it(texts: list[str], width: int) -> None:
    assert width_of(pad(line(*texts), width)) == width


def test_glue_leaves_out_what_is_empty() -> None:
    assert plain(glue([line("a"), (), line("b", "c")], 2)) == "a  bc"


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (24, "money   rate       clock"),
        (19, "money  rate   clock"),
        (18, "money  rate  clock"),
        (17, "money       clock"),
        (13, "money   clock"),
        (11, "money clock"),
        (8, "money c…"),
    ],
)
def test_arrange_moves_closer_then_drops_by_rank_then_cuts(width: int, text: str) -> None:
    left = [Part(0, (line("money"),)), Part(2, (line("rate"), ()))]
    right = [Part(1, (line("clock"),))]
    shown = arrange(left, right, width)
    assert plain(shown) == text


def test_a_part_takes_its_shorter_form_before_another_of_lower_rank_does() -> None:
    left = [Part(1, (line("long words"), line("words"), ())), Part(2, (line("12 things"), ()))]
    assert plain(arrange(left, [], 20)) == "long words"
    assert plain(arrange(left, [], 9)) == "words"
    assert plain(arrange(left, [], 3)) == ""


def test_the_line_ends_at_the_right_edge() -> None:
    shown = arrange([Part(0, (line("a"),))], [Part(0, (line("z"),))], 10)
    assert width_of(shown) == 10
    assert plain(shown).endswith("z")
