"""The first screen: header, sessions, the selected one, keys; and every state they can be in."""

from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive

from aicost.core.errors import AicostError
from aicost.core.session_glance import SessionGlance
from aicost.core.view import DashboardView, SessionRow
from aicost_tui.actions import ACTIONS, ActingScreen, possible_actions
from aicost_tui.columns import CHOICES
from aicost_tui.dashboard_charts import tasks_line
from aicost_tui.export import Table, session_table
from aicost_tui.feed import Ask
from aicost_tui.filters import matching, parse_filter
from aicost_tui.glancing import Glancing
from aicost_tui.keymap import ACTION_KEYS, DASHBOARD_KEYS
from aicost_tui.losses import lost_lines, trouble_lines
from aicost_tui.messages import (
    BudgetsWanted,
    ColumnsChosen,
    RetryAsked,
    SessionOpened,
    TasksWanted,
)
from aicost_tui.panels import CHARTED, NAMES, TALL, Name, page_of, panel_of, table_height
from aicost_tui.rows import Listed, Sort, listed, ordered
from aicost_tui.screens.panel import PanelScreen
from aicost_tui.summary import HeaderFacts, blank_lines, too_small_lines, zone_of
from aicost_tui.widgets.chart_panel import ChartFacts, ChartRow
from aicost_tui.widgets.filter_bar import FilterBar, FilterInput
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.painted import PaintedLines
from aicost_tui.widgets.panel import Panel
from aicost_tui.widgets.reading_bar import ReadingBar
from aicost_tui.widgets.session_detail import Selected, SessionDetail
from aicost_tui.widgets.session_table import SessionTable
from aicost_tui.widgets.status_header import StatusHeader

# Terminals from which a class applies: what it hides stands in the TCSS.
_WIDTHS = [(0, "-sliver"), (40, "-roomy"), (72, "-two"), (112, "-three")]
_HEIGHTS = [
    (0, "-flat"),
    (7, "-low"),
    (16, "-high"),
    (CHARTED, "-charted"),
    (TALL, "-tall"),
    (46, "-towering"),
]
_state = partial(reactive, init=False, repaint=False)
_CHART_RESTS = 2  # between two pictures of the last hour: its minutes are slow
_CONDITIONAL = ACTIONS | {
    "retry", "sort", "open", "columns", "tasks", "reverse", "list", "fold", "filter",
    "clear_filter", "pause", "budgets", "nudges",
}  # fmt: skip


