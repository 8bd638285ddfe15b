"""The calendar widget: arrow keys, clicks, and what they tell."""

from datetime import date, timedelta

import pytest
from history_builders import TODAY, day
from textual.app import App, ComposeResult

from aicost_tui.heat import Heat
from aicost_tui.widgets.heat_map import HeatMap


class Host(App[None]):
    """The smallest app with a calendar; it follows what the calendar says."""

    CSS = "HeatMap { height: 10; }"

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[date] = []

    def compose(self) -> ComposeResult:
        yield HeatMap()

    def on_mount(self) -> None:
        self.choose(None)
        self.query_one(HeatMap).focus()

    def choose(self, chosen: date | None) -> None:
        self.query_one(HeatMap).heat = Heat(TODAY, {TODAY: day(TODAY)}, "dollars", chosen)

    def on_heat_map_moved(self, message: HeatMap.Moved) -> None:
        self.choose(message.day)

    def on_heat_map_opened(self, message: HeatMap.Opened) -> None:
        self.opened.append(message.day)

    @property
    def chosen(self) -> date | None:
        heat = self.query_one(HeatMap).heat
        return heat.chosen if heat else None


@pytest.mark.parametrize(
    ("keys", "ago"),
    [
        (["left"], 0),  # the first one goes to today
        (["left", "left"], 7),
        (["left", "up"], 1),
        (["left", "left", "down"], 6),
        (["left", "k", "k", "j"], 1),
        (["left", "home"], 370),
        (["left", "home", "end"], 0),
        (["left", "right"], 0),
    ],
)
async def test_keys_choose_a_day(keys: list[str], ago: int) -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert app.chosen == TODAY - timedelta(days=ago)


async def test_enter_opens_the_chosen_day_and_nothing_before_one_is_chosen() -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert app.opened == []
        await pilot.press("left", "left", "enter")
        await pilot.pause()
        assert app.opened == [TODAY - timedelta(days=7)]


async def test_a_click_chooses_and_a_second_one_opens() -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.click(HeatMap, offset=(56, 7))
        await pilot.pause()
        assert (app.chosen, app.opened) == (TODAY, [])
        await pilot.click(HeatMap, offset=(56, 7))
        await pilot.click(HeatMap, offset=(1, 1))
        await pilot.click(HeatMap, offset=(56, 9))
        await pilot.pause()
        assert app.opened == [TODAY]


async def test_before_there_are_numbers_it_is_empty() -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        calendar = app.query_one(HeatMap)
        calendar.heat = None
        await pilot.pause()
        await pilot.press("left", "enter")
        await pilot.click(HeatMap, offset=(56, 7))
        assert calendar.render_line(1).text.strip() == ""
        assert app.opened == []
