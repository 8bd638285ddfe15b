"""The chooser of columns: ticks by key and by click, kept or left."""

import pytest
from builders import busy_day
from fake_feed import Dashboard, until
from hypothesis import given
from hypothesis import strategies as st

from aicost_tui.columns import CHOICES
from aicost_tui.screens.columns import ColumnList, ColumnsScreen, choice_lines
from aicost_tui.spans import plain
from aicost_tui.widgets.session_table import SessionTable

TITLES = frozenset(title for title, _ in CHOICES)


@given(st.sets(st.sampled_from(sorted(TITLES))), st.integers(0, len(TITLES) - 1))
def test_each_column_is_a_line_with_a_tick_or_none(chosen: set[str], at: int) -> None:
    lines = [plain(line) for line in choice_lines(frozenset(chosen), at)]
    assert [line.startswith("▌") for line in lines] == [n == at for n in range(len(lines))]
    assert {CHOICES[n][0] for n, line in enumerate(lines) if "[x]" in line} == chosen
    assert all(says in line for line, (_, says) in zip(lines, CHOICES))


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (["enter"], None),
        (["space", "enter"], TITLES - {"context"}),
        (["down", "j", "space", "enter"], TITLES - {"$/h"}),
        (["up", "space", "enter"], TITLES - {"calls"}),
        (["down", "k", "space", "space", "enter"], None),
        (["space", "down", "space", "a", "enter"], None),
        (["space", "escape"], None),
        (["space", "q"], None),
        (["space", "c"], None),
    ],
)
async def test_keys_choose(keys: list[str], wanted: frozenset[str] | None) -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.top.query_one(SessionTable).rows)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        await pilot.press(*keys)
        await until(pilot, lambda: app.screen is app.top)
        assert app.top.wanted == wanted
        assert app.top.query_one(SessionTable).wanted == wanted


async def test_a_click_takes_a_column_or_leaves_it_and_the_choice_is_there_again() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.top.query_one(SessionTable).rows)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        await pilot.click(ColumnList, offset=(3, 1))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.top)
        assert app.top.wanted == TITLES - {"cost"}
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        assert "[ ] cost" in app.screen.query_one(ColumnList).render_line(1).text


async def test_a_low_terminal_scrolls_to_the_selected_column() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(48, 12)) as pilot:
        await until(pilot, lambda: app.top.query_one(SessionTable).rows)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        await pilot.press("up")
        await until(pilot, lambda: any("▌[x] calls" in line for line in app.text()))
