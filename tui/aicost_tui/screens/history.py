"""The history: bars, the calendar of a year, and where the money went; down to a session.

The screen holds the place one is at and what the daemon answered last; widgets show both.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Input

from aicost.core.errors import AicostError
from aicost.core.history import History
from aicost.ipc.answers import value_in
from aicost_tui.export import Table
from aicost_tui.feed import Ask
from aicost_tui.format import copyable
from aicost_tui.heat import Heat
from aicost_tui.history_bars import BarFacts, bars_of, fitting
from aicost_tui.history_place import (
    Grain,
    HistorySort,
    Place,
    Range,
    asked,
    bar_span,
    beside,
    closed,
    days_at,
    grouped,
    opened,
    opened_days,
    regrouped,
    with_grain,
    with_range,
)
from aicost_tui.history_table import arranged, entries_of, export_of
from aicost_tui.history_words import blank_history, header_lines, note_lines
from aicost_tui.keymap import HISTORY_KEYS
from aicost_tui.losses import lost_lines
from aicost_tui.messages import SessionOpened
from aicost_tui.spans import Span
from aicost_tui.widgets.choices import Choices
from aicost_tui.widgets.filter_bar import FilterBar, FilterInput
from aicost_tui.widgets.heat_map import HeatMap
from aicost_tui.widgets.history_bars import HistoryBars
from aicost_tui.widgets.history_table import HistoryTable, TableFacts
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.painted import PaintedLines

_AGAIN_S = 10.0  # between two questions while one looks
_WIDTHS = [(0, "-sliver"), (40, "-narrow"), (124, "-wide"), (220, "-vast")]
_HEIGHTS = [(0, "-flat"), (8, "-low"), (14, "-short"), (22, "-high"), (32, "-tall"), (46, "-huge")]


class HistoryScreen(Screen[None]):
    """Asks the daemon for the place one is at. `clock` gives timezone-aware times."""

    BINDINGS: ClassVar[list[BindingType]] = HISTORY_KEYS
    CSS_PATH = Path(__file__).with_name("history.tcss")  # also for a subclass elsewhere
    AUTO_FOCUS = "HistoryTable"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    place: reactive[Place] = reactive(Place(), init=False)
    failed: reactive[AicostError | None] = reactive(None, init=False)
    day: reactive[date | None] = reactive(None, init=False)  # chosen in the calendar
    has_calendar: reactive[bool] = reactive(False, init=False)  # asked for by a key

    def __init__(self, ask: Ask, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._ask, self._clock = ask, clock
        self._answer: tuple[Place, History] | None = None  # and the place it was for
        self._possible: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """Yield every part; TCSS and the states decide which are seen."""
        yield Choices(id="history-head")
        yield PaintedLines(id="history-lost")
        yield PaintedLines(id="history-notes")
        with Horizontal(id="history-charts"):
            yield HistoryBars(id="history-bars")
            yield HeatMap(id="history-calendar")
        yield HistoryTable(id="history-table")
        yield PaintedLines(id="history-blank")
        yield FilterBar(id="filter")
        yield KeyBar(id="keys")
        yield PaintedLines(id="history-too-small")

    def on_mount(self) -> None:
        """Ask, and go on asking while one looks."""
        self.query_one(Input).placeholder = "name, model, agent or task"
        self.set_interval(_AGAIN_S, self._ask_again)
        self._show()
        self.load()

    def on_screen_resume(self) -> None:
        """Come back to what is new; the place is as it was left."""
        self.load()

    def on_resize(self) -> None:
        """Show the state again: what has room depends on the size."""
        self._show()

    @property
    def history(self) -> History | None:
        """What the daemon answered last, also for another place."""
        return self._answer[1] if self._answer else None

    def watch_place(self, old: Place, new: Place) -> None:
        """Ask for another place; show the same one in another way at once."""
        if not new.asks_as(old):
            self.load()
        self._show()

    def watch_failed(self) -> None:
        """Show what is new."""
        self._show()

    watch_day = watch_has_calendar = watch_failed

    @work(exclusive=True, group="history")
    async def load(self) -> None:
        """Ask the daemon; a later question makes this one superfluous."""
        place = self.place
        try:
            found = value_in(await self._ask("history", asked(place)), History)
        except AicostError as error:
            self.failed = error
            return
        self._answer = (place, found)
        self.set_reactive(HistoryScreen.failed, None)
        self._show()

    def export_table(self) -> Table | None:
        """Return the rows that are shown, in their order; None if there are none."""
        facts = self.query_one(HistoryTable).facts
        return export_of(facts.entries, facts.by) if facts.entries else None

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what cannot be done now."""
        return action not in ("retry", "filter") or action in self._possible

    def action_retry(self) -> None:
        """Ask again."""
        self.load()

    def action_step(self, by: int) -> None:
        """Take a longer or shorter range; of what is open, the days after or before."""
        if self.place.level.since is None:
            self.place = with_range(self.place, self.place.range.step(by))
        elif self.history is not None:
            self._go(beside(self.place, by, self.history.today))

    def action_range(self, name: str) -> None:
        """Take a range by its name; what days were open is left."""
        kept = tuple(level for level in self.place.levels if level.since is None)
        self._go(with_range(replace(self.place, levels=kept), Range(name)))

    def action_grain(self, grain: Grain) -> None:
        """Take other bars."""
        self._go(with_grain(self.place, grain))

    def action_regroup(self, step: int) -> None:
        """Take the next grouping."""
        self._go(regrouped(self.place, step))

    def action_group(self, by: str) -> None:
        """Take a grouping by its name."""
        self._go(grouped(self.place, by))  # type: ignore[arg-type]  # from our own header

    def action_units(self) -> None:
        """Change between dollars and tokens."""
        self.action_unit("tokens" if self.place.unit == "dollars" else "dollars")

    def action_unit(self, unit: str) -> None:
        """Take a unit by its name."""
        self.place = replace(self.place, unit="tokens" if unit == "tokens" else "dollars")

    def action_order(self) -> None:
        """Take the next order."""
        self._order(self.place.level.order.next())

    def action_flip(self) -> None:
        """Turn the order round."""
        level = self.place.level
        self.place = self.place.at(replace(level, is_flipped=not level.is_flipped))

    def action_calendar(self) -> None:
        """Show the calendar and go there, or back to the table."""
        if self.query_one(HeatMap).has_focus:
            self.has_calendar = False
            self.query_one(HistoryTable).focus()
        else:
            self.has_calendar = True
            self.call_after_refresh(self.query_one(HeatMap).focus)  # (hidden, it takes no focus)

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def action_copy_key(self) -> None:
        """Put the key of the selected row on the clipboard: a session's id, a repository."""
        if (entry := self.query_one(HistoryTable).selected) is not None:
            self.app.copy_to_clipboard(copyable(entry.row.key))
            self.app.notify(f"Copied {entry.name}", timeout=3, markup=False)

    def action_back(self) -> None:
        """Leave the calendar, the filter, what is open, or the screen: one step."""
        above = closed(self.place)
        if self.has_calendar or self.query_one(HeatMap).has_focus:
            self.has_calendar = False
            self.query_one(HistoryTable).focus()
        elif self.place.level.needle:
            self.query_one(FilterBar).clear()
        elif above is not None:
            self._go(above)
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Go back to the dashboard; the place stays for the next time."""
        self.app.pop_screen()

    def action_up(self, at: int) -> None:
        """Go up to one of the steps, 0 is the first."""
        self._go(replace(self.place, levels=self.place.levels[: at + 1]))

    # What widgets say

    async def on_choices_chosen(self, message: Choices.Chosen) -> None:
        """Do what was clicked."""
        await self.run_action(message.action)

    def on_history_bars_clicked(self, message: HistoryBars.Clicked) -> None:
        """Open the days of a bar."""
        self._go(opened_days(self._left(), message.bar.first, message.bar.last))

    def on_heat_map_moved(self, message: HeatMap.Moved) -> None:
        """Choose a day."""
        self.day = message.day

    def on_heat_map_opened(self, message: HeatMap.Opened) -> None:
        """Open a day."""
        self.has_calendar = False
        self.query_one(HistoryTable).focus()
        self._go(opened_days(self._left(), message.day, message.day))

    def on_history_table_opened(self, message: HistoryTable.Opened) -> None:
        """Look into a row, unless it is of a table that is left already."""
        if self._answer is None or not self._answer[0].level.asks_as(self.place.level):
            return
        entry = message.entry
        below = opened(self.place, entry.row.key, entry.name, self._answer[1])
        if below is None:
            self.place = self._left()
            self.post_message(SessionOpened(entry.row.key))
        else:
            self._go(below)

    def on_history_table_sort_asked(self, message: HistoryTable.SortAsked) -> None:
        """Sort by the clicked column; by the same one again, the other way round."""
        if message.sort is self.place.level.order:
            self.action_flip()
        else:
            self._order(message.sort)

    def on_history_table_highlighted(self, _message: Message) -> None:
        """Mark the bar of the selected day."""
        self._show_charts()

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Filter while typing."""
        self.place = self.place.at(replace(self.place.level, needle=message.needle))

    def on_filter_bar_left(self) -> None:
        """Give the keys back to the table."""
        self.query_one(HistoryTable).focus()

    def on_descendant_focus(self) -> None:
        """Mark what the keys are about; offer those that do something there."""
        self._show_charts()
        self._show_keys()

    # What widgets show

    def _left(self) -> Place:
        """Return the place with the row that is selected: one comes back to it."""
        key = self.query_one(HistoryTable).cursor_key
        return self.place.at(replace(self.place.level, cursor=key))

    def _go(self, place: Place) -> None:
        """Go to a place; the filter's line follows."""
        if place.level.needle != self.place.level.needle:
            bar = self.query_one(FilterBar)
            with bar.prevent(Input.Changed):
                bar.query_one(Input).value = place.level.needle
            bar.set_class(bool(place.level.needle), "-open")
        self.place = place

    def _order(self, sort: HistorySort) -> None:
        self.place = self.place.at(replace(self.place.level, sort=sort, is_flipped=False))

    def _ask_again(self) -> None:
        if self.is_current and self.is_mounted:
            self.load()

    def _show(self) -> None:
        """Bring every widget to the current state. May be called at any time, any number."""
        if not (self.is_mounted and self.app.is_running):
            return
        place, found = self.place, self.history
        with self.app.batch_update():
            self.query_one(Choices).content = lambda width: header_lines(place, found, width)
            banner = lost_lines(self.failed, None, self._clock()) if self.failed else ()
            self.query_one("#history-lost", PaintedLines).show(banner)
            notes = note_lines(place, found, self.size.width - 2)
            self.query_one("#history-notes", PaintedLines).show(notes)
            self._show_table()
            self._show_charts()
            small = (Span("a larger terminal shows the history", "label"),)
            self.query_one("#history-too-small", PaintedLines).show((small,))
        self._show_keys()

    def _show_table(self) -> None:
        table, level, found = self.query_one(HistoryTable), self.place.level, self.history
        is_there = self._answer is not None and self._answer[0].level.asks_as(level)
        if found is not None and is_there:
            every = entries_of(found, self.place.unit)
            entries = arranged(every, level)
            is_same = table.facts.by == level.by and bool(table.cursor_key)
            cursor = level.cursor or (table.cursor_key if is_same else "")
            table.show(TableFacts(entries, level.by, level.order, level.is_flipped), cursor)
            if level.cursor:
                self.set_reactive(HistoryScreen.place, self.place.at(replace(level, cursor="")))
            shown, count = len(entries), f"{len(entries)} of {len(every)}"
            self.query_one(FilterBar).found = count if level.needle else ""
            blank = blank_history(self.place, found, failed=False, shown=shown)
        else:
            shown = len(table.facts.entries)
            blank = blank_history(self.place, found, failed=self.failed is not None, shown=shown)
        table.set_class(bool(shown), "-shown")
        self.query_one("#history-blank", PaintedLines).show(blank)

    def _show_charts(self) -> None:
        found = self.history
        self.set_class(self.has_calendar, "-calendar")
        charts = self.query_one("#history-charts")
        charts.set_class(found is not None and found.first_day is not None, "-shown")
        if found is None:
            return
        bars, calendar = self.query_one(HistoryBars), self.query_one(HeatMap)
        since, until = bar_span(self.place, found)
        grain = fitting(self.place.grain_asked, since, until, bars.size.width or self.size.width)
        drawn = bars_of(found.days, since, until, grain)
        bars.facts = BarFacts(
            drawn, grain, self.place.unit, self._marked(found), self.place.grain_asked
        )
        days = {day.day: day for day in found.days}
        calendar.heat = Heat(found.today, days, self.place.unit, self.day)

    def _marked(self, found: History) -> tuple[date, date] | None:
        """Return the days that one looks at: chosen in the calendar, selected, or open."""
        if self.query_one(HeatMap).has_focus and self.day is not None:
            return self.day, self.day
        table = self.query_one(HistoryTable)
        return days_at(self.place.level, table.facts.by, table.cursor_key, found)

    def _show_keys(self) -> None:
        """Offer what can be done in this state."""
        rows = bool(self.history and self.history.rows)
        can = {
            "retry": self.failed is not None,
            "filter": rows and not isinstance(self.focused, FilterInput),
        }
        possible = frozenset(action for action, is_possible in can.items() if is_possible)
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()
