"""Where one is: ranges, groupings, down into rows and back up, the days beside."""

from dataclasses import replace
from datetime import date

import pytest
from history_builders import TODAY, group, history

from aicost.core.history import HistoryBy
from aicost.core.reports import Within
from aicost_tui.history_place import (
    Grain,
    HistorySort,
    Level,
    Place,
    Range,
    asked,
    bar_span,
    beside,
    closed,
    days_at,
    grouped,
    groupings,
    opened,
    opened_days,
    regrouped,
    span_name,
    with_grain,
    with_range,
)

START = Place()
ANSWER = history(group("shop"))
SHOP = Within("repo", "shop")


def down(place: Place, *keys: str) -> Place:
    for key in keys:
        below = opened(place, key, key, ANSWER)
        assert below is not None
        place = below
    return place


@pytest.mark.parametrize(
    ("start", "step", "end"),
    [
        (Range.WEEK, -1, Range.WEEK),
        (Range.WEEK, 1, Range.MONTH),
        (Range.QUARTER, 1, Range.YEAR),
        (Range.YEAR, 1, Range.ALL),
        (Range.ALL, 1, Range.ALL),
    ],
)
def test_ranges_end_at_the_shortest_and_at_all(start: Range, step: int, end: Range) -> None:
    assert start.step(step) is end


@pytest.mark.parametrize(
    ("range", "grain"),
    [(Range.WEEK, "day"), (Range.QUARTER, "day"), (Range.YEAR, "week"), (Range.ALL, "month")],
)
def test_a_range_brings_its_bars_whatever_was_chosen_before(range: Range, grain: Grain) -> None:
    assert with_range(replace(START, grain="month"), range).grain_asked == grain


def test_the_daemon_is_asked_for_a_range_or_for_what_is_open() -> None:
    assert asked(START) == {"by": "repo", "within": [], "last_days": 30}
    assert asked(with_range(START, Range.ALL)) == {"by": "repo", "within": []}
    assert asked(down(START, "shop", "2026-11-20")) == {
        "by": "session",
        "within": [["repo", "shop"]],
        "since": "2026-11-20",
        "until": "2026-11-20",
    }


def test_a_group_opens_by_its_days_a_day_by_its_sessions_a_session_not_here() -> None:
    shop = down(START, "shop")
    assert (shop.level.by, shop.level.within, shop.level.crumb) == ("day", (SHOP,), "shop")
    day = down(shop, "2026-11-20")
    assert (day.level.by, day.level.within) == ("session", (SHOP,))
    assert opened(day, "s-1", "s-1", ANSWER) is None


def test_weeks_and_months_open_by_their_days_within_the_range() -> None:
    year = with_range(START, Range.YEAR)
    week = down(year, "shop", "2026-W46")
    assert (week.level.by, week.level.since) == ("day", date(2026, 11, 9))
    assert week.level.until == date(2026, 11, 15)
    edge = down(with_grain(grouped(START, "day"), "month"), "2026-10")
    assert (edge.level.since, edge.level.until) == (ANSWER.since, date(2026, 10, 31))


def test_a_group_within_a_day_opens_by_its_sessions_within_a_week_by_its_days() -> None:
    day = grouped(down(START, "shop", "2026-11-20"), "model")
    assert down(day, "opus").level.by == "session"
    assert down(day, "opus").level.since == date(2026, 11, 20)
    week = grouped(down(with_range(START, Range.YEAR), "shop", "2026-W46"), "model")
    assert down(week, "opus").level.by == "day"
    assert down(week, "opus").level.within == (SHOP, Within("model", "opus"))


def test_one_comes_back_to_the_row_and_the_filter_that_were_left() -> None:
    left = replace(START, levels=(replace(START.level, needle="sh", sort=HistorySort.CALLS),))
    back = closed(down(left, "shop"))
    assert back is not None
    assert (back.level.cursor, back.level.needle) == ("shop", "sh")
    assert back.level.order is HistorySort.CALLS
    assert closed(back) is None


def test_a_bar_opens_its_days_in_the_place_of_those_that_are_open() -> None:
    shop = down(START, "shop")
    first = opened_days(shop, date(2026, 11, 2), date(2026, 11, 8))
    second = opened_days(first, date(2026, 11, 9), date(2026, 11, 9))
    assert len(second.levels) == len(first.levels) == 3
    assert (second.level.by, second.level.within) == ("session", (SHOP,))
    assert (first.level.by, first.level.crumb) == ("day", "2 – 8 Nov 2026")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (START, ("repo", "branch", "model", "category", "agent", "environment", "day")),
        (
            with_range(START, Range.YEAR),
            ("repo", "branch", "model", "category", "agent", "environment", "week"),
        ),
        (down(START, "shop"), ("branch", "model", "category", "agent", "environment", "day")),
        (
            down(START, "shop", "2026-11-20"),
            ("session", "branch", "model", "category", "agent", "environment"),
        ),
        (
            down(with_range(START, Range.YEAR), "shop", "2026-W46"),
            ("day", "session", "branch", "model", "category", "agent", "environment"),
        ),
    ],
)
def test_what_is_open_is_not_grouped_by_again(
    place: Place, expected: tuple[HistoryBy, ...]
) -> None:
    assert groupings(place) == expected
    seen = [place.level.by]
    for _ in expected:
        place = regrouped(place)
        seen.append(place.level.by)
    assert seen[0] == seen[-1]
    assert set(seen) == set(expected)
    assert regrouped(regrouped(place), -1) == place


