"""The folder that status lines and the daemon share: lines to print, and what the client told.

`until` says that the daemon is there: its process, and a time ahead of the clock, as a shell can
compare the times of two files without a process, but knows no time of day.
"""

import logging
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from aicost.core.errors import ConfigError
from aicost.core.status_line import FOLDER, HOLDS_S, LINES, RENEW_S, TOLD, UNTIL
from aicost.platform.opening import open_unblocked
from aicost.platform.rundir import make_private

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 + 1  # of what a client tells: statusline.sh leaves no more
_KEPT_S = 7 * 24 * 3600.0  # a session may lie idle as long


class StatusLineFiles:
    """Belongs to one thread, and never raises OSError."""

    def __init__(self, run_dir: Path, pid: int) -> None:
        self._folder, self._pid = run_dir / FOLDER, pid
        self._lines, self._told = self._folder / LINES, self._folder / TOLD
        self._written: dict[str, str] = {}
        self._taken: dict[str, tuple[int, int]] = {}  # name -> time and size of what was taken
        self._renewed_s = float("-inf")

    def clear(self) -> None:
        """Take the lines away, and make folders that are missing; what was told stays."""
        self._written.clear()
        self._renewed_s = float("-inf")
        try:
            for folder in (self._folder, self._lines, self._told):
                make_private(str(folder))
            (self._folder / UNTIL).unlink(missing_ok=True)
            for entry in os.scandir(self._lines):
                os.unlink(entry.path)  # noqa: PTH108 - a name is all we have
        except (OSError, ConfigError) as error:
            log.warning("old status lines cannot be removed: %s", error)

    def told(self, now_s: float) -> tuple[list[tuple[str, float, bytes]], frozenset[str]]:
        """Return what clients told since the last time (session, when, content), and who ever did.

        Content that is of no use is to be given back by `forget`: it may be half written.
        """
        found, names = list[tuple[str, float, bytes]](), set[str]()
        for name, entry in self._entries():
            if now_s - entry.st_mtime > _KEPT_S:
                self._remove(name)
                continue
            names.add(name)
            state = (entry.st_mtime_ns, entry.st_size)
            if self._taken.get(name) != state:
                with suppress(OSError):  # just gone, or a link
                    found.append((name, entry.st_mtime, _read(self._told / name)))
                    self._taken[name] = state
        self._taken = {name: state for name, state in self._taken.items() if name in names}
        return found, frozenset(names)

    def forget(self, name: str) -> None:
        """Take what a session told once more, though it be the same."""
        self._taken.pop(name, None)

    def show(self, lines: Mapping[str, str], now_s: float) -> None:
        """Write what changed, remove what is no longer said, and say that we are at work.

        `now_s` is the time since 1970; a clock that is set back is believed, too.
        """
        for attempt in (1, 2):
            try:
                for name, text in lines.items():
                    if self._written.get(name) != text:
                        self._write(self._lines / name, text)
                        self._written[name] = text
                for name in [one for one in self._written if one not in lines]:
                    (self._lines / name).unlink(missing_ok=True)
                    del self._written[name]
                if not 0 <= now_s - self._renewed_s < RENEW_S:
                    self._renew(now_s)
            except FileNotFoundError:  # somebody tidied the run folder
                self.clear()
                continue
            except OSError as error:
                log.warning("status lines cannot be written: %s (attempt %d)", error, attempt)
            return

    def _renew(self, now_s: float) -> None:
        path = self._folder / UNTIL
        if self._renewed_s == float("-inf"):
            self._write(path, f"{self._pid}\n")
        os.utime(path, (now_s + HOLDS_S, now_s + HOLDS_S))
        self._renewed_s = now_s

    def _entries(self) -> Iterator[tuple[str, os.stat_result]]:
        try:
            with os.scandir(self._told) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        found = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(found.st_mode):
                            yield entry.name, found
        except OSError:  # no folder: it is made anew with the next lines
            return

    def _remove(self, name: str) -> None:
        with suppress(OSError):
            (self._told / name).unlink()

    def _write(self, path: Path, text: str) -> None:
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, text.encode())  # (a few kB: whole, or the disk is full)
        finally:
            os.close(fd)
        part.replace(path)


def _read(path: Path) -> bytes:
    """Return what a client told. Raises OSError, also for a link."""
    fd = open_unblocked(path)
    try:
        return os.read(fd, MAX_BYTES)
    finally:
        os.close(fd)
