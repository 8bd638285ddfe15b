"""The component that judges what came of sessions: in the background, a few at a time."""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aicost.core.errors import StoreError
from aicost.daemon.reader import Reader
from aicost.platform.config import load_settings
from aicost.platform.dirs import Dirs
from aicost.store.connection import connect_readonly, snapshot, store_errors
from aicost.store.outcomes import Due, Judged, due_sessions
from aicost.store.recovery import LedgerDamaged

if TYPE_CHECKING:
    from aicost.daemon.outcomes import Judge
    from aicost.platform.gh import Gh

_US = 1_000_000
AT_ONCE = 40  # sessions of one round: some seconds of git where each has its own repository

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How often is looked, in seconds."""

    rest_s: float = 30.0  # between looks for sessions that are due
    gap_s: float = 0.25  # while there is more to judge, or to read before that
    quiet_s: float = 60.0  # a session that made a call since is still at work


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the rounds need of the daemon."""

    ledger_file: Path
    reader: Reader
    env: Mapping[str, str]
    damaged: Callable[[LedgerDamaged], None]
    gh: "Gh | None" = None  # None: nobody is asked online


class OutcomeRounds:
    """Judges while nothing is left to read; the verdicts go through the ledger's one writer."""

    name = "outcomes"

    def __init__(self, access: Access, rounds: Rounds = Rounds()) -> None:
        self._access, self._rounds = access, rounds
        self._judge: Judge | None = None  # made, and imported, for the first session that is due
        self._thread = ThreadPoolExecutor(1, "outcomes")

    async def run(self) -> None:
        """Judge until cancelled."""
        try:
            while True:
                has_read_all = self._access.reader.has_read_all
                is_done = has_read_all and not await self._round()
                await asyncio.sleep(self._rounds.rest_s if is_done else self._rounds.gap_s)
        finally:
            if self._judge is not None:
                self._judge.stop()
            await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    async def _round(self) -> bool:
        """Judge some sessions; return whether there may be more."""
        loop = asyncio.get_running_loop()
        try:
            if self._judge is None:
                if not await loop.run_in_executor(self._thread, self._has_due):
                    return False
                self._judge = self._made_judge()
            judged = await loop.run_in_executor(self._thread, partial(self._judged, self._judge))
            if judged:
                await self._access.reader.note_outcomes(judged)
        except LedgerDamaged as error:
            self._access.damaged(error)
            return False
        except StoreError as error:  # the next round tries again
            log.warning("no outcomes: %s", error.what)
            return False
        return len(judged) == AT_ONCE

    def _made_judge(self) -> "Judge":
        from aicost.daemon.outcomes import Judge

        return Judge(self._access.env, self._access.gh)

    def _has_due(self) -> bool:
        with store_errors(), closing(connect_readonly(self._access.ledger_file)) as db:
            return bool(_due(db, time.time_ns() // 1000, self._rounds.quiet_s, 1))

    def _judged(self, judge: "Judge") -> tuple[Judged, ...]:
        with store_errors(), closing(connect_readonly(self._access.ledger_file)) as db:
            return judge_due(db, judge, quiet_s=self._rounds.quiet_s)


def opened(dirs: Dirs, reader: Reader, damaged: Callable[[LedgerDamaged], None]) -> OutcomeRounds:
    """Return rounds over this process' ledger, with the git of its environment."""
    access = Access(
        ledger_file=dirs.ledger_file,
        reader=reader,
        env=os.environ,
        damaged=damaged,
        gh=gh_of(dirs, os.environ),
    )
    return OutcomeRounds(access)


def gh_of(dirs: Dirs, env: Mapping[str, str]) -> "Gh | None":
    """Return what asks gh, where the user turned that on. Raises ConfigError."""
    if not load_settings(dirs.config_file).asks_gh:
        return None
    from aicost.platform.gh import Gh

    return Gh(env)


def judge_due(db: sqlite3.Connection, judge: "Judge", *, quiet_s: float = 0) -> tuple[Judged, ...]:
    """Judge some of the sessions that are due. Raises sqlite3.Error."""
    now_us = time.time_ns() // 1000
    with snapshot(db):
        dues = _due(db, now_us, quiet_s, AT_ONCE)
        return judge.judged(db, dues, now_us) if dues else ()


def _due(db: sqlite3.Connection, now_us: int, quiet_s: float, limit: int) -> Sequence[Due]:
    return due_sessions(db, now_us, quiet_us=round(quiet_s * _US), limit=limit)
