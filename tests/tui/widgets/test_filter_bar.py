"""The filter line: says every change, stays while it holds a text, gives the keys back."""

from textual.app import App, ComposeResult
from textual.widgets import Button, Input

from aicost_tui.widgets.filter_bar import FilterBar


class Host(App[None]):
    """A filter line, something else to focus, and what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield Button("elsewhere")
        yield FilterBar()

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        self.said.append(message.needle)

    def on_filter_bar_left(self) -> None:
        self.said.append("<left>")
        self.query_one(Button).focus()


async def test_every_letter_is_said_and_enter_keeps_the_text() -> None:
    app = Host()
    async with app.run_test() as pilot:
        bar = app.query_one(FilterBar)
        bar.open()
        await pilot.press("a", "q", "slash", "enter")
        await pilot.pause()
        assert app.said == ["a", "aq", "aq/", "<left>"]
        assert bar.has_class("-open")
        assert app.focused is app.query_one(Button)


async def test_escape_forgets_the_text_and_the_line() -> None:
    app = Host()
    async with app.run_test() as pilot:
        bar = app.query_one(FilterBar)
        bar.open()
        await pilot.press("a", "escape")
        await pilot.pause()
        assert app.said == ["a", "", "<left>"]
        assert not bar.has_class("-open")
        assert app.query_one(Input).value == ""


async def test_an_empty_line_goes_when_the_keys_go() -> None:
    app = Host()
    async with app.run_test() as pilot:
        bar = app.query_one(FilterBar)
        bar.open()
        await pilot.press("down")
        await pilot.pause()
        assert not bar.has_class("-open")
        bar.open()
        await pilot.press("x")
        app.query_one(Button).focus()
        await pilot.pause()
        assert bar.has_class("-open")


async def test_the_count_is_plain_text() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.query_one(FilterBar).found = "3 of [b]12[/b]"
        await pilot.pause()
        assert "3 of [b]12[/b]" in str(app.query_one("#filter-found").render())
