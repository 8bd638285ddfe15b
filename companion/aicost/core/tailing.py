"""How far a log has been read, and what to do when it looks different now. Pure: bytes and numbers.

A log is read in blocks. A block is handed to the parser only up to its last newline; what follows
is the *tail*, a line still being written. The cursor never moves past the tail.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

MAX_LINE_BYTES = 32 * 2**20  # longer lines are skipped and counted; the longest real one had 3.4 MB
MARK_BYTES = 256  # how much before the cursor proves that a file still is the one we read


class Cursor(NamedTuple):
    """Read position of one log file, with what is needed to go on from there.

    (A tuple, as FileLook is: thousands are made at each start, and a frozen dataclass takes 2 µs.)
    """

    device: int = 0
    inode: int = 0
    offset: int = 0  # bytes handed to the parser, always the start of a line (but see `skipping`)
    seen_bytes: int = 0  # size of the file then: what lies between is a tail without newline
    modified_ns: int = 0  # its time of modification then
    mark: int = 0  # checksum of the bytes before `offset`
    skipping: bool = False  # `offset` lies inside a line that is too long to keep
    thread: str = ""  # the parser's own state at `offset`
    broken_lines: int = 0


class Continuation(StrEnum):
    """What a look at the file says about the cursor."""

    NOTHING_NEW = "nothing new"
    CONTINUE = "continue"
    RESTART = "restart"  # cut, replaced or rewritten: read from 0, the ledger keeps each call once


class FileLook(NamedTuple):
    """What the file system says about a log, without opening it."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int


def continuation(cursor: Cursor, look: FileLook) -> Continuation:
    """Say how to go on. Whoever opens the file checks the mark, and restarts if it differs."""
    if look[:2] != cursor[:2]:  # device and inode
        return Continuation.RESTART
    if look.size_bytes < cursor.offset:
        return Continuation.RESTART
    if look.modified_ns == cursor.modified_ns and look.size_bytes == cursor.seen_bytes:
        return Continuation.NOTHING_NEW
    return Continuation.CONTINUE


def pending_bytes(cursor: Cursor, look: FileLook) -> int:
    """Return how many bytes of the file were not looked at yet."""
    match continuation(cursor, look):
        case Continuation.NOTHING_NEW:
            return 0
        case Continuation.RESTART:
            return look.size_bytes
        case Continuation.CONTINUE:
            return max(0, look.size_bytes - cursor.seen_bytes)


def mark_of(before: bytes) -> int:
    """Return the checksum of the last bytes before a cursor."""
    return zlib.crc32(before[-MARK_BYTES:])


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a log, ready to parse."""

    lines: bytes  # zero or more lines, each with its newline
    end_offset: int  # where the next block begins
    skipping: bool = False
    broken_lines: int = 0  # lines dropped for their length


class LineBlocks:
    """Cut a stream of chunks into blocks of whole lines, in bounded memory.

    Feed chunks in file order. Lines over `max_line_bytes` are dropped and counted, however the
    chunks are cut. What is left at the end is `tail`.
    """

    def __init__(
        self, offset: int, *, skipping: bool = False, max_line_bytes: int = MAX_LINE_BYTES
    ) -> None:
        self._offset, self._skipping, self._max = offset, skipping, max_line_bytes
        self._tail = b""

    @property
    def tail(self) -> bytes:
        """The last line, while it has no newline yet."""
        return b"" if self._skipping else self._tail

    def feed(self, chunk: bytes) -> Block:
        """Take the next bytes of the file; return the lines that are whole now (maybe none)."""
        if self._skipping:
            end = chunk.find(b"\n")
            if end < 0:
                self._offset += len(chunk)
                return Block(b"", self._offset, skipping=True)
            self._offset += end + 1
            self._skipping = False
            chunk = chunk[end + 1 :]
        cut, lines, dropped = chunk.rfind(b"\n") + 1, b"", 0
        if cut:
            lines = b"".join((self._tail, memoryview(chunk)[:cut]))  # (copies once)
            self._tail = chunk[cut:]
            self._offset += len(lines)
        else:
            self._tail += chunk
        if len(lines) > self._max:
            lines, dropped = _without_long(lines, self._max)
        if len(self._tail) <= self._max:
            return Block(lines, self._offset, broken_lines=dropped)
        self._offset += len(self._tail)
        self._tail, self._skipping = b"", True
        return Block(lines, self._offset, skipping=True, broken_lines=dropped + 1)


def _without_long(lines: bytes, max_line_bytes: int) -> tuple[bytes, int]:
    """Return the lines that are short enough, and how many were not."""
    kept, start, dropped = list[bytes](), 0, 0
    while (end := lines.find(b"\n", start)) >= 0:
        if end - start <= max_line_bytes:
            kept.append(lines[start : end + 1])
        else:
            dropped += 1
        start = end + 1
    return b"".join(kept), dropped


_BLANK = ord(" ")  # all white space is at most this


def line_spans(lines: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each line that is not blank, without the white space around it."""
    start = 0
    while True:
        end = lines.find(b"\n", start)
        stop = end if end >= 0 else len(lines)
        last = stop
        if last > start and (lines[start] <= _BLANK or lines[last - 1] <= _BLANK):
            while last > start and lines[last - 1] in b"\r \t":
                last -= 1
            while start < last and lines[start] in b" \t":
                start += 1
        if last > start:
            yield start, last
        if end < 0:
            return
        start = end + 1
