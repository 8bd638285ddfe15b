"""One line of a form."""

from textual.app import App, ComposeResult
from textual.widgets import Input, Label

from aicost_tui.widgets.field import Field


class Holder(App[None]):
    """An app with nothing else."""

    def compose(self) -> ComposeResult:
        yield Field("[b]name[/b]", Input(id="value"))


async def test_it_has_a_name_without_markup_and_a_widget_of_one_line() -> None:
    app = Holder()
    async with app.run_test():
        assert str(app.query_one(Label).render()) == "[b]name[/b]"
        assert app.query_one("#value", Input).compact
