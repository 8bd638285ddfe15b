"""The component that answers agents' hooks, and keeps the files that spare most of them the asking.

Asking and writing happen in one thread with a view of the ledger of its own: a long report makes
no agent wait, and what one is let do the next one knows of.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from aicost.core.days import from_us, to_us
from aicost.core.errors import ConfigError, StoreError
from aicost.core.hook_files import FailMode
from aicost.core.nudge import NudgeKind
from aicost.core.session import Running
from aicost.daemon.reader import Reader
from aicost.daemon.rules import Rules
from aicost.daemon.server import Method, Notify, Params
from aicost.daemon.verdict_files import VerdictFiles
from aicost.daemon.world import World
from aicost.platform.kept_prompts import tidy
from aicost.sources.agents import place_of
from aicost.store.connection import connect_readonly, snapshot, store_errors
from aicost.store.places import Attribution
from aicost.store.recovery import LedgerDamaged

if TYPE_CHECKING:
    from aicost.core.audit import GateEvent
    from aicost.core.gate import Ask, Decision
    from aicost.daemon.judging import Judge
    from aicost.daemon.weighing import Scales
    from aicost.store.journal import Journal

T = TypeVar("T")

log = logging.getLogger(__name__)

WAIT_S = 0.25  # at most, for the calls of an event to be in the ledger
_LOOK_S = 0.01  # between two looks
_WAKE_S = 0.04  # after this long the log is read again, whoever tells of changes
_GATHER_S = 0.02  # changes this close together are weighed once
_QUIET_S = 2.0  # windows end, and agents come and go, without a log line
_TIDY_S = 6 * 3600.0  # between two looks for prompts that were kept long enough
_STARTS, _ENDS = "SessionStart", "SessionEnd"
_OF_LIMITS: frozenset[NudgeKind] = frozenset({"budget", "forecast", "plan"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the gate needs of the rest of the daemon."""

    ledger_file: Path
    run_dir: Path
    prompts_dir: Path
    attribution: Attribution
    reader: Reader
    journal: "Journal"
    zone: Callable[[], ZoneInfo]
    rules: Callable[[], Rules]  # as they are set now
    running: Callable[[], Awaitable[Running]]
    guards: Callable[[], Mapping[str, str]]  # the guard of each session that is under one
    heard: "Callable[[Ask], None]"  # a hook spoke
    decided: "Callable[[Ask, Decision], None]"
    # What the user of a session is to hear, once; some kinds can wait.
    notice_for: Callable[[str, datetime, Collection[NudgeKind]], str]
    damaged: Callable[[LedgerDamaged], None]
    fail_changed: Callable[[FailMode], None]  # what hooks do without us is another now


