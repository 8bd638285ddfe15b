"""Sessions at work as the ledger knows them: real ledgers, small logs."""

import sqlite3
from dataclasses import replace
from typing import Any

import pytest
from log_builders import MODEL, at, calls_read, event, recorded, tokens

from aicost.core.budget import Traits
from aicost.core.days import to_us
from aicost.core.facts import Parsed, PromptSeen, SettingsSeen, SubagentSeen, ToolCallSeen
from aicost.core.reservation import Called, Thread
from aicost.store.ledger import Ledger
from aicost.store.present import (
    edits_in_turn,
    has_tool_calls,
    known_sessions,
    sessions_beginning,
    sessions_since,
    spent_since,
    subagent_models,
    threads_since,
)

PROMPTS = (
    PromptSeen(session_id="s-1", turn_id="t-1", at=at(0), prompt_id="p-1"),
    PromptSeen(session_id="s-1", turn_id="t-2", at=at(20), prompt_id="p-2"),
)
CALLS = (
    event(1),
    event(2, turn_id="", subagent_id="a1"),
    event(3, turn_id="", subagent_id="a1"),
    event(21, turn_id="t-2", branch="fix", cwd="/src/api", tokens=tokens(1000, 0)),
    event(5, session_id="s-2", turn_id="t-9"),
)
TOOLS = (
    ("toolu_1", 1, "Edit"),
    ("toolu_2", 21, "Write"),
    ("toolu_3", 21, "Bash"),
    ("toolu_4", 21, "Edit"),
)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    usage = replace(
        calls_read(*CALLS),
        parsed=(
            Parsed(
                calls=CALLS,
                prompts=PROMPTS,
                subagents=(SubagentSeen(session_id="s-1", subagent_id="a1", at=at(2)),),
            ),
        ),
    )
    seen = tuple(
        ToolCallSeen(key=f"claude:{key}", event_key=f"claude:msg_{call}", name=name, at=at(call))
        for key, call, name in TOOLS
    )
    settings = (SettingsSeen(session_id="s-1", turn_id="t-2", entrypoint="sdk-cli"),)
    evidence = replace(
        usage, stage="evidence", parsed=(Parsed(tool_calls=seen, settings=settings),)
    )
    return recorded(usage, evidence)


@pytest.fixture
def db(ledger: Ledger) -> sqlite3.Connection:
    return ledger.db


def us(minutes: float) -> int:
    return to_us(at(minutes))


def test_a_session_is_what_its_newest_call_was(db: sqlite3.Connection) -> None:
    found = known_sessions(db, ["s-1", "s-2", "s-3"])
    assert set(found) == {"s-1", "s-2"}
    assert found["s-1"].traits == Traits(
        agent="claude", repo="api", branch="fix", model=MODEL, environment="headless"
    )
    assert (found["s-1"].cwd, found["s-1"].last_us, found["s-1"].turn_us) == (
        "/src/api",
        us(21),
        us(20),
    )
    assert (found["s-2"].traits.environment, found["s-2"].turn_us) == ("", 0)
    assert known_sessions(db, []) == {}


def test_sessions_are_found_by_when_they_called_last(db: sqlite3.Connection) -> None:
    assert set(sessions_since(db, us(5))) == {"s-1", "s-2"}
    assert sessions_since(db, us(5) + 1) == ["s-1"]


def test_subagents_have_the_model_of_their_newest_call(db: sqlite3.Connection) -> None:
    assert subagent_models(db, 0) == {"s-1": {"a1": MODEL}}
    assert subagent_models(db, us(30)) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("s-1", {"s-1"}), ("s", {"s-1", "s-2"}), ("", {"s-1", "s-2"}), ("%", set()), ("s-11", set())],
)
def test_sessions_are_found_by_how_their_ids_begin(
    db: sqlite3.Connection, text: str, expected: set[str]
) -> None:
    assert set(sessions_beginning(db, text)) == expected


def test_threads_are_found_with_their_first_and_newest_call(db: sqlite3.Connection) -> None:
    assert threads_since(db, us(3)) == {
        Thread("s-1"): Called(at(21), at(21)),
        Thread("s-1", "a1"): Called(at(2), at(3)),
        Thread("s-2"): Called(at(5), at(5)),
    }
    assert threads_since(db, us(22)) == {}


@pytest.mark.parametrize(
    ("keys", "now", "expected"),
    [
        (["toolu_2"], 22, True),
        (["toolu_2", "toolu_3"], 22, True),
        (["toolu_2", "toolu_1"], 22, True),  # an old one, of the same session
        (["toolu_2", "toolu_9"], 22, False),
        (["toolu_2"], 600, True),
    ],
)
def test_tools_are_known_once_their_calls_evidence_is(
    db: sqlite3.Connection, keys: list[str], now: int, expected: bool
) -> None:
    assert has_tool_calls(db, [f"claude:{key}" for key in keys], "s-1", us(now)) is expected


def test_no_old_call_of_another_session_is_looked_through(db: sqlite3.Connection) -> None:
    assert not has_tool_calls(db, ["claude:toolu_1"], "s-2", us(600))


@pytest.mark.parametrize(("session", "expected"), [("s-1", 2), ("s-2", 0), ("s-3", 0)])
def test_edits_are_counted_of_the_newest_turn(
    db: sqlite3.Connection, session: str, expected: int
) -> None:
    assert edits_in_turn(db, session) == expected


@pytest.mark.parametrize(
    ("since", "session", "events"),
    [(5, "", CALLS[3:]), (5, "s-1", CALLS[3:4]), (3, "s-1", CALLS[2:4]), (22, "", ())],
)
def test_what_was_spent_since_is_summed(
    db: sqlite3.Connection, since: float, session: str, events: tuple[Any, ...]
) -> None:
    expected = sum(one.tokens.total_tokens * 4_000 for one in events)  # $4 a million
    assert spent_since(db, us(since), session) == expected
