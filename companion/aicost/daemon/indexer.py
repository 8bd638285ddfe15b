"""Find logs and read all that is new in them: newest first, in worker processes if it is much."""

import logging
import os
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

import msgspec

from aicost.core.facts import FileRead, Stage
from aicost.core.tailing import Continuation, Cursor, FileLook, continuation, pending_bytes
from aicost.daemon.reading import read_log
from aicost.sources.agents import SOURCES, STAGES, source_of
from aicost.store.runs import Counting

log = logging.getLogger(__name__)

# One unit of work: alone, it is read faster than two processes start.
BATCH_BYTES = 64 * 2**20
LOGS_PER_LOOK = 250  # some milliseconds
NEWEST = 200  # logs that are looked at first: nobody writes more at once
_SHARES = 8  # no unit is more than this part of what is left
# One step: a transaction, which writes a page of each index anew. So they are as large as a reader
# can wait for, and the last ones smaller, because nobody else works any more when they are written.
_UNITS_PER_STEP = 4
_STEP_SHARES = 3  # no step is more than this part of what is left
MAX_WORKERS = 4
_NOTHING_NEW = Continuation.NOTHING_NEW


@dataclass(frozen=True, slots=True)
class Unread:
    """A log with bytes that were not looked at yet."""

    path: str
    home: str
    cursor: Cursor
    pending_bytes: int
    modified_ns: int
    stage: Stage = "usage"
    end: int | None = None  # of the bytes to read; None: of the file
    is_folder: bool = False  # that cannot be read: logs may lie in it

    def is_left(self, cursors: "Cursors") -> bool:
        """Say whether it still is read as far as this, and was not read on meanwhile."""
        return cursors[self.stage].get(self.path, self.cursor) == self.cursor


@dataclass(frozen=True, slots=True)
class Survey:
    """All logs of some homes, compared with the cursors."""

    files: int
    bytes: int
    unread: tuple[Unread, ...]  # by the usage reading, newest first
    unreadable: tuple[Unread, ...] = ()  # not ours to open, or no text as a name; folders, too
    without_evidence: tuple[Unread, ...] = ()  # unread by the evidence reading, newest first
    newest: tuple[tuple[str, str], ...] = ()  # (path, home) of the logs that changed last
    moved: tuple[tuple[Stage, str, Cursor], ...] = ()  # logs at a new path, read as far as this

    def within(self, homes: Collection[str]) -> "Survey":
        """Return what concerns these homes; all of it if none are named."""
        if not homes:
            return self
        return replace(
            self,
            unread=tuple(log for log in self.unread if log.home in homes),
            unreadable=tuple(log for log in self.unreadable if log.home in homes),
            without_evidence=tuple(log for log in self.without_evidence if log.home in homes),
        )

    @property
    def is_complete(self) -> bool:
        """Whether all usage on disk was read."""
        return not self.unread and not self.unreadable

    @property
    def has_evidence(self) -> bool:
        """Whether all evidence on disk was read, too."""
        return self.is_complete and not self.without_evidence

    @property
    def unreadable_names(self) -> tuple[str, ...]:
        """The paths of those that cannot be read, as text."""
        return tuple(_name(log) for log in self.unreadable)

    @property
    def unreadable_folders(self) -> tuple[str, ...]:
        """Those of them that are folders."""
        return tuple(_name(log) for log in self.unreadable if log.is_folder)

    @property
    def pending_bytes(self) -> int:
        """How much was not read."""
        return sum(log.pending_bytes for log in (*self.unread, *self.unreadable))


def _name(log: Unread) -> str:
    return os.fsencode(log.path).decode(errors="replace")


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Unread]).decode

Cursors = Mapping[Stage, Mapping[str, Cursor]]  # of each reading, by path


class Part(NamedTuple):
    """Some logs and what they said."""

    logs: Sequence[Unread]
    reads: list[FileRead]
    ends_step: bool  # the parts until here are one step of progress, one transaction


def survey(homes: Iterable[str], cursors: Cursors) -> Survey:
    """Look at every log of the homes, without opening one."""
    steps = surveying(homes, cursors)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Survey = end.value
            return found


def surveying(homes: Iterable[str], cursors: Cursors) -> Generator[None, None, Survey]:
    """Look at every log, some at a time: yields while there are more, returns what it found.

    Of logs that are read meanwhile it may tell what was unread before.
    """
    look = Looking()
    for home in homes:
        moved = {stage: _Moved(home, cursors.get(stage, {})) for stage in STAGES}
        for source in SOURCES.values():
            stages = [(stage, cursors.get(stage, {})) for stage in source.parsers]
            for path, found in source.find_logs(Path(home), look.closed):
                if look.count(path, home, found) % LOGS_PER_LOOK == 0:
                    yield
                for stage, known in stages:
                    cursor = known.get(path)
                    if cursor is not None and continuation(cursor, found) is _NOTHING_NEW:
                        continue  # (nearly all, mostly)
                    if cursor is None and (cursor := moved[stage].cursor_of(found)):
                        look.moved.append((stage, path, cursor))
                    look.take(path, home, found, cursor or Cursor(), stage)
        look.close(home)
    return look.survey()


