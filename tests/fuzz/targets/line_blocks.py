"""Lines out of a stream of chunks."""

from fuzz.target import Target, cut_by_head, with_head

from aicost.core.tailing import LineBlocks, line_spans

MAX_LINE_BYTES = 8


def check(content: bytes) -> None:
    """Any chunks give the lines that splitting the whole gives, without those too long."""
    stream, pieces = cut_by_head(content)
    blocks, lines, dropped, end = LineBlocks(0, max_line_bytes=MAX_LINE_BYTES), b"", 0, 0
    for piece in pieces:
        block = blocks.feed(piece)
        lines, dropped, end = lines + block.lines, dropped + block.broken_lines, block.end_offset
        assert len(blocks.tail) <= MAX_LINE_BYTES
    *whole, last = stream.split(b"\n")
    short = [line for line in whole if len(line) <= MAX_LINE_BYTES]
    is_long = len(last) > MAX_LINE_BYTES
    assert lines == b"".join(line + b"\n" for line in short)
    assert dropped == len(whole) - len(short) + is_long
    assert blocks.tail == (b"" if is_long else last)
    assert end == len(stream) - len(blocks.tail)
    found = [stream[start:end] for start, end in line_spans(stream)]
    trimmed = (line.rstrip(b"\r \t").lstrip(b" \t") for line in (*whole, last))
    assert found == [line for line in trimmed if line]


TARGET = Target(
    name="line_blocks",
    modules=("aicost.core.tailing",),
    seeds=lambda: [
        with_head(lines, number)
        for number in range(8)
        for lines in (b"", b"a\n", b"one\r\n \t\ntwo", b"x" * 9 + b"\ny\n", b"12345678\n123456789")
    ],
    check=check,
)