def test_another_grouping_forgets_order_filter_and_row() -> None:
    level = Level(by="repo", sort=HistorySort.CALLS, is_flipped=True, needle="x", cursor="shop")
    assert regrouped(replace(START, levels=(level,))).level == Level(by="branch")


def test_a_table_by_time_follows_the_bars_and_others_stay() -> None:
    assert with_grain(START, "week").level.by == "repo"
    assert with_grain(grouped(START, "day"), "week").level.by == "week"
    assert with_range(grouped(START, "day"), Range.ALL).level.by == "month"
    week = down(with_range(START, Range.YEAR), "shop", "2026-W46")
    assert with_grain(week, "month").level.by == "day"


@pytest.mark.parametrize(
    ("since", "until", "step", "expected"),
    [
        ("2026-11-20", "2026-11-20", -1, ("2026-11-19", "2026-11-19")),
        ("2026-11-20", "2026-11-20", 1, ("2026-11-21", "2026-11-21")),
        ("2026-11-22", "2026-11-22", 1, ("2026-11-22", "2026-11-22")),  # today
        ("2026-11-09", "2026-11-15", -1, ("2026-11-02", "2026-11-08")),
        ("2026-11-09", "2026-11-15", 1, ("2026-11-16", "2026-11-22")),
        ("2026-03-01", "2026-03-31", -1, ("2026-02-01", "2026-02-28")),
        ("2026-01-01", "2026-01-31", 1, ("2026-02-01", "2026-02-28")),
        ("2026-12-01", "2026-12-31", 1, ("2026-12-01", "2026-12-31")),  # to come
        ("2026-10-24", "2026-10-31", 1, ("2026-11-01", "2026-11-08")),  # a cut month: as long
    ],
)
def test_the_days_beside_are_as_long_and_never_to_come(
    since: str, until: str, step: int, expected: tuple[str, str]
) -> None:
    place = opened_days(START, date.fromisoformat(since), date.fromisoformat(until))
    level = beside(place, step, TODAY).level
    assert (str(level.since), str(level.until)) == expected
    assert level.since is not None
    assert level.until is not None
    assert level.crumb == span_name(level.since, level.until)


def test_nothing_is_beside_a_range() -> None:
    assert beside(START, 1, TODAY) is START


@pytest.mark.parametrize(
    ("since", "until", "name"),
    [
        ("2026-11-22", "2026-11-22", "Sun 22 Nov 2026"),
        ("2026-11-16", "2026-11-22", "16 – 22 Nov 2026"),
        ("2026-10-26", "2026-11-01", "26 Oct – 1 Nov 2026"),
        ("2026-02-01", "2026-02-28", "February 2026"),
    ],
)
def test_days_have_a_name(since: str, until: str, name: str) -> None:
    assert span_name(date.fromisoformat(since), date.fromisoformat(until)) == name


def test_bars_are_of_the_range_and_never_of_days_that_are_not_known() -> None:
    assert bar_span(START, ANSWER) == (date(2026, 10, 24), TODAY)
    every = with_range(START, Range.ALL)
    assert ANSWER.first_day is not None
    assert bar_span(every, replace(ANSWER, since=ANSWER.first_day)) == (ANSWER.first_day, TODAY)
    # A day is open: the answer has the calendar's year beside it, and nothing before.
    assert bar_span(every, replace(ANSWER, since=TODAY)) == (date(2025, 11, 17), TODAY)


def test_only_another_question_is_asked() -> None:
    assert START.asks_as(replace(START, unit="tokens", grain="week"))
    assert START.asks_as(START.at(replace(START.level, needle="x", is_flipped=True)))
    assert not START.asks_as(with_range(START, Range.WEEK))
    assert not START.asks_as(regrouped(START))


def test_the_days_one_looks_at_are_the_selected_ones_else_the_open_ones() -> None:
    day = opened_days(START, date(2026, 11, 20), date(2026, 11, 20)).level
    assert days_at(START.level, "day", "2026-11-19", ANSWER) == (date(2026, 11, 19),) * 2
    assert days_at(START.level, "month", "2026-10", ANSWER) == (ANSWER.since, date(2026, 10, 31))
    assert days_at(day, "session", "s-1", ANSWER) == (date(2026, 11, 20),) * 2
    assert days_at(START.level, "repo", "shop", ANSWER) is None
    assert days_at(START.level, "day", "", ANSWER) is None