class Gatekeeper:
    """Answers `gate`, `allow` and `audit`; `run` keeps the verdicts.

    What weighs and decides is made, and imported, at its first use: without a budget or a hook
    that asks, nobody does.
    """

    name = "gatekeeper"

    def __init__(self, access: Access) -> None:
        self._access = access
        self._thread = ThreadPoolExecutor(1, "gate")
        self._db = connect_readonly(access.ledger_file)
        self._files = VerdictFiles(access.run_dir, os.getpid())
        self._running = Running()
        self._looked_s = self._tidied_s = float("-inf")
        self._changed = asyncio.Event()
        self._has_files = False
        self._fail: FailMode | None = None

    @cached_property
    def _scales(self) -> "Scales":
        from aicost.daemon.weighing import Scales

        return Scales(self._db, self._access.attribution)

    @cached_property
    def _judge(self) -> "Judge":
        from aicost.daemon.judging import Judge

        return Judge(self._db, self._scales, self._access.journal)

    @property
    def methods(self) -> Mapping[str, Method]:
        """By name, as the server takes them."""
        return {"gate": self._gate, "allow": self._allow, "audit": self._audit}

    def changed(self) -> None:
        """Note that the ledger changed. In the event loop only."""
        self._changed.set()

    async def run(self) -> None:
        """Keep the verdicts until cancelled; leave none behind."""
        try:
            await self._in_thread(self._files.clear)
            while True:
                await self._renew_or_warn()
                if time.monotonic() - self._tidied_s >= _TIDY_S:
                    self._tidied_s = time.monotonic()
                    await self._in_thread(self._tidy_prompts)
                with suppress(TimeoutError):  # nothing changed: the moment did
                    async with asyncio.timeout(_QUIET_S):
                        await self._changed.wait()
                        await asyncio.sleep(_GATHER_S)
                self._changed.clear()
        finally:
            await asyncio.get_running_loop().run_in_executor(None, self._end)

    def close(self) -> None:
        """Let go of the ledger, also if `run` never began."""
        self._thread.shutdown()
        self._db.close()

    def _end(self) -> None:
        with suppress(RuntimeError):  # closed before
            self._thread.submit(self._files.clear).result()
        self.close()

    def _tidy_prompts(self) -> None:
        try:
            tidy(str(self._access.prompts_dir), time.time())
        except FileNotFoundError:  # none was ever kept
            return
        except OSError as error:
            log.warning("kept prompts cannot be looked through: %s", error.strerror)

    async def _renew_or_warn(self) -> None:
        try:
            if self._is_to_look():
                self._running = await self._access.running()
                self._looked_s = time.monotonic()
            await self._renew()
        except (StoreError, ConfigError) as error:  # the last verdicts end by themselves
            log.warning("no verdicts: %s", error.what)

    def _is_to_look(self) -> bool:
        """Say whether it is time to see who runs: at first, since they may bring budgets."""
        never = self._looked_s == float("-inf")
        is_due = time.monotonic() - self._looked_s >= _QUIET_S
        return never or (is_due and bool(self._access.rules().budgets))

    async def _renew(self) -> None:
        rules = self._access.rules()
        self._note_fail(rules.fail)
        if rules.budgets or self._has_files:
            world = self._world()
            await self._in_ledger(lambda: self._write_verdicts(world))
            self._has_files = bool(world.budgets)

    def _note_fail(self, fail: FailMode) -> None:
        if fail != self._fail:
            self._access.fail_changed(fail)
        self._fail = fail

    def _write_verdicts(self, world: World) -> None:
        from aicost.daemon.verdicts import find_verdicts

        world = self._with_allowances(world)
        with snapshot(self._db):
            weighed = self._scales.weigh(world)
            found = find_verdicts(weighed, self._judge.telling)
        self._files.show(found.files, world.now)
        self._scales.asking = found.asking
        self._judge.note_soft(weighed)

    def _world(self) -> World:
        rules = self._access.rules()
        return World(
            now=datetime.now(UTC),
            zone=self._access.zone(),
            budgets=rules.budgets,
            grace_permille=rules.grace_permille,
            running=self._running,
            guards=self._access.guards(),
        )

    def _with_allowances(self, world: World) -> World:
        return replace(world, allowances=self._judge.allowances(world.now))

    async def _gate(self, params: Params, _notify: Notify) -> object:
        from aicost.core.gate import PROMPT

        ask = asked(params)
        self._access.heard(ask)
        asked_at = datetime.now(UTC)
        place = place_of(ask.path)
        if place is not None:
            self._access.reader.add_homes([place[1]])
        world = replace(self._world(), now=asked_at)
        if ask.event == PROMPT and ask.allow is not None:
            decision = await self._in_ledger(lambda: self._judge.allow(ask, world))
        else:
            if any(budget.is_hard for budget in world.budgets):
                await self._until_read(ask, place)
            is_reading = self._access.reader.reading is not None
            decision = await self._in_ledger(
                lambda: self._judge.decide(ask, self._with_allowances(world), is_reading=is_reading)
            )
        decision = self._with_notice(ask, decision, asked_at)
        self._access.decided(ask, decision)
        if ask.event in (PROMPT, _ENDS):  # what holds for the next event, its hook finds at once
            await self._renew()
        self.changed()
        return {**asdict(decision), "prompts_dir": str(self._access.prompts_dir)}

    def _with_notice(self, ask: "Ask", decision: "Decision", now: datetime) -> "Decision":
        from aicost.core.gate import AFTER_TOOLS, PROMPT

        may_hear = ask.event in (_STARTS, PROMPT, *AFTER_TOOLS)
        if decision.action != "pass" or decision.notice or not may_hear:
            return decision
        # Who was just let go on need not hear that the budget is used up.
        without = _OF_LIMITS if ask.session_id in self._judge.allowed else ()
        return replace(decision, notice=self._access.notice_for(ask.session_id, now, without))

    async def _until_read(self, ask: "Ask", place: tuple[str, str] | None) -> None:
        """Wait until all is in the ledger that was written before the event, or for WAIT_S."""
        if place is None or ask.event == _ENDS:
            return
        logs = _logs_of(ask, place[0])
        sizes = {path: _size_of(path) for path in logs}
        keys = [f"claude:{one}" for one in ask.tool_use_ids] if ask.agent == "claude" else []
        began_s = woken_s = time.monotonic()
        for path in logs:
            self._access.reader.wake(path, place[1], is_urgent=True)
        while time.monotonic() - began_s < WAIT_S:
            if self._is_read(sizes) and await self._knows(keys, ask.session_id):
                return
            await asyncio.sleep(_LOOK_S)
            if time.monotonic() - woken_s >= _WAKE_S:
                woken_s = time.monotonic()
                for path in logs:
                    self._access.reader.wake(path, place[1], is_urgent=True)

    def _is_read(self, sizes: Mapping[str, int]) -> bool:
        cursors = self._access.reader.engine.cursors["usage"]
        return all(
            not size or ((cursor := cursors.get(path)) is not None and cursor.seen_bytes >= size)
            for path, size in sizes.items()
        )

    async def _knows(self, keys: Sequence[str], session_id: str) -> bool:
        """Say whether the calls that asked for these tools are in the ledger."""
        if not keys:
            return True
        from aicost.store.present import has_tool_calls

        now_us = to_us(datetime.now(UTC))
        return await self._in_ledger(lambda: has_tool_calls(self._db, keys, session_id, now_us))

    async def _allow(self, params: Params, _notify: Notify) -> object:
        """Let a session, or all of them, go on: what `aicost allow` asks for in a shell."""
        from aicost.core.allowance import wish

        asked_for = _converted(params, _Allowing)
        wanted = wish(asked_for.amount, asked_for.reason, asked_for.lasts)
        world = self._world()

        def allow() -> str:
            session_id = self._judge.session_named(asked_for.session, world)
            return self._judge.allow_wish(wanted, session_id, world)

        text = await self._in_ledger(allow)
        await self._renew()
        return {"text": text}

    async def _audit(self, params: Params, _notify: Notify) -> object:
        """Return what the gate did since a moment."""
        about = _converted(params, _Auditing)
        events: tuple[GateEvent, ...] = await self._in_thread(
            lambda: self._access.journal.events(from_us(about.since_us), about.session)
        )
        return {"events": msgspec.to_builtins(events)}

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _in_ledger(self, work: Callable[[], T]) -> T:
        """Work on the ledger in the thread of the gate. Raises StoreError."""
        try:
            with store_errors():
                return await self._in_thread(work)
        except LedgerDamaged as error:
            self._access.damaged(error)
            raise


class _Allowing(msgspec.Struct):
    amount: str
    reason: str = ""
    lasts: str = ""
    session: str = ""


class _Auditing(msgspec.Struct):
    since_us: int = 0
    session: str = ""


def asked(params: Params) -> "Ask":
    """Return what a hook asks. Raises ConfigError for what is no question to the gate."""
    from aicost.core.gate import Ask

    return _converted(params, Ask)


def _converted(params: Params, kind: type[T]) -> T:
    known = {name: value for name, value in params.items() if value is not None}
    try:
        return msgspec.convert(known, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"no question to the gate: {error}") from error


def _logs_of(ask: "Ask", transcript: str) -> tuple[str, ...]:
    """Return the logs that an event's calls are in: Claude Code names the main one only."""
    if ask.agent == "claude" and ask.thread_id and "/" not in ask.thread_id:
        folder = transcript.removesuffix(".jsonl")
        return (transcript, f"{folder}/subagents/agent-{ask.thread_id}.jsonl")
    return (transcript,)


def _size_of(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - Path's costs more than the call
    except (OSError, ValueError):
        return 0
