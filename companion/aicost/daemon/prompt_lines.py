"""The prompts of sessions that screens show, read from their logs when asked; never stored."""

import os
import stat
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from aicost.core.prompt_line import PromptLine, PromptReader
from aicost.core.tailing import LineBlocks
from aicost.core.usage import Agent
from aicost.daemon.reading import CHUNK_BYTES, Chunks
from aicost.platform.opening import open_unblocked
from aicost.sources.codex.paths import COMPRESSED

_MOST_OPEN = 4  # sessions that are remembered: screens look at one each


@dataclass(slots=True)
class _Log:
    """A log as far as it was read."""

    inode: int
    reader: PromptReader
    offset: int = 0
    blocks: LineBlocks = field(default_factory=lambda: LineBlocks(0))


class PromptLines:
    """Reads prompts again only where a log grew. For several threads."""

    def __init__(self) -> None:
        self._logs = OrderedDict[str, _Log]()
        self._lock = Lock()

    def read(self, agent: Agent, path: str) -> Mapping[str, PromptLine]:
        """Return the prompts in a log by turn; none where it cannot be read."""
        with self._lock:
            try:
                fd = open_unblocked(path)
            except (OSError, ValueError):
                return {}
            try:
                return dict(self._read(fd, agent, path))
            except OSError:
                return {}
            finally:
                os.close(fd)

    def _read(self, fd: int, agent: Agent, path: str) -> Mapping[str, PromptLine]:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return {}
        log = self._logs.pop(path, None)
        if log is None or log.inode != status.st_ino or log.offset > status.st_size:
            log = _Log(status.st_ino, _READERS[agent]())
        if log.offset < status.st_size:
            _go_on(log, fd, path)
        self._logs[path] = log
        while len(self._logs) > _MOST_OPEN:
            self._logs.popitem(last=False)
        return log.reader.found


def _go_on(log: _Log, fd: int, path: str) -> None:
    stored = _Stored(fd, log.offset)
    source: Chunks = stored
    if path.endswith(COMPRESSED):  # (whole at once: such a log is written no more)
        from aicost.daemon.unpacking import Unpacked

        source = Unpacked(stored)
    while chunk := source.read(CHUNK_BYTES):
        log.reader.take(log.blocks.feed(chunk).lines)
    log.offset = stored.at


class _Stored:
    """The bytes of a file from an offset on."""

    def __init__(self, fd: int, at: int) -> None:
        self._fd, self.at = fd, at

    def read(self, size_bytes: int) -> bytes:
        """Return the next bytes, b"" at the end. Raises OSError."""
        chunk = os.pread(self._fd, size_bytes, self.at)
        self.at += len(chunk)
        return chunk


def _claude() -> PromptReader:
    from aicost.sources.claude.prompts import ClaudePrompts

    return ClaudePrompts()


def _codex() -> PromptReader:
    from aicost.sources.codex.prompts import CodexPrompts

    return CodexPrompts()


_READERS: Mapping[Agent, Callable[[], PromptReader]] = {"claude": _claude, "codex": _codex}