class DashboardScreen(ActingScreen):
    """Shows the `view` it is given. The app sets `view`, `lost` and `now`; keys set the rest."""

    BINDINGS: ClassVar[list[BindingType]] = [*DASHBOARD_KEYS, *ACTION_KEYS]
    AUTO_FOCUS = "SessionTable"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    # (A screen that repaints itself repaints all: its widgets do that line by line.)
    view: reactive[DashboardView | None] = _state(None)
    lost: reactive[AicostError | None] = _state(None)
    paused: reactive[bool] = _state(False)
    sort: reactive[Sort] = _state(Sort.BURN)
    is_reversed: reactive[bool] = _state(False)
    listed: reactive[Listed] = _state(Listed.ALL)
    needle: reactive[str] = _state("")
    wanted: reactive[frozenset[str] | None] = _state(None)  # columns
    unfolded: reactive[frozenset[str]] = _state(frozenset())

    def __init__(self, now: datetime, ask: Ask, *, rest_s: float = 1.0) -> None:
        super().__init__()
        self._rest_s = rest_s
        self._glancing = Glancing(self, ask, self._show_glances, rest_s=rest_s)
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
        yield ChartRow(_CHART_RESTS * self._rest_s, id="charts")
        yield PaintedLines(id="tasks-line")
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
    watch_is_reversed = watch_listed = watch_unfolded = watch_wanted = watch_view

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what cannot be done now."""
        return action not in _CONDITIONAL or action in self._possible

    def action_pause(self) -> None:
        """Freeze the table, or let it go on; the header always goes on."""
        self.paused = not self.paused

    def action_sort(self) -> None:
        """Take the next order."""
        self.sort, self.is_reversed = self.sort.next(), False

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.is_reversed = not self.is_reversed

    def action_list(self, which: int) -> None:
        """List other sessions: 1 live ones, 2 the last hour's, 3 today's, 4 all."""
        self.listed = Listed(which)

    def action_open(self) -> None:
        """Look into the selected session."""
        row = self.selected_session()
        if row is not None:
            self.post_message(SessionOpened(row.session_id))

    def action_columns(self) -> None:
        """Choose the columns of the table."""
        from aicost_tui.screens.columns import ColumnsScreen  # only who opens it pays for loading

        self.app.push_screen(ColumnsScreen(self.wanted), self._columns_chosen)

    def _columns_chosen(self, chosen: frozenset[str] | None) -> None:
        if chosen is not None:
            titles = {title for title, _ in CHOICES}
            self.wanted = None if chosen >= titles else chosen
            self.post_message(ColumnsChosen(self.wanted))

    def action_tasks(self) -> None:
        """Show what the money went for in the history."""
        self.post_message(TasksWanted())

    def on_task_panel_opened(self) -> None:
        """Show in the history what was clicked."""
        self.action_tasks()

    def on_session_table_opened(self) -> None:
        """Look into the session that was clicked twice."""
        self.action_open()

    def action_fold(self) -> None:
        """Show the subagents of the selected session, or hide them again."""
        row = self.selected_session()
        if row is not None:
            self.unfolded ^= {row.session_id}

    def action_sort_by(self, sort: str) -> None:
        """Take one order by its name, as Sort spells it."""
        self.sort, self.is_reversed = Sort(sort), False

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def action_clear_filter(self) -> None:
        """Show all sessions again."""
        self.query_one(FilterBar).clear()

    def selected_session(self) -> SessionRow | None:
        """Return the session under the cursor."""
        return self.query_one(SessionTable).cursor_row

    def export_table(self) -> Table | None:
        """Return the sessions that are shown, in their order."""
        rows = self.query_one(SessionTable).rows
        return session_table(rows) if rows else None

    def action_budgets(self) -> None:
        """Show all budgets, to see and to set them."""
        self.post_message(BudgetsWanted())

    def action_nudges(self) -> None:
        """Show all advice."""
        self._open("nudges")

    def on_panel_opened(self, message: Panel.Opened) -> None:
        """Show all of the panel that was clicked."""
        if message.name == "budgets":
            self.action_budgets()
        else:
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
        """Sort by the clicked column; a second click turns the order round."""
        self.is_reversed = message.sort is self.sort and not self.is_reversed
        self.sort = message.sort

    def on_session_table_fold_asked(self, message: SessionTable.FoldAsked) -> None:
        """Show the subagents that were clicked, or hide them again."""
        self.unfolded ^= {message.session_id}

    def on_session_table_highlighted(self, _message: Message) -> None:
        """Tell about the session that is selected now, and what can be done with it."""
        self._show_selected()
        self._show_keys()

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
            self._show_selected()
            self._show_panels()
        self._show_keys()

    def _show_frame(self) -> None:
        view = self.view
        has_table = bool(self._picture and self._picture.sessions)
        self.query_one(StatusHeader).facts = HeaderFacts(
            view=view,
            now=self._now,
            paused=self.paused,
            sort=self.sort if has_table else None,
            is_reversed=self.is_reversed,
            listed=self.listed,
        )
        self.query_one(ReadingBar).reading = view.reading if view else None
        key = "d" if self.app.check_action("daemon", ()) else ""
        lost = lost_lines(self.lost, view, self._now, key=key) if self.lost else ()
        banner = lost or trouble_lines(view)
        self.query_one("#lost", PaintedLines).show(banner)
        small = too_small_lines(view, self.size.width)
        self.query_one("#too-small", PaintedLines).show(small)

    def _show_sessions(self) -> None:
        picture, at = self._picture, self._picture_at
        every: tuple[SessionRow, ...] = picture.sessions if picture else ()
        typed = parse_filter(self.needle)
        in_time = listed(every, self.listed, at, zone_of(picture, self._now))
        rows = ordered(matching(in_time, typed), self.sort, is_reversed=self.is_reversed)
        table = self.query_one(SessionTable)
        table.now, table.sort, table.is_reversed = at, self.sort, self.is_reversed
        table.wanted = self.wanted
        table.is_filling = picture is not None and picture.reading is not None
        table.rows = rows
        table.unfolded = self._known_subagents()
        if rows and not table.has_class("-shown"):
            self.call_after_refresh(self._focus_table)  # a hidden widget loses its focus
        table.set_class(bool(rows), "-shown")
        self._fit_table(table)
        blank = blank_lines(
            picture, lost=self.lost, needle=self.needle, listed=self.listed, shown=len(rows)
        )
        self.query_one("#blank", PaintedLines).show(blank)
        bar = self.query_one(FilterBar)
        bar.found = f"{len(rows)} of {len(every)}" if self.needle else ""
        bar.wrong = "; ".join(typed.wrong)

    def _known_subagents(self) -> dict[str, SessionGlance | None]:
        return {one: self._glancing.glances[one] for one in sorted(self.unfolded)}

    def _show_glances(self) -> None:
        """Show what the daemon answered."""
        if self.is_mounted and self.app.is_running:
            table = self.query_one(SessionTable)
            table.unfolded = self._known_subagents()
            self._fit_table(table)
            self._show_selected()

    def _fit_table(self, table: SessionTable) -> None:
        table.styles.height = table_height(self.size.height, table.lines_wanted)

    def _focus_table(self) -> None:
        if self.focused is None:
            self.query_one(SessionTable).focus()

    def _show_selected(self) -> None:
        picture, row = self._picture, self.selected_session()
        zone, at = zone_of(picture, self._now), self._picture_at
        self.query_one(SessionDetail).selected = Selected(row, at, zone) if row else None
        rows = self.query_one(SessionTable).rows
        wanted = self.unfolded | (
            {row.session_id} if row and self.size.height >= CHARTED else set()
        )
        self._glancing.look_at([one for one in rows if one.session_id in wanted])
        facts = None
        if picture is not None and picture.sessions:
            glance = self._glancing.glances[row.session_id] if row else None
            facts = ChartFacts(picture, row, glance, at, zone, is_low=self.size.height < TALL)
        self.query_one(ChartRow).facts = facts
        line = self.query_one("#tasks-line", PaintedLines)
        tasks = picture.today_by_task if picture else ()
        line.show((tasks_line(tasks, self.size.width - 2),) if tasks else ())

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
            "reverse": has_sessions,
            "open": self.selected_session() is not None,
            "columns": has_sessions,
            "tasks": bool(self._picture and self._picture.today_by_task),
            "list": has_sessions,
            "fold": bool((row := self.selected_session()) and row.subagents),
            "filter": has_sessions and not isinstance(self.focused, FilterInput),
            "clear_filter": bool(self.needle),
            "pause": has_sessions,
            "budgets": self._picture is not None,
            "nudges": bool(self._picture and self._picture.nudges),
        }
        possible = frozenset(action for action, is_possible in can.items() if is_possible)
        possible |= possible_actions(self.selected_session())
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()
