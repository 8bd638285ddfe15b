"""The calendar: which sign a day has, which day a place is, and what is told of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from builders import usd
from history_builders import TODAY, busy_year, day
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.history import Day
from aicost_tui.heat import (
    HEIGHT,
    SIGNS,
    Heat,
    day_at,
    heat_lines,
    limits_of,
    moved,
    sign_of,
)
from aicost_tui.spans import plain, width_of

WIDTHS = [20, 46, 57, 78, 109, 110, 150]


def heat(*days: Day, **changes: Any) -> Heat:
    fields: dict[str, Any] = {"unit": "dollars"}
    return Heat(TODAY, {one.day: one for one in days}, **(fields | changes))


YEAR = heat(*busy_year())


def text(of: Heat, width: int = 78) -> list[str]:
    return [plain(line) for line in heat_lines(of, width)]


@pytest.mark.parametrize(
    ("amount", "sign"),
    [(None, "?"), (0, "·"), (1, "░"), (10, "░"), (11, "▒"), (20, "▒"), (21, "▓"), (31, "█")],
)
def test_a_sign_is_a_quarter_of_the_days_with_usage(amount: int | None, sign: str) -> None:
    assert sign_of(amount, (10, 20, 30)) == sign


def test_limits_are_quartiles_of_what_is_in_the_calendar() -> None:
    days = [day(TODAY - timedelta(days=ago), float(ago + 1)) for ago in range(9)]
    old = day(TODAY - timedelta(days=500), 999.0)
    assert limits_of(heat(*days, old)) == (usd(3), usd(5), usd(7))
    assert limits_of(heat()) == (0, 0, 0)
    assert limits_of(heat(day(TODAY, 5.0))) == (usd(5),) * 3


def test_it_reads_without_colour() -> None:
    lines = text(YEAR)
    assert len(lines) == HEIGHT
    assert lines[0].split()[:3] == ["Dec", "Jan", "Feb"]
    assert [line[:3] for line in lines[1:8]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert set("".join(lines[1:8])) >= {*SIGNS, "·", "?"}
    assert "≤" in lines[8]
    assert "no price" in lines[8]


def test_tokens_have_a_price_or_not() -> None:
    tokens = Heat(TODAY, YEAR.days, "tokens")
    assert "?" not in "".join(text(tokens))
    assert "no price" not in text(tokens)[8]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("of", [YEAR, heat(), heat(*busy_year(), chosen=TODAY)])
def test_no_line_is_too_long_and_the_last_week_is_there(of: Heat, width: int) -> None:
    lines = heat_lines(of, width)
    assert all(width_of(line) <= width for line in lines)
    assert day_at(of, width, width_of(lines[7]) - 1, 7) == TODAY


def test_a_wide_one_has_two_cells_for_a_day() -> None:
    assert width_of(heat_lines(YEAR, 109)[1]) == 57
    assert width_of(heat_lines(YEAR, 110)[1]) == 110


@pytest.mark.parametrize("width", WIDTHS)
def test_every_day_that_is_seen_can_be_pointed_at(width: int) -> None:
    found = {day_at(YEAR, width, x, y) for x in range(width) for y in range(HEIGHT)}
    days = sorted(one for one in found if one is not None)
    assert days[-1] == TODAY
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert days[0].weekday() == 0


@pytest.mark.parametrize(("x", "y"), [(0, 1), (3, 3), (10, 0), (10, 8), (70, 3), (500, 3)])
def test_beside_the_days_is_none(x: int, y: int) -> None:
    assert day_at(YEAR, 78, x, y) is None


def test_days_to_come_are_empty_and_cannot_be_chosen() -> None:
    wednesday = Heat(date(2026, 11, 18), {}, "dollars")
    lines = [plain(line) for line in heat_lines(wednesday, 78)]
    assert lines[3][56] == "·"
    assert lines[4].rstrip() == lines[4][:56]
    assert day_at(wednesday, 78, 56, 4) is None


def test_the_chosen_day_is_marked_and_told() -> None:
    used = day("2026-11-20", 12.5, requests=41, tokens=3_200_000)
    chosen = heat(used, chosen=used.day)
    lines = text(chosen)
    assert lines[5][56] == "◆"
    assert lines[9].strip() == "◆ Fri 20 Nov 2026  $12.50 · 3.2M tokens · 41 calls"
    assert "nothing used" in text(heat(chosen=TODAY))[9]
    assert "unpriced" in text(heat(day(TODAY, None), chosen=TODAY))[9]
    assert "chooses a day" in text(heat())[9]


def test_a_chosen_day_is_seen_where_only_the_last_weeks_have_room() -> None:
    first = heat(chosen=YEAR.start)
    assert "◆" in "".join(text(first, 30)[1:8])


@given(st.lists(st.integers(-400, 400), max_size=20))
def test_the_cursor_never_leaves_the_calendar(steps: list[int]) -> None:
    one = YEAR
    for step in steps:
        one = Heat(TODAY, {}, "dollars", moved(one, step))
        assert one.chosen is not None
        assert one.start <= one.chosen <= TODAY


def test_the_first_step_goes_to_today() -> None:
    assert moved(YEAR, -7) == TODAY
