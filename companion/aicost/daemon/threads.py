"""Which Codex threads are open right now: logs that a client holds, and whether a turn goes on.

A question to the user leaves no trace in a log, so a session that waits for an answer is `busy`.
"""

import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from aicost.core.errors import LogFormatError
from aicost.core.session import WRITING_S, LiveSession, LiveState, Running
from aicost.platform.open_files import OpenFiles
from aicost.platform.opening import open_unblocked
from aicost.sources.codex.live import (
    LOCK,
    LOCKS_DIR,
    PROCESS_NAME,
    OpenThread,
    is_in_turn,
    parse_open_thread,
)
from aicost.sources.codex.paths import LOG_FOLDERS, PLAIN, holds_threads, is_log

_FIRST_BYTES = 2**15  # of a log, to begin with
MAX_FIRST_LINE_BYTES = 2**20  # it holds a client's instructions: 20 kB, mostly
TAIL_BYTES, MAX_TAIL_BYTES = 2**16, 2**22  # of a log's end that the first look reads


@dataclass
class _Log:
    """How far a log was looked at."""

    thread: OpenThread
    identity: tuple[int, int]
    offset: int = 0  # after the last whole line
    seen_bytes: int = 0
    modified_s: float = 0.0
    in_turn: bool | None = None  # None: its client does not log turns


class CodexThreads:
    """Looks at open threads; remembers of their logs what it read. Not thread-safe."""

    def __init__(
        self, open_files: OpenFiles | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._open_files = open_files or OpenFiles(PROCESS_NAME, PLAIN)
        self._clock = clock
        self._logs: dict[str, _Log] = {}

    def read(self, homes: Iterable[str]) -> Running:
        """Return the open sessions of those homes that are Codex's."""
        wanted = [home for home in homes if is_codex_home(home)]
        held = self._open_files.holders() if wanted else None
        if held is None:
            return Running()
        threads = self._open_threads(wanted, held)
        sessions: dict[str, LiveSession] = {}
        # Of a session with subagents, the root's own process and folder are shown.
        for thread, pid, state in sorted(threads, key=lambda one: not one[0].is_root):
            known = sessions.get(thread.session_id)
            if known is None:
                sessions[thread.session_id] = _live(thread, pid, state)
            elif state == "busy":
                sessions[thread.session_id] = replace(known, state=state)
        open_ids = {thread.thread_id for thread, _, _ in threads}
        return Running(
            sessions=sessions,
            registries=frozenset(wanted),
            unsure=frozenset(_locked(wanted)) - open_ids,
        )

    def _open_threads(
        self, homes: Iterable[str], held: Mapping[str, int]
    ) -> list[tuple[OpenThread, int, LiveState]]:
        folders = tuple(os.path.realpath(f"{home}/{LOG_FOLDERS[0]}") + "/" for home in homes)
        threads = []
        self._logs = {path: log for path, log in self._logs.items() if path in held}
        for path, pid in held.items():
            if not path.startswith(folders) or not is_log(path.rpartition("/")[2]):
                continue
            try:
                log = _looked_at(path, self._logs.get(path))
            except (OSError, LogFormatError):  # gone, or only begun to be written
                continue
            self._logs[path] = log
            threads.append((log.thread, pid, self._state(log)))
        return threads

    def _state(self, log: _Log) -> LiveState:
        in_turn = log.in_turn
        if in_turn is None:
            in_turn = self._clock() - log.modified_s < WRITING_S
        return "busy" if in_turn else "idle"


def _live(thread: OpenThread, pid: int, state: LiveState) -> LiveSession:
    return LiveSession(
        session_id=thread.session_id,
        pid=pid,
        state=state,
        cwd=thread.cwd,
        started_at=thread.started_at,
        version=thread.version,
        entrypoint=thread.entrypoint,
        agent="codex",
    )


def is_codex_home(home: str) -> bool:
    """Say whether a folder is Codex's, by what lies in it."""
    if os.path.isdir(f"{home}/{LOCKS_DIR}"):  # noqa: PTH112 - asked several times a second
        return True
    try:
        return holds_threads(os.listdir(f"{home}/{LOG_FOLDERS[0]}"))  # noqa: PTH208 - names only
    except OSError:
        return False


def _locked(homes: Iterable[str]) -> Iterator[str]:
    """Yield the threads that a client locked: it has them open, or was killed."""
    for home in homes:
        with suppress(OSError):  # older clients lock nothing
            for name in os.listdir(f"{home}/{LOCKS_DIR}"):  # noqa: PTH208 - names only
                if not name.startswith("."):
                    yield name.removesuffix(LOCK)


def _looked_at(path: str, known: _Log | None) -> _Log:
    """Return what a log says now. Raises OSError, LogFormatError."""
    fd = open_unblocked(path)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise LogFormatError("no file")
        identity, size = (status.st_dev, status.st_ino), status.st_size
        if known is None or known.identity != identity or size < known.seen_bytes:
            known = _Log(parse_open_thread(_first_line(fd)), identity)
            _begin_at_tail(fd, size, known)
        elif size > known.seen_bytes:
            start = max(known.offset, size - MAX_TAIL_BYTES)
            _take(os.pread(fd, size - start, start), start, known)
        known.seen_bytes, known.modified_s = size, status.st_mtime
        return known
    finally:
        os.close(fd)


def _first_line(fd: int) -> bytes:
    """Return a log's first line. Raises LogFormatError if it is not whole yet."""
    read_bytes = _FIRST_BYTES
    while read_bytes <= MAX_FIRST_LINE_BYTES:
        line, newline, _ = os.pread(fd, read_bytes, 0).partition(b"\n")
        if newline:
            return line
        read_bytes *= 2
    raise LogFormatError("no first line")


def _begin_at_tail(fd: int, size: int, log: _Log) -> None:
    """Look at a log for the first time: at as much of its end as tells whether a turn goes on."""
    tail_bytes = TAIL_BYTES
    while True:
        start = max(0, size - tail_bytes)
        _take(os.pread(fd, size - start, start), start, log)
        if log.in_turn is not None or not log.thread.logs_turns:
            return
        if start == 0 or tail_bytes >= MAX_TAIL_BYTES:
            log.in_turn = start > 0  # what ends a turn stands near the end
            return
        tail_bytes *= 8


def _take(content: bytes, start: int, log: _Log) -> None:
    """Take lines from an offset on; the last one may not be whole yet."""
    end = content.rfind(b"\n") + 1
    in_turn = is_in_turn(content[:end])
    if in_turn is not None:
        log.in_turn = in_turn
    log.offset = start + end
