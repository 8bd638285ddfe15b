"""`aicost top`: holds the feed and the clock, hands what they say to the screen. No logic."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import Screen
from textual.theme import Theme

from aicost.core.view import DashboardView
from aicost_tui.actions import ActingApp, Follower
from aicost_tui.choices import ChoiceFile
from aicost_tui.closed_screens import forget_closed_screens
from aicost_tui.commands import key_table, palette_commands
from aicost_tui.feed import Ask, Clock, Feed, Keeper, Pacer, follow, system_clock
from aicost_tui.keymap import APP_KEYS
from aicost_tui.messages import ColumnsChosen, FeedLost, SessionOpened, ViewReceived
from aicost_tui.screens.dashboard import DashboardScreen
from aicost_tui.screens.help import HelpScreen
from aicost_tui.themes import AICOST_DARK, OURS, THEME_OF_SIXTEEN

_OF_TEXTUAL = frozenset({"Theme", "Screenshot"})  # palette commands that we keep
_TIDY_S = 2.0  # after the first picture, and after each change of screens: nobody waits then


class DashboardApp(ActingApp):
    """The dashboard. `feed` is called for each connection and yields views until it breaks.

    `ask` puts one question to the daemon, for what is not in its views. `keeper` starts one.
    `clock` gives timezone-aware times. `refresh_s` is the shortest time between two pictures, in
    seconds. `wait` sleeps some seconds between two tries of the feed. `tidy` is called a little
    after the start and after each change of screens.
    """

    TITLE = "aicost top"
    CSS_PATH = Path(__file__).with_name("dashboard.tcss")  # also for a subclass elsewhere
    BINDINGS: ClassVar[list[BindingType]] = APP_KEYS

    def __init__(  # noqa: PLR0913 - what a test puts others in place of
        self,
        feed: Feed,
        ask: Ask,
        *,
        clock: Clock = system_clock,
        refresh_s: float = 0.25,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
        keeper: Keeper | None = None,
        choices: ChoiceFile | None = None,
        tidy: Callable[[], object] | None = None,
    ) -> None:
        # Without colours Textual would still send greys; its ANSI mode sends none at all.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self.ask, self.clock, self.keeper = ask, clock, keeper
        self._feed, self._wait, self._tidy = feed, wait, tidy
        self._choices, self._first_theme = choices or ChoiceFile(), ""
        self._dashboard = DashboardScreen(clock(), ask, rest_s=8 * refresh_s)
        self._pacer = Pacer(self._show, self.set_timer, refresh_s)

    def get_default_screen(self) -> Screen[None]:
        """Start with the dashboard."""
        return self._dashboard

    def on_mount(self) -> None:
        """Put on our colours, start the clock and the feed."""
        for theme in OURS:
            self.register_theme(theme)
        few_colours = self.console.color_system == "standard"
        chosen = self._choices.choices.theme
        known = chosen if chosen in self.available_themes else AICOST_DARK.name
        self.theme = self._first_theme = THEME_OF_SIXTEEN if few_colours else known
        self.theme_changed_signal.subscribe(self, self._theme_chosen)
        self.screen_change_signal.subscribe(self, lambda _: self._screens_changed())
        self._dashboard.wanted = self._choices.choices.columns
        self.set_interval(1.0, self.tick)
        self._screens_changed()
        self.follow_feed()

    @work(exclusive=True, group="feed")
    async def follow_feed(self) -> None:
        """Listen to the daemon until the app ends; a second call starts afresh."""
        await follow(self._feed, self.post_message, self._wait)

    def tick(self) -> None:
        """Let the clock on the screen go on."""
        now = self.clock()
        self._dashboard.tick(now)
        self._tell_followers(now)

    def on_view_received(self, message: ViewReceived) -> None:
        """Show the view now or, when the last one is too fresh, in a moment."""
        self.lost = self._dashboard.lost = None
        self._pacer.offer(message.view)

    def on_feed_lost(self, message: FeedLost) -> None:
        """Say so; the last view stays."""
        self.lost = self._dashboard.lost = message.error

    def on_retry_asked(self) -> None:
        """Try the feed again without waiting."""
        self.follow_feed()

    def action_help(self) -> None:
        """Open the page of keys and signs."""
        self.push_screen(HelpScreen(key_table(self, self.screen)))

    def action_history(self) -> None:
        """Open the history where it was left."""
        from aicost_tui.screens.history import HistoryScreen  # (the first picture does not wait)

        if not self.is_screen_installed("history"):
            self.install_screen(HistoryScreen(self.ask, self.clock), "history")
        self.push_screen("history")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer everything that a key does, the orders, themes and a screenshot."""
        yield from palette_commands(self, screen)
        for command in super().get_system_commands(screen):
            if command.title in _OF_TEXTUAL:
                yield command

    def on_session_opened(self, message: SessionOpened) -> None:
        """Open the screen of one session."""
        from aicost_tui.screens.session import SessionScreen  # only who opens it pays for loading

        self.push_screen(SessionScreen(message.session_id, self.ask, self.clock()))
        self._tell_followers(self.clock())

    def connect(self) -> None:
        """Listen to the daemon anew."""
        self.follow_feed()

    def on_columns_chosen(self, message: ColumnsChosen) -> None:
        """Keep the columns for the next time."""
        self._remember(lambda: self._choices.choose_columns(message.columns))

    def _screens_changed(self) -> None:
        forget_closed_screens()
        if self._tidy is not None:
            self.set_timer(_TIDY_S, self._tidy)

    def _theme_chosen(self, theme: Theme) -> None:
        if theme.name != self._first_theme:  # that one nobody chose just now
            self._first_theme = ""
            self._remember(lambda: self._choices.choose_theme(theme.name))

    def _remember(self, keep: Callable[[], None]) -> None:
        try:
            keep()
        except OSError as error:
            self.notify(
                f"This will not be remembered: {error.strerror}", severity="warning", markup=False
            )

    def on_tasks_wanted(self) -> None:
        """Open the history of this week by task."""
        from aicost_tui.history_place import Level, Place, Range
        from aicost_tui.screens.history import HistoryScreen

        self.action_history()
        screen = self.get_screen("history")
        assert isinstance(screen, HistoryScreen)
        screen.place = Place(range=Range.WEEK, levels=(Level(by="category"),))

    def on_budgets_wanted(self) -> None:
        """Open the screen of budgets."""
        from aicost_tui.screens.budgets import BudgetsScreen  # only who opens it pays for loading

        self.push_screen(BudgetsScreen(self.ask, self._dashboard.view, self.clock()))

    def _show(self, view: DashboardView) -> None:
        self._dashboard.view = view
        self._tell_followers(self.clock())

    def _tell_followers(self, now: datetime) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Follower):
                screen.follow(self._dashboard.view, now)
