"""A list of choices."""

from textual.app import App, ComposeResult
from textual.widgets import OptionList

from aicost_tui.widgets.menu import Menu


class Holder(App[None]):
    """An app with nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield Menu()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.chosen.append(str(event.option.prompt))


async def test_enter_takes_one_and_nothing_marks_up() -> None:
    app = Holder()
    async with app.run_test() as pilot:
        menu = app.query_one(Menu)
        menu.set_options(["[red]a[/red]", "b"])
        menu.focus()
        await pilot.press("home", "enter")
        await pilot.pause()
        assert app.chosen == ["[red]a[/red]"]
        assert "[red]a[/red]" in menu.render_line(0).text
        enter = app.screen.active_bindings["enter"].binding
        assert (enter.show, enter.description) == (True, "choose")
