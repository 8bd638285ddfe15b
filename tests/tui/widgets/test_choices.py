"""Words that can be clicked."""

from textual.app import App, ComposeResult

from aicost_tui.spans import Line, Span
from aicost_tui.widgets.choices import Choices

LINES: tuple[Line, ...] = (
    (Span("plain "), Span("two", "accent", "two(2)")),
    (Span("日本", "label", "wide"), Span("x", "label", "after")),
)


class Host(App[None]):
    """The smallest app with choices."""

    CSS = "Choices { height: 3; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield Choices()

    def on_choices_chosen(self, message: Choices.Chosen) -> None:
        self.chosen.append(message.action)


async def test_a_click_says_the_action_of_its_word_and_only_that() -> None:
    app = Host()
    async with app.run_test(size=(40, 5)) as pilot:
        words = app.query_one(Choices)
        words.content = lambda _width: LINES
        await pilot.pause()
        for offset in ((7, 0), (9, 0), (1, 1), (4, 1), (5, 1)):
            await pilot.click(Choices, offset=offset)
        assert app.chosen == ["two(2)", "two(2)", "wide", "wide", "after"]
        app.chosen.clear()
        for offset in ((0, 0), (3, 0), (12, 0), (20, 1), (3, 2)):
            await pilot.click(Choices, offset=offset)
        assert app.chosen == []


async def test_it_draws_what_it_is_given_for_its_width() -> None:
    app = Host()
    async with app.run_test(size=(40, 5)) as pilot:
        words = app.query_one(Choices)
        assert words.render_line(0).text.strip() == ""
        words.content = lambda width: ((Span(f"{width} cells"),),)
        await pilot.pause()
        assert words.render_line(0).text.strip() == "38 cells"
