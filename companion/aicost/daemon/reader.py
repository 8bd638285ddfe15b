"""The component that keeps the ledger up to what is on disk."""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aicost.core.view import Reading
from aicost.daemon.engine import Engine, Step, progress
from aicost.daemon.indexer import Survey
from aicost.daemon.watcher import Watcher
from aicost.store.ledger import Recorded

T = TypeVar("T")

POLL_S = 10.0  # behind the watcher: what it missed is read this much later
BARE_POLL_S = 2.0  # where something cannot be watched
GATHER_S = 0.01  # lines of one flush arrive together


class Reader:
    """Reads on a wake-up, at each poll, and when asked to catch up.

    The engine's methods run in one thread of their own, one at a time.
    """

    name = "reader"

    def __init__(self, engine: Engine, changed: Callable[[Recorded], None]) -> None:
        self.engine, self._changed = engine, changed
        self.watcher = Watcher(self.wake, lambda: changed(Recorded(0, frozenset())))
        self.reading: Reading | None = None
        self.log_files = 0
        self.log_bytes = 0
        self.lag_s = 0.0  # from wake-up to ledger, of the last read
        self._woken: dict[str, tuple[str, float]] = {}
        self._wake = asyncio.Event()
        self._look_now = False
        self._reading_all = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "ledger")

    def wake(self, path: str, home: str) -> None:
        """Note that a log was written. In the event loop only."""
        self._woken.setdefault(path, (home, time.monotonic()))
        self._wake.set()

    async def run(self) -> None:
        """Read everything, then go on as agents write, until cancelled."""
        loop = asyncio.get_running_loop()
        self.watcher.start()
        try:
            while True:
                await self.catch_up()
                await self._follow(loop.time() + self._poll_s())
        finally:
            self.watcher.stop()
            await loop.run_in_executor(None, self._thread.shutdown)
            self.engine.close()

    def add_homes(self, homes: Iterable[str]) -> None:
        """Take homes on that a client's environment names; the next look is at once."""
        new = set(homes) - self.engine.homes
        if new:
            self.engine.homes = self.engine.homes | new  # (a survey may be under way: no `|=`)
            self._look_now = True
            self._wake.set()

    async def catch_up(self) -> Survey:
        """Read everything that is on disk now; return what could not be read."""
        async with self._reading_all:
            self._look_now = False
            self._watch()
            found = await self.pending()
            if found.unread:
                await self._read_all(found)
                found = await self.pending()
            return found

    async def pending(self) -> Survey:
        """Look how much is unread now, without reading it."""
        found = await self._in_thread(self.engine.survey)
        self.log_files, self.log_bytes = found.files, found.bytes
        return found

    async def _read_all(self, found: Survey) -> None:
        steps, start = self.engine.read_all(found), time.monotonic()
        try:
            while (step := await self._in_thread(_next, steps)) is not None:
                self.reading = progress(found, step, time.monotonic() - start)
                self._changed(step.recorded)
                await self._read_woken()  # live sessions do not wait for old logs
        finally:
            await self._in_thread(steps.close)
            self.reading = None
            self._changed(Recorded(0, frozenset()))

    async def _follow(self, until: float) -> None:
        """Read what is woken, until the next poll is due."""
        loop = asyncio.get_running_loop()
        while (left := until - loop.time()) > 0:
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                return
            if self._look_now:
                return
            await asyncio.sleep(GATHER_S)
            await self._read_woken()

    async def _read_woken(self) -> None:
        self._wake.clear()
        woken, self._woken = self._woken, {}
        if not woken:
            return
        paths = [(path, home) for path, (home, _) in woken.items()]
        recorded = await self._in_thread(self.engine.read_paths, paths)
        self.lag_s = time.monotonic() - min(at for _, at in woken.values())
        if recorded.sessions:
            self._changed(recorded)

    def _watch(self) -> None:
        self.watcher.forget_vanished()
        for home in sorted(self.engine.homes):
            self.watcher.watch(home, asyncio.get_running_loop())

    def _poll_s(self) -> float:
        return BARE_POLL_S if self.watcher.unwatched else POLL_S

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)


def _next(steps: "Iterable[Step]") -> Step | None:
    return next(iter(steps), None)
