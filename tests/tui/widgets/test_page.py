"""Text that is made for its width."""

from textual.app import App, ComposeResult

from aicost_tui.spans import Line, Span
from aicost_tui.widgets.page import Page


class Holder(App[None]):
    """An app with nothing else."""

    CSS = "Page { height: auto; }"

    def compose(self) -> ComposeResult:
        yield Page()


def lines(width: int) -> list[Line]:
    return [(Span(f"{width} cells"),)] * (2 if width > 50 else 1)


async def test_it_is_made_anew_for_another_width_and_as_high_as_it_is_long() -> None:
    app = Holder()
    async with app.run_test(size=(60, 10)) as pilot:
        page = app.query_one(Page)
        assert page.size.height == 0
        page.content = lines
        await pilot.pause()
        assert (page.size.height, page.render_line(0).text.strip()) == (2, "60 cells")
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert (page.size.height, page.render_line(0).text.strip()) == (1, "40 cells")
