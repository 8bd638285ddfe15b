"""The dashboard's charts as values and lines."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import (
    BERLIN,
    NOW,
    burn_minutes,
    session_glance,
    session_row,
    tasks_of_today,
    usd,
)
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.session_page import ContextPart
from aicost.core.view import BurnMinutes, TaskTotal
from aicost_tui.dashboard_charts import (
    burn_chart,
    burn_line,
    context_chart,
    context_line,
    parts_line,
    task_at,
    task_lines,
    tasks_line,
)
from aicost_tui.spans import plain, width_of

TASKS = tasks_of_today()
SILENT = BurnMinutes(since=NOW, tokens=(0,) * 60, nusd=(0,) * 60)


def test_a_context_is_drawn_call_by_call_with_its_compaction() -> None:
    chart = context_chart(session_row(), session_glance("a"), BERLIN)
    assert len(chart.up.values) == 83
    assert max(value or 0 for value in chart.up.values) == 156_600
    assert chart.marks == ((52.0, "▲ compacted 12:10"),)
    assert [text for _, text in chart.ticks] == ["11:18", "12:40"]


@pytest.mark.parametrize(("window", "top"), [(200_000, 200_000), (1_000_000, 0), (None, 0)])
def test_the_scale_ends_at_the_window_where_a_context_is_not_lost_in_it(
    window: int | None, top: float
) -> None:
    row = session_row(context_window_tokens=window)
    assert context_chart(row, session_glance("a"), BERLIN).top == top


def test_a_context_without_calls_is_an_empty_chart() -> None:
    chart = context_chart(session_row(), session_glance("a", points=()), BERLIN)
    assert not chart.up.values
    assert not chart.ticks
    assert not chart.marks


def test_the_line_below_tells_what_the_next_prompt_costs_and_what_makes_it_cheaper() -> None:
    row = session_row(
        after_clear_nusd=usd(0.02),
        after_compact_nusd=usd(0.1),
        cache_ends_at=NOW + timedelta(minutes=3),
    )
    text = plain(context_line(row, NOW, BERLIN, 120))
    assert text == (
        "next prompt $0.41   after /compact ~$0.10   after /clear ~$0.02   cache until 12:44"
    )
    assert plain(context_line(row, NOW, BERLIN, 38)) == "next prompt $0.41  after /clear ~$0.02"
    ended = replace(row, cache_ends_at=NOW)
    assert "cache ended" in plain(context_line(ended, NOW, BERLIN, 120))
    assert "cache" not in plain(context_line(replace(ended, state="ended"), NOW, BERLIN, 120))
    assert plain(context_line(session_row(next_prompt_nusd=None), NOW, BERLIN, 60)) == (
        "next prompt —"
    )


PARTS = (
    ContextPart(source="files", tokens=60, is_estimated=True),
    ContextPart(source="start", tokens=30, is_estimated=False),
    ContextPart(source="answers", tokens=10, is_estimated=True),
)


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (60, "files ~60%   system+tools 30%   answers ~10%"),
        (36, "files ~60%   system+tools 30%"),
        (12, "files ~60%"),
    ],
)
def test_what_fills_a_context_is_told_as_far_as_there_is_room(width: int, text: str) -> None:
    assert plain(parts_line(session_glance("a", parts=PARTS), width)) == text
    assert plain(parts_line(session_glance("a", parts=()), width)) == ""


def test_burn_is_dollars_an_hour_upward_and_tokens_a_minute_downward() -> None:
    hour = replace(SILENT, nusd=(*SILENT.nusd[:59], usd(0.5)), tokens=(*SILENT.tokens[:59], 7000))
    chart = burn_chart(hour, BERLIN)
    assert chart.up.values[-1] == 30.0
    assert chart.down is not None
    assert chart.down.values[-1] == 7000
    assert chart.up.text(30.0) == "$30"
    assert [text for _, text in chart.ticks] == ["12:41", "13:40", "12:56", "13:11", "13:26"]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "$0"), (0.5, "$0.5"), (0.25, "$0.25"), (7.5, "$7.5"), (1500, "$1,500")]
)
def test_a_scale_of_dollars_has_no_idle_digits(value: float, text: str) -> None:
    assert burn_chart(SILENT, BERLIN).up.text(value) == text


def test_the_line_below_tells_sums_and_peak() -> None:
    text = plain(burn_line(burn_minutes(), BERLIN, 80))
    assert text == "sum $7.62  4.5M tokens   peak $18.11/h at 12:41"
    assert plain(burn_line(SILENT, BERLIN, 80)) == "sum $0.00  0 tokens"


def test_today_is_told_by_task_with_dollars_to_the_right() -> None:
    lines = [plain(line) for line in task_lines(TASKS, 44, 9)]
    assert [line.split()[0] for line in lines[:3]] == [
        "bugfix",
        "test-repair",
        "dependency-upgrade",
    ]
    assert {line.index("%") for line in lines} == {43}
    assert lines[0].endswith("$8.10  44%")
    assert lines[-1].startswith("not known yet")


def test_what_has_no_room_is_one_line_with_its_sum() -> None:
    lines = [plain(line) for line in task_lines(TASKS, 44, 4)]
    assert len(lines) == 4
    assert lines[-1] == "3 more  $2.19"


def test_much_room_is_used_for_air() -> None:
    lines = [plain(line) for line in task_lines(TASKS, 44, 12)]
    assert [bool(line) for line in lines] == [True, False] * 6
    assert task_at(TASKS, 2, 12) is TASKS[1]
    assert task_at(TASKS, 3, 12) is None


def test_a_day_without_calls_says_so() -> None:
    assert plain(task_lines((), 44, 4)[0]) == "no calls yet today"


def test_a_day_without_prices_has_bars_of_nothing() -> None:
    unpriced = (TaskTotal(category="docs", requests=1, tokens=9, cost_nusd=None),)
    assert "—" in plain(task_lines(unpriced, 44, 4)[0])


@pytest.mark.parametrize(
    ("line", "height", "name"),
    [(0, 9, "bugfix"), (5, 9, ""), (6, 9, None), (2, 4, "dependency-upgrade"), (3, 4, None)],
)
def test_a_line_is_known_by_its_task(line: int, height: int, name: str | None) -> None:
    found = task_at(TASKS, line, height)
    assert (found.category if found else None) == name


def test_one_line_tells_the_dearest() -> None:
    assert plain(tasks_line(TASKS, 60)).startswith("tasks      bugfix $8.10 44%")


@given(st.integers(1, 200), st.integers(0, 20))
def test_no_line_is_longer_than_its_room(width: int, height: int) -> None:
    lines = task_lines(TASKS, width, height)
    assert len(lines) <= max(1, height)
    assert all(width_of(line) <= width for line in lines)
    row = session_row(after_clear_nusd=1, after_compact_nusd=1, cache_ends_at=NOW)
    assert width_of(context_line(row, NOW, BERLIN, width)) <= width
    assert width_of(burn_line(burn_minutes(), BERLIN, width)) <= width
    assert width_of(tasks_line(TASKS, width)) <= width


def test_foreign_categories_stay_text() -> None:
    odd = (TaskTotal(category="[b]\x1b[31mx", requests=1, tokens=9, cost_nusd=1),)
    text = plain(task_lines(odd, 60, 4)[0]) + plain(tasks_line(odd, 60))
    assert text.isprintable()
    assert "[b]" in text
