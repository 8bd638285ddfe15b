"""The live connection: views from the daemon to messages, retried for ever; and the wall clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from textual.message import Message

from aicost.core.errors import AicostError
from aicost.core.view import DashboardView
from aicost.ipc.protocol import hung_up
from aicost_tui.messages import FeedLost, ViewReceived

Feed = Callable[[], AsyncIterator[DashboardView]]
Clock = Callable[[], datetime]  # timezone-aware
# (method, parameters) -> the daemon's answer to one question beside its views. Raises AicostError.
Ask = Callable[[str, Mapping[str, object]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Keeper:
    """What starts a daemon where none answers. Both block for seconds, and raise AicostError."""

    start: Callable[[], object]
    restart: Callable[[], object]  # ends one of whatever version first


RETRY_DELAYS_S = (0.25, 0.5, 1.0, 2.0, 4.0)  # the last one repeats: a local socket costs nothing
_T = TypeVar("_T")


def system_clock() -> datetime:
    """Return the time now in the machine's own zone."""
    return datetime.now(UTC).astimezone()  # noqa: TID251 - the one clock of the dashboard


async def follow(
    feed: Feed,
    post: Callable[[Message], object],
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Post every view; when the feed breaks or ends post FeedLost, wait and start it again.

    Runs until cancelled. `wait` takes seconds.
    """
    failures = 0
    while True:
        try:
            async for view in feed():
                failures = 0
                post(ViewReceived(view))
            post(FeedLost(hung_up()))
        except AicostError as error:  # a daemon without its ledger may get it back
            post(FeedLost(error))
        await wait(RETRY_DELAYS_S[min(failures, len(RETRY_DELAYS_S) - 1)])
        failures += 1


class Pacer(Generic[_T]):
    """Hand values on at most once in `gap_s` seconds: the first at once, then only the newest.

    `schedule` calls a function after some seconds, e.g. a widget's `set_timer`.
    """

    def __init__(
        self,
        deliver: Callable[[_T], object],
        schedule: Callable[[float, Callable[[], None]], object],
        gap_s: float,
    ) -> None:
        self._deliver, self._schedule, self._gap_s = deliver, schedule, gap_s
        self._resting = False
        self._held: list[_T] = []

    def offer(self, value: _T) -> None:
        """Deliver `value` now, or at the end of the pause unless a newer one comes."""
        if self._resting:
            self._held = [value]
            return
        self._deliver(value)
        if self._gap_s > 0:
            self._resting = True
            self._schedule(self._gap_s, self._wake)

    def _wake(self) -> None:
        self._resting = False
        held, self._held = self._held, []
        for value in held:
            self.offer(value)
