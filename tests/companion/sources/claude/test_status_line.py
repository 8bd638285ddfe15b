"""What a client's status line says: each part for itself, and nothing that is not so."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import usd
from hypothesis import given
from hypothesis import strategies as st

from aicost.sources.claude.status_line import parse_status

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
# As Claude Code 2.1.330 writes it, with the limits of a subscription.
SAID: dict[str, Any] = {
    "session_id": "880e081e-0841-44a5-b047-23ea74b3a9fd",
    "transcript_path": "/home/dev/.claude/projects/-home-dev-proj/880e081e.jsonl",
    "cwd": "/home/dev/proj",
    "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
    "cost": {"total_cost_usd": 0.01004, "total_duration_ms": 8863},
    "context_window": {
        "total_input_tokens": 21010,
        "context_window_size": 1000000,
        "current_usage": {"input_tokens": 10, "output_tokens": 50},
        "used_percentage": 2,
    },
    "prompt_cache": {"warm": True, "ttl": "5m", "expires_at": 1795326671, "requests": 1},
    "rate_limits": {
        "five_hour": {"used_percentage": 41.5, "resets_at": 1795330000},
        "seven_day": {"used_percentage": 8, "resets_at": 1795500000},
    },
}


def content(**changes: Any) -> bytes:
    return json.dumps(SAID | changes).encode()


def test_all_that_is_said_is_taken() -> None:
    seen = parse_status(content(), NOW)
    assert seen is not None
    assert seen.session_id == SAID["session_id"]
    assert seen.total is not None
    assert (seen.total.cost_nusd, seen.total.model) == (usd("0.01004"), "")
    assert seen.limits is not None
    assert seen.limits.at == NOW
    assert seen.limits.limits.primary is not None
    assert seen.limits.limits.primary.used_percent == 41.5
    assert seen.context_window_tokens == 1_000_000
    assert seen.cache_ends_at == datetime.fromtimestamp(1795326671, UTC)


@pytest.mark.parametrize(
    ("field", "value", "lost"),
    [
        ("cost", None, "total"),
        ("cost", {"total_cost_usd": "1"}, "total"),
        ("cost", {"total_cost_usd": -1}, "total"),
        ("cost", {"total_cost_usd": True}, "total"),
        ("rate_limits", None, "limits"),
        ("rate_limits", [], "limits"),
        ("rate_limits", {"five_hour": {"used_percentage": "x"}}, "limits"),
        ("context_window", 7, "context_window_tokens"),
        ("context_window", {"context_window_size": 0}, "context_window_tokens"),
        ("context_window", {"context_window_size": 10**9 + 1}, "context_window_tokens"),
        ("context_window", {"context_window_size": None}, "context_window_tokens"),
        ("prompt_cache", {"expires_at": None}, "cache_ends_at"),
        ("prompt_cache", {"expires_at": 12}, "cache_ends_at"),
        ("prompt_cache", "warm", "cache_ends_at"),
    ],
)
def test_what_cannot_be_read_takes_nothing_else_along(field: str, value: object, lost: str) -> None:
    whole, seen = parse_status(content(), NOW), parse_status(content(**{field: value}), NOW)
    assert whole is not None
    assert seen is not None
    assert getattr(seen, lost) is None
    others = {"total", "limits", "context_window_tokens", "cache_ends_at"} - {lost}
    assert all(getattr(seen, name) == getattr(whole, name) for name in others)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        content()[:-20],
        content(session_id=""),
        content(session_id=7),
        content(session_id="x" * 201),
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_half_of_it_or_something_else_is_nothing(said: bytes) -> None:
    assert parse_status(said, NOW) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


@given(st.dictionaries(st.sampled_from(list(SAID)), JSON), st.integers(0, 700))
def test_whatever_a_client_says_is_read_or_not(changes: dict[str, Any], end: int) -> None:
    for said in (content(**changes), content(**changes)[:end]):
        seen = parse_status(said, NOW)
        if seen is not None:
            assert 0 < len(seen.session_id) <= 200
            assert seen.context_window_tokens is None or seen.context_window_tokens > 0
            assert seen.cache_ends_at is None or seen.cache_ends_at > NOW - timedelta(days=9999)
