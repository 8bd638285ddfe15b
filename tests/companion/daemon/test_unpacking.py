"""Compressed logs give the bytes that were packed, in bounded pieces."""

from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st
from log_builders import assistant_line

from aicost.core.tailing import Cursor
from aicost.daemon.reading import read_log
from aicost.daemon.unpacking import Unpacked
from aicost.sources.claude.parser import ClaudeParser


class Stored:
    """Bytes that are handed out in pieces of at most `step`."""

    def __init__(self, content: bytes, step: int) -> None:
        self._content, self._step = content, step

    def read(self, size_bytes: int) -> bytes:
        size = min(size_bytes, self._step)
        piece, self._content = self._content[:size], self._content[size:]
        return piece


def unpacked(content: bytes, *, step: int = 7, size_bytes: int = 100) -> bytes:
    chunks = Unpacked(Stored(content, step))
    found = b""
    while piece := chunks.read(size_bytes):
        assert len(piece) <= size_bytes
        found += piece
    return found


@given(st.lists(st.binary(max_size=3000), max_size=3), st.integers(1, 500), st.integers(1, 500))
def test_frames_one_after_the_other_are_one_file(
    frames: list[bytes], step: int, size_bytes: int
) -> None:
    packed = b"".join(map(zstd.compress, frames))
    assert unpacked(packed, step=step, size_bytes=size_bytes) == b"".join(frames)


def test_a_frame_that_was_cut_gives_what_it_holds() -> None:
    lines = b"".join(b"line %d\n" % n for n in range(50_000))
    packed = zstd.compress(lines)
    found = unpacked(packed[: len(packed) // 2], step=1000, size_bytes=10_000)
    assert 0 < len(found) < len(lines)
    assert lines.startswith(found)


def test_what_is_no_zstd_file_holds_nothing() -> None:
    chunks = Unpacked(Stored(b"no frame at all" * 100, 7))
    assert chunks.read(100) == chunks.read(100) == b""
    assert chunks.is_damaged


def test_a_damaged_log_is_read_as_far_as_it_goes_and_said_to_be_broken(tmp_path: Path) -> None:
    """Unread, it would be tried again for ever, and no report would be complete."""
    log, parser = tmp_path / "rollout.jsonl.zst", ClaudeParser()
    whole = zstd.compress(assistant_line(1)) + zstd.compress(assistant_line(2))
    log.write_bytes(whole[:-20] + b"\xa5" * 20)
    found = read_log(str(log), str(tmp_path), Cursor(), parser)
    assert found is not None
    assert len(found.parsed[0].calls) == 1
    assert found.cursor.broken_lines == 1
    assert read_log(str(log), str(tmp_path), found.cursor, parser) is None
    log.write_bytes(whole)
    again = read_log(str(log), str(tmp_path), found.cursor, parser)
    assert again is not None
    assert (len(again.parsed[0].calls), again.cursor.broken_lines) == (2, 0)


def test_what_the_disk_refuses_is_an_error_of_the_disk() -> None:
    class Refusing:
        def read(self, _size_bytes: int) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        Unpacked(Refusing()).read(10)


def test_a_compressed_log_is_read_as_a_whole_when_it_changed(tmp_path: Path) -> None:
    log, parser = tmp_path / "rollout.jsonl.zst", ClaudeParser()

    def read(cursor: Cursor) -> tuple[int, Cursor] | None:
        found = read_log(str(log), str(tmp_path), cursor, parser)
        return None if found is None else (len(found.parsed[0].calls), found.cursor)

    log.write_bytes(zstd.compress(assistant_line(1) + assistant_line(2)))
    first = read(Cursor())
    assert first is not None
    assert first[0] == 2
    assert read(first[1]) is None
    log.write_bytes(zstd.compress(assistant_line(1) + assistant_line(2) + assistant_line(3)))
    again = read(first[1])
    assert again is not None
    assert again[0] == 3
