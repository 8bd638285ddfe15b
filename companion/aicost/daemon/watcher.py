"""Wake the reader when an agent writes: watchdog where it can, a poll where it cannot."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from aicost.daemon.live import REGISTRY_DIR

log = logging.getLogger(__name__)

LOGS_DIR = "projects"


class Watcher:
    """Calls `log_written(path, home)` and `registry_changed()` in the event loop.

    Homes whose folders do not exist yet are tried again at each `watch`. `unwatched` names what
    only the poll sees, and why.
    """

    def __init__(
        self, log_written: Callable[[str, str], None], registry_changed: Callable[[], None]
    ) -> None:
        self._log_written, self._registry_changed = log_written, registry_changed
        self._observer: BaseObserver | None = None
        self._watched: set[str] = set()
        self.unwatched: dict[str, str] = {}

    def start(self) -> None:
        """Start the observer's thread."""
        self._observer = Observer()
        self._observer.name = "watcher"
        self._observer.start()

    def stop(self) -> None:
        """End the observer's threads and wait for them."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def watch(self, home: str, loop: asyncio.AbstractEventLoop) -> None:
        """Watch a home's logs and its registry of running sessions, as far as they exist."""
        for folder, recursive in ((LOGS_DIR, True), (REGISTRY_DIR, False)):
            path = str(Path(home) / folder)
            if path in self._watched or self._observer is None or not Path(path).is_dir():
                continue
            handler = _Handler(self._event_of(home, folder), loop)
            try:
                self._observer.schedule(handler, path, recursive=recursive)
            except OSError as error:  # the system's limit of watches, or a folder just gone
                if path not in self.unwatched:
                    log.warning("cannot watch a folder, polling it instead: %s", error.strerror)
                self.unwatched[path] = error.strerror or str(error)
                continue
            self.unwatched.pop(path, None)
            self._watched.add(path)

    def forget_vanished(self) -> None:
        """Drop watches of folders that are gone, so that new ones of the name are watched."""
        self._watched = {path for path in self._watched if Path(path).is_dir()}

    def _event_of(self, home: str, folder: str) -> Callable[[str], None]:
        if folder == REGISTRY_DIR:
            return lambda _: self._registry_changed()
        return lambda path: self._log_written(path, home) if path.endswith(".jsonl") else None


class _Handler(FileSystemEventHandler):
    """Hands paths from watchdog's thread to the event loop."""

    def __init__(self, notify: Callable[[str], None], loop: asyncio.AbstractEventLoop) -> None:
        self._notify, self._loop = notify, loop

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Pass on what may have changed a file; opening and closing for reading does not."""
        if event.event_type in ("opened", "closed_no_write") or event.is_directory:
            return
        try:
            for path in (event.src_path, event.dest_path):
                if path:
                    text = path if isinstance(path, str) else bytes(path).decode(errors="replace")
                    self._loop.call_soon_threadsafe(self._notify, text)
        except RuntimeError:  # the loop has ended; so will this thread
            return
