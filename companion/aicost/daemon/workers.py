"""Processes that read logs: units of work go out over a socket each, what was read comes back.

No thread of this process carries them (as those of a pool would): one that writes a ledger
meanwhile would keep such threads waiting, and the workers with them.
"""

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Literal

from aicost.core.facts import FileRead
from aicost.daemon.handover import packed, unpacked

Read = Callable[[bytes], Iterable[FileRead]]  # of a unit, in whatever process

_AHEAD = 3  # units that a worker has to read while this process writes


class WorkerLost(Exception):
    """A worker is gone, or cannot be had."""


def read_in_workers(
    units: Sequence[bytes], read: Read, workers: int
) -> Generator[tuple[int, list[FileRead]], None, None]:
    """Yield (number of a unit, what it said) as they come. Raises WorkerLost.

    The first unit is read here, while the workers start. Closing the generator ends them.
    """
    todo = iter(range(1, len(units)))
    crew = list[_Worker]()
    with _without_collector():
        try:
            for _ in range(workers):
                crew.append(_Worker(read))
            for worker in crew * _AHEAD:
                worker.give_next(todo, units)
            yield 0, list(read(units[0]))
            while busy := [worker for worker in crew if worker.has]:
                wait([worker.connection for worker in busy])
                ready = [result for worker in busy for result in worker.take(todo, units)]
                for number, content in ready:
                    yield number, unpacked(content)
        except (EOFError, OSError) as error:
            raise WorkerLost(str(error) or "a worker ended") from error
        finally:
            for worker in crew:
                worker.end()


def start_method(system: str, threads: int) -> Literal["fork", "spawn"]:
    """Fork where nothing else runs (a single command): a new interpreter takes 0.15 s to start.

    Beside threads (the daemon's watcher), and on macOS at all, only a new one is safe.
    """
    return "fork" if system == "linux" and threads == 1 else "spawn"


class _Worker:
    """A process, and the numbers of the units that it has."""

    def __init__(self, read: Read) -> None:
        """Raises OSError."""
        method = start_method(sys.platform, threading.active_count())
        context = get_context("fork") if method == "fork" else get_context("spawn")
        self.has = deque[int]()
        self.connection, theirs = context.Pipe()
        try:
            self._process = context.Process(target=_work, args=(theirs, read), daemon=True)
            self._process.start()
        except BaseException:
            self.connection.close()
            raise
        finally:
            theirs.close()  # so that its end is the end of the connection

    def give_next(self, todo: Iterator[int], units: Sequence[bytes]) -> None:
        """Give it a unit, if one is left. Raises OSError if it is gone."""
        number = next(todo, None)
        if number is not None:
            self.connection.send_bytes(units[number])
            self.has.append(number)

    def take(self, todo: Iterator[int], units: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """Yield (number, packed result) of what it is ready with; give it as many units again.

        Raises EOFError, OSError if it is gone.
        """
        while self.has and self.connection.poll():
            yield self.has.popleft(), self.connection.recv_bytes()
            self.give_next(todo, units)

    def end(self) -> None:
        """End it, whatever it does: it only reads."""
        self._process.kill()
        self._process.join()
        self.connection.close()


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


def _work(connection: "Connection[bytes, bytes]", read: Read) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    gc.disable()  # facts hold no cycles, and looking for some costs a quarter of the time
    os.nice(5)  # the parent writes what we read: it must not wait for a core
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    results = SimpleQueue[bytearray]()
    threading.Thread(target=_send, args=(connection, results), name="results", daemon=True).start()
    with suppress(EOFError, OSError):  # the parent is gone: nothing to be told to its user
        while True:
            results.put(packed(read(connection.recv_bytes())))


def _send(connection: "Connection[bytes, bytes]", results: SimpleQueue[bytearray]) -> None:
    """Send results while the next unit is read: the parent may be busy."""
    with suppress(OSError):
        while True:
            connection.send_bytes(results.get())


def _end_with_parent() -> None:
    """End this worker when its parent was killed: nobody else would tell it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
