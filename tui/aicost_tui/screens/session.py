"""One session: its turns, context, subagents, waste and outcome; every figure opens its reasons.

The screen holds what the daemon answered last, and asks again when its views say that the session
went on; widgets show it.
"""

from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from aicost.core.errors import AicostError
from aicost.core.session_page import SessionPage
from aicost.core.view import DashboardView, SessionRow
from aicost.ipc.session_answers import session_page_in
from aicost_tui.actions import ACTIONS, ActingScreen, possible_actions
from aicost_tui.entries import CallsTarget, Target
from aicost_tui.export import Table
from aicost_tui.feed import Ask
from aicost_tui.keymap import ACTION_KEYS, SESSION_KEYS
from aicost_tui.screens.explain import ExplainScreen
from aicost_tui.session_context import context_chart
from aicost_tui.session_header import (
    HeadFacts,
    error_lines,
    head_lines,
    loading_lines,
    no_calls_lines,
    stale_line,
    zone_of_page,
)
from aicost_tui.session_table import exported_turns, row_of
from aicost_tui.session_tabs import PANES, Pane, is_worth, pane_listing, pane_title, tab_line
from aicost_tui.spans import Line
from aicost_tui.widgets.choices import Choices
from aicost_tui.widgets.entry_list import EntryList
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.painted import PaintedLines
from aicost_tui.widgets.plot import Plot

_AGAIN_S = 10.0  # what came of a session may change without a call
_WIDTHS = [(0, "-sliver"), (36, "-narrow"), (110, "-wide")]
_HEIGHTS = [(0, "-flat"), (10, "-low"), (16, "-high"), (30, "-tall")]
_LEAST_TURNS, _MOST_TURNS = 5, 0.4  # lines of the turns' pane, of all
_AROUND, _LEAST_SPARE = 7, 6  # lines around the panes; those that a chart needs to say something


