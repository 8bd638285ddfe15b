"""Everything new on disk into the ledger. Used by the resident daemon and by a single command."""

import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from aicost.core.facts import FileRead
from aicost.core.prices import PriceBook
from aicost.core.tailing import Cursor
from aicost.core.view import Reading
from aicost.daemon.indexer import BATCH_BYTES, Survey, may_read, read_unread, survey
from aicost.daemon.reading import read_log
from aicost.platform.dirs import Dirs
from aicost.platform.git import repo_of
from aicost.sources.base import Parser
from aicost.sources.claude.parser import ClaudeParser
from aicost.store.cursors import read_cursors, read_homes
from aicost.store.ledger import Ledger, Recorded


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
    cursors: dict[str, Cursor] = field(default_factory=dict)
    parser: Parser = field(default_factory=ClaudeParser)

    def survey(self) -> Survey:
        """Look at all logs of all homes."""
        return survey(sorted(self.homes), self.cursors)

    def read_all(self, found: Survey, *, cores: int | None = None) -> Generator[Step, None, None]:
        """Read and record what a survey found unread, newest first, a transaction per step."""
        files = size = 0
        workers = os.cpu_count() or 1 if cores is None else cores
        in_bulk = found.pending_bytes > BATCH_BYTES
        with (
            self.ledger.in_bulk() if in_bulk else nullcontext(),
            closing(read_unread(found.unread, cores=workers)) as readings,
        ):
            for logs, reads in readings:
                cursors = {log.path: log.cursor for log in logs}
                recorded = self._record([r for r in reads if self._is_at(r.path, cursors[r.path])])
                files += len(logs)
                size += sum(log.pending_bytes for log in logs)
                yield Step(recorded, files, size)

    def read_paths(self, paths: Iterable[tuple[str, str]]) -> Recorded:
        """Read what was appended to a few (path, home) logs, and record it."""
        reads = []
        for path, home in paths:
            if not may_read(path):
                continue
            try:
                read = read_log(path, home, self.cursors.get(path, Cursor()), self.parser)
            except OSError:  # an error of the disk, a ring of links: it stays unread
                continue
            if read is not None:
                reads.append(read)
        return self._record(reads) if reads else Recorded(0, frozenset())

    def _is_at(self, path: str, cursor: Cursor) -> bool:
        """Say whether a log still is read as far as this, and was not read on meanwhile."""
        return self.cursors.get(path, cursor) == cursor

    def _record(self, reads: Sequence[FileRead]) -> Recorded:
        recorded = self.ledger.record(reads)
        self.cursors.update((read.path, read.cursor) for read in reads)
        return recorded

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()


def open_engine(dirs: Dirs, *, book: PriceBook, zone: ZoneInfo, homes: Iterable[str]) -> Engine:
    """Open the ledger (made if missing) with its known homes and those named. Raises StoreError."""
    dirs.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    ledger = Ledger(dirs.ledger_file, book=book, zone=zone, repo_of=lambda cwd: repo_of(cwd)[0])
    known = read_homes(ledger.db)
    return Engine(ledger, set(homes) | set(known), read_cursors(ledger.db))


def progress(found: Survey, step: Step, elapsed_s: float) -> Reading:
    """Return how far a reading is, and how long the rest takes at its speed so far."""
    total, done = found.pending_bytes, step.bytes_done
    return Reading(
        files_done=step.files_done,
        files_total=len(found.unread),
        bytes_done=done,
        bytes_total=total,
        seconds_left=elapsed_s * (total - done) / done if done else None,
    )
