"""What the daemon hears of a status line: dollars, limits, the context's size; nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost_hooks.events import NotAnEvent
from aicost_hooks.status_line import told_by

STATUS = {
    "session_id": "808a1f9b-a028-42a8-8063-3b1d120f7fec",
    "transcript_path": "/home/dev/.claude/projects/-home-dev-proj/808a1f9b.jsonl",
    "cwd": "/home/dev/proj",
    "model": {"id": "claude-opus-5-5", "display_name": "Opus"},
    "cost": {"total_cost_usd": 1.25, "total_duration_ms": 45_000, "total_lines_added": 156},
}
LIMITS = {
    "five_hour": {"used_percentage": 23.5, "resets_at": 1_795_710_000, "more": "x"},
    "seven_day": {"used_percentage": 41, "resets_at": "2026-11-30T00:00:00Z"},
    "spend_limit": {"used_percentage": 1},
}
TOLD = {"session_id": STATUS["session_id"], "total_cost_usd": 1.25}


def test_a_session_its_dollars_and_no_more() -> None:
    assert told_by(STATUS) == TOLD


def test_limits_and_the_size_of_the_context_are_told_where_there_are_any() -> None:
    window = {"context_window_size": 200_000, "used_percentage": None}
    assert told_by(STATUS | {"rate_limits": LIMITS, "context_window": window}) == TOLD | {
        "rate_limits": {
            "five_hour": {"used_percentage": 23.5, "resets_at": 1_795_710_000},
            "seven_day": {"used_percentage": 41, "resets_at": "2026-11-30T00:00:00Z"},
        },
        "context_window_size": 200_000,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"rate_limits": None},
        {"rate_limits": []},
        {"rate_limits": {"five_hour": None, "seven_day": {"resets_at": 3}}},
        {"rate_limits": {"five_hour": {"used_percentage": "23"}}},
        {"context_window": {"context_window_size": "200k"}},
        {"context_window": 3},
    ],
    ids=str,
)
def test_what_is_odd_is_not_told(changes: dict[str, object]) -> None:
    assert told_by(STATUS | changes) == TOLD


@pytest.mark.parametrize(
    "changes",
    [
        {"session_id": None},
        {"session_id": ""},
        {"cost": None},
        {"cost": {}},
        {"cost": {"total_cost_usd": None}},
        {"cost": {"total_cost_usd": "1.25"}},
        {"cost": {"total_cost_usd": True}},
    ],
    ids=str,
)
def test_a_status_line_without_session_or_cost_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(NotAnEvent, match="names no session, or no cost"):
        told_by(STATUS | changes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(
        st.sampled_from(
            ["session_id", "cost", "total_cost_usd", "rate_limits", "five_hour", "used_percentage"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*STATUS, "rate_limits"]), json_values))
def test_any_status_is_told_or_none(status: dict[str, object]) -> None:
    try:
        told = told_by(status)
    except NotAnEvent:
        return
    assert set(told) <= {"session_id", "total_cost_usd", "rate_limits", "context_window_size"}