class SessionScreen(ActingScreen):
    """Shows one session. `row`: what the daemon's view says of it, if it is in that."""

    BINDINGS: ClassVar[list[BindingType]] = [*SESSION_KEYS, *ACTION_KEYS]
    CSS_PATH = "session.tcss"
    AUTO_FOCUS = "#turns"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    page: reactive[SessionPage | None] = reactive(None, init=False)
    failed: reactive[AicostError | None] = reactive(None, init=False)
    pane: reactive[Pane] = reactive("turns", init=False)

    def __init__(self, session_id: str, ask: Ask, now: datetime) -> None:
        super().__init__()
        self._session_id, self._ask, self._now = session_id, ask, now
        self._row: SessionRow | None = None
        self._is_ready = False
        self._is_asking = self._is_new = False  # there is more to ask for than was asked
        self._possible: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """Yield every part; TCSS and the states decide which are seen."""
        yield Choices(id="session-head")
        yield PaintedLines(id="session-stale")
        yield Choices(id="session-tabs")
        yield PaintedLines(id="session-blank")
        with Container(id="session-panes"):
            yield EntryList(id="turns", follows=True)
            with Container(id="context-pane"):
                yield Plot(id="growth")
                yield EntryList(id="context")
            for pane in PANES[2:]:
                yield EntryList(id=pane)
        yield PaintedLines(id="session-detail")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Ask, and go on asking while one looks."""
        self._is_ready = True
        self.set_interval(_AGAIN_S, self._ask_again)
        self._show()
        self.load()

    def on_unmount(self) -> None:
        """Stop: what the screen is made of goes."""
        self._is_ready = False

    def follow(self, view: DashboardView | None, now: datetime) -> None:
        """Take on a newer view, or that time went on; ask again if the session went on."""
        rows = view.sessions if view is not None else ()
        row = next((one for one in rows if one.session_id == self._session_id), None)
        is_new, self._row, self._now = _went_on(self._row, row), row, now
        self._show_head()
        if is_new and self._is_ready:
            self.load()

    def on_resize(self) -> None:
        """Show the state again: what has room depends on the size."""
        self._show()

    def watch_page(self) -> None:
        """Show what is new."""
        self._show()

    watch_failed = watch_pane = watch_page

    def load(self) -> None:
        """Ask the daemon; what comes up meanwhile is asked for after that."""
        if self._is_asking:
            self._is_new = True
        else:
            self._is_asking = True
            self._load()

    @work(group="session")
    async def _load(self) -> None:
        try:
            self._is_new = True
            while self._is_new:
                self._is_new = False
                try:
                    found = session_page_in(
                        await self._ask("session.page", {"id": self._session_id})
                    )
                except AicostError as error:
                    self.failed = error
                else:
                    self.set_reactive(SessionScreen.failed, None)
                    self.page = found
                    self._show()
        finally:
            self._is_asking = False

    # What can be done

    def selected_session(self) -> SessionRow | None:
        """Return this session, as far as it is known."""
        return self._row or (row_of(self.page) if self.page is not None else None)

    def selected_turn(self) -> str:
        """Return the id of the selected turn."""
        entry = self.query_one("#turns", EntryList).cursor_entry
        target = entry.target if entry is not None else None
        if isinstance(target, CallsTarget) and target.turns and self.pane == "turns":
            return next(iter(target.turns))
        return ""

    def export_table(self) -> Table | None:
        """Return the turns."""
        return exported_turns(self.page) if self.page is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what cannot be done now."""
        conditional = ACTIONS | {"retry", "explain"}
        return action not in conditional or action in self._possible

    def action_retry(self) -> None:
        """Ask again now."""
        self.load()

    def action_back(self) -> None:
        """Go back."""
        self.app.pop_screen()

    def action_pane(self, step: int) -> None:
        """Go to the next pane, or the one before."""
        shown = [pane for pane in PANES if self._is_shown(pane)]
        at = shown.index(self.pane) if self.pane in shown else 0
        self.pane = shown[(at + step) % len(shown)]
        self.call_after_refresh(self._focus_pane)  # (hidden, it takes no focus)

    def action_show_pane(self, number: int) -> None:
        """Go to a pane by its number, 0 is the first."""
        if self._is_shown(PANES[number]):
            self.pane = PANES[number]
            self.call_after_refresh(self._focus_pane)

    def action_explain(self) -> None:
        """Show all calls of the session."""
        if self.page is not None:
            self._explain(CallsTarget(session_id=self._session_id, title="The session's calls"))

    async def on_choices_chosen(self, message: Choices.Chosen) -> None:
        """Do what was clicked."""
        await self.run_action(message.action)

    def on_entry_list_opened(self, message: EntryList.Opened) -> None:
        """Show where the figures of an entry come from."""
        if message.entry.target is not None:
            self._explain(message.entry.target)

    def on_entry_list_highlighted(self, message: EntryList.Highlighted) -> None:
        """Tell more of what is selected."""
        if message.source.id == self.pane:
            self._show_detail()

    def on_descendant_focus(self, _message: Message) -> None:
        """Take the pane that the keys are in now."""
        focused = self.focused
        if isinstance(focused, EntryList) and focused.id in PANES:
            self.pane = next(pane for pane in PANES if pane == focused.id)
        self._show_keys()

    # What widgets show

    def _explain(self, target: Target) -> None:
        zone = zone_of_page(self.page, self._now)
        self.app.push_screen(ExplainScreen(target, self._ask, zone))

    def _is_shown(self, pane: Pane) -> bool:
        """Say whether a pane is worth its room."""
        return self.page is None or is_worth(pane, self.page)

    def _focus_pane(self) -> None:
        self.query_one(f"#{self.pane}", EntryList).focus()

    def _ask_again(self) -> None:
        if self.is_current and self._is_ready:
            self.load()

    def _show(self) -> None:
        """Bring every widget to the current state. May be called at any time, any number."""
        if not (self._is_ready and self.app.is_running):  # at the end the clock goes on a little
            return
        with self.app.batch_update():
            self._show_head()
            self._show_panes()
            self._show_detail()
        self._show_keys()

    def _show_head(self) -> None:
        if not (self._is_ready and self.app.is_running):
            return
        page, row = self.page, self._row
        facts = HeadFacts(self._session_id, self._now, page, row)
        self.query_one("#session-head", Choices).content = partial(head_lines, facts)
        is_stale = self.failed is not None and page is not None
        stale = (stale_line(self.failed),) if is_stale and self.failed else ()
        self.query_one("#session-stale", PaintedLines).show(stale)
        pane = self.pane
        tabs = self.query_one("#session-tabs", Choices)
        tabs.content = lambda width: (tab_line(page, pane, width),)
        self.query_one("#session-blank", PaintedLines).show(self._blank())

    def _blank(self) -> tuple[Line, ...]:
        """Return what stands in the place of the panes; nothing if they are there."""
        if self.page is not None:
            return () if self.page.requests or self.page.turns else no_calls_lines(self._row)
        if self.failed is None:
            return loading_lines()
        if self._row is not None and not self._row.requests:
            return no_calls_lines(self._row)
        return error_lines(self.failed)

    def _show_panes(self) -> None:
        page = self.page
        panes = self.query_one("#session-panes")
        panes.set_class(page is not None and not self._blank(), "-shown")
        if page is None:
            return
        zone = zone_of_page(page, self._now)
        for pane in PANES:
            shown = self.query_one(f"#{pane}", EntryList)
            shown.content = partial(pane_listing, pane, page, zone)
            frame: Widget = self.query_one("#context-pane") if pane == "context" else shown
            frame.border_title = f" {pane_title(pane, page)} "
            frame.set_class(pane == self.pane, "-active")
        self.query_one("#growth", Plot).chart = context_chart(page, zone)
        panes.set_class(not page.subagents, "-no-agents")
        lines = len(page.turns) + 2  # the pane's title, and that of its columns
        most = max(_LEAST_TURNS, round(self.size.height * _MOST_TURNS))
        panes.styles.grid_rows = f"{max(_LEAST_TURNS, min(lines, most))} 1fr 1fr"
        self._show_spare(lines)

    def _show_spare(self, lines: int) -> None:
        """Where one pane has the whole screen, and few turns little of it, show the chart too."""
        is_alone = self.size.width < _WIDTHS[-1][0] or self.size.height < _HEIGHTS[-1][0]
        room = self.size.height - _AROUND
        has_spare = is_alone and self.pane == "turns" and room - lines >= _LEAST_SPARE
        turns = self.query_one("#turns", EntryList)
        self.query_one("#session-panes").set_class(has_spare, "-spare")
        if has_spare:
            turns.styles.height = lines
        else:
            turns.styles.clear_rule("height")

    def _show_detail(self) -> None:
        entry = self.query_one(f"#{self.pane}", EntryList).cursor_entry
        is_blank = not self.query_one("#session-panes").has_class("-shown")
        detail = self.query_one("#session-detail", PaintedLines)
        detail.set_class(not is_blank, "-shown")
        detail.lines = entry.detail if entry is not None and not is_blank else ()

    def _show_keys(self) -> None:
        """Offer what can be done in this state."""
        possible = possible_actions(self.selected_session())
        if self.failed is not None:
            possible |= {"retry"}
        if self.page is not None and self.page.requests:
            possible |= {"explain"}
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()


def _went_on(before: SessionRow | None, after: SessionRow | None) -> bool:
    """Say whether a session did something between two views."""
    if before is None or after is None:
        return before is not after
    return any(
        getattr(before, name) != getattr(after, name)
        for name in ("requests", "last_at", "cost_nusd", "state", "task", "loop", "branch")
    )
