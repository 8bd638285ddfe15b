"""Wake the reader when an agent writes: watchdog where it can, a poll where it cannot."""

import asyncio
import logging
import os
import stat
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

from watchdog.events import (
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver, ObservedWatch

from aicost.daemon.live import REGISTRY_DIR
from aicost.platform.inotify import WatchProbe
from aicost.platform.observing import observer as new_observer
from aicost.sources.agents import LOG_ENDINGS, SOURCES

log = logging.getLogger(__name__)

# Not the opening and closing of files: our own reading would wake us.
_CHANGED: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
]
# Of each home: the folders of logs, and the registry of running sessions.
WATCHED = tuple(
    dict.fromkeys([*(name for s in SOURCES.values() for name in s.log_folders), REGISTRY_DIR])
)

AT_LIMIT = "inotify watch limit reached"  # as watchdog says it where it does

Notify = Callable[[str], None]


class Watcher:
    """Calls `log_written(path, home)` and `registry_changed()` in the event loop.

    `unwatched` names the folders that only the poll sees, and why.
    """

    def __init__(
        self, log_written: Callable[[str, str], None], registry_changed: Callable[[], None]
    ) -> None:
        self._log_written, self._registry_changed = log_written, registry_changed
        self._observer: BaseObserver | None = None
        self._watched: dict[str, _Folder] = {}  # by real path
        self.unwatched: dict[str, str] = {}
        self._probe: WatchProbe | None = None

    def start(self) -> None:
        """Start the observer's threads. Where there can be none, everything is unwatched."""
        # Folders made one in the other at once are added twice by watchdog 7; it says so, at
        # length, and goes on.
        warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)
        try:
            observer = new_observer()
            observer.name = "watcher"
            observer.start()
        except OSError as error:  # the system's limit of observers
            log.warning("cannot watch folders, polling them instead: %s", error.strerror)
        else:
            self._observer, self._probe = observer, WatchProbe()

    def stop(self) -> None:
        """End the observer's threads and wait for them."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
        if self._probe is not None:
            self._probe.close()
            self._probe = None
        self._watched.clear()

    def watch(self, home: str, loop: asyncio.AbstractEventLoop) -> bool:
        """Watch a home's logs and its registry of running sessions, as far as they exist.

        To be called now and then: folders come late, vanish, or are replaced by others of the
        same name. Returns whether there is a folder that was not watched before.
        """
        notify = self._notify(home)
        return any([self._watch(f"{home}/{name}", notify, loop) for name in WATCHED])

    def tells_too_little(self, home: str, log: str) -> None:
        """Note that a log of this home changed and nobody told us."""
        top = log.removeprefix(f"{home}/").partition("/")[0]
        if f"{home}/{top}" not in self.unwatched:
            self._give_up(f"{home}/{top}", "the file system does not tell of every change")

    def _watch(self, path: str, notify: Notify, loop: asyncio.AbstractEventLoop) -> bool:
        # The observer does not follow a link to the folder itself: it gets the real path, and
        # what it says is translated back. Two homes may be links to one.
        real = os.path.realpath(path)
        identity, folder = _identity(real), self._watched.get(real)
        is_lost = folder and (folder.identity != identity or not self._is_alive(folder))
        is_partial = self.unwatched.get(path) == AT_LIMIT
        if folder and (is_lost or (is_partial and self._has_watch_left())):
            self._forget(real)
            folder = None
        if identity is None:
            self.unwatched.pop(path, None)
            return False
        if folder is None:
            folder = self._schedule(path, _Folder(real, identity), loop)
        if folder is None:
            return False
        is_new = path not in folder.names
        if is_new:
            folder.names[path] = notify
            self.unwatched.pop(path, None)
        if not self._has_watch_left():  # the observer passes over folders below this one
            self._give_up(path, AT_LIMIT)
        return is_new

    def _schedule(
        self, path: str, folder: "_Folder", loop: asyncio.AbstractEventLoop
    ) -> "_Folder | None":
        if self._observer is None:
            self._give_up(path, "the system allows no more observers")
            return None
        try:
            folder.watch = self._observer.schedule(
                _Handler(folder.tell, loop),
                folder.real,
                recursive=True,
                event_filter=_CHANGED,
            )
        except OSError as error:  # the system's limit of watches, or a folder just gone
            self._give_up(path, error.strerror or str(error))
            return None
        self._watched[folder.real] = folder
        return folder

    def _is_alive(self, folder: "_Folder") -> bool:
        """Say whether a folder still is watched: that ends with it, and a new one of the same
        name may get the same number."""
        emitters = self._observer.emitters.copy() if self._observer else ()
        return any(emitter.watch == folder.watch and emitter.is_alive() for emitter in emitters)

    def _has_watch_left(self) -> bool:
        return self._probe is None or self._probe.has_watch_left()

    def _forget(self, real: str) -> None:
        folder = self._watched.pop(real)
        if self._observer is not None and folder.watch is not None:
            self._observer.unschedule(folder.watch)

    def _give_up(self, path: str, why: str) -> None:
        if self.unwatched.get(path) != why:
            log.warning("cannot watch a folder, polling it instead: %s", why)
        self.unwatched[path] = why

    def _notify(self, home: str) -> Notify:
        registry = f"{home}/{REGISTRY_DIR}"

        def changed(path: str) -> None:
            if path.endswith(LOG_ENDINGS):
                self._log_written(path, home)
            elif path.rpartition("/")[0] == registry:
                self._registry_changed()

        return changed


@dataclass
class _Folder:
    """A watched folder, and who wants to know of it under which name."""

    real: str
    identity: tuple[int, int]
    watch: ObservedWatch | None = None
    names: dict[str, Notify] = field(default_factory=dict)

    def tell(self, changed: str) -> None:
        below = changed.removeprefix(self.real)
        for name, notify in self.names.items():
            notify(name + below)


class _Handler(FileSystemEventHandler):
    """Hands paths from watchdog's thread to the event loop."""

    def __init__(self, notify: Notify, loop: asyncio.AbstractEventLoop) -> None:
        self._notify, self._loop = notify, loop

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Pass on what may have changed a file."""
        if event.is_directory:
            return
        try:
            for path in (event.src_path, event.dest_path):
                if path:
                    self._loop.call_soon_threadsafe(self._notify, os.fsdecode(path))
        except RuntimeError:  # the loop has ended; so will this thread
            return


def _identity(path: str) -> tuple[int, int] | None:
    """Return what tells a folder from another of the same name; None if it is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - asked several times a second
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None
