"""Everything new on disk into the ledger. Used by the resident daemon and by a single command."""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aicost.core.errors import StoreError
from aicost.core.facts import ClientTotal, FileRead, LimitsSeen, Stage
from aicost.core.prices import PriceBook
from aicost.core.tailing import Cursor
from aicost.daemon.client_totals import read_client_totals
from aicost.daemon.indexer import BATCH_BYTES, Part, Survey, Unread, may_read, read_unread
from aicost.daemon.nearby import Nearby, surveying_all
from aicost.daemon.reading import read_log
from aicost.platform.dirs import Dirs
from aicost.platform.git import repo_key_of
from aicost.sources.agents import STAGES, source_of
from aicost.store.connection import store_errors
from aicost.store.cursors import read_all_cursors, read_homes, write_homes
from aicost.store.ledger import Ledger, Recorded
from aicost.store.places import Attribution
from aicost.store.recovery import kept_aside, opened, salvaged_homes

if TYPE_CHECKING:
    from aicost.core.view import Reading
    from aicost.store.outcomes import Judged

_NOTHING = Recorded(0, frozenset())
NO_LIMITS: Mapping[str, LimitsSeen] = MappingProxyType({})
BY_GIT = Attribution(key_of=repo_key_of)  # without any project of the user's


@dataclass(frozen=True, slots=True)
class Step:
    """How far a reading of many logs is."""

    recorded: Recorded
    files_done: int
    bytes_done: int


@dataclass
class Engine:
    """Owns the ledger's one writer. All methods belong to one thread. Raises StoreError."""

    ledger: Ledger
    homes: set[str]
    cursors: dict[Stage, dict[str, Cursor]] = field(
        default_factory=lambda: {stage: {} for stage in STAGES}
    )
    breaks: int = 0  # how often the number of skipped lines changed
    _nearby: Nearby | None = None
    _kept_homes: set[str] = field(default_factory=set)

    def survey(self) -> Survey:
        """Look at all logs of all homes."""
        return next(found for found in self.surveying() if found is not None)

    def surveying(self) -> Iterator[Survey | None]:
        """Look at all logs of all homes step by step: None while there are more.

        Others may be read meanwhile.
        """
        found, nearby = yield from surveying_all(self.homes, self.cursors)
        self._nearby = nearby
        # Evidence must know how far its usage was read.
        self._keep(one for one in found.moved if one[1] not in self.cursors[one[0]])
        yield found

    def glance(self) -> Survey | None:
        """Look at the logs that changed last; None if that may not be enough."""
        if self._nearby is None or self._nearby.homes != self.homes:
            return None
        return self._nearby.look(self.cursors)

    def left_of(self, found: Survey) -> Survey:
        """Return what a survey found and was not read since; look again only if that is usage."""
        if any(log.is_left(self.cursors) for log in found.unread):  # or it is gone
            return self.survey()
        left = tuple(log for log in found.without_evidence if log.is_left(self.cursors))
        return replace(found, unread=(), without_evidence=left)

    def keep_homes(self) -> None:
        """Keep those homes in the ledger that exist, for the next start: somebody named them."""
        named = self.homes - self._kept_homes
        new = sorted(filter(os.path.isdir, named))  # (Path.is_dir raises where we may not look)
        if new:
            with store_errors():
                write_homes(self.ledger.db, new)
            self._kept_homes.update(new)

    def read_all(self, found: Survey, *, cores: int | None = None) -> Generator[Step, None, None]:
        """Read and record all usage that a survey found unread: see `read`."""
        yield from self.read(found.unread, cores=cores)

    def read(
        self, logs: Sequence[Unread], *, cores: int | None = None
    ) -> Generator[Step, None, None]:
        """Read and record logs in this order, a transaction per step.

        What follows from much evidence is settled while workers read on; a step each that reads
        nothing.
        """
        files = size = 0
        workers = os.cpu_count() or 1 if cores is None else cores
        in_bulk = sum(log.pending_bytes for log in logs) > BATCH_BYTES
        with (
            self.ledger.in_bulk() if in_bulk else nullcontext(),
            closing(
                read_unread(self._ended(logs), cores=workers, counting=self.ledger.counting)
            ) as readings,
        ):
            for first in readings:
                calls, sessions, read_to = 0, set[str](), list[tuple[Stage, str, Cursor]]()
                with self.ledger.recording() as record:
                    for part in _step(first, readings):
                        fit = self._fitting(part)
                        found = record(fit)
                        calls += found.calls
                        sessions |= found.sessions
                        read_to += [(read.stage, read.path, read.cursor) for read in fit]
                        files += len(part.logs)
                        size += sum(log.pending_bytes for log in part.logs)
                self._keep(read_to)
                yield Step(Recorded(calls, frozenset(sessions)), files, size)
                is_to_settle = in_bulk and first.logs[0].stage == "evidence"
                while is_to_settle and self.ledger.settle_some_read():
                    yield Step(_NOTHING, files, size)

    def read_paths(self, paths: Iterable[tuple[str, str]], stage: Stage = "usage") -> Recorded:
        """Read what was appended to a few (path, home) logs, and record it."""
        reads = []
        for path, home in paths:
            parser = source_of(path).parsers.get(stage)
            if parser is None or not may_read(path):
                continue
            cursor = self.cursors[stage].get(path, Cursor())
            try:
                read = read_log(path, home, cursor, parser, stage, self._end(path, stage))
            except OSError:  # an error of the disk, a ring of links: it stays unread
                continue
            if read is not None and self._has_usage(read):
                reads.append(read)
        return self._record(reads) if reads else Recorded(0, frozenset())

    def read_evidence_of(self, paths: Iterable[tuple[str, str]]) -> None:
        """Read the evidence in what was appended to a few (path, home) logs.

        What follows from it, as of a session's whole work, is settled later.
        """
        self.read_paths(paths, "evidence")

    def note_told(
        self, totals: Sequence[ClientTotal], limits: Mapping[str, LimitsSeen] = NO_LIMITS
    ) -> None:
        """Keep what Claude Code told its status line; limits by session."""
        if totals or limits:
            self.ledger.note_told("claude", totals, limits)

    def note_outcomes(self, judged: "Sequence[Judged]") -> None:
        """Keep what came of sessions."""
        from aicost.store.outcomes import write_outcomes

        with store_errors():
            write_outcomes(self.ledger.db, judged)

    def read_client_totals(self) -> None:
        """Read what the clients themselves say they spent, where that changed."""
        found = read_client_totals(sorted(self.homes), self.cursors["evidence"])
        if found:
            self._record(found)

    def settle(self) -> None:
        """Read what the clients say they spent, and sum up what was recorded since."""
        self.read_client_totals()
        self.ledger.settle()

    def _ended(self, logs: Iterable[Unread]) -> list[Unread]:
        return [
            log if log.stage == "usage" else replace(log, end=self._end(log.path, log.stage))
            for log in logs
        ]

    def _end(self, path: str, stage: Stage) -> int | None:
        """Return how far a log may be read: evidence says more of the calls that are known."""
        if stage == "usage":
            return None
        known = self.cursors["usage"].get(path)
        return known.seen_bytes if known else 0

    def _has_usage(self, read: FileRead) -> bool:
        """Say whether the usage of the very file was read, which may be new at its path."""
        known, found = self.cursors["usage"].get(read.path), read.cursor
        return read.stage == "usage" or (
            known is not None and (known.device, known.inode) == (found.device, found.inode)
        )

    def _fitting(self, part: Part) -> list[FileRead]:
        """Return what goes on where the ledger is."""
        known = {log.path: log for log in part.logs}
        return [
            read
            for read in part.reads
            if known[read.path].is_left(self.cursors) and self._has_usage(read)
        ]

    def _record(self, reads: Sequence[FileRead]) -> Recorded:
        recorded = self.ledger.record(reads)
        self._keep((read.stage, read.path, read.cursor) for read in reads)
        return recorded

    def _keep(self, cursors: Iterable[tuple[Stage, str, Cursor]]) -> None:
        for stage, path, cursor in cursors:
            known = self.cursors[stage].get(path)
            if cursor.broken_lines != (known.broken_lines if known else 0):
                self.breaks += 1
            self.cursors[stage][path] = cursor

    def use_prices(self, book: PriceBook) -> None:
        """Price all that is there and all that comes with another book."""
        self.ledger.use_prices(book)
        self.ledger.settle()

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()


