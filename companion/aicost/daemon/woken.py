"""Which logs were written since they were read, and when they are to be read."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from aicost.core.rests import Rest


class Woken:
    """Gathers logs while the reading before is rested from; those that somebody waits for pass.

    In the event loop only.
    """

    def __init__(self, rest: Rest, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest, self._clock = rest, clock
        self._logs: dict[str, tuple[str, float]] = {}  # path -> its home, and when it was noted
        self._urgent = set[str]()
        self._rested_at = float("-inf")
        self._hurry = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._logs)

    def __contains__(self, path: str) -> bool:
        return path in self._logs

    def note(self, path: str, home: str, *, is_urgent: bool = False) -> None:
        """Note that a log was written; `is_urgent`: somebody waits for what it says."""
        self._logs.setdefault(path, (home, self._clock()))
        if is_urgent:
            self._urgent.add(path)
            self.hurry()

    def hurry(self) -> None:
        """End the rest that is, or the next one, at once: somebody waits."""
        self._hurry.set()

    async def rest(self) -> None:
        """Let more come, unless somebody waits."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.rest_s()):
                await self._hurry.wait()
        self._hurry.clear()

    def rest_s(self) -> float:
        """Return how long to wait, so that more may come, before something is taken."""
        if self._urgent:
            return 0.0
        return max(self._rest.least_s, self._rested_at - self._clock())

    def take(self) -> Mapping[str, tuple[str, float]]:
        """Return what is to be read now, which is then forgotten: path -> home, and since when."""
        if self._clock() >= self._rested_at:
            return self.take_all()
        taken = {path: self._logs.pop(path) for path in self._urgent}
        self._urgent.clear()
        return taken

    def take_all(self) -> Mapping[str, tuple[str, float]]:
        """Return all, also what might wait."""
        taken, self._logs = self._logs, {}
        self._urgent.clear()
        return taken

    def note_work(self, work_s: float) -> None:
        """Note how long it took to read what was taken."""
        self._rested_at = max(self._rested_at, self._clock() + self._rest.after(work_s))
