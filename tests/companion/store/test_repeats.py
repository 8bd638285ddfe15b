"""What fails again and again in the turn that a session is in."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from log_builders import at, calls_read, event, open_ledger

from aicost.core.commands import from_number
from aicost.core.days import to_us
from aicost.core.facts import CommandRan, FileRead, Parsed, PromptSeen, SubagentSeen
from aicost.core.loops import Repeat, Run, run_id
from aicost.store.ledger import Ledger
from aicost.store.repeats import repeats

TESTS, BUILD, ERROR, OTHER = 11, -12, 21, -22
CALLS = (
    event(1, turn_id="t-1"),
    event(2, turn_id="t-2"),
    event(3, turn_id="t-2"),
    event(4, turn_id="", subagent_id="a1"),
    event(5, session_id="s-2", turn_id="u-1"),
)
USAGE = replace(
    calls_read(*CALLS),
    parsed=(
        Parsed(
            calls=CALLS,
            prompts=(
                PromptSeen(session_id="s-1", turn_id="t-1", at=at(0)),
                PromptSeen(session_id="s-1", turn_id="t-2", at=at(1.5), prompt_id="p-2"),
                PromptSeen(session_id="s-2", turn_id="u-1", at=at(4.5)),
            ),
            subagents=(
                SubagentSeen(session_id="s-1", subagent_id="a1", at=at(3.5), prompt_id="p-2"),
            ),
        ),
    ),
)


def ran(
    number: int, call: int, *, command: int = TESTS, error: int | None = ERROR, late_s: int = 0
) -> CommandRan:
    return CommandRan(
        key=f"claude:tool_{number}",
        event_key=f"claude:msg_{call}",
        at=at(call) + timedelta(seconds=number + late_s),
        command=command,
        label="npm test" if command == TESTS else "make",
        error=error,
    )


def read(*runs: CommandRan) -> FileRead:
    return replace(calls_read(), stage="evidence", parsed=(Parsed(commands=runs),))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.record([USAGE])
        yield ledger


def counts(db: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    return {name: (one.count, one.thread) for name, one in repeats(db, ["s-1", "s-2"]).items()}


def test_failures_of_the_turn_that_a_session_is_in_count(ledger: Ledger) -> None:
    ledger.record([read(ran(1, 1), ran(2, 2), ran(3, 3), ran(4, 3), ran(5, 5))])
    assert counts(ledger.db) == {"s-1": (3, ""), "s-2": (1, "")}


def test_a_repeat_says_what_fails_since_when_and_what_it_cost_since(ledger: Ledger) -> None:
    ledger.record([read(ran(1, 2), ran(2, 3))])
    (cost,) = ledger.db.execute("SELECT cost_nusd FROM call WHERE event_key = 'claude:msg_3'")
    assert cost[0] > 0
    assert repeats(ledger.db, ["s-1"]) == {
        "s-1": Repeat(
            2, "npm test", from_number(TESTS), "t-2", at(2) + timedelta(seconds=1), cost[0]
        )
    }


def test_nothing_repeats_where_nothing_fails(ledger: Ledger) -> None:
    ledger.record([read(ran(1, 2, error=None), ran(2, 1))])
    assert counts(ledger.db) == {}
    assert repeats(ledger.db, ["unknown"]) == {}
    assert repeats(ledger.db, []) == {}


def test_a_success_ends_it_and_a_new_error_begins_anew(ledger: Ledger) -> None:
    ledger.record([read(ran(1, 2), ran(2, 2), ran(3, 3, error=None))])
    assert counts(ledger.db) == {}
    ledger.record([read(ran(4, 3), ran(5, 3), ran(6, 3, error=OTHER))])
    assert counts(ledger.db) == {"s-1": (1, "")}


def test_a_subagent_of_the_turn_counts_for_itself(ledger: Ledger) -> None:
    ledger.record([read(ran(1, 2), ran(2, 4), ran(3, 4), ran(4, 4, command=BUILD))])
    assert counts(ledger.db) == {"s-1": (2, "a1")}


def test_a_new_prompt_is_a_new_turn_before_it_is_answered(ledger: Ledger) -> None:
    ledger.record([read(ran(1, 2), ran(2, 3))])
    prompt = PromptSeen(session_id="s-1", turn_id="t-3", at=at(9))
    ledger.record([replace(calls_read(), parsed=(Parsed(prompts=(prompt,)),))])
    assert counts(ledger.db) == {}


def test_what_hooks_told_counts_until_it_is_logged(ledger: Ledger) -> None:
    ledger.record([read(ran(1, 2), ran(2, 3))])
    told = Run(
        id=run_id("claude:tool_3"),
        at_us=to_us(at(3)) + 9_000_000,
        thread="",
        command=from_number(TESTS),
        label="npm test",
        failed=True,
        error=from_number(ERROR),
    )
    assert repeats(ledger.db, ["s-1"], {"s-1": [told]})["s-1"].count == 3
    assert repeats(ledger.db, ["new"], {"new": [told]})["new"].count == 1
    ledger.record([read(ran(3, 3))])
    assert repeats(ledger.db, ["s-1"], {"s-1": [told]})["s-1"].count == 3


def test_runs_follow_their_call_to_where_it_was_made(ledger: Ledger) -> None:
    """A fork's copy of a call may be read before the original."""
    copy = event(6, session_id="s-9", turn_id="t-2", source_rank=5)
    ledger.record([calls_read(copy), read(ran(1, 6), ran(2, 6))])
    ledger.record([calls_read(event(6, turn_id="t-2"))])
    assert counts(ledger.db) == {"s-1": (2, "")}
