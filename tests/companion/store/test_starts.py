"""A span begins with the earliest record of its prompt or task; what changes is noted."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest
from log_builders import at, file_read, open_ledger

from aicost.core.days import to_us
from aicost.core.facts import FileRead, Parsed, PromptSeen, SubagentSeen
from aicost.store.names import Names
from aicost.store.places import NO_ATTRIBUTION
from aicost.store.starts import record_starts

QUERY = "SELECT turn_id, subagent_id, started_us, prompt_id, kind, turn = id FROM span ORDER BY id"


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with open_ledger() as ledger:
        yield ledger.db


def prompt(minutes: float, prompt_id: str = "p-1") -> PromptSeen:
    return PromptSeen(session_id="s-1", turn_id="t-1", at=at(minutes), prompt_id=prompt_id)


def task(kind: str = "") -> SubagentSeen:
    return SubagentSeen(session_id="s-1", subagent_id="a1", at=at(2), kind=kind)


def read_of(*facts: PromptSeen | SubagentSeen) -> FileRead:
    prompts = tuple(fact for fact in facts if isinstance(fact, PromptSeen))
    subagents = tuple(fact for fact in facts if isinstance(fact, SubagentSeen))
    return replace(file_read(), parsed=(Parsed(prompts=prompts, subagents=subagents),))


def record(db: sqlite3.Connection, *reads: FileRead) -> tuple[set[int], list[tuple[object, ...]]]:
    db.execute("DELETE FROM stale_span")
    return record_starts(db, Names(db, NO_ATTRIBUTION), reads), list(db.execute(QUERY))


def stale(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM stale_span").fetchone()[0])


def test_a_prompt_begins_its_turn_and_a_task_its_subagent(db: sqlite3.Connection) -> None:
    sessions, rows = record(db, read_of(prompt(1), task("Explore")))
    assert len(sessions) == 1
    assert rows == [
        ("t-1", "", to_us(at(1)), "p-1", "", 1),
        ("", "a1", to_us(at(2)), "", "Explore", None),
    ]
    assert stale(db) == 2


@pytest.mark.parametrize(
    ("minutes", "prompt_id", "is_news"),
    [(1, "p-1", False), (2, "p-0", False), (0, "p-9", True), (1, "p-0", True)],
)
def test_of_two_records_the_earlier_counts(
    db: sqlite3.Connection, minutes: float, prompt_id: str, is_news: bool
) -> None:
    record(db, read_of(prompt(1)))
    _, rows = record(db, read_of(prompt(minutes, prompt_id)))
    expected = (to_us(at(minutes)), prompt_id) if is_news else (to_us(at(1)), "p-1")
    assert [row[2:4] for row in rows] == [expected]
    assert stale(db) == is_news


def test_a_span_that_a_call_named_first_gets_its_start(db: sqlite3.Connection) -> None:
    names = Names(db, NO_ATTRIBUTION)
    names.span(names.session("s-1", "claude"), "t-1", "")
    _, rows = record(db, read_of(prompt(1)))
    assert rows == [("t-1", "", to_us(at(1)), "p-1", "", 1)]
    assert stale(db) == 1


def test_the_evidence_reading_makes_no_thread(db: sqlite3.Connection) -> None:
    assert record(db, replace(read_of(task()), stage="evidence")) == (set(), [])
