"""Which agents run right now: Claude Code's registry files, checked against the process table, and
the threads that Codex has open.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from aicost.core.errors import LogFormatError
from aicost.core.session import LiveSession, Running
from aicost.daemon.threads import CodexThreads, is_codex_home
from aicost.platform.opening import open_unblocked
from aicost.platform.processes import is_alive
from aicost.sources.claude.live import parse_live_session

REGISTRY_DIR = "sessions"
_MAX_BYTES = 64 * 1024


class Live:
    """Looks at who runs, again and again. Not thread-safe."""

    def __init__(self) -> None:
        self._threads = CodexThreads()

    def read(self, homes: Iterable[str]) -> Running:
        """Return the running sessions. Files of dead processes are passed over."""
        homes = tuple(homes)
        registered, threads = _read_registries(homes), self._threads.read(homes)
        return Running(
            sessions={**registered.sessions, **threads.sessions},
            registries=registered.registries | threads.registries,
            unsure=threads.unsure,
        )


def read_live(homes: Iterable[str]) -> Running:
    """Look once."""
    return Live().read(homes)


def _read_registries(homes: Iterable[str]) -> Running:
    """Return the sessions that Claude Code registers."""
    found: dict[str, LiveSession] = {}
    registries = set[str]()
    for home in homes:
        if is_codex_home(home):  # its `sessions` is a folder of logs
            continue
        files = _registry_files(Path(home) / REGISTRY_DIR)
        if files is None:
            continue
        entries, is_whole = _entries(files)
        found.update(
            (entry.session_id, entry)
            for entry in entries
            if is_alive(entry.pid, entry.started_at, entry.start_ticks)
        )
        if is_whole:
            registries.add(home)
    return Running(sessions=found, registries=frozenset(registries))


def _entries(files: Iterable[Path]) -> tuple[list[LiveSession], bool]:
    """Return what registry files say, and whether all of them could be read.

    One that could not is half written, mostly; the next look tells whose it is.
    """
    entries, is_whole = list[LiveSession](), True
    for path in files:
        try:
            entries.append(parse_live_session(_read(path)))
        except FileNotFoundError:  # just removed: its session has ended
            continue
        except (OSError, LogFormatError):
            is_whole = False
    return entries, is_whole


def _read(path: Path) -> bytes:
    fd = open_unblocked(path)
    try:
        return os.read(fd, _MAX_BYTES)
    finally:
        os.close(fd)


def _registry_files(folder: Path) -> list[Path] | None:
    """Return the files of a registry, None if there is none that we can read."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - a name is all we need of most entries
    except OSError:  # no such folder: an older client, or none
        return None
    return [folder / name for name in names if name.endswith(".json")]
