"""The progress line: there only while something is read."""

from textual.app import App, ComposeResult

from aicost.core.view import Reading
from aicost_tui.widgets.reading_bar import ReadingBar


class Host(App[None]):
    """The smallest app that holds the line."""

    CSS = "ReadingBar { height: 1; }"

    def compose(self) -> ComposeResult:
        yield ReadingBar()


async def test_it_comes_and_goes_with_the_reading() -> None:
    app = Host()
    async with app.run_test(size=(80, 3)) as pilot:
        line = app.query_one(ReadingBar)
        assert not line.has_class("-reading")
        line.reading = Reading(files_done=1, files_total=4, bytes_done=25, bytes_total=100)
        await pilot.pause()
        assert line.has_class("-reading")
        assert "25%   1 of 4 files" in line.render_line(0).text
        line.reading = None
        await pilot.pause()
        assert not line.has_class("-reading")
