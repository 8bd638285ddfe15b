"""Bars: of which days, how high, what stands below and above them, and which one was pointed at."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from builders import usd
from history_builders import TODAY, busy_year, day
from hypothesis import given
from hypothesis import strategies as st

from aicost_tui.history_bars import Bar, BarFacts, bar_at, bar_lines, bars_of, fitting, title_line
from aicost_tui.history_place import GRAINS, Grain
from aicost_tui.spans import plain, width_of

SINCE = TODAY - timedelta(days=29)


def facts(grain: Grain = "day", since: date = SINCE, **changes: object) -> BarFacts:
    bars = bars_of(busy_year(), since, TODAY, grain)
    return BarFacts(bars, grain, "dollars", **changes)  # type: ignore[arg-type]


def text(of: BarFacts, width: int = 78, height: int = 10) -> list[str]:
    return [plain(line) for line in bar_lines(of, width, height)]


@pytest.mark.parametrize(
    ("grain", "spans"),
    [
        ("day", [("2026-10-30", "2026-10-30"), ("2026-10-31", "2026-10-31")]),
        ("week", [("2026-10-30", "2026-11-01"), ("2026-11-02", "2026-11-08")]),
        ("month", [("2026-10-30", "2026-10-31"), ("2026-11-01", "2026-11-22")]),
    ],
)
def test_bars_are_whole_days_weeks_and_months_inside_the_span(
    grain: Grain, spans: list[tuple[str, str]]
) -> None:
    bars = bars_of([], date(2026, 10, 30), TODAY, grain)
    assert [(str(bar.first), str(bar.last)) for bar in bars[:2]] == spans
    assert bars[-1].last == TODAY


@given(
    st.dates(date(2024, 1, 1), date(2026, 11, 22)),
    st.lists(st.dates(date(2023, 12, 1), date(2026, 12, 31)), unique=True, max_size=30),
    st.sampled_from(GRAINS),
)
def test_bars_follow_each_other_and_hold_every_day_of_the_span_once(
    since: date, used: list[date], grain: Grain
) -> None:
    bars = bars_of([day(one) for one in used], since, TODAY, grain)
    assert bars[0].first == since
    assert bars[-1].last == TODAY
    for before, after in pairwise(bars):
        assert after.first - before.last == timedelta(days=1)
    assert sum(bar.requests for bar in bars) == 15 * sum(since <= one <= TODAY for one in used)


def test_a_bar_without_any_price_is_not_one_that_cost_nothing() -> None:
    unpriced, partly, nothing = bars_of(
        [day("2026-11-20", None), day("2026-11-21", 2.0, unpriced_tokens=5)],
        date(2026, 11, 20),
        TODAY,
        "day",
    )
    assert (unpriced.amount("dollars"), unpriced.words("dollars")) == (None, "unpriced")
    assert (partly.amount("dollars"), partly.words("dollars")) == (usd(2), "≥$2.00")
    assert (nothing.amount("dollars"), nothing.words("dollars")) == (0, "$0.00")
    assert unpriced.words("tokens") == "2.0M tokens"


@pytest.mark.parametrize(
    ("days", "grain", "width", "expected"),
    [
        (30, "day", 80, "day"),
        (72, "day", 80, "day"),
        (73, "day", 80, "week"),
        (365, "day", 80, "week"),
        (365, "day", 373, "day"),
        (365, "week", 48, "month"),
        (4000, "week", 48, "month"),
        (7, "month", 80, "month"),
    ],
)
def test_bars_that_have_no_cell_each_become_coarser(
    days: int, grain: Grain, width: int, expected: Grain
) -> None:
    assert fitting(grain, TODAY - timedelta(days=days - 1), TODAY, width) == expected


def test_the_chart_has_a_scale_dates_and_a_title() -> None:
    lines = text(facts())
    assert lines[0].startswith("Dollars a day  most $43.97 on Tue 3 Nov")
    assert lines[1].startswith(" $50┤") or lines[1].startswith("$50┤")
    assert "$0┤" in lines[-3]
    assert "1 Nov" in lines[-1]
    assert len(lines) == 10


def test_the_title_says_how_much_has_no_price_and_that_days_had_no_room() -> None:
    assert "? 2 days with tokens without a price" in plain(title_line(facts(), 120))
    assert "? 2 days not all priced" in plain(title_line(facts(), 50))
    assert "?" not in plain(title_line(BarFacts(facts().bars, "day", "tokens"), 120))
    weeks = facts("week", asked="day")
    assert "more days than columns" in plain(title_line(weeks, 120))


def test_the_chosen_bar_is_named_below_and_stands_out() -> None:
    chosen = date(2026, 11, 3)
    marked = facts(chosen=(chosen, chosen))
    assert marked.chosen_at == 10
    assert "▲ Tue 3 Nov" in text(marked)[-1]
    accents = [span for line in bar_lines(marked, 78, 10) for span in line if span.role == "accent"]
    assert accents
    assert {span.text.strip() for span in accents} == {"█", ""}
    assert text(facts())[:-2] == text(marked)[:-2]


def test_days_outside_are_not_marked() -> None:
    assert facts(chosen=(date(2020, 1, 1), date(2020, 1, 2))).chosen_at is None


@pytest.mark.parametrize(("grain", "days"), [("day", 30), ("week", 365), ("month", 400)])
@pytest.mark.parametrize("width", [46, 78, 120, 198])
def test_every_bar_can_be_pointed_at_in_order(grain: Grain, days: int, width: int) -> None:
    one = facts(grain, TODAY - timedelta(days=days - 1))
    found = [bar_at(one, width, 10, x) for x in range(width)]
    bars = list(dict.fromkeys(bar for bar in found if bar is not None))
    if len(one.bars) <= width - 8:
        assert bars == list(one.bars)
    assert found[0] is None  # the scale
    assert bars == sorted(bars, key=lambda bar: bar.first)


def test_the_bar_that_is_drawn_is_the_one_that_is_pointed_at() -> None:
    tall = day("2026-11-05", 100.0)
    one = BarFacts(bars_of([tall], SINCE, TODAY, "day"), "day", "dollars")
    lines = bar_lines(one, 78, 10)
    column = plain(lines[2]).index("█")
    assert bar_at(one, 78, 10, column) == Bar(tall.day, tall.day, 15, tall.tokens, tall.cost_nusd)


@pytest.mark.parametrize(("width", "height"), [(10, 10), (78, 1), (0, 0), (78, 3)])
def test_too_little_room_draws_no_chart_and_no_click_lands(width: int, height: int) -> None:
    assert all(width_of(line) <= width for line in bar_lines(facts(), width, height))
    assert bar_at(facts(), width, height, 5) is None


def test_no_bars_are_nothing_to_draw() -> None:
    assert bar_lines(BarFacts((), "day", "dollars"), 78, 10) == ()
    assert bar_at(BarFacts((), "day", "dollars"), 78, 10, 20) is None


@pytest.mark.parametrize(
    ("grain", "since", "names"),
    [
        ("month", "2025-11-03", ["Nov 2025", "Dec", "Jan 2026", "Feb"]),
        ("week", "2026-08-31", ["31 Aug", "7 Sep", "14", "21", "28", "5 Oct"]),
        ("day", "2026-11-16", ["16 Nov", "17", "18", "19", "20", "21", "22"]),
    ],
)
def test_what_stands_below_the_bars_names_a_month_or_year_where_it_begins(
    grain: Grain, since: str, names: list[str]
) -> None:
    below = text(facts(grain, date.fromisoformat(since)), 150)[-1]
    assert below.strip().startswith(f"{names[0]} ")
    places = [below.find(name) for name in names]
    assert -1 not in places
    assert places == sorted(places)
    assert "  1 Nov" not in below