class Looking:
    """What a survey found so far."""

    def __init__(self) -> None:
        self._files = self._bytes = 0
        self._times: list[tuple[int, str, str]] = []
        self._unread: dict[Stage, list[Unread]] = {stage: [] for stage in STAGES}
        self._unreadable: list[Unread] = []
        self._asked = "", False  # a path, and whether it may be read
        self.moved: list[tuple[Stage, str, Cursor]] = []
        self.closed: list[str] = []  # folders of a home that cannot be read

    def close(self, home: str) -> None:
        """Note the folders of a home that cannot be read: logs may lie in them."""
        if self.closed and not os.access(home, os.X_OK):
            self.closed[:] = [home]
        self._unreadable += [
            Unread(path, home, Cursor(), 0, 0, is_folder=True) for path in self.closed
        ]
        self.closed.clear()

    def count(self, path: str, home: str, look: FileLook) -> int:
        """Note that there is a log; return how many there are until now."""
        self._files += 1
        self._bytes += look.size_bytes
        self._times.append((look.modified_ns, path, home))
        return self._files

    def take(self, path: str, home: str, look: FileLook, cursor: Cursor, stage: Stage) -> None:
        """Note a log, if it has bytes that a reading did not see."""
        if continuation(cursor, look) is Continuation.NOTHING_NEW:
            return
        left = pending_bytes(cursor, look)
        found = Unread(path, home, cursor, left, look.modified_ns, stage)
        if self._asked[0] != path:  # once for both readings
            self._asked = path, may_read(path)
        if self._asked[1]:
            self._unread[stage].append(found)
        elif stage == "usage":
            self._unreadable.append(found)

    def survey(self) -> Survey:
        """Return all that was noted, newest first."""
        for found in self._unread.values():
            found.sort(key=lambda log: log.modified_ns, reverse=True)
        return Survey(
            files=self._files,
            bytes=self._bytes,
            unread=tuple(self._unread["usage"]),
            unreadable=tuple(self._unreadable),
            without_evidence=tuple(self._unread["evidence"]),
            newest=tuple((path, home) for _, path, home in nlargest(NEWEST, self._times)),
            moved=tuple(self.moved),
        )


class _Moved:
    """Cursors of logs that have another path now: a worktree session moves to another folder.

    Only within one home: a home that moved as a whole is read anew, so that its sessions are
    known to be in it. (Whether it is the same file, the cursor's mark proves.)
    """

    def __init__(self, home: str, cursors: Mapping[str, Cursor]) -> None:
        self._home, self._cursors = home, cursors
        self._by_identity: dict[tuple[int, int], Cursor] | None = None

    def cursor_of(self, look: FileLook) -> Cursor | None:
        """Return the cursor of a file at an unknown path; None if it is new."""
        if self._by_identity is None:
            within = self._home.rstrip("/") + "/"
            self._by_identity = {
                (cursor.device, cursor.inode): cursor
                for path, cursor in self._cursors.items()
                if path.startswith(within)
            }
        return self._by_identity.get((look.device, look.inode))


def may_read(path: str) -> bool:
    """Say whether a log can be opened by us, and named in the ledger (which holds UTF-8)."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return os.access(path, os.R_OK)


def read_unread(
    logs: Iterable[Unread], *, cores: int, counting: Counting | None = None
) -> Generator[Part, None, None]:
    """Read logs; yield some of them at a time, with what they said.

    With `counting`, calls are made ready for a ledger that counts so, by who reads them. Files
    that cannot be read are passed over; they stay unread. Closing the generator ends the workers.
    Where workers cannot be had, or one is killed, this process reads what is left.
    """
    units = list(_batches(logs))
    left = sum(log.pending_bytes for unit in units for log in unit)
    most, least = _UNITS_PER_STEP * BATCH_BYTES, BATCH_BYTES // 2
    size = 0
    with closing(_read_units(units, cores, counting)) as readings:
        for number, (unit, reads) in enumerate(readings, start=1):
            size += sum(log.pending_bytes for log in unit)
            ends_step = size >= min(most, max(least, left // _STEP_SHARES))
            yield Part(unit, reads, ends_step or number in (1, len(units)))
            if ends_step or number == 1:
                left -= size
                size = 0


def _read_units(
    units: Sequence[list[Unread]], cores: int, counting: Counting | None
) -> Generator[tuple[list[Unread], list[FileRead]], None, None]:
    left = dict(enumerate(units))
    if len(left) > 1 and cores > 1:
        # Only here: it imports what starts processes, and most readings are small.
        from aicost.daemon.workers import WorkerLost, read_in_workers

        workers = min(cores, MAX_WORKERS, len(left))
        read = partial(read_unit, counting=counting)
        with closing(read_in_workers(list(map(_encode, units)), read, workers)) as readings:
            try:
                for number, reads in readings:
                    yield left.pop(number), reads
            except WorkerLost as error:
                log.warning("reading without worker processes: %s", error)
    for unit in left.values():
        yield unit, list(_read_batch(unit, counting))


def _batches(logs: Iterable[Unread]) -> Iterator[list[Unread]]:
    """Cut the logs into units of at most about BATCH_BYTES, without one alone for little.

    The first ones are smaller, so that there is soon something to write (and to see); and the
    last ones, so that all readers end at about the same time.
    """
    found = list(logs)
    left, batch, size, before = sum(log.pending_bytes for log in found), list[Unread](), 0, 0
    least = BATCH_BYTES // _SHARES if left > BATCH_BYTES else BATCH_BYTES
    for log in found:
        batch.append(log)
        size += log.pending_bytes
        if size >= min(BATCH_BYTES, max(least, min(before, left // _SHARES))):
            yield batch
            before += size
            left -= size
            batch, size = [], 0
    if batch:
        yield batch


def read_unit(content: bytes, counting: Counting | None = None) -> Iterator[FileRead]:
    """Read a unit of work, in a process that it was sent to."""
    return _read_batch(_decode(content), counting)


def _read_batch(batch: Iterable[Unread], counting: Counting | None) -> Iterator[FileRead]:
    for log in batch:
        parser = source_of(log.path).parsers[log.stage]
        try:
            read = read_log(log.path, log.home, log.cursor, parser, log.stage, log.end)
        except OSError:  # forbidden or vanished: it stays pending, and `status` shows that
            continue
        if read is not None:
            yield counting.readied(read) if counting else read
