"""Charts: always the size asked for, the largest value seen, a scale that reads."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost_tui.charts import LEAST_HEIGHT, LEAST_WIDTH, Chart, Series, chart_lines, round_up
from aicost_tui.spans import plain, width_of


def dollars(value: float) -> str:
    return f"${value:g}"


def thousands(value: float) -> str:
    return f"{value / 1000:g}k"


def drawn(chart: Chart, width: int = 40, height: int = 8) -> list[str]:
    return [plain(line) for line in chart_lines(chart, width, height)]


@pytest.mark.parametrize(
    ("value", "end"),
    [
        (0, 1),
        (-3, 1),
        (0.2, 0.2),
        (1, 1),
        (1.01, 1.5),
        (9.9, 10),
        (10, 10),
        (14.2, 15),
        (84e3, 1e5),
        (5e-324, 1),
        (2.3e-308, 2.5e-308),
    ],
)
def test_a_scale_ends_at_the_next_round_number(value: float, end: float) -> None:
    assert round_up(value) == pytest.approx(end)


@given(st.floats(1e-9, 1e15))
def test_no_value_is_over_its_scale_nor_far_below_it(value: float) -> None:
    assert value * 0.999 <= round_up(value) <= value * 1.7


def test_the_scale_is_written_at_the_left_and_times_below() -> None:
    chart = Chart(Series((1, 4, 9), dollars), ticks=((0, "11:41"), (2, "12:41")))
    lines = drawn(chart)
    assert lines[0].startswith("$10┤")
    assert lines[-3].lstrip().startswith("$0┤")
    assert lines[-1].split() == ["11:41", "12:41"]


def test_half_of_the_scale_is_written_where_there_is_room() -> None:
    chart = Chart(Series((1, 4, 9), dollars))
    assert any(line.startswith(" $5┤") for line in drawn(chart, height=8))
    assert not any(line.startswith(" $5┤") for line in drawn(chart, height=5))


def test_a_second_series_hangs_from_the_zero_line_on_its_own_scale() -> None:
    chart = Chart(Series((9,), dollars), Series((80_000,), thousands, "good"))
    lines = chart_lines(chart, 40, 9)
    assert plain(lines[0]).startswith("$10┤")
    assert plain(lines[7]).startswith("80k┤")
    assert {span.role for span in lines[6]} >= {"good"}
    assert {span.role for span in lines[1]} >= {"accent"}


def test_few_rows_are_solid_where_that_is_asked_for() -> None:
    chart = Chart(Series((1, 2, 3, 4), str), blocks=True)
    assert "█" in "".join(map(plain, chart_lines(chart, 30, 6)))


@pytest.mark.parametrize(("height", "full"), [(6, "⣿"), (12, "█")])
def test_few_rows_are_drawn_in_braille_and_many_in_blocks(height: int, full: str) -> None:
    assert full in drawn(Chart(Series((1.0,) * 9, dollars)), height=height)[-2]


def test_a_mark_stands_before_what_is_drawn_and_is_named_first() -> None:
    values = Series((5,) * 30, dollars)
    chart = Chart(values, ticks=((14, "12:11"),), marks=((15, "▲ compacted"),))
    lines = drawn(chart)
    assert "│" in lines[3][4:]
    assert "▲ compacted" in lines[-1]
    assert "12:11" not in lines[-1]


def test_a_peak_shows_however_many_values_share_a_cell() -> None:
    values = [0.0] * 5000
    values[1234] = 7.0
    lines = chart_lines(Chart(Series(tuple(values), dollars)), 40, 8)
    assert any(span.role == "accent" for line in lines for span in line)


def test_what_is_not_known_draws_nothing() -> None:
    assert drawn(Chart(Series((None, None), dollars))) == drawn(Chart(Series((0, 0), dollars)))


def test_bars_keep_a_gap() -> None:
    bars = drawn(Chart(Series((8,) * 3, dollars), bars=True), height=14)[-2]
    assert len(bars.partition("┤")[2].split()) == 3


@pytest.mark.parametrize(("width", "height"), [(LEAST_WIDTH - 1, 9), (60, LEAST_HEIGHT - 1)])
def test_too_little_room_stays_empty(width: int, height: int) -> None:
    assert chart_lines(Chart(Series((1,), dollars)), width, height) == ()


VALUES = st.lists(st.none() | st.floats(0, 1e12), max_size=90).map(tuple)


LABELS = st.lists(st.tuples(st.floats(-5, 99), st.text("12:▲ a", max_size=9)), max_size=4)
CHARTS = st.builds(
    Chart,
    VALUES.map(lambda values: Series(values, dollars)),
    st.none() | VALUES.filter(bool).map(lambda values: Series(values, dollars)),
    LABELS.map(tuple),
    LABELS.map(tuple),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(CHARTS, st.integers(0, 120), st.integers(0, 24))
def test_a_chart_has_the_size_asked_for_or_none(chart: Chart, width: int, height: int) -> None:
    lines = chart_lines(chart, width, height)
    if lines:
        assert len(lines) == height
        assert {width_of(line) for line in lines} == {width}


def test_labels_that_are_close_stand_where_they_stood_at_the_last_start() -> None:
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from aicost_tui.charts import Chart, Series, chart_lines\n"
        "ticks = tuple((float(at), f'{at} Nov') for at in range(0, 30, 4))\n"
        "for width in range(30, 90, 7):\n"
        "    for line in chart_lines(Chart(Series((1.0,) * 30, str), ticks=ticks), width, 8):\n"
        "        print(''.join(span.text for span in line))\n"
    )
    pictures = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(pictures) == 1
    assert "8 Nov" in pictures.pop()
