"""What was read arrives as it was, whoever reads it; names that calls share arrive once."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import HOME, at, event, file_read, tokens, user_line

from aicost.core.days import from_us
from aicost.core.facts import (
    CopySeen,
    FileRead,
    Parsed,
    RemoteSeen,
    SettingsSeen,
    SubagentSeen,
    ThreadSeen,
    ToolCallSeen,
)
from aicost.core.tailing import Cursor
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.daemon.handover import packed, unpacked

NAMES = st.sampled_from(["", "a", "ü", "\N{GRINNING FACE}"])
COUNTS = st.builds(
    TokenCounts, **{field.name: st.integers(0, 2**40) for field in fields(TokenCounts)}
)
TIMES = st.integers(0, 2**57).map(from_us)
CALLS = st.builds(
    UsageEvent,
    event_key=NAMES,
    agent=st.sampled_from(["claude", "codex"]),
    session_id=NAMES,
    turn_id=NAMES,
    subagent_id=NAMES,
    model=NAMES,
    at=TIMES,
    tokens=COUNTS,
    web_searches=st.integers(0, 9),
    speed=NAMES,
    service_tier=NAMES,
    inference_geo=NAMES,
    parts=st.lists(COUNTS, max_size=2).map(tuple),
    cwd=NAMES,
    branch=NAMES,
    source_rank=st.integers(0, 3),
    stand_in_for=NAMES,
)


def read_of(*blocks: Parsed, **changes: Any) -> FileRead:
    return replace(file_read(), parsed=blocks, **changes)


@given(st.lists(st.lists(st.lists(CALLS, max_size=3).map(tuple), max_size=2), max_size=3))
def test_calls_arrive_as_they_were(files: list[list[tuple[UsageEvent, ...]]]) -> None:
    reads = [read_of(*(Parsed(calls=calls) for calls in blocks)) for blocks in files]
    assert unpacked(packed(reads)) == reads


@pytest.mark.parametrize("field", [field.name for field in fields(UsageEvent)])
def test_no_field_of_a_call_is_taken_from_its_neighbour(field: str) -> None:
    other: dict[str, Any] = {
        "agent": "codex",
        "at": at(9),
        "tokens": tokens(7, 7, cache_read_tokens=1),
        "parts": (tokens(1), tokens(2)),
        "web_searches": 5,
        "source_rank": 2,
    }
    one = event(1)
    two = replace(one, **{field: other.get(field, "another")})
    assert one != two
    (read,) = unpacked(packed([read_of(Parsed(calls=(one, two, one, two)))]))
    assert read.parsed[0].calls == (one, two, one, two)


def test_all_else_arrives_too() -> None:
    other = Parsed(
        prompts=file_read(user_line("t-1")).parsed[0].prompts,
        subagents=(SubagentSeen(session_id="s-1", subagent_id="a1", at=at(1), kind="Explore"),),
        threads=(ThreadSeen(thread_id="s-1"),),
        remotes=(RemoteSeen(cwd="/src/shop", repo_key="github.com/acme/shop"),),
        tool_calls=(ToolCallSeen(key="k", event_key="e", name="Bash", at=at(2)),),
        settings=(SettingsSeen(session_id="s-1", turn_id="t-1", effort="high"),),
        copies=(CopySeen(session_id="s-1", event_key="e"),),
        broken_lines=3,
        thread="t-1",
    )
    cursor = Cursor(device=1, inode=2, offset=3, mark=4, skipping=True, thread="t", broken_lines=5)
    whole = read_of(other, Parsed(calls=(event(1),)), cursor=cursor, stage="evidence")
    assert unpacked(packed([whole])) == [whole]
    assert unpacked(packed([])) == []


def test_the_calls_of_a_turn_take_little_room_and_share_their_names() -> None:
    calls = tuple(event(n, at=at(0) + timedelta(seconds=n), cwd="/src/" * 30) for n in range(50))
    content = packed([read_of(Parsed(calls=calls))])
    assert content.count(b"/src/" * 30) == 1
    (read,) = unpacked(content)
    assert read.home == HOME
    assert len({id(call.cwd) for call in read.parsed[0].calls}) == 1
