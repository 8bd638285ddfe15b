"""Reading one log: in any pieces, after any mishap, in bounded memory."""

import os
import tracemalloc
from pathlib import Path

import psutil
import pytest
from claude_logs import append, call_line, prompt_line
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.facts import FileRead
from aicost.core.tailing import MARK_BYTES, MAX_LINE_BYTES, Cursor
from aicost.core.usage import UsageEvent, merged
from aicost.daemon import reading
from aicost.daemon.reading import read_log
from aicost.sources.claude.parser import ClaudeParser

LINES = [
    prompt_line("p-1"),
    call_line("msg_1", tokens={"output_tokens": 1}),
    b"not json\n",
    call_line("msg_1", tokens={"output_tokens": 30}),
    b"\n",
    prompt_line("p-2"),
    call_line("msg_2"),
    b'{"type":"assistant","message":{"usage":{"output_tokens":"many"}}}\n',
    call_line("msg_3"),
]


class Log:
    """A log file and how far it was read; keeps what all readings said, as the ledger does."""

    def __init__(self, path: Path) -> None:
        self.path, self.cursor = path, Cursor()
        self.calls: dict[str, UsageEvent] = {}

    def append(self, *lines: bytes) -> None:
        append(self.path, *lines)

    def read(self) -> FileRead | None:
        found = read_log(str(self.path), "/home", self.cursor, ClaudeParser())
        if found:
            self.cursor = found.cursor
            for block in found.parsed:
                for call in block.calls:
                    known = self.calls.get(call.event_key, call)
                    self.calls[call.event_key] = merged(known, call)
        return found

    @property
    def read_keys(self) -> list[str]:
        return [key.removeprefix("claude:msg_") for key in self.calls]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "a.jsonl")


def test_a_log_is_read_once(log: Log) -> None:
    log.append(*LINES)
    assert log.read() is not None
    assert log.read_keys == ["1", "2", "3"]
    assert log.cursor.offset == log.path.stat().st_size
    assert log.cursor.broken_lines == 2
    assert log.read() is None


@given(st.lists(st.integers(0, len(b"".join(LINES))), max_size=8))
def test_lines_appended_in_any_pieces_say_the_same(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    whole = b"".join(LINES)
    folder = tmp_path_factory.mktemp("pieces")
    at_once, in_pieces = Log(folder / "once.jsonl"), Log(folder / "pieces.jsonl")
    at_once.append(whole)
    at_once.read()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(whole)]):
        in_pieces.append(whole[start:end])
        in_pieces.read()
    assert in_pieces.calls == at_once.calls
    assert in_pieces.cursor._replace(inode=0, modified_ns=0) == at_once.cursor._replace(
        inode=0, modified_ns=0
    )


