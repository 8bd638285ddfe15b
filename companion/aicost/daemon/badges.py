"""The component that keeps the badges of prompts and status lines, whether or not anybody watches.

It works in a thread with a view of the ledger of its own, as the gate does.
"""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from aicost.core.errors import ConfigError, StoreError
from aicost.core.rests import Rest
from aicost.core.session import Running
from aicost.daemon.answers import Question
from aicost.daemon.badge_files import BadgeFiles, lines_of
from aicost.daemon.badge_scopes import BadgeSet, Sight, find_badges
from aicost.daemon.reader import Reader
from aicost.daemon.roots import Roots
from aicost.daemon.rules import Rules
from aicost.daemon.server import Method, Notify, Params
from aicost.daemon.setup import asked_alone, named_homes
from aicost.daemon.shell_tracking import AgentAt, ShellTracker, agent_of
from aicost.daemon.world import World
from aicost.store.connection import connect_readonly, snapshot, store_errors
from aicost.store.places import Attribution
from aicost.store.recovery import LedgerDamaged

T = TypeVar("T")

log = logging.getLogger(__name__)

# Before a look at changes: the more sessions there are to look at, the longer.
GATHER = Rest(times=30.0, least_s=0.2, most_s=1.0)
QUIET_S = 2.0  # agents come and go without a log line
FULL_S = 10.0  # rates fall, days and shells end


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What badges need of the rest of the daemon."""

    ledger_file: Path
    run_dir: Path
    attribution: Attribution
    question: Callable[[sqlite3.Connection], Question]  # of this moment
    zone: Callable[[], ZoneInfo]  # whose days budgets count
    rules: Callable[[], Rules]
    running: Callable[[], Awaitable[Running]]
    guards: Callable[[], Mapping[str, str]]  # the guard of each session that is under one
    reader: Reader
    damaged: Callable[[LedgerDamaged], None]


class Badges:
    """Keeps the files while `run` runs."""

    name = "badges"

    def __init__(self, access: Access) -> None:
        self._access = access
        self._thread = ThreadPoolExecutor(1, "badges")
        self._db = connect_readonly(access.ledger_file)
        self._files = BadgeFiles(access.run_dir, os.getpid())
        self._shells = ShellTracker(access.run_dir)
        self._roots = Roots()
        self._changed = asyncio.Event()
        self._told: dict[str, AgentAt] = {}  # by hooks: a short run may end between two looks
        self._running = Running()
        self._lines: dict[str, str] = {}
        self._full_at_s = float("-inf")
        self._look_s = 0.0  # how long the last one took

    @property
    def methods(self) -> Mapping[str, Method]:
        """By name, as the server takes them."""
        return {"badge": self._badge}

    def changed(self) -> None:
        """Note that the ledger changed. In the event loop only."""
        self._changed.set()

    def note_agent(self, session_id: str, agent: AgentAt) -> None:
        """Note the process that a session's hook named. In the event loop only."""
        if agent.pid > 0 and session_id not in self._running.sessions:
            self._told[session_id] = agent
            self._changed.set()

    async def run(self) -> None:
        """Keep the badges until cancelled; leave none behind."""
        try:
            await self._in_thread(self._begin)
            has_changed = True
            while True:
                await self._look_or_warn(has_changed=has_changed)
                has_changed = False
                with suppress(TimeoutError):  # nothing changed: the moment did
                    async with asyncio.timeout(QUIET_S):
                        await self._changed.wait()
                        has_changed = True
                if has_changed:
                    await asyncio.sleep(GATHER.after(self._look_s))
                self._changed.clear()
        finally:
            await asyncio.get_running_loop().run_in_executor(None, self._end)

    async def _badge(self, params: Params, _notify: Notify) -> object:
        """Answer `badge`, from the ledger as it is: it lags by half a second at most."""
        from aicost.daemon.badge_answers import answered  # most prompts read the files

        homes, asked = named_homes(params.get("homes")), {**asked_alone(params), "homes": []}
        self._access.reader.add_homes(homes)
        world = self._world(await self._access.running(), datetime.now(UTC))

        def answer(db: sqlite3.Connection) -> str:
            question = self._question(db)
            found = self._find(question, world)
            return answered(question, found, self._roots.root_of, asked)

        return {"text": await self._in_thread(lambda: self._in_ledger(answer))}

    def close(self) -> None:
        """Let go of the ledger, also if `run` never began."""
        self._thread.shutdown()
        self._db.close()

    def _begin(self) -> None:
        self._files.clear()
        self._shells.load()

    def _end(self) -> None:
        with suppress(RuntimeError):  # closed before
            self._thread.submit(self._files.clear).result()
        self.close()

    async def _look_or_warn(self, *, has_changed: bool) -> None:
        try:
            running = await self._access.running()
            is_full = time.monotonic() - self._full_at_s >= FULL_S
            if has_changed or is_full or running != self._running:
                self._running = running
                await self._renew(running, is_full=is_full)
            elif self._files.is_due(time.time()) and not self._access.reader.trouble:
                await self._in_thread(self._show)
        except LedgerDamaged as error:
            self._access.damaged(error)
        except (StoreError, ConfigError) as error:  # as above
            log.warning("no badges: %s", error.what)

    async def _renew(self, running: Running, *, is_full: bool) -> None:
        told, self._told = self._told, {}
        agents = told | {name: agent_of(live) for name, live in running.sessions.items()}
        world = self._world(running, datetime.now(UTC))
        await self._in_thread(lambda: self._look(world, agents, is_full=is_full))
        if is_full:
            self._full_at_s = time.monotonic()

    def _world(self, running: Running, now: datetime) -> World:
        access = self._access
        return World(
            now=now,
            zone=access.zone(),
            budgets=access.rules().budgets,
            running=running,
            guards=access.guards(),
        )

    def _look(self, world: World, agents: Mapping[str, AgentAt], *, is_full: bool) -> None:
        if self._shells.look(agents) | (is_full and self._shells.tidy(agents)):
            self._shells.save()
        begin_s = time.thread_time()
        found = self._in_ledger(lambda db: self._find(self._question(db), world))
        self._look_s = time.thread_time() - begin_s
        self._lines = lines_of(found)
        if not self._access.reader.trouble:  # else the badges grow old: `alive` tells
            self._show()

    def _show(self) -> None:
        self._files.show(self._lines, time.time())

    def _question(self, db: sqlite3.Connection) -> Question:
        question, reading = self._access.question(db), self._access.reader.reading
        if reading is None:
            return question
        left_bytes = reading.bytes_total - reading.bytes_done
        return replace(question, complete=False, pending_bytes=left_bytes)

    def _find(self, question: Question, world: World) -> BadgeSet:
        sight = Sight(
            world=world,
            attribution=self._access.attribution,
            links=self._shells.links,
            root_of=self._roots.root_of,
        )
        return find_badges(question, sight)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _in_ledger(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Work on the ledger at one moment. In the thread of badges only. Raises StoreError."""
        with store_errors(), snapshot(self._db):
            return work(self._db)
