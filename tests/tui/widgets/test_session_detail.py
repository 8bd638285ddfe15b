"""The two lines about one session: there only when one is selected."""

from datetime import UTC

from builders import NOW, session_row
from textual.app import App, ComposeResult

from aicost_tui.widgets.session_detail import Selected, SessionDetail


class Host(App[None]):
    """The smallest app that holds the lines."""

    CSS = "SessionDetail { height: 2; }"

    def compose(self) -> ComposeResult:
        yield SessionDetail()


async def test_it_shows_the_selected_session_only() -> None:
    app = Host()
    async with app.run_test(size=(100, 4)) as pilot:
        detail = app.query_one(SessionDetail)
        assert not detail.has_class("-selected")
        detail.selected = Selected(session_row(), NOW, UTC)
        await pilot.pause()
        assert detail.has_class("-selected")
        assert detail.render_line(0).text.startswith("shop · fix/dedup")
        assert session_row().session_id in detail.render_line(1).text
        detail.selected = None
        await pilot.pause()
        assert not detail.has_class("-selected")
