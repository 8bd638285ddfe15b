"""Tells which files change, and at a high rate only every so often: each word of it costs.

A word goes through four threads of watchdog's. Where it comes from inotify, many are taken from
the kernel at once, and a file that was written many times meanwhile is told once.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from watchdog.observers import Observer

from aicost.core.rests import Rest

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

T = TypeVar("T")

WORD_S = 0.0001  # of processor time that word of one change takes
REST = Rest(times=50.0, most_s=0.2)  # between two looks at what the kernel tells


def observer(rest: Rest = REST) -> "BaseObserver":
    """Return what watches folders, not started yet. Raises OSError at the system's limit."""
    if sys.platform.startswith("linux"):
        try:
            return _gathering(rest)
        except ImportError:  # an older watchdog's inotify
            pass
    return Observer()


def _gathering(rest: Rest) -> "BaseObserver":
    from watchdog.observers.api import BaseObserver
    from watchdog.observers.inotify import InotifyEmitter
    from watchdog.observers.inotify_c import InotifyEvent, InotifyFD

    class Queue(InotifyFD):
        """The kernel's queue, read after a rest."""

        _rest_s = 0.0

        def read_events(self, **sizes: int) -> list[InotifyEvent]:
            """Return what was told since the last time; wait for the first."""
            if self._rest_s:
                self.stopped_event.wait(self._rest_s)
            found = super().read_events(**sizes)
            self._rest_s = rest.after(len(found) * WORD_S)
            return list(told_once(found, lambda event: event.is_modify))

    class Gathering(BaseObserver):
        """Watchdog's own, with that queue."""

        def __init__(self) -> None:
            self._queue = Queue()
            self._queue.start()
            super().__init__(InotifyEmitter, inotify_fd=self._queue)

        def on_thread_stop(self) -> None:
            """End the queue's thread after those that read from it."""
            super().on_thread_stop()
            self._queue.stop()
            self._queue.join()

    return Gathering()


def told_once(events: Iterable[T], is_repeatable: Callable[[T], bool]) -> Iterator[T]:
    """Leave out what was told before, up to the next event that may change what is meant."""
    told = set[T]()
    for event in events:
        if not is_repeatable(event):
            told.clear()
        elif event in told:
            continue
        else:
            told.add(event)
        yield event
