"""The header widget: nothing before the first facts, two lines at its own width after."""

from builders import NOW, view
from textual.app import App, ComposeResult

from aicost_tui.summary import HeaderFacts
from aicost_tui.widgets.status_header import StatusHeader


class Host(App[None]):
    """The smallest app that holds a header."""

    CSS = "StatusHeader { height: 2; }"

    def compose(self) -> ComposeResult:
        yield StatusHeader()


async def test_it_draws_both_lines_for_the_width_it_has() -> None:
    app = Host()
    async with app.run_test(size=(60, 5)) as pilot:
        header = app.query_one(StatusHeader)
        assert header.render_line(0).text.strip() == ""
        header.facts = HeaderFacts(view=view(), now=NOW)
        await pilot.pause()
        assert header.render_line(0).text.startswith("today $18.42")
        assert header.render_line(0).text.endswith("12:41:07")
        await pilot.resize_terminal(30, 5)
        await pilot.pause()
        assert len(header.render_line(0).text) == 30
        assert header.render_line(1).text.startswith("burn $6.10/h")
