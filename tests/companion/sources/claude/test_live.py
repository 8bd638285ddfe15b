"""The client's registry of running sessions: one small file each, written over and over."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import LogFormatError
from aicost.core.session import LiveSession
from aicost.sources.claude.live import parse_live_session

ENTRY: dict[str, Any] = {
    "pid": 4411,
    "sessionId": "s-1",
    "cwd": "/src/shop",
    "startedAt": 1795312800123,
    "procStart": "123456",
    "version": "2.1.330",
    "kind": "interactive",
    "entrypoint": "cli",
    "status": "waiting",
    "waitingFor": "permission prompt",
}


def parsed(**changes: Any) -> LiveSession:
    return parse_live_session(json.dumps(ENTRY | changes).encode())


def test_an_entry_says_who_runs_where_since_when() -> None:
    assert parsed() == LiveSession(
        session_id="s-1",
        pid=4411,
        state="waiting",
        cwd="/src/shop",
        started_at=datetime(2026, 11, 22, 2, 0, 0, 123_000, tzinfo=UTC),
        version="2.1.330",
        entrypoint="cli",
        start_ticks="123456",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [("idle", "idle"), ("waiting", "waiting"), ("busy", "busy"), ("", "busy"), ("dozing", "busy")],
)
def test_an_unknown_status_means_at_work(status: str, state: str) -> None:
    assert parsed(status=status).state == state


def test_only_the_process_and_the_session_are_needed() -> None:
    found = parse_live_session(b'{"pid": 1, "sessionId": "s"}')
    assert (found.started_at, found.cwd, found.version, found.entrypoint) == (None, "", "", "")


@pytest.mark.parametrize(
    ("written", "ticks"),
    [("273688", "273688"), (273688, "273688"), (None, ""), ("Nov 26", "Nov 26")],
)
def test_the_start_of_its_process_is_kept_as_written(written: object, ticks: str) -> None:
    assert parsed(procStart=written).start_ticks == ticks


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="just made"),
        pytest.param(b'{"pid": 44', id="half written"),
        pytest.param(b'{"pid": 44}', id="no session"),
        pytest.param(b'{"pid": "44", "sessionId": "s"}', id="no number"),
        pytest.param(b'{"pid": 44, "sessionId": "s", "startedAt": 1e300}', id="no time"),
        pytest.param(b'{"pid": 44, "sessionId": "s", "startedAt": -1e17}', id="before all years"),
        pytest.param(b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="deep"),
        pytest.param(b'{"pid": 44, "sessionId": "\xff"}', id="no text"),
    ],
)
def test_anything_else_is_no_live_session(content: bytes) -> None:
    with pytest.raises(LogFormatError):
        parse_live_session(content)


@given(
    st.binary()
    | st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists).map(
        lambda value: json.dumps(ENTRY | {"startedAt": value}).encode()
    )
)
def test_any_bytes_are_an_entry_or_the_one_declared_error(content: bytes) -> None:
    with contextlib.suppress(LogFormatError):
        assert parse_live_session(content).session_id == "s-1"
