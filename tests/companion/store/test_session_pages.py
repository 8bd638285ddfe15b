"""What a screen of one session finds in the ledger: its own, all of it, and nobody else's."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from log_builders import HOME, at, calls_read, event, recorded
from waste_builders import failure, read

from aicost.core.facts import (
    ErrorSeen,
    PromptSeen,
    SettingsSeen,
    SubagentSeen,
    ToolCallSeen,
)
from aicost.store import session_pages
from aicost.store.ledger import Ledger

CALLS = (
    event(1),
    event(2, model="claude-none-1"),
    event(3, turn_id="t-2"),
    event(4, turn_id="", subagent_id="a1"),
    event(5, session_id="s-10", turn_id="t-9"),
)
PROMPTS = tuple(
    PromptSeen(session_id="s-1", turn_id=f"t-{number}", at=at(number - 1), prompt_id=f"p-{number}")
    for number in (1, 2, 3)
)
AGENT = SubagentSeen(session_id="s-1", subagent_id="a1", at=at(3.5), prompt_id="p-2")


def asked(number: int, name: str, tool: int = 1) -> ToolCallSeen:
    return ToolCallSeen(
        key=f"claude:t{number}{tool}", event_key=f"claude:msg_{number}", name=name, at=at(number)
    )


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    told = calls_read(*CALLS)
    told = replace(told, parsed=(replace(told.parsed[0], prompts=PROMPTS, subagents=(AGENT,)),))
    work = read(
        subagents=(replace(AGENT, kind="Explore"),),
        tool_calls=(asked(1, "Bash"), asked(1, "Read", 2), asked(2, "Read"), asked(4, "Grep")),
        errors=(
            ErrorSeen(
                key="e1", session_id="s-1", turn_id="t-2", subagent_id="", at=at(2.5),
                is_retried=True, status=529,
            ),
        ),
        settings=(
            SettingsSeen(session_id="s-1", turn_id="t-1", version="2.1.1"),
            SettingsSeen(session_id="s-1", turn_id="t-2", version="2.1.9"),
        ),
    )  # fmt: skip
    with recorded(told, work, failure(1), failure(3, error=None)) as found:
        yield found


def row(ledger: Ledger, session_id: str = "s-1") -> int:
    found = session_pages.find_session(ledger.db, session_id)
    assert found is not None
    return found.row


@pytest.mark.parametrize("session_id", ["s", "s-", "s-11", "", "S-1"])
def test_only_a_whole_id_names_a_session(ledger: Ledger, session_id: str) -> None:
    assert session_pages.find_session(ledger.db, session_id) is None


def test_all_calls_of_the_session_are_summed_and_no_others(ledger: Ledger) -> None:
    used = session_pages.used_by(ledger.db, row(ledger))
    assert (used.requests, used.tokens.input_tokens, used.tokens.output_tokens) == (4, 400, 40)
    assert used.cost_nusd == 3 * 440_000
    assert used.unpriced_tokens == 110
    other = session_pages.used_by(ledger.db, row(ledger, "s-10"))
    assert other.requests == 1


def test_turns_hold_their_subagents_calls_and_prompts_without_a_call(ledger: Ledger) -> None:
    turns = session_pages.turns_of(ledger.db, row(ledger))
    assert [(turn.turn_id, turn.requests, turn.cost_nusd) for turn in turns] == [
        ("t-1", 2, 440_000),
        ("t-2", 2, 880_000),
        ("t-3", 0, None),
    ]
    assert [turn.unpriced_tokens for turn in turns] == [110, 0, 0]
    assert [turn.started_at for turn in turns] == [at(0), at(1), at(2)]


def test_turns_are_told_with_tools_and_what_went_wrong(ledger: Ledger) -> None:
    session = row(ledger)
    first, second, third = session_pages.with_work(
        ledger.db, session, session_pages.turns_of(ledger.db, session)
    )
    assert first.tools == (("Read", 2), ("Bash", 1))
    assert (first.api_errors, first.retries, first.active_us) == (0, 0, 120_000_000)
    assert second.tools == (("Grep", 1),)
    assert (second.api_errors, second.retries) == (1, 1)
    assert (third.tools, third.active_us) == ((), 0)


def test_subagents_belong_to_the_turn_that_started_them(ledger: Ledger) -> None:
    (agent,) = session_pages.subagents_of(ledger.db, row(ledger))
    assert (agent.subagent_id, agent.turn_id, agent.kind) == ("a1", "t-2", "Explore")
    assert (agent.requests, agent.cost_nusd) == (1, 440_000)
    assert session_pages.subagents_of(ledger.db, row(ledger, "s-10")) == ()


def test_the_last_place_and_version_count(ledger: Ledger) -> None:
    session = row(ledger)
    assert session_pages.places_of(ledger.db, session) == ("/src/shop", "main", "shop")
    assert session_pages.version_of(ledger.db, session) == "2.1.9"
    assert session_pages.version_of(ledger.db, row(ledger, "s-10")) == ""
    assert session_pages.homes_of(ledger.db, session) == (HOME,)


def test_commands_are_told_by_label_with_how_they_ended_last(ledger: Ledger) -> None:
    (one,) = session_pages.commands_of(ledger.db, row(ledger))
    assert (one.kind, one.label, one.runs, one.failed) == ("test", "npm test", 2, 1)
    assert (one.last_failed, one.last_at) == (False, at(3))
    assert session_pages.commands_of(ledger.db, row(ledger, "s-10")) == ()


def test_a_transcript_is_the_sessions_own_log() -> None:
    """Not one whose name ends alike, and not that of a subagent."""
    with recorded(
        calls_read(event(1), path="s-1.jsonl"),
        calls_read(event(2, subagent_id="a1"), path="s-1/subagents/agent-a1.jsonl"),
        calls_read(event(3, session_id="xs-1"), path="xs-1.jsonl"),
    ) as ledger:
        found = session_pages.transcript_of(ledger.db, row(ledger), "s-1")
        assert found is not None
        assert found.path == f"{HOME}/projects/-src-shop/s-1.jsonl"
        assert not found.has_evidence
        other = session_pages.transcript_of(ledger.db, row(ledger, "xs-1"), "xs-1")
        assert other is not None
        assert other.path.endswith("/xs-1.jsonl")


@pytest.mark.parametrize(("read_bytes", "has_evidence"), [(99, False), (100, True)])
def test_evidence_is_there_once_all_that_was_read_is(read_bytes: int, has_evidence: bool) -> None:
    told = calls_read(event(1))
    told = replace(told, cursor=told.cursor._replace(offset=100))
    work = replace(told, stage="evidence", cursor=told.cursor._replace(offset=read_bytes))
    with recorded(told, work) as ledger:
        found = session_pages.transcript_of(ledger.db, row(ledger), "s-1")
        assert found is not None
        assert found.has_evidence is has_evidence


def test_a_session_without_a_log_has_no_transcript() -> None:
    with recorded(calls_read(event(1, session_id="s-7"))) as ledger:
        assert session_pages.transcript_of(ledger.db, row(ledger, "s-7"), "s-7") is None
