"""Read what is new in one log file. The thin shell around core.tailing and a source's parser."""

import os
import stat
from typing import Protocol

from aicost.core.facts import FileRead, Parsed, Stage, together
from aicost.core.tailing import (
    MARK_BYTES,
    Continuation,
    Cursor,
    FileLook,
    LineBlocks,
    continuation,
    mark_of,
)
from aicost.platform.opening import open_unblocked
from aicost.sources.base import Parser
from aicost.sources.codex.paths import COMPRESSED
from aicost.sources.folders import look_of

CHUNK_BYTES = 256 * 1024  # much larger ones cost a page fault for each of their pages
MAX_CHUNK_BYTES = 4 * 2**20  # while one line goes on over several chunks


def read_log(  # noqa: PLR0913 - which file, from where to where, and how
    path: str,
    home: str,
    cursor: Cursor,
    parser: Parser,
    stage: Stage = "usage",
    end: int | None = None,
) -> FileRead | None:
    """Read a log from its cursor to its end; None if nothing is new (or no such file is there).

    Not beyond `end`, if it is given: how far another reading came. A compressed log is read as a
    whole, whenever it changed. Raises OSError if it cannot be read. Memory: one chunk, one line
    and the facts found.
    """
    try:
        fd = open_unblocked(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return None
        look = look_of(status)
        if end is not None:
            look = look._replace(size_bytes=min(look.size_bytes, end))
        if continuation(cursor, look) is Continuation.NOTHING_NEW:
            return None
        read = _read_packed if path.endswith(COMPRESSED) else _read_plain
        parsed, cursor = read(fd, look, cursor, parser)
    finally:
        os.close(fd)
    return FileRead(
        path=path,
        home=home,
        agent=parser.agent,
        cursor=cursor,
        parsed=(together(parsed),),
        stage=stage,
    )


Found = tuple[list[Parsed], Cursor]


def _read_plain(fd: int, look: FileLook, cursor: Cursor, parser: Parser) -> Found:
    is_other = continuation(cursor, look) is Continuation.RESTART
    if is_other or _mark(fd, cursor.offset) != cursor.mark:
        cursor = Cursor(device=look.device, inode=look.inode)
    # Only up to the size we saw: what is appended meanwhile belongs to the next reading.
    stored = _Stored(fd, cursor.offset, look.size_bytes)
    parsed, cursor = _parse(stored, cursor, parser)
    mark = _mark(fd, cursor.offset)
    return parsed, cursor._replace(seen_bytes=stored.at, modified_ns=look.modified_ns, mark=mark)


def _read_packed(fd: int, look: FileLook, cursor: Cursor, parser: Parser) -> Found:
    from aicost.daemon.unpacking import Unpacked  # few homes hold one

    packed = Unpacked(_Stored(fd, 0, look.size_bytes))
    parsed, cursor = _parse(packed, Cursor(device=look.device, inode=look.inode), parser)
    return parsed, cursor._replace(
        broken_lines=cursor.broken_lines + packed.is_damaged,  # what follows is lost
        offset=0,
        skipping=False,
        seen_bytes=look.size_bytes,
        modified_ns=look.modified_ns,
        mark=mark_of(b""),
    )


class Chunks(Protocol):
    """Bytes that are read on and on."""

    def read(self, size_bytes: int) -> bytes:
        """Return the next bytes, b"" at the end. Raises OSError."""


def _parse(chunks: Chunks, cursor: Cursor, parser: Parser) -> Found:
    """Parse from a cursor on; return the facts and the cursor after the last whole line."""
    blocks = LineBlocks(cursor.offset, skipping=cursor.skipping)
    parsed, chunk_bytes = list[Parsed](), CHUNK_BYTES
    thread, broken_lines, block = cursor.thread, cursor.broken_lines, None
    while chunk := chunks.read(chunk_bytes):
        block = blocks.feed(chunk)
        chunk_bytes = CHUNK_BYTES if block.lines else min(2 * chunk_bytes, MAX_CHUNK_BYTES)
        facts = parser.parse(block.lines, thread)
        parsed.append(facts)
        thread = facts.thread
        broken_lines += facts.broken_lines + block.broken_lines
    if block is not None:
        cursor = cursor._replace(
            offset=block.end_offset,
            skipping=block.skipping,
            thread=thread,
            broken_lines=broken_lines,
        )
    parsed += _whole_tail(blocks.tail, cursor.thread, parser)
    return parsed, cursor


class _Stored:
    """The bytes of a file between two offsets."""

    def __init__(self, fd: int, at: int, end: int) -> None:
        self._fd, self.at, self._end = fd, at, end

    def read(self, size_bytes: int) -> bytes:
        """Return the next bytes; none where the file was cut meanwhile (the next look sees it)."""
        if self.at >= self._end:
            return b""
        chunk = os.pread(self._fd, min(size_bytes, self._end - self.at), self.at)
        self.at += len(chunk)
        return chunk


def _whole_tail(tail: bytes, thread: str, parser: Parser) -> list[Parsed]:
    """Return the facts of a last line that only lacks its newline; torn ones wait for the rest."""
    if not tail.rstrip().endswith(b"}"):
        return []
    facts = parser.parse(tail, thread)
    return [] if facts.broken_lines else [facts]


def _mark(fd: int, offset: int) -> int:
    start = max(0, offset - MARK_BYTES)
    return mark_of(os.pread(fd, offset - start, start))
