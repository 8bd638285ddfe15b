"""A feed that a test drives, and the dashboard on top of it. Nothing here sleeps."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any

from builders import NOW
from textual.pilot import Pilot

from aicost.core.errors import AicostError
from aicost.core.view import DashboardView
from aicost_tui.app import DashboardApp
from aicost_tui.choices import ChoiceFile
from aicost_tui.screens.dashboard import DashboardScreen

GLANCE = "session.glance"
_TURNS = 200  # of the event loop; a condition that is not true by then never will be


class FakeFeed:
    """Hands out what `send` was given: a view, an error to raise, or None for the end."""

    def __init__(self, *items: DashboardView | AicostError | None) -> None:
        self._queue: asyncio.Queue[DashboardView | AicostError | None] = asyncio.Queue()
        self.connections = 0
        self.send(*items)

    def send(self, *items: DashboardView | AicostError | None) -> None:
        for item in items:
            self._queue.put_nowait(item)

    async def __call__(self) -> AsyncIterator[DashboardView]:
        self.connections += 1
        while (item := await self._queue.get()) is not None:
            if isinstance(item, AicostError):
                raise item
            yield item


class FakeDaemon:
    """Answers questions by method: with a value, an error to raise, or what a function returns."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, object]]] = []

    async def __call__(self, method: str, params: Mapping[str, object]) -> dict[str, Any]:
        if method == GLANCE and method not in self.answers:  # (asked whenever a row is selected)
            return {"session_id": params["id"]}
        self.asked.append((method, dict(params)))
        answer = self.answers[method]
        found: Any = answer(params) if callable(answer) else answer
        if isinstance(found, AicostError):
            raise found
        assert isinstance(found, dict)
        return found

    def asked_of(self, method: str) -> list[dict[str, object]]:
        """Return the parameters of each question to one method."""
        return [params for name, params in self.asked if name == method]


class FakeWait:
    """Stands in for asyncio.sleep: notes the seconds, and lasts until `release`."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        self._gate = asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.asked_s.append(seconds)
        await self._gate.acquire()

    def release(self) -> None:
        self._gate.release()


class Dashboard(DashboardApp):
    """The real app with a fake feed, a clock that a test moves, and no pause between pictures."""

    def __init__(
        self,
        *items: DashboardView | AicostError | None,
        refresh_s: float = 0,
        choices: ChoiceFile | None = None,
        tidy: Callable[[], object] | None = None,
    ) -> None:
        self.fake_feed, self.fake_wait, self.now = FakeFeed(*items), FakeWait(), NOW
        self.daemon = FakeDaemon()
        super().__init__(
            self.fake_feed,
            self.daemon,
            clock=lambda: self.now,
            refresh_s=refresh_s,
            wait=self.fake_wait,
            choices=choices,
            tidy=tidy,
        )

    @property
    def top(self) -> DashboardScreen:
        screen = self.screen_stack[0]
        assert isinstance(screen, DashboardScreen)
        return screen

    def move_clock(self, now: datetime) -> None:
        self.now = now
        self.tick()

    def text(self) -> list[str]:
        """Return what is on the screen, line by line."""
        return [
            "".join(segment.text for segment in line).rstrip()
            for line in self.screen._compositor.render_strips()
        ]


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the app go on until `condition` holds; fail when it never does."""
    for _ in range(_TURNS):
        await pilot.pause()
        if condition():
            await pilot.pause()
            return
    raise AssertionError("the app came to rest, and what the test waits for did not happen")
