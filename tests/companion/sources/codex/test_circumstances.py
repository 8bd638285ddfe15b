"""What a log says around its calls."""

from typing import Any

import pytest
from codex_logs import THREAD, TURN, context, count, ended, event_row, io, meta
from hypothesis import given
from hypothesis import strategies as st
from log_builders import at

from aicost.core.errors import LogFormatError
from aicost.sources.codex.circumstances import (
    Client,
    Count,
    End,
    Mode,
    client_in,
    count_in,
    end_in,
    mode_in,
)


@pytest.mark.parametrize(
    ("changes", "has_title"),
    [
        ({"originator": "codex-tui", "version": "0.169.0"}, True),
        ({"originator": "codex-tui", "version": "0.170.0"}, True),
        ({"originator": "codex-tui", "version": "0.168.9"}, False),
        ({"originator": "codex_exec", "version": "0.169.0"}, False),
        ({"originator": "codex-tui", "version": "0.169.0", "forked_from_id": THREAD}, False),
        ({"originator": "codex-tui", "version": "0.169.0", "history_base": {}}, False),
    ],
)
def test_new_threads_of_the_terminal_ask_for_a_title(
    changes: dict[str, Any], has_title: bool
) -> None:
    line = meta(**changes)
    assert client_in(line) == Client(changes["version"], changes["originator"], has_title)


def test_a_client_that_says_nothing_is_not_known() -> None:
    assert client_in(meta(version="", originator=None)) == Client("", "", False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Mode("", "")),
        ({"effort": "high"}, Mode("high", "")),
        ({"collaboration_mode": {"settings": {"reasoning_effort": "low"}}}, Mode("low", "")),
        ({"effort": None, "collaboration_mode": None}, Mode("", "")),
        (
            {"approval_policy": "never", "sandbox_policy": {"type": "workspace-write"}},
            Mode("", "never/workspace-write"),
        ),
        (
            {"approval_policy": "on-request", "sandbox_policy": {"mode": "read-only"}},
            Mode("", "on-request/read-only"),
        ),
        ({"approval_policy": {"granular": {"rules": True}}}, Mode("", "granular")),
        ({"approval_policy": "never", "sandbox_policy": 7}, Mode("", "never")),
    ],
)
def test_a_mode_is_effort_and_what_may_be_done(changes: dict[str, Any], expected: Mode) -> None:
    assert mode_in(context(**changes)) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, None),
        ({"message": "no", "codex_error_info": "other"}, "other"),
        ({"codex_error_info": {"response_stream_disconnected": {"status": 500}}},
         "response_stream_disconnected"),
        ({"message": "no"}, ""),
        ("a text", ""),
    ],
)  # fmt: skip
def test_a_turn_ends_with_or_without_an_error(error: object, expected: str | None) -> None:
    assert end_in(ended(error=error)) == End(TURN, "", at(5), expected)


def test_an_end_without_time_is_broken() -> None:
    with pytest.raises(LogFormatError):
        end_in(event_row("task_complete", {"turn_id": TURN}, None))


def test_a_total_is_a_text_that_tells_whether_it_moved() -> None:
    first, same = count_in(count(io(100, 10))), count_in(count(io(100, 10), io(7, 7), 4))
    assert first == Count("100.0.0.10.0", None, at(3))
    assert same.total == first.total
    assert count_in(count(io(101, 10))).total != first.total
    assert count_in(count(None)) == Count("", None, at(3))


@pytest.mark.parametrize("read", [client_in, mode_in, end_in, count_in])
@pytest.mark.parametrize("line", [b"{", b"[]", b'{"payload": 3}', b"\xff"])
def test_what_is_no_such_line_is_said_to_be_none(read: Any, line: bytes) -> None:
    with pytest.raises(LogFormatError):
        read(line)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_a_broken_line(line: bytes) -> None:
    for read in (client_in, mode_in, end_in, count_in):
        try:
            read(line)
        except LogFormatError:
            continue
