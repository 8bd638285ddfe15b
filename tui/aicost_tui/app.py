"""`aicost top`: holds the feed and the clock, hands what they say to the screen. No logic."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from aicost.core.view import DashboardView
from aicost_tui.commands import key_table, palette_commands
from aicost_tui.feed import Ask, Clock, Feed, Pacer, follow, system_clock
from aicost_tui.keymap import APP_KEYS
from aicost_tui.messages import FeedLost, ViewReceived
from aicost_tui.screens.dashboard import DashboardScreen
from aicost_tui.screens.help import HelpScreen
from aicost_tui.themes import AICOST_DARK, OURS, THEME_OF_SIXTEEN

_OF_TEXTUAL = frozenset({"Theme", "Screenshot"})  # palette commands that we keep


class DashboardApp(App[None]):
    """The dashboard. `feed` is called for each connection and yields views until it breaks.

    `ask` puts one question to the daemon, for what is not in its views.
    `clock` gives timezone-aware times. `refresh_s` is the shortest time between two pictures, in
    seconds. `wait` sleeps some seconds between two tries of the feed.
    """

    TITLE = "aicost top"
    CSS_PATH = Path(__file__).with_name("dashboard.tcss")  # also for a subclass elsewhere
    BINDINGS: ClassVar[list[BindingType]] = APP_KEYS

    def __init__(
        self,
        feed: Feed,
        ask: Ask,
        *,
        clock: Clock = system_clock,
        refresh_s: float = 0.25,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        # Without colours Textual would still send greys; its ANSI mode sends none at all.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self.ask = ask
        self._feed, self._clock, self._wait = feed, clock, wait
        self._dashboard = DashboardScreen(clock())
        self._pacer = Pacer(self._show, self.set_timer, refresh_s)

    def get_default_screen(self) -> Screen[None]:
        """Start with the dashboard."""
        return self._dashboard

    def on_mount(self) -> None:
        """Put on our colours, start the clock and the feed."""
        for theme in OURS:
            self.register_theme(theme)
        few_colours = self.console.color_system == "standard"
        self.theme = THEME_OF_SIXTEEN if few_colours else AICOST_DARK.name
        self.set_interval(1.0, self.tick)
        self.follow_feed()

    @work(exclusive=True, group="feed")
    async def follow_feed(self) -> None:
        """Listen to the daemon until the app ends; a second call starts afresh."""
        await follow(self._feed, self.post_message, self._wait)

    def tick(self) -> None:
        """Let the clock on the screen go on."""
        self._dashboard.tick(self._clock())

    def on_view_received(self, message: ViewReceived) -> None:
        """Show the view now or, when the last one is too fresh, in a moment."""
        self._dashboard.lost = None
        self._pacer.offer(message.view)

    def on_feed_lost(self, message: FeedLost) -> None:
        """Say so; the last view stays."""
        self._dashboard.lost = message.error

    def on_retry_asked(self) -> None:
        """Try the feed again without waiting."""
        self.follow_feed()

    def action_help(self) -> None:
        """Open the page of keys and signs."""
        self.push_screen(HelpScreen(key_table(self, self.screen)))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer everything that a key does, the orders, themes and a screenshot."""
        yield from palette_commands(self, screen)
        for command in super().get_system_commands(screen):
            if command.title in _OF_TEXTUAL:
                yield command

    def _show(self, view: DashboardView) -> None:
        self._dashboard.view = view