def open_engine(
    dirs: Dirs,
    *,
    book: PriceBook,
    zone: ZoneInfo,
    homes: Iterable[str],
    attribution: Attribution = BY_GIT,
) -> Engine:
    """Open the ledger (made if missing) with its known homes and those named. Raises StoreError.

    A damaged one makes way for a new one: only for who holds the ledger's lock.
    """
    dirs.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = dirs.ledger_file

    def open_once() -> Engine:
        ledger = Ledger(file, book=book, zone=zone, attribution=attribution)
        try:
            with store_errors(file):
                kept = set(read_homes(ledger.db))
                known = kept or salvaged_homes(kept_aside(file))
                cursors = read_all_cursors(ledger.db)
                return Engine(ledger, {*homes, *known}, cursors, _kept_homes=kept)
        except StoreError:
            ledger.close()
            raise

    return opened(file, open_once, datetime.now(UTC))


def _step(part: Part, parts: Iterator[Part]) -> Iterator[Part]:
    """Yield this part and those after it, to the end of their step."""
    yield part
    while not part.ends_step:
        part = next(parts)
        yield part


def progress(found: Survey, step: Step, elapsed_s: float) -> "Reading":
    """Return how far a reading is, and how long the rest takes at its speed so far."""
    from aicost.core.view import Reading  # (what reads begins without it)

    total, done = found.pending_bytes, step.bytes_done
    return Reading(
        files_done=step.files_done,
        files_total=len(found.unread),
        bytes_done=done,
        bytes_total=total,
        seconds_left=elapsed_s * (total - done) / done if done else None,
    )
