"""Find logs and read all that is new in them: newest first, in worker processes if it is much."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from aicost.core.facts import FileRead
from aicost.core.tailing import Continuation, Cursor, continuation, pending_bytes
from aicost.daemon.reading import read_log
from aicost.sources.claude.parser import ClaudeParser
from aicost.sources.claude.paths import find_logs

INLINE_BYTES = 24 * 2**20  # less than this is read faster than two processes start
BATCH_BYTES = 24 * 2**20  # one unit of work, of progress and of a transaction
MAX_WORKERS = 4

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[FileRead]).decode


@dataclass(frozen=True, slots=True)
class Unread:
    """A log with bytes that were not looked at yet."""

    path: str
    home: str
    cursor: Cursor
    pending_bytes: int


@dataclass(frozen=True, slots=True)
class Survey:
    """All logs of some homes, compared with the cursors."""

    files: int
    bytes: int
    unread: tuple[Unread, ...]  # newest first

    @property
    def pending_bytes(self) -> int:
        """How much is still to be read."""
        return sum(log.pending_bytes for log in self.unread)


def survey(homes: Iterable[str], cursors: Mapping[str, Cursor]) -> Survey:
    """Look at every log of the homes, without opening one."""
    files = size = 0
    unread: list[tuple[int, Unread]] = []
    by_identity: dict[tuple[int, int], Cursor] | None = None
    for home in homes:
        for path, look in find_logs(Path(home)):
            files += 1
            size += look.size_bytes
            cursor = cursors.get(path)
            if cursor is None:
                if by_identity is None:
                    by_identity = {(c.device, c.inode): c for c in cursors.values()}
                # A worktree session's log moves to another folder: its cursor goes along (and
                # the mark proves that it is the same file).
                cursor = by_identity.get((look.device, look.inode), Cursor())
            if continuation(cursor, look) is not Continuation.NOTHING_NEW:
                log = Unread(path, home, cursor, pending_bytes(cursor, look))
                unread.append((look.modified_ns, log))
    unread.sort(key=lambda item: item[0], reverse=True)
    return Survey(files, size, tuple(log for _, log in unread))


def read_unread(logs: Iterable[Unread], *, cores: int) -> Iterator[list[FileRead]]:
    """Read logs and yield what they said, in batches of about BATCH_BYTES.

    Files that cannot be read are passed over; they stay unread. Leaving the iterator early (or
    an error in its consumer) ends the workers.
    """
    batches = list(_batches(logs))
    if len(batches) <= 1 or cores < 2:
        for batch in batches:
            yield _read_batch(batch)
        return
    workers = min(cores, MAX_WORKERS, len(batches))
    context = multiprocessing.get_context("spawn")  # fork is unsafe beside the watcher's threads
    with (
        _without_collector(),
        ProcessPoolExecutor(workers, context, initializer=_start_worker) as pool,
    ):
        todo = iter(batches)
        running: set[Future[bytes]] = {
            pool.submit(_read_in_worker, batch) for batch in islice(todo, workers + 1)
        }
        try:
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(_read_in_worker, b) for b in islice(todo, len(done))}
                for future in done:
                    yield _decode(future.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Pause the cycle collector: a hundred thousand values without a cycle come by."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _batches(logs: Iterable[Unread]) -> Iterator[list[Unread]]:
    batch, size = list[Unread](), 0
    for log in logs:
        batch.append(log)
        size += log.pending_bytes
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    gc.disable()  # facts hold no cycles, and looking for some costs a quarter of the time
    os.nice(5)  # the parent writes what we read: it must not wait for a core
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when its parent was killed: nobody else would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read_in_worker(batch: list[Unread]) -> bytes:
    return _encode(_read_batch(batch))


def _read_batch(batch: Iterable[Unread]) -> list[FileRead]:
    parser, reads = ClaudeParser(), list[FileRead]()
    for log in batch:
        try:
            read = read_log(log.path, log.home, log.cursor, parser)
        except OSError:  # forbidden or vanished: it stays pending, and `status` shows that
            continue
        if read is not None:
            reads.append(read)
    return reads
