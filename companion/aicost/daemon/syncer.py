"""The component that sends days to a team. Without one it looks for a file now and then, no more.

All work is done in a thread that nobody waits for at the end: what is cut off in the middle is
sent again, with the same effect.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from aicost.core.errors import AicostError
from aicost.daemon.loose import in_loose_thread
from aicost.platform.dirs import Dirs

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rests:
    """How often is looked, in seconds."""

    look_s: float = 60.0  # whether a team was joined
    gap_s: float = 5.0  # while logs are read
    rest_s: float = 1800.0  # between rounds: days change slowly
    spread: float = 1.0  # times the key's own wait before the first round


class HasRead(Protocol):
    """What is known of the reading of logs."""

    @property
    def has_read_all(self) -> bool:
        """Whether the ledger is whole: a day that is half read is not sent."""


class Syncer:
    """Sends what is due; hooks, prompts and the reading of logs never wait for it."""

    name = "syncer"

    def __init__(
        self,
        dirs: Dirs,
        reader: HasRead,
        rests: Rests = Rests(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._dirs, self._reader, self._rests, self._sleep = dirs, reader, rests, sleep

    async def run(self) -> None:
        """Send until cancelled."""
        rests, is_spread = self._rests, False
        while True:
            if not self._dirs.team_file.exists():
                await self._sleep(rests.look_s)
            elif not self._reader.has_read_all:
                await self._sleep(rests.gap_s)
            elif not is_spread:
                await self._sleep(
                    await in_loose_thread(self.name, self._first_look_s) * rests.spread
                )
                is_spread = True
            else:
                await in_loose_thread(self.name, self._round)
                await self._sleep(rests.rest_s)

    def _first_look_s(self) -> float:
        from aicost.core.team.schedule import first_look_s
        from aicost.daemon.teamwork import load_member

        try:
            member = load_member(self._dirs)
            return first_look_s(member.key if member else b"")
        except AicostError:  # the round says so
            return first_look_s(b"")

    def _round(self) -> None:
        from aicost.daemon.sending import MOST_SKEW_S, sending_lock
        from aicost.daemon.teamwork import load_member, send

        try:
            member = load_member(self._dirs)
            if member is None or member.membership.left:
                return
            with sending_lock(self._dirs.data_dir / "team.lock") as is_ours:
                done = send(self._dirs, member, now=lambda: datetime.now(UTC)) if is_ours else None
        except (AicostError, OSError) as error:
            log.warning("nothing is sent to the team: %s", error)
            return
        if done is not None and abs(done.skew_s) > MOST_SKEW_S:
            log.warning("this clock is %.0f s ahead of the team's server", done.skew_s)
        if done is not None and (done.sent or done.stopped):
            log.info("team: %d days sent. %s", len(done.sent), done.stopped)
