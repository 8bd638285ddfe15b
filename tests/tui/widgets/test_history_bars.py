"""The bars widget: as large as its room, and told which bar was clicked."""

from datetime import timedelta

from history_builders import TODAY, day
from textual.app import App, ComposeResult

from aicost_tui.history_bars import Bar, BarFacts, bars_of
from aicost_tui.widgets.history_bars import HistoryBars

WEEK = bars_of([day(TODAY)], TODAY - timedelta(days=6), TODAY, "day")


class Host(App[None]):
    """The smallest app with bars."""

    CSS = "HistoryBars { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.clicked: list[Bar] = []

    def compose(self) -> ComposeResult:
        yield HistoryBars()

    def on_history_bars_clicked(self, message: HistoryBars.Clicked) -> None:
        self.clicked.append(message.bar)


async def test_it_fills_its_room_and_follows_its_size() -> None:
    app = Host()
    async with app.run_test(size=(60, 8)) as pilot:
        bars = app.query_one(HistoryBars)
        assert bars.render_line(0).text.strip() == ""
        bars.facts = BarFacts(WEEK, "day", "dollars")
        await pilot.pause()
        assert bars.render_line(0).text.startswith("Dollars a day")
        assert "└" in bars.render_line(6).text
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        assert "└" in bars.render_line(10).text


async def test_a_click_says_which_bar_and_beside_the_bars_nothing() -> None:
    app = Host()
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.click(HistoryBars, offset=(50, 3))
        app.query_one(HistoryBars).facts = BarFacts(WEEK, "day", "dollars")
        await pilot.pause()
        for offset in ((0, 3), (50, 0)):
            await pilot.click(HistoryBars, offset=offset)
        assert app.clicked == []
        await pilot.click(HistoryBars, offset=(50, 3))
        assert app.clicked == [WEEK[-1]]
