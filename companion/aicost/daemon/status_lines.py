"""The component that keeps Claude Code's status lines, and takes on what the client tells there.

Where nobody has a status line of ours, it looks at one folder now and then, and that is all: what
reads and writes lines is imported for the first one.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from aicost.core.days import LocalDays
from aicost.core.errors import ConfigError, StoreError
from aicost.core.facts import ClientTotal, LimitsSeen
from aicost.core.session import Running
from aicost.daemon.advising import Advising, Setting
from aicost.daemon.answers import Question
from aicost.daemon.reader import Reader
from aicost.daemon.status_line_files import StatusLineFiles

if TYPE_CHECKING:
    from aicost.sources.claude.status_line import StatusSeen

log = logging.getLogger(__name__)

GATHER_S = 0.05  # changes this close together are one look: the client asks 0.3 s after a message
QUIET_S = 2.0  # clients tell, and sessions come and go, without a log line
FULL_S = 10.0  # caches end and rates fall
_IN_USE = timedelta(minutes=10)  # since a session's client last told
_EVER_USED = timedelta(days=1)  # since any client did
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Lines = Mapping[str, str]  # by session


class Query(Protocol):
    """Runs a query in the thread of queries. Raises StoreError, ConfigError."""

    def __call__(self, question: Callable[[], Lines], /) -> Awaitable[Lines]:
        """Return its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What status lines need of the rest of the daemon."""

    run_dir: Path
    query: Query
    running: Callable[[], Awaitable[Running]]
    moment: Callable[[], Question]
    days: LocalDays  # that the ledger counts
    setting: Callable[[Running, datetime], Setting]
    take_told: Callable[[ClientTotal, LimitsSeen | None], None]
    trouble: Callable[[], str]  # why the ledger cannot be kept up; "" if it can


class StatusLines:
    """Keeps the lines while `run` runs. All of it in the event loop, but for the query."""

    name = "status lines"

    def __init__(self, access: Access, *, quiet_s: float = QUIET_S, full_s: float = FULL_S) -> None:
        self._access, self._quiet_s, self._full_s = access, quiet_s, full_s
        self._files = StatusLineFiles(access.run_dir, os.getpid())
        self._changed = asyncio.Event()
        self._told: dict[str, StatusSeen] = {}  # the last word of each session's client
        self._told_at: dict[str, datetime] = {}
        self._lines: Lines = {}
        self._running = Running()
        self._full_at_s = float("-inf")

    @classmethod
    def open(
        cls,
        run_dir: Path,
        asked: tuple[Query, Callable[[], Awaitable[Running]], Callable[[], Question]],
        days: LocalDays,
        advising: Advising,
        reader: Reader,
    ) -> Self:
        """Keep them for a daemon of these parts; `asked` is who queries, who runs, and when."""
        query, running, moment = asked
        return cls(
            Access(
                run_dir=run_dir,
                query=query,
                running=running,
                moment=moment,
                days=days,
                setting=advising.setting,
                take_told=reader.take_told,
                trouble=lambda: reader.trouble,
            )
        )

    @property
    def windows(self) -> dict[str, int]:
        """How large contexts may be, by session, in tokens."""
        found = {name: seen.context_window_tokens for name, seen in self._told.items()}
        return {name: tokens for name, tokens in found.items() if tokens is not None}

    def changed(self) -> None:
        """Note that the ledger changed. In the event loop only."""
        if self._told_at:  # else nobody has a line, until a client tells
            self._changed.set()

    async def run(self) -> None:
        """Keep the lines until cancelled; leave none behind."""
        self._files.clear()
        try:
            has_changed = True
            while True:
                await self._look_or_warn(has_changed=has_changed)
                with suppress(TimeoutError):  # nothing changed: the moment did
                    async with asyncio.timeout(self._quiet_s):
                        await self._changed.wait()
                        await asyncio.sleep(GATHER_S)
                has_changed = self._changed.is_set()  # (also at the very end of the wait)
                self._changed.clear()
        finally:
            self._files.clear()

    async def _look_or_warn(self, *, has_changed: bool) -> None:
        has_changed |= self._take_told()
        is_used = max(self._told_at.values(), default=_LONG_AGO) > datetime.now(UTC) - _EVER_USED
        if not is_used or self._access.trouble():  # what is there grows old
            return
        try:
            running = await self._access.running()
            is_full = time.monotonic() - self._full_at_s >= self._full_s
            if has_changed or is_full or running != self._running:
                self._lines = await self._find(running)
                self._running, self._full_at_s = running, time.monotonic()
        except (StoreError, ConfigError) as error:  # as above
            self._full_at_s = float("-inf")
            log.warning("no status lines: %s", error.what)
            return
        self._files.show(self._lines, time.time())

    def _take_told(self) -> bool:
        """Take on what clients told since; say whether there was something.

        The ledger keeps what is new of it.
        """
        found, names = self._files.told(time.time())
        if found:
            from aicost.sources.claude.status_line import parse_status
        for name, at_s, content in found:
            at = datetime.fromtimestamp(at_s, UTC)
            seen = parse_status(content, at)
            if seen is None or seen.session_id != name:
                self._files.forget(name)  # half of it was written, mostly
                continue
            if seen.total is not None and _is_news(seen, self._told.get(name)):
                self._access.take_told(seen.total, seen.limits)
            self._told[name], self._told_at[name] = seen, at
        for name in [one for one in self._told if one not in names]:
            del self._told[name], self._told_at[name]
        return bool(found)

    async def _find(self, running: Running) -> Lines:
        access, question = self._access, self._access.moment()
        since = question.now - _IN_USE
        lately = [name for name, at in self._told_at.items() if at > since]
        claude = [name for name, one in running.sessions.items() if one.agent == "claude"]
        ids = dict.fromkeys([*claude, *lately])
        if not ids:
            return {}
        from aicost.daemon.status_line_answers import find_lines

        setting = access.setting(running, question.now)
        told = dict(self._told)
        return await access.query(
            lambda: find_lines(question, running, setting, ids=ids, told=told, days=access.days)
        )


def _is_news(seen: "StatusSeen", known: "StatusSeen | None") -> bool:
    """Say whether more was told than when it was told."""
    if known is None or seen.total != known.total:
        return True
    limits = (one.limits and one.limits.limits for one in (seen, known))
    return next(limits) != next(limits)
