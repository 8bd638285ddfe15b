"""The component that pushes a fresh view to whoever watches."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aicost.core.errors import StoreError
from aicost.core.view import DashboardView

log = logging.getLogger(__name__)

GATHER_S = 0.15  # changes this close together make one view
QUIET_S = 2.0  # rates fall and agents come and go without a log line


class Publisher:
    """Builds a view on every change, and every `quiet_s` without one, while somebody watches."""

    name = "publisher"

    def __init__(
        self,
        build: Callable[[], Awaitable[DashboardView]],
        publish: Callable[[DashboardView], None],
        watched: Callable[[], bool],
        *,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._build, self._publish, self._watched = build, publish, watched
        self._quiet_s = quiet_s
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Note that the ledger or the running agents changed. In the event loop only."""
        if self._watched():
            self._changed.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._quiet_s):
                    await self._changed.wait()
            except TimeoutError:
                pass  # nothing changed: the moment did
            else:
                await asyncio.sleep(GATHER_S)
            self._changed.clear()
            if self._watched():
                await self._publish_one()

    async def _publish_one(self) -> None:
        try:
            self._publish(await self._build())
        except StoreError as error:  # locked for long, or the disk: the last view stays
            log.warning("no view: %s", error.what)