@pytest.mark.parametrize("chunk_bytes", [1, 7, 100, 128 * 1024])
def test_the_size_of_a_chunk_does_not_matter(
    log: Log, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK_BYTES", chunk_bytes)
    log.append(*LINES)
    log.read()
    assert (log.read_keys, log.cursor.broken_lines) == (["1", "2", "3"], 2)
    assert log.calls["claude:msg_1"].tokens.output_tokens == 30
    assert [log.calls[key].turn_id for key in log.calls] == ["p-1", "p-2", "p-2"]


def test_a_whole_last_line_counts_before_its_newline_comes(log: Log) -> None:
    log.append(call_line("msg_1"), call_line("msg_2").rstrip())
    log.read()
    assert log.read_keys == ["1", "2"]
    assert log.cursor.offset == len(call_line("msg_1"))
    before = dict(log.calls)
    log.append(b"\n")
    log.read()
    assert log.calls == before
    assert (log.cursor.offset, log.cursor.broken_lines) == (log.path.stat().st_size, 0)


@pytest.mark.parametrize("cut", [1, 40, len(call_line("msg_2")) - 2], ids=["{", "middle", "no }"])
def test_a_torn_last_line_waits_for_its_rest(log: Log, cut: int) -> None:
    line = call_line("msg_2")
    log.append(call_line("msg_1"), line[:cut])
    log.read()
    assert (log.read_keys, log.cursor.broken_lines) == (["1"], 0)
    log.append(line[cut:])
    log.read()
    assert (log.read_keys, log.cursor.broken_lines) == (["1", "2"], 0)


def test_a_torn_line_that_ends_in_a_brace_is_no_broken_line(log: Log) -> None:
    line = call_line("msg_1")
    cut = line.index(b"}}") + 1
    log.append(line[:cut])
    log.read()
    assert (log.read_keys, log.cursor.broken_lines) == ([], 0)
    log.append(line[cut:])
    log.read()
    assert (log.read_keys, log.cursor.broken_lines) == (["1"], 0)


def test_a_cut_log_is_read_from_its_start(log: Log) -> None:
    log.append(b"junk\n", *[call_line(f"msg_{n}") for n in range(5)])
    log.read()
    log.path.write_bytes(call_line("msg_9"))
    log.read()
    assert log.read_keys[-1] == "9"
    assert (log.cursor.offset, log.cursor.broken_lines) == (len(call_line("msg_9")), 0)


def test_a_log_cut_to_nothing_and_filled_again_is_read(log: Log) -> None:
    log.append(call_line("msg_1"))
    log.read()
    log.path.write_bytes(b"")
    log.read()
    assert log.cursor.offset == 0
    log.append(call_line("msg_2"))
    log.read()
    assert log.read_keys == ["1", "2"]


def test_a_new_file_in_place_of_a_log_is_read_from_its_start(log: Log, tmp_path: Path) -> None:
    log.append(call_line("msg_1"))
    log.read()
    other = append(tmp_path / "other", call_line("msg_2"), call_line("msg_3"))
    other.replace(log.path)
    log.read()
    assert log.read_keys == ["1", "2", "3"]


def test_a_file_that_got_the_inode_of_a_deleted_log_is_told_by_its_bytes(
    log: Log, tmp_path: Path
) -> None:
    log.append(call_line("msg_1"))
    log.read()
    reused = Log(append(tmp_path / "new.jsonl", call_line("msg_7"), call_line("msg_8")))
    look = reused.path.stat()
    reused.cursor = log.cursor._replace(device=look.st_dev, inode=look.st_ino)
    reused.read()
    assert reused.read_keys == ["7", "8"]


@pytest.mark.parametrize("from_end", [MARK_BYTES, 4], ids=["first", "last"])
def test_a_log_rewritten_in_place_is_read_from_its_start(log: Log, from_end: int) -> None:
    """One byte is enough, if it is among those kept in mind."""
    line = call_line("msg_1", note="x" * 2 * MARK_BYTES)
    log.append(b"broken\n", line)
    log.read()
    rewritten = bytearray(line.replace(b"msg_1", b"msg_2"))
    rewritten[-from_end] ^= 1
    log.path.write_bytes(b"x" * len(b"broken") + b"\n" + rewritten + call_line("msg_3"))
    log.read()
    assert (log.read_keys, log.cursor.broken_lines) == (["1", "2", "3"], 1)


def test_a_log_cut_while_it_is_read_is_looked_at_again(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size was seen before the cut: what is missing then is no error."""
    log.append(call_line("msg_1"), call_line("msg_2"))
    real = os.pread

    def cut_meanwhile(fd: int, size: int, offset: int) -> bytes:
        log.path.write_bytes(call_line("msg_3"))
        return real(fd, size, offset)

    monkeypatch.setattr(os, "pread", cut_meanwhile)
    log.read()
    monkeypatch.undo()
    log.read()
    assert "3" in log.read_keys


def test_what_is_appended_while_reading_is_left_for_the_next_time(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(call_line("msg_1"))
    real = os.pread

    def append_meanwhile(fd: int, size: int, offset: int) -> bytes:
        if log.path.stat().st_size < 1000:
            log.append(call_line("msg_2"))
        return real(fd, size, offset)

    monkeypatch.setattr(os, "pread", append_meanwhile)
    log.read()
    monkeypatch.undo()
    assert log.read_keys == ["1"]
    log.read()
    assert log.read_keys[:2] == ["1", "2"]


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00" * 3000 + b"\n",
        bytes(range(256)).replace(b"\n", b"") + b"\n",
        b'{"type":"assistant","output_tokens":' + b"[" * 5000 + b"}\n",
        b'{"type":"assistant","sessionId":"\xff\xfe","output_tokens":1}\n',
        b'{"type":"assistant","message":{"usage":{"output_tokens":"many"}}}\n',
    ],
    ids=["zeros", "every byte", "deep", "not utf-8", "text for a number"],
)
def test_junk_is_counted_and_what_follows_is_read(log: Log, junk: bytes) -> None:
    log.append(call_line("msg_1"), junk, call_line("msg_2"))
    log.read()
    assert (log.read_keys, log.cursor.broken_lines) == (["1", "2"], 1)


def test_a_hundred_megabytes_without_a_newline_are_skipped_once_in_bounded_memory(
    log: Log,
) -> None:
    """Read while it is written, as a line that goes on forever would be."""
    log.append(call_line("msg_1"))
    size = log.path.stat().st_size
    os.truncate(log.path, size + 60 * 2**20)  # a hole: zeros that take no room on the disk
    tracemalloc.start()
    try:
        log.read()
        assert (log.cursor.skipping, log.cursor.broken_lines) == (True, 1)
        os.truncate(log.path, size + 100 * 2**20)
        log.read()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (log.cursor.skipping, log.cursor.broken_lines) == (True, 1)
    assert peak < 3 * MAX_LINE_BYTES
    assert kept < 2**20
    log.append(b"\n", call_line("msg_2"))
    log.read()
    assert (log.read_keys, log.cursor.broken_lines) == (["1", "2"], 1)
    assert log.cursor.skipping is False


def test_an_empty_log_says_nothing(log: Log) -> None:
    log.append()
    found = log.read()
    assert found is not None
    assert (found.parsed[0].calls, log.cursor.offset) == ((), 0)
    assert log.read() is None


def test_a_path_without_a_log_is_nothing_new(log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "folder.jsonl"
    folder.mkdir()
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    dangling = tmp_path / "dangling.jsonl"
    dangling.symlink_to("nowhere")
    below_a_file = append(tmp_path / "file", b"") / "x.jsonl"
    for path in (log.path, folder, pipe, dangling, below_a_file):
        assert read_log(str(path), "/home", Cursor(), ClaudeParser()) is None


def test_links_that_lead_in_a_ring_cannot_be_read(tmp_path: Path) -> None:
    ring = tmp_path / "ring.jsonl"
    ring.symlink_to(ring)
    with pytest.raises(OSError, match="symbolic links"):
        read_log(str(ring), "/home", Cursor(), ClaudeParser())


def test_a_log_behind_a_link_is_read(log: Log, tmp_path: Path) -> None:
    log.append(call_line("msg_1"))
    link = tmp_path / "link.jsonl"
    link.symlink_to(log.path)
    linked = Log(link)
    linked.read()
    assert linked.read_keys == ["1"]


def test_no_file_stays_open(log: Log, tmp_path: Path) -> None:
    before = psutil.Process().num_fds()
    log.append(*LINES)
    log.read()
    log.read()
    read_log(str(tmp_path), "/home", Cursor(), ClaudeParser())
    assert psutil.Process().num_fds() == before
