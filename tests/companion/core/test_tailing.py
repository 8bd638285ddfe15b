"""A log is read to its last newline, in any pieces, and again from the start if it was changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.tailing import (
    MARK_BYTES,
    Block,
    Continuation,
    Cursor,
    FileLook,
    LineBlocks,
    continuation,
    line_spans,
    mark_of,
    pending_bytes,
)

READ = Cursor(device=1, inode=2, offset=100, seen_bytes=130, modified_ns=5)  # a tail of 30 bytes
LOOK = FileLook(device=1, inode=2, size_bytes=130, modified_ns=5)


@pytest.mark.parametrize(
    ("look", "expected", "pending"),
    [
        pytest.param(LOOK, Continuation.NOTHING_NEW, 0, id="untouched"),
        pytest.param(LOOK._replace(size_bytes=131), Continuation.CONTINUE, 1, id="longer"),
        pytest.param(
            LOOK._replace(size_bytes=150, modified_ns=6), Continuation.CONTINUE, 20, id="appended"
        ),
        pytest.param(LOOK._replace(modified_ns=6), Continuation.CONTINUE, 0, id="only touched"),
        pytest.param(
            LOOK._replace(size_bytes=100, modified_ns=6), Continuation.CONTINUE, 0, id="tail cut"
        ),
        pytest.param(
            LOOK._replace(size_bytes=99, modified_ns=6), Continuation.RESTART, 99, id="line cut"
        ),
        pytest.param(LOOK._replace(size_bytes=0), Continuation.RESTART, 0, id="emptied"),
        pytest.param(LOOK._replace(inode=3), Continuation.RESTART, 130, id="replaced"),
        pytest.param(LOOK._replace(device=3), Continuation.RESTART, 130, id="other disk"),
    ],
)
def test_a_look_at_the_file_says_how_to_go_on(
    look: FileLook, expected: Continuation, pending: int
) -> None:
    assert continuation(READ, look) is expected
    assert pending_bytes(READ, look) == pending


def test_a_file_never_read_is_read_from_its_start() -> None:
    assert continuation(Cursor(), LOOK) is Continuation.RESTART
    assert pending_bytes(Cursor(), LOOK) == 130


@pytest.mark.parametrize("length", [0, 1, MARK_BYTES, MARK_BYTES + 1, 3 * MARK_BYTES])
def test_the_mark_depends_on_the_last_bytes_only(length: int) -> None:
    text = bytes(i % 251 for i in range(length))
    assert mark_of(text) == mark_of(text[-MARK_BYTES:])
    assert length == 0 or mark_of(text) != mark_of(text[:-1] + b"\xff")


def test_the_cursor_stays_at_the_start_of_an_unfinished_line() -> None:
    blocks = LineBlocks(40)
    assert blocks.feed(b"one\ntw") == Block(b"one\n", 44)
    assert blocks.tail == b"tw"
    assert blocks.feed(b"") == Block(b"", 44)
    assert blocks.feed(b"o") == Block(b"", 44)
    assert blocks.tail == b"two"
    assert blocks.feed(b"\nthree\n") == Block(b"two\nthree\n", 54)
    assert blocks.tail == b""


@pytest.mark.parametrize(("length", "is_kept"), [(7, True), (8, True), (9, False), (100, False)])
@pytest.mark.parametrize("chunk_bytes", [1, 3, 8, 9, 1000])
def test_a_line_is_dropped_for_its_length_alone(
    length: int, is_kept: bool, chunk_bytes: int
) -> None:
    text = b"a\n" + b"x" * length + b"\nb\n"
    lines, end_offset, broken = fed(text, chunk_bytes, max_line_bytes=8)
    assert lines == (text if is_kept else b"a\nb\n")
    assert end_offset == len(text)
    assert broken == (0 if is_kept else 1)


def test_a_long_line_without_an_end_is_given_up_and_never_held() -> None:
    blocks = LineBlocks(0, max_line_bytes=8)
    assert blocks.feed(b"a\n12345678") == Block(b"a\n", 2)
    assert blocks.feed(b"9") == Block(b"", 11, skipping=True, broken_lines=1)
    assert blocks.tail == b""
    for n in range(1, 4):
        assert blocks.feed(b"x" * 1000) == Block(b"", 11 + 1000 * n, skipping=True)
        assert blocks.tail == b""
    assert blocks.feed(b"end\nb\nc") == Block(b"b\n", 3017)
    assert blocks.tail == b"c"


def test_skipping_goes_on_after_a_restart_and_counts_the_line_once() -> None:
    before = LineBlocks(0, max_line_bytes=8)
    block = before.feed(b"x" * 20)
    assert (block.skipping, block.broken_lines) == (True, 1)
    after = LineBlocks(block.end_offset, skipping=block.skipping, max_line_bytes=8)
    assert after.feed(b"xx\ngood\n") == Block(b"good\n", 28)


def fed(text: bytes, chunk_bytes: int, *, max_line_bytes: int) -> tuple[bytes, int, int]:
    """Return the lines, the last offset and the dropped lines of a text fed in equal chunks."""
    blocks = LineBlocks(0, max_line_bytes=max_line_bytes)
    chunks = [text[at : at + chunk_bytes] for at in range(0, len(text), chunk_bytes)]
    found = [blocks.feed(chunk) for chunk in chunks]
    return (
        b"".join(block.lines for block in found),
        found[-1].end_offset,
        sum(block.broken_lines for block in found),
    )


LOGS = st.lists(st.binary(max_size=6) | st.sampled_from([b"x" * 8, b"x" * 9, b"x" * 40])).map(
    b"\n".join
)


@given(LOGS, st.data())
def test_any_split_of_a_log_gives_the_same_lines(log: bytes, data: st.DataObject) -> None:
    """Also where reading stops and begins again at the offset of the last block."""
    *whole, last = log.split(b"\n")
    short = [line for line in whole if len(line) <= 8]
    blocks, read, at, broken = LineBlocks(0, max_line_bytes=8), b"", 0, 0
    block = Block(b"", 0)
    while at < len(log):
        end = data.draw(st.integers(at + 1, len(log)))
        block = blocks.feed(log[at:end])
        at, read, broken = end, read + block.lines, broken + block.broken_lines
        assert block.end_offset <= at
        assert len(blocks.tail) <= 8
        if data.draw(st.booleans()):
            at = block.end_offset
            blocks = LineBlocks(at, skipping=block.skipping, max_line_bytes=8)
            if at < len(log):  # at least one byte on, or it would never end
                block = blocks.feed(log[at:end])
                assert block.lines == b""
                at = end
                broken += block.broken_lines
    assert read == b"".join(line + b"\n" for line in short)
    is_long = len(last) > 8
    assert broken == len(whole) - len(short) + is_long
    assert blocks.tail == (b"" if is_long else last)
    assert block.end_offset == len(log) - len(blocks.tail)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"\n \n\t\r\n", []),
        (b"a", [b"a"]),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\n\r\nb \t\r\n", [b"a", b"b"]),
        (b"  a b\n\tc", [b"a b", b"c"]),
    ],
)
def test_lines_are_found_without_what_is_around_them(text: bytes, lines: list[bytes]) -> None:
    assert [text[start:end] for start, end in line_spans(text)] == lines


@given(st.lists(st.binary(max_size=5).filter(lambda b: b"\n" not in b)))
def test_spans_are_what_splitting_and_stripping_gives(lines: list[bytes]) -> None:
    text = b"\n".join(lines)
    stripped = (line.rstrip(b"\r \t").lstrip(b" \t") for line in lines)
    assert [text[start:end] for start, end in line_spans(text)] == [s for s in stripped if s]
