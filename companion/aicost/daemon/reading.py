"""Read what is new in one log file. The thin shell around core.tailing and a source's parser."""

import os
import stat
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
from aicost.core.usage import UsageEvent, merged
from aicost.sources.base import Parser
from aicost.sources.claude.paths import look_of

CHUNK_BYTES = 128 * 1024  # larger ones cost a page fault for each of their pages
MAX_CHUNK_BYTES = 4 * 2**20  # while one line goes on over several chunks


def read_log(path: str, home: str, cursor: Cursor, parser: Parser) -> FileRead | None:
    """Read a log from its cursor to its end; None if nothing is new (or no such file is there).

    Raises OSError if it cannot be read. Memory: one chunk, one line and the facts found.
    """
    try:  # without O_NONBLOCK, opening a named pipe would wait for somebody to write into it
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return _read(fd, path, home, cursor, parser)
    finally:
        os.close(fd)


def _read(fd: int, path: str, home: str, cursor: Cursor, parser: Parser) -> FileRead | None:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        return None
    look = look_of(status)
    state = continuation(cursor, look)
    if state is Continuation.NOTHING_NEW:
        return None
    if state is Continuation.RESTART or _mark(fd, cursor.offset) != cursor.mark:
        cursor = Cursor(device=look.device, inode=look.inode)
    # Only up to the size we saw: what is appended meanwhile belongs to the next reading.
    blocks = LineBlocks(cursor.offset, skipping=cursor.skipping)
    at, parsed, chunk_bytes = cursor.offset, list[Parsed](), CHUNK_BYTES
    while at < look.size_bytes:
        chunk = os.pread(fd, min(chunk_bytes, look.size_bytes - at), at)
        if not chunk:  # cut meanwhile: the next look sees it
            break
        at += len(chunk)
        block = blocks.feed(chunk)
        chunk_bytes = CHUNK_BYTES if block.lines else min(2 * chunk_bytes, MAX_CHUNK_BYTES)
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
    found = (_together(parsed),)
    return FileRead(path=path, home=home, agent=parser.agent, cursor=cursor, parsed=found)


def _together(blocks: list[Parsed]) -> Parsed:
    """Put the facts of a file's blocks together, each call once."""
    calls: dict[str, UsageEvent] = {}
    for block in blocks:
        for call in block.calls:
            known = calls.get(call.event_key)
            calls[call.event_key] = call if known is None else merged(known, call)
    return Parsed(
        calls=tuple(calls.values()),
        prompts=tuple(prompt for block in blocks for prompt in block.prompts),
        subagents=tuple(subagent for block in blocks for subagent in block.subagents),
    )


def _whole_tail(tail: bytes, thread: str, parser: Parser) -> list[Parsed]:
    """Return the facts of a last line that only lacks its newline; torn ones wait for the rest."""
    if not tail.rstrip().endswith(b"}"):
        return []
    facts = parser.parse(tail, thread)
    return [] if facts.broken_lines else [facts]


def _mark(fd: int, offset: int) -> int:
    start = max(0, offset - MARK_BYTES)
    return mark_of(os.pread(fd, offset - start, start))
