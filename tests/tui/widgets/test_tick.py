"""A box that says by its sign whether it is ticked."""

from textual.app import App, ComposeResult

from aicost_tui.widgets.tick import Tick


class Holder(App[None]):
    """An app with nothing else."""

    def compose(self) -> ComposeResult:
        yield Tick("hard", compact=True)


async def test_it_says_by_a_sign_what_it_is() -> None:
    app = Holder()
    async with app.run_test() as pilot:
        box = app.query_one(Tick)
        assert str(box.render()).startswith("[ ] hard")
        box.focus()
        await pilot.press("space")
        await pilot.pause()
        assert str(box.render()).startswith("[✓] hard")
