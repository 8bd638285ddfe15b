"""The first screen: header, sessions, the selected one, keys; and every state they can be in."""

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from aicost.core.errors import AicostError
from aicost.core.session import session_name
from aicost.core.view import DashboardView, SessionRow
from aicost_tui.keymap import DASHBOARD_KEYS
from aicost_tui.messages import RetryAsked
from aicost_tui.panels import NAMES, TALL, Name, page_of, panel_of
from aicost_tui.rows import Sort, matching, ordered
from aicost_tui.screens.panel import PanelScreen
from aicost_tui.spans import Line
from aicost_tui.summary import HeaderFacts, blank_lines, lost_lines, too_small_lines, zone_of
from aicost_tui.widgets.filter_bar import FilterBar, FilterInput
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.painted import PaintedLines
from aicost_tui.widgets.panel import Panel
from aicost_tui.widgets.reading_bar import ReadingBar
from aicost_tui.widgets.session_detail import Selected, SessionDetail
from aicost_tui.widgets.session_table import SessionTable
from aicost_tui.widgets.status_header import StatusHeader

# Terminals from which a class applies: what it hides stands in the TCSS.
_WIDTHS = [(0, "-sliver"), (40, "-roomy")]
_HEIGHTS = [(0, "-flat"), (7, "-low"), (16, "-high"), (TALL, "-tall")]
_CONDITIONAL = frozenset(
    {
        "retry",
        "sort",
        "filter",
        "clear_filter",
        "copy_session",
        "pause",
        "budgets",
        "nudges",
    }
)


