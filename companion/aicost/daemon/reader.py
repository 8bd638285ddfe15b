"""The component that keeps the ledger up to what is on disk."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from aicost.core.errors import StoreError
from aicost.core.facts import ClientTotal, LimitsSeen
from aicost.core.prices import PriceBook
from aicost.core.purpose import Tag
from aicost.core.view import Reading
from aicost.daemon.engine import Engine, Step, progress
from aicost.daemon.indexer import BATCH_BYTES, Survey
from aicost.daemon.pace import USUAL_PACE, Pace
from aicost.daemon.told import Told
from aicost.daemon.watcher import Watcher
from aicost.daemon.woken import Woken
from aicost.sources.agents import source_of
from aicost.store.ledger import Recorded
from aicost.store.recovery import LedgerDamaged

if TYPE_CHECKING:
    from aicost.store.outcomes import Judged

T = TypeVar("T")

log = logging.getLogger(__name__)

NOTHING_SEEN = Reading(files_done=0, files_total=0, bytes_done=0, bytes_total=0)
_NOTHING = Recorded(0, frozenset())
_OLD_NS = 1_000_000_000  # a change this old should have been told by now
_EVIDENCE_ROUNDS = 3  # agents write on meanwhile; what cannot be read at all is left then
_UNTOLD_CHANGES = 2  # so many must be found: a busy machine tells late


class Reader:
    """Reads on a wake-up, at each poll, and when asked to catch up.

    All reading is done by the one task of `run`, whose steps run in a thread of their own: a
    client that leaves in the middle takes only its waiting with it. While the ledger cannot be
    written, `trouble` says why; nothing is lost, it stays unread.
    """

    name = "reader"

    def __init__(
        self, engine: Engine, changed: Callable[[Recorded], None], pace: Pace = USUAL_PACE
    ) -> None:
        self.engine, self._changed, self._pace = engine, changed, pace
        self.watcher = Watcher(self.wake, lambda: changed(_NOTHING))
        self.reading: Reading | None = NOTHING_SEEN  # None: what is on disk is in the ledger
        self.trouble = ""
        self.seen = Survey(0, 0, ())  # the last look, before anything of it was read
        self.lag_s = 0.0  # from wake-up to ledger, of the last read
        self._woken = Woken(pace.gather)
        self._wake = asyncio.Event()
        self._look_now = False
        self._surveyed_at = float("-inf")
        self._waiting: list[asyncio.Future[Survey]] = []
        self._waiting_for_evidence: list[asyncio.Future[Survey]] = []
        self._due: list[asyncio.Future[Survey]] = []  # those that the last look was for
        self._known_homes: frozenset[str] = frozenset()  # at the last look
        self._old_evidence_is_read = False  # as far as it can be, since the last look
        self._told = Told()
        self._untold: dict[str, set[tuple[str, int]]] = {}
        self._is_settled, self._settle_at = True, float("-inf")
        self._thread = ThreadPoolExecutor(1, "ledger")

    def wake(self, path: str, home: str, *, is_urgent: bool = False) -> None:
        """Note that a log was written; `is_urgent`: somebody waits. In the event loop only."""
        self._woken.note(path, home, is_urgent=is_urgent)
        self._wake.set()

    def take_told(self, total: ClientTotal, limits: LimitsSeen | None = None) -> None:
        """Note what a client says of a session, and in it; recorded with what is read next."""
        self._told.note(total, limits)
        self._wake.set()

    def add_homes(self, homes: Iterable[str]) -> None:
        """Take homes on that a client's environment names; the next look is at once."""
        new = set(homes) - self.engine.homes
        if new:
            self.engine.homes = self.engine.homes | new  # (a survey may be under way: no `|=`)
            self.reading = self.reading or NOTHING_SEEN
            self._look_soon()

    def catch_up(self, *, with_evidence: bool = False) -> "asyncio.Future[Survey]":
        """Ask to read all usage that is on disk now, or all evidence too.

        Gives what could not be read. Raises StoreError (from the future) if it cannot be recorded.
        """
        waiting = asyncio.get_running_loop().create_future()
        (self._waiting_for_evidence if with_evidence else self._waiting).append(waiting)
        self._look_soon()
        return waiting

    def _look_soon(self) -> None:
        self._look_now = True
        self._woken.hurry()
        self._wake.set()

    async def pending(self) -> Survey:
        """Look how much is unread now, without reading it. Waits for a step of a reading."""
        return await self._survey(reads_on=False)

    async def _survey(self, *, reads_on: bool) -> Survey:
        """Look at all logs; `reads_on`: agents that write do not wait for that."""
        steps = self.engine.surveying()
        while not (found := await self._in_thread(lambda: next(steps))):
            if reads_on:
                await self._read_woken()
        self.seen, self._surveyed_at = found, time.monotonic()
        return found

    async def _glance(self) -> Survey:
        """Look how much is unread now; shortly, where changes are told and a look was just now."""
        is_current = not self.trouble and self.reading is None
        is_told = is_current and not self.watcher.unwatched
        if is_told and time.monotonic() - self._surveyed_at < self._pace.survey_s:
            found = await self._in_thread(self.engine.glance)
            if found is not None:
                self.seen = found
                return found
        return await self._survey(reads_on=is_current)

    async def use_prices(self, book: PriceBook) -> None:
        """Price all calls with another book, those to come too. Waits for a step of a reading.

        Raises StoreError; the ledger then keeps the book it had.
        """
        await self._in_thread(self.engine.use_prices, book)
        self._changed(_NOTHING)

    @property
    def has_read_all(self) -> bool:
        """Whether all that the last look found is in the ledger, evidence too."""
        return self.reading is None and self._old_evidence_is_read and not self.trouble

    async def note_outcomes(self, judged: "Sequence[Judged]") -> None:
        """Keep what came of sessions. Waits for a step of a reading. Raises StoreError."""
        await self._in_thread(self.engine.note_outcomes, judged)
        self._changed(_NOTHING)

    async def use_tags(self, tags: Iterable[Tag]) -> None:
        """Take on what the user says that turns were for. Waits for a step of a reading.

        Raises StoreError.
        """
        await self._in_thread(self.engine.ledger.write_tags, tuple(tags))
        await self._in_thread(self.engine.ledger.settle)
        self._changed(_NOTHING)

    async def run(self) -> None:
        """Read everything, then go on as agents write, until cancelled."""
        try:
            self.watcher.start()
            while True:
                await self._look()
                await self._read_evidence()
                await self._follow()
        finally:
            for waiting in (*self._waiting, *self._waiting_for_evidence, *self._due):
                waiting.cancel()
            self.watcher.stop()
            await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)
            self.engine.close()

    async def _look(self) -> None:
        """Read all that is on disk, then answer those who asked before."""
        waiting, self._waiting = self._waiting, []
        self._due += self._waiting_for_evidence
        self._waiting_for_evidence = []
        self._look_now = self._old_evidence_is_read = False
        try:
            left = await self._read_disk()
        except StoreError as error:
            self._note(error)
            _fail([*waiting, *self._due], error)
            self._due.clear()
        else:
            self._note(None)
            _give(waiting, left)
        finally:
            for future in waiting:
                future.cancel()  # (unless it has its answer)

    async def _read_evidence(self) -> None:
        """Read the evidence that the last look found, until usage is asked for again."""
        if self.trouble:
            return
        try:
            for _ in range(_EVIDENCE_ROUNDS):
                if self.seen.without_evidence and not await self._read_old_evidence():
                    return  # (what is left, the next look finds)
            self._old_evidence_is_read = True
            await self._record_told()
            await self._in_thread(self.engine.read_client_totals)
            self._is_settled = False
            if self._due or self._settle_in_s() <= 0:
                await self._settle(float("inf"))
            if self._look_now:
                return
            _give(self._due, self.seen)
        except StoreError as error:
            self._note(error)
            _fail(self._due, error)
        self._due.clear()

    async def _record_told(self) -> bool:
        """Record what was told; return whether anything was."""
        if not self._told:
            return False
        totals, limits = self._told.all()
        await self._in_thread(self.engine.note_told, tuple(totals.values()), limits)
        self._told.forget(totals, limits)
        return True

    async def _read_old_evidence(self) -> bool:
        """Return whether it could be read to its end."""
        steps = self.engine.read(self.seen.without_evidence)
        try:
            while await self._in_thread(_next, steps) is not None:
                await self._read_woken()
                if self._look_now:
                    return False
            await self._glance()
        finally:
            await self._in_thread(steps.close)
        return True

    async def _read_disk(self) -> Survey:
        self._watch()
        # What was written until now, this look sees.
        homes, told = frozenset(self.engine.homes), self._woken.take_all()
        found = await self._glance()
        if found.unread:
            self._notice_untold(found, told)
            await self._read_all(found)
            found = await self._glance()
        await self._in_thread(self.engine.keep_homes)
        self._known_homes = homes
        if self.reading is not None and homes == self.engine.homes:
            self.reading = None
            self._changed(_NOTHING)
        return found

    async def _read_all(self, found: Survey) -> None:
        steps, start = self.engine.read_all(found), time.monotonic()
        is_much = self.reading is not None or found.pending_bytes > BATCH_BYTES
        if is_much:
            self.reading = progress(found, Step(_NOTHING, 0, 0), 0.0)
        try:
            while (step := await self._in_thread(_next, steps)) is not None:
                if is_much:
                    self.reading = progress(found, step, time.monotonic() - start)
                self._changed(step.recorded)
                await self._read_woken()  # live sessions do not wait for old logs
        finally:
            await self._in_thread(steps.close)

    async def _follow(self) -> None:
        """Read what is woken, until the next look is due or asked for."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        while not self._look_now and (left := start + self._rest_s() - loop.time()) > 0:
            within_s = min(left, self._pace.folders_s, self._settle_in_s())
            is_woken = await self._is_woken(within_s)
            if not is_woken and self._settle_in_s() > 0:
                if self._watch():
                    self._changed(_NOTHING)  # a registry may have come
                return
            if self.trouble or self._look_now:
                continue
            try:
                if is_woken:
                    await self._woken.rest()
                    await self._read_woken()
                else:
                    await self._settle(self._pace.settle.most_s)
                    self._changed(_NOTHING)  # it is another change: the one before was told at once
            except StoreError as error:
                self._note(error)
                start = loop.time()

    async def _is_woken(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    async def _read_woken(self) -> None:
        """Read what was written, if it need not rest, and record what was told."""
        self._wake.clear()
        is_told = await self._record_told()
        if woken := self._woken.take():
            await self._read_logs(woken)
        elif is_told:
            await self._in_thread(self.engine.ledger.settle_some)
            self._changed(_NOTHING)
        if self._woken:
            self._wake.set()

    async def _read_logs(self, woken: Mapping[str, tuple[str, float]]) -> None:
        start, paths = time.monotonic(), [(path, home) for path, (home, _) in woken.items()]
        recorded = await self._in_thread(self.engine.read_paths, paths)
        self.lag_s = time.monotonic() - min(at for _, at in woken.values())
        if recorded.sessions or any(source_of(path).logs_state for path, _ in paths):
            self._changed(recorded)
        has_evidence = self._old_evidence_is_read or not self.seen.without_evidence
        if has_evidence:
            await self._in_thread(self.engine.read_evidence_of, paths)
            self._is_settled = False
        self._woken.note_work(time.monotonic() - start)
        if has_evidence and self._settle_in_s() <= 0:
            await self._settle(self._pace.settle.most_s)

    def _settle_in_s(self) -> float:
        """Return how long what was read may wait to be summed up; for ever if all is."""
        if self._is_settled or self.trouble:
            return float("inf")
        return self._settle_at - time.monotonic()

    async def _settle(self, most_s: float) -> None:
        """Sum sessions up, part by part, until somebody asks; agents that write do not wait."""
        work_s, self._settle_at = 0.0, float("inf")  # what is read meanwhile begins no other
        try:
            while work_s <= most_s and not self._look_now:
                start = time.monotonic()
                is_left = await self._in_thread(self.engine.ledger.settle_some)
                work_s += time.monotonic() - start
                if not is_left:
                    self._is_settled = True
                    break
                await self._read_woken()
        finally:
            self._settle_at = time.monotonic() + self._pace.settle.after(work_s)

    def _watch(self) -> bool:
        """Watch what can be watched by now; return whether something is new."""
        loop = asyncio.get_running_loop()
        return any([self.watcher.watch(home, loop) for home in sorted(self.engine.homes)])

    def _rest_s(self) -> float:
        if self.trouble:
            return self._pace.retry_s
        return self._pace.bare_poll_s if self.watcher.unwatched else self._pace.poll_s

    def _note(self, error: StoreError | None) -> None:
        """Keep what is the matter. Raises LedgerDamaged: trying again would not help."""
        if isinstance(error, LedgerDamaged):
            raise error
        what = error.what if error else ""
        if what and what != self.trouble:
            log.warning("%s; trying again", what)
        elif self.trouble and not what:
            log.info("the ledger can be written again")
        if what != self.trouble:
            self.trouble = what
            self._changed(_NOTHING)

    def _notice_untold(self, found: Survey, told: Mapping[str, object]) -> None:
        """Poll more often where logs change without a word: a network, WSL's drives, a limit."""
        if self.trouble:
            return  # told, and not recorded
        now_ns = time.time_ns()
        for unread in found.unread:
            is_old = unread.modified_ns < now_ns - _OLD_NS
            was_told = unread.path in told or unread.path in self._woken
            if is_old and not was_told and unread.home in self._known_homes:
                untold = self._untold.setdefault(unread.home, set())
                if len(untold) < _UNTOLD_CHANGES:
                    untold.add((unread.path, unread.modified_ns))
                    if len(untold) == _UNTOLD_CHANGES:
                        self.watcher.tells_too_little(unread.home, unread.path)

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)


def _give(waiting: Iterable["asyncio.Future[Survey]"], found: Survey) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(found)


def _fail(waiting: Iterable["asyncio.Future[Survey]"], error: StoreError) -> None:
    for future in waiting:
        if not future.done():
            future.set_exception(error)


def _next(steps: Iterator[T | None]) -> T | None:
    return next(steps, None)
