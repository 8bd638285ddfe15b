"""Which agents run right now: their own registry files, checked against the process table."""

import os
from collections.abc import Iterable
from pathlib import Path

from aicost.core.errors import LogFormatError
from aicost.core.session import LiveSession
from aicost.platform.processes import is_alive
from aicost.sources.claude.live import parse_live_session

REGISTRY_DIR = "sessions"
_MAX_BYTES = 64 * 1024


def read_live(homes: Iterable[str]) -> dict[str, LiveSession]:
    """Return the running sessions by session id. Files of dead processes are passed over."""
    found: dict[str, LiveSession] = {}
    for home in homes:
        for path in _registry_files(Path(home) / REGISTRY_DIR):
            try:
                live = parse_live_session(_read(path))
            except (OSError, LogFormatError):  # just removed, or half written: the next look
                continue
            if is_alive(live.pid, live.started_at):
                found[live.session_id] = live
    return found


def _read(path: Path) -> bytes:
    # Without O_NONBLOCK, opening a named pipe would wait for somebody to write into it.
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.read(fd, _MAX_BYTES)
    finally:
        os.close(fd)


def _registry_files(folder: Path) -> list[Path]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - a name is all we need of most entries
    except OSError:  # no such folder: an older client, or none
        return []
    return [folder / name for name in names if name.endswith(".json")]