class DashboardScreen(Screen[None]):
    """Shows the `view` it is given. The app sets `view`, `lost` and `now`; keys set the rest."""

    BINDINGS: ClassVar[list[BindingType]] = DASHBOARD_KEYS
    AUTO_FOCUS = "SessionTable"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    view: reactive[DashboardView | None] = reactive(None, init=False)
    lost: reactive[AicostError | None] = reactive(None, init=False)
    paused: reactive[bool] = reactive(False, init=False)
    sort: reactive[Sort] = reactive(Sort.BURN, init=False)
    needle: reactive[str] = reactive("", init=False)

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._now = now
        self._picture: DashboardView | None = None  # what the table shows; stands still in a pause
        self._picture_at = now
        self._page: PanelScreen | None = None  # all of a panel, over this screen
        self._possible: frozenset[str] = frozenset()  # those of _CONDITIONAL that can be done now

    def compose(self) -> ComposeResult:
        """Yield every part; TCSS and the states decide which are seen."""
        yield StatusHeader(id="header")
        yield PaintedLines(id="lost")
        yield ReadingBar(id="reading")
        yield SessionTable(id="sessions")
        yield PaintedLines(id="blank")
        yield SessionDetail(id="detail")
        for name in NAMES:
            yield Panel(name)
        yield FilterBar(id="filter")
        yield KeyBar(id="keys")
        yield PaintedLines(id="too-small")

    def on_mount(self) -> None:
        """Show the first state."""
        for panel in self.query(Panel):
            panel.border_title = f" {panel.panel.capitalize()} "
        self._show()

    def tick(self, now: datetime) -> None:
        """Let clock and ages go on. `now` is timezone-aware."""
        self._now = now
        self._show()

    def on_resize(self) -> None:
        """Show the state again: a few lines depend on the size."""
        self._show()

    def watch_view(self) -> None:
        """Show what is new."""
        self._show()

    watch_lost = watch_paused = watch_sort = watch_needle = watch_view

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what cannot be done now."""
        return action not in _CONDITIONAL or action in self._possible

    def action_pause(self) -> None:
        """Freeze the table, or let it go on; the header always goes on."""
        self.paused = not self.paused

    def action_sort(self) -> None:
        """Take the next order."""
        self.sort = self.sort.next()

    def action_sort_by(self, sort: str) -> None:
        """Take one order by its name, as Sort spells it."""
        self.sort = Sort(sort)

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def action_clear_filter(self) -> None:
        """Show all sessions again."""
        self.query_one(FilterBar).clear()

    def action_copy_session(self) -> None:
        """Put the id of the selected session on the clipboard."""
        row = self.query_one(SessionTable).cursor_row
        if row is not None:
            self.app.copy_to_clipboard(row.session_id)
            self.app.notify(f"Copied the id of {session_name(row)}", timeout=3, markup=False)

    def action_budgets(self) -> None:
        """Show all budgets."""
        self._open("budgets")

    def action_nudges(self) -> None:
        """Show all advice."""
        self._open("nudges")

    def on_panel_opened(self, message: Panel.Opened) -> None:
        """Show all of the panel that was clicked."""
        self._open(message.name)

    def action_retry(self) -> None:
        """Try the daemon now."""
        self.post_message(RetryAsked())

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Filter while typing."""
        self.needle = message.needle

    def on_filter_bar_left(self) -> None:
        """Give the keys back to the table."""
        self.query_one(SessionTable).focus()

    def on_session_table_sort_asked(self, message: SessionTable.SortAsked) -> None:
        """Sort by the clicked column."""
        self.sort = message.sort

    def on_session_table_highlighted(self, _message: Message) -> None:
        """Tell about the session that is selected now."""
        self._show_detail()

    def on_descendant_focus(self) -> None:
        """Offer the keys that do something there."""
        self._show_keys()

    def _show(self) -> None:
        """Bring every widget to the current state. May be called at any time, any number."""
        if not (self.is_mounted and self.app.is_running):  # at the end the clock goes on a little
            return
        if not self.paused or self._picture is None:
            self._picture, self._picture_at = self.view, self._now
        with self.app.batch_update():
            self._show_frame()
            self._show_sessions()
            self._show_detail()
            self._show_panels()
        self._show_keys()

    def _show_frame(self) -> None:
        view = self.view
        has_table = bool(self._picture and self._picture.sessions)
        self.query_one(StatusHeader).facts = HeaderFacts(
            view=view, now=self._now, paused=self.paused, sort=self.sort if has_table else None
        )
        self.query_one(ReadingBar).reading = view.reading if view else None
        banner = lost_lines(self.lost, view, self._now) if self.lost else ()
        _set_lines(self.query_one("#lost", PaintedLines), banner)
        _set_lines(
            self.query_one("#too-small", PaintedLines), too_small_lines(view, self.size.width)
        )

    def _show_sessions(self) -> None:
        picture = self._picture
        every: tuple[SessionRow, ...] = picture.sessions if picture else ()
        rows = ordered(matching(every, self.needle), self.sort)
        table = self.query_one(SessionTable)
        table.now, table.sort, table.rows = self._picture_at, self.sort, rows
        if rows and not table.has_class("-shown"):
            self.call_after_refresh(self._focus_table)  # a hidden widget loses its focus
        _show_if(table, shown=bool(rows))
        blank = blank_lines(picture, lost=self.lost, needle=self.needle, shown=len(rows))
        _set_lines(self.query_one("#blank", PaintedLines), blank)
        self.query_one(FilterBar).found = f"{len(rows)} of {len(every)}" if self.needle else ""

    def _focus_table(self) -> None:
        if self.focused is None:
            self.query_one(SessionTable).focus()

    def _show_detail(self) -> None:
        row = self.query_one(SessionTable).cursor_row
        zone, at = zone_of(self._picture, self._now), self._picture_at
        self.query_one(SessionDetail).selected = Selected(row, at, zone) if row else None

    def _show_panels(self) -> None:
        picture = self._picture
        at, height = self._picture_at, self.size.height
        for name in NAMES:
            content = panel_of(name, picture, at, height) if picture else None
            self.query_one(f"#{name}", Panel).content = content
        self.query_one("#budgets").set_class(not (picture and picture.budgets), "-quiet")
        if self._page is not None:
            self._page.show(page_of(self._page.panel, picture, at))

    def _open(self, name: Name) -> None:
        self._page = PanelScreen(name, page_of(name, self._picture, self._picture_at))
        self.app.push_screen(self._page, self._page_closed)

    def _page_closed(self, _result: None) -> None:
        self._page = None

    def _show_keys(self) -> None:
        """Offer what can be done in this state."""
        has_sessions = bool(self._picture and self._picture.sessions)
        can = {
            "retry": self.lost is not None,
            "sort": has_sessions,
            "filter": has_sessions and not isinstance(self.focused, FilterInput),
            "clear_filter": bool(self.needle),
            "copy_session": self.query_one(SessionTable).cursor_row is not None,
            "pause": has_sessions,
            "budgets": has_sessions or bool(self._picture and self._picture.budgets),
            "nudges": bool(self._picture and self._picture.nudges),
        }
        possible = frozenset(action for action, is_possible in can.items() if is_possible)
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()


def _set_lines(widget: PaintedLines, lines: tuple[Line, ...]) -> None:
    widget.lines = lines
    _show_if(widget, shown=bool(lines))


def _show_if(widget: Widget, *, shown: bool) -> None:
    widget.set_class(shown, "-shown")
