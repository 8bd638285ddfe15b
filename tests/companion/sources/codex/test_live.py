"""What an open rollout tells: whose it is, and whether a turn goes on."""

import json
from typing import Any

import pytest
from codex_logs import (
    LATER_TURN,
    NEW,
    OLD,
    THREAD,
    TURN,
    ended,
    event_row,
    fork_meta,
    item,
    meta,
    record,
    row,
    started,
    subagent,
    uuid7,
)
from hypothesis import given
from hypothesis import strategies as st
from log_builders import at

from aicost.core.errors import LogFormatError
from aicost.sources.codex.live import OpenThread, is_in_turn, parse_open_thread

CHILD = uuid7(4)


def test_the_first_line_says_whose_log_it_is() -> None:
    assert parse_open_thread(meta(version=NEW)) == OpenThread(
        thread_id=THREAD,
        session_id=THREAD,
        cwd="/src/shop",
        started_at=at(0),
        version=NEW,
        entrypoint="codex_exec",
        logs_turns=True,
    )


@pytest.mark.parametrize(
    ("line", "thread_id", "session_id"),
    [
        (meta(CHILD, version=NEW, session_id=THREAD), CHILD, THREAD),
        (meta(CHILD, **subagent()), CHILD, THREAD),
        (fork_meta(CHILD), CHILD, CHILD),
    ],
)
def test_a_subagent_belongs_to_the_session_of_its_root(
    line: bytes, thread_id: str, session_id: str
) -> None:
    found = parse_open_thread(line)
    assert (found.thread_id, found.session_id) == (thread_id, session_id)
    assert found.is_root is (thread_id == session_id)


@pytest.mark.parametrize(
    ("version", "logs_turns"), [("0.109.9", False), ("0.110.0", True), (OLD, True), ("", False)]
)
def test_older_clients_do_not_log_turns(version: str, logs_turns: bool) -> None:
    assert parse_open_thread(meta(version=version)).logs_turns is logs_turns


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", started(), row("session_meta", {}), row("session_meta", {"id": 3})]
)
def test_another_first_line_is_no_start_of_a_log(line: bytes) -> None:
    with pytest.raises(LogFormatError):
        parse_open_thread(line)


ABORTED = event_row("turn_aborted", {"turn_id": TURN, "reason": "interrupted"}, 5)
QUOTED = event_row("agent_message", {"message": started().decode() + ended().decode()})


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        ([meta(), record()], None),
        ([started()], True),
        ([started(), item("UserMessage", "x"), record()], True),
        ([started(), record(), ended()], False),
        ([started(), ABORTED], False),
        ([started(), ended(error={"message": "no"})], False),
        ([started(), ended(), started(LATER_TURN, 2)], True),
        ([ended(), QUOTED], False),
        ([QUOTED], None),
    ],
)
def test_a_turn_goes_on_until_it_is_said_to_end(lines: list[bytes], expected: bool | None) -> None:
    assert is_in_turn(b"".join(lines)) is expected


def test_lines_with_and_without_numbers_are_understood() -> None:
    numbered: dict[str, Any] = json.loads(started())
    line = json.dumps({"timestamp": numbered["timestamp"], "ordinal": 12} | numbered)
    assert is_in_turn(line.replace(": ", ":").replace(", ", ",").encode()) is True


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(lines: bytes) -> None:
    assert is_in_turn(lines) in (None, True, False)
    try:
        parse_open_thread(lines)
    except LogFormatError:
        return
