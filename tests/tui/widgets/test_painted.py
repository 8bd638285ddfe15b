"""Painted lines: text is never markup, a strip is exactly as wide as asked."""

import pytest
from textual.app import App, ComposeResult

from aicost_tui.spans import Line, Span
from aicost_tui.widgets.painted import PaintedLines, to_strip

MARKUP = (Span("[bold red]x[/] $text-error", "warn"),)


class Host(App[None]):
    """The smallest app that holds lines."""

    CSS = """
    .role--text { color: $foreground; }
    .role--warn { color: $text-warning; text-style: italic; }
    PaintedLines { height: auto; }
    """

    def __init__(self, *lines: Line) -> None:
        super().__init__()
        self.start = lines

    def compose(self) -> ComposeResult:
        yield PaintedLines()

    def on_mount(self) -> None:
        self.query_one(PaintedLines).lines = self.start


async def test_text_is_shown_as_it_is_in_the_looks_of_its_role() -> None:
    app = Host(MARKUP)
    async with app.run_test(size=(40, 3)) as pilot:
        await pilot.pause()
        painted = app.query_one(PaintedLines)
        first = next(iter(painted.render_line(0)))
        assert first.text == MARKUP[0].text
        assert first.style is not None
        assert first.style.italic
        assert not first.style.bold


async def test_lines_are_as_high_as_they_are_many_and_cropped_to_the_width() -> None:
    app = Host((Span("one"),), (Span("a long second line"),), ())
    async with app.run_test(size=(9, 9)) as pilot:
        await pilot.pause()
        painted = app.query_one(PaintedLines)
        assert painted.size.height == 3
        assert painted.render_line(1).text == "a long s…"


@pytest.mark.parametrize("width", [0, 5, 26, 40])
async def test_a_strip_has_the_width_asked_for(width: int) -> None:
    app = Host()
    async with app.run_test(size=(40, 3)):
        assert to_strip(app.query_one(PaintedLines), MARKUP, width).cell_length == width


async def test_lines_have_a_class_while_there_are_any() -> None:
    app = Host()
    async with app.run_test(size=(40, 3)):
        painted = app.query_one(PaintedLines)
        painted.show((MARKUP,))
        assert (painted.lines, painted.has_class("-shown")) == ((MARKUP,), True)
        painted.show(())
        assert (painted.lines, painted.has_class("-shown")) == ((), False)
