"""The terminal: no line too wide, colours only where asked, and no name moves the cursor."""

import re

import pytest
from weekly_builders import busy_week, day_use, loss, report

from aicost.core.text import cells_of
from aicost.report.tables import Style
from aicost.report.weekly_text import weekly_text

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [48, 80, 100, 1000])
def test_no_line_is_wider_than_the_terminal_or_hard_to_read(width: int) -> None:
    lines = weekly_text(busy_week(), Style(width)).splitlines()
    assert max(map(cells_of, lines)) <= min(width, 100)
    assert all(line == line.rstrip() for line in lines)


def test_it_reads_from_the_sum_to_what_is_not_known() -> None:
    text = weekly_text(busy_week(), Style(80))
    assert text.startswith("Week 47 · 16–22 November 2026\n≥$48.70: ")
    headings = ["Spend", "Worth trying", "What it was for", "What led nowhere", "Models", "Budgets"]
    places = [text.index(f"\n\n{heading}\n") for heading in headings]
    assert places == sorted(places)
    assert "\n1. " in text
    assert "$2.00  `npm test` failed 7 times the same way\n       shop · main · 6f93eca8\n" in text


def test_bars_are_as_long_as_what_they_show() -> None:
    text = weekly_text(report(day_use(0), day_use(1), day_use(1)), Style(80))
    monday = next(line for line in text.splitlines() if line.startswith("Mon"))
    tuesday = next(line for line in text.splitlines() if line.startswith("Tue"))
    assert (monday.count("█"), tuesday.count("█")) == (15, 30)


def test_colour_is_only_where_it_is_asked_for() -> None:
    plain = weekly_text(busy_week(), Style(80))
    coloured = weekly_text(busy_week(), Style(80, colour=True))
    assert "\x1b" not in plain
    assert "\x1b[1m" in coloured
    assert ESCAPES.sub("", coloured) == plain


@pytest.mark.parametrize(
    "name", ["\x1b[2J", "a\r\nb", "\x1b]0;title\x07", "\u202eevil", "x" * 5000, "\x9b31m", "\x00"]
)
def test_no_name_can_act_on_a_terminal(name: str) -> None:
    hostile = loss(repo=name, branch=name, session_id=name, label=name)
    week = busy_week(losses=(hostile,), unpriced_models=(name,))
    mystery = report(day_use(category=name, model=name), losses=(hostile,))
    for found in (week, mystery):
        text = weekly_text(found, Style(80))
        assert all(char.isprintable() or char == "\n" for char in text)
        assert max(map(cells_of, text.splitlines())) <= 80 or "x" * 80 in text
