"""The component that makes the report of a week when the week is over.

It looks at the clock now and then, and at which report is missing: a machine that was off, or
slept, over Monday makes it when it is there again. A file that is there is never made again.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol, Self

from aicost.core.days import to_us
from aicost.core.errors import StoreError
from aicost.core.weeks import last_full_week, week_name
from aicost.daemon.setup import Setup
from aicost.store.connection import connect_readonly, snapshot, store_errors
from aicost.store.outcomes import due_sessions
from aicost.store.recovery import LedgerDamaged

# A report is of a week for good: it waits for what came of its sessions, but not for ever.
WAITS = 6  # looks
QUIET_US = 60_000_000  # a session that made a call since is still at work

log = logging.getLogger(__name__)


class Reads(Protocol):
    """Tells whether all logs are read."""

    @property
    def has_read_all(self) -> bool:
        """Whether nothing is left to read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the rounds need of the daemon."""

    setup: Callable[[], Setup]
    now: Callable[[], datetime]  # UTC
    reader: Reads
    damaged: Callable[[LedgerDamaged], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How often is looked, in seconds."""

    rest_s: float = 300.0
    gap_s: float = 5.0  # while logs are read


class WeeklyRounds:
    """Makes what is missing, one week back."""

    name = "weekly"

    def __init__(self, access: Access, rounds: Rounds = Rounds()) -> None:
        self._access, self._rounds = access, rounds
        self._done: date | None = None  # the Monday of the week that needs no more looks
        self._looks = 0  # at the one that is missing

    @classmethod
    def opened(
        cls, setup: Callable[[], Setup], reader: Reads, damaged: Callable[[LedgerDamaged], None]
    ) -> Self:
        """Return rounds over this process' ledger."""

        def now() -> datetime:
            return datetime.now(UTC)

        return cls(Access(setup=setup, now=now, reader=reader, damaged=damaged))

    async def run(self) -> None:
        """Make reports until cancelled."""
        while True:
            is_quiet = self._access.reader.has_read_all
            if is_quiet:
                await self.look()
            await asyncio.sleep(self._rounds.rest_s if is_quiet else self._rounds.gap_s)

    async def look(self) -> bool:
        """Make the report of the last week, if it is missing; return whether it was made."""
        setup, now = self._access.setup(), self._access.now()
        monday = last_full_week(now.astimezone(setup.zone).date())
        if monday == self._done:
            return False
        file = setup.dirs.weekly_file(week_name(monday))
        is_made: bool | None = False
        try:
            if not file.exists():
                self._looks += 1
                is_made = await asyncio.to_thread(self._make, monday, now)
                if is_made is None:
                    return False
        except LedgerDamaged as error:
            self._access.damaged(error)
            return False
        except (StoreError, OSError) as error:  # the next look tries again
            log.warning("no weekly report: %s", error)
            return False
        self._done, self._looks = monday, 0
        return bool(is_made)

    def _make(self, monday: date, now: datetime) -> bool | None:
        """Return whether there was anything to report; None: not yet, outcomes are looked for."""
        setup = self._access.setup()
        ledger = setup.dirs.ledger_file
        with store_errors(ledger), closing(connect_readonly(ledger)) as db, snapshot(db):
            if self._looks <= WAITS and due_sessions(db, to_us(now), quiet_us=QUIET_US, limit=1):
                return None
        from aicost.daemon.weekly import keep_week  # (a start needs no report)
        from aicost.daemon.weekly_band import team_band

        band = team_band(setup.dirs, monday, now)
        with store_errors(ledger), closing(connect_readonly(ledger)) as db, snapshot(db):
            question = replace(setup.question(db, setup.zone), now=now)
            return keep_week(setup.dirs, question, monday, band).use.requests > 0
