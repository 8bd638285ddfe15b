"""Read what is new in one log file. The thin shell around core.tailing and a source's parser."""

import os
from dataclasses import replace

from aicost.core.facts import FileRead, Parsed
from aicost.core.tailing import (
    MARK_BYTES,
    Continuation,
    Cursor,
    LineBlocks,
    continuation,
    mark_of,
)
from aicost.sources.base import Parser
from aicost.sources.claude.paths import look_of

CHUNK_BYTES = 4 * 2**20


def read_log(path: str, home: str, cursor: Cursor, parser: Parser) -> FileRead | None:
    """Read a log from its cursor to its end; None if nothing is new (or it is gone by now).

    Raises OSError if it cannot be read. Memory: one chunk, one line and the facts found.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    try:
        return _read(fd, path, home, cursor, parser)
    finally:
        os.close(fd)


def _read(fd: int, path: str, home: str, cursor: Cursor, parser: Parser) -> FileRead | None:
    look = look_of(os.fstat(fd))
    state = continuation(cursor, look)
    if state is Continuation.NOTHING_NEW:
        return None
    if state is Continuation.RESTART or _mark(fd, cursor.offset) != cursor.mark:
        cursor = Cursor(device=look.device, inode=look.inode)
    # Only up to the size we saw: what is appended meanwhile belongs to the next reading.
    blocks = LineBlocks(cursor.offset, skipping=cursor.skipping)
    at, parsed = cursor.offset, list[Parsed]()
    while at < look.size_bytes:
        chunk = os.pread(fd, min(CHUNK_BYTES, look.size_bytes - at), at)
        if not chunk:  # cut meanwhile: the next look sees it
            break
        at += len(chunk)
        block = blocks.feed(chunk)
        facts = parser.parse(block.lines, cursor.thread)
        parsed.append(facts)
        cursor = replace(
            cursor,
            offset=block.end_offset,
            skipping=block.skipping,
            thread=facts.thread,
            broken_lines=cursor.broken_lines + facts.broken_lines + block.broken_lines,
        )
    parsed += _whole_tail(blocks.tail, cursor.thread, parser)
    cursor = replace(
        cursor, seen_bytes=at, modified_ns=look.modified_ns, mark=_mark(fd, cursor.offset)
    )
    return FileRead(path=path, home=home, agent=parser.agent, cursor=cursor, parsed=tuple(parsed))


def _whole_tail(tail: bytes, thread: str, parser: Parser) -> list[Parsed]:
    """Return the facts of a last line that only lacks its newline; torn ones wait for the rest."""
    if not tail.rstrip().endswith(b"}"):
        return []
    facts = parser.parse(tail, thread)
    return [] if facts.broken_lines else [facts]


def _mark(fd: int, offset: int) -> int:
    start = max(0, offset - MARK_BYTES)
    return mark_of(os.pread(fd, offset - start, start))
