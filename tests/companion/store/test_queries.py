"""Turns are the prompts of their sessions, in order, with all that they caused."""

from typing import Any

import pytest
from log_builders import (
    HOME,
    assistant_line,
    at,
    calls_read,
    event,
    file_read,
    in_subagent,
    recorded,
    tokens,
    user_line,
)

from aicost.core.reports import TurnRow
from aicost.core.usage import TokenCounts
from aicost.store.ledger import Ledger
from aicost.store.queries import turns

DAY_MINUTES = 24 * 60
MYSTERY = "claude-mystery,9"  # a comma is not our separator
OTHER_HOME = "/home/ada/.config/claude"


def found_turns(ledger: Ledger, **filters: Any) -> list[tuple[str, str, int]]:
    """Return (session, prompt, requests) of each turn."""
    rows = turns(ledger.db, **filters)
    return [(row.session_id, row.prompt_uuid, row.requests) for row in rows]


MORNING = file_read(
    assistant_line(1, minutes=1),
    user_line("t-2", minutes=2),
    assistant_line(2, minutes=3),
    user_line("t-1", minutes=5),
    assistant_line(3, minutes=6),
    assistant_line(4, minutes=7),
    user_line("t-0", minutes=8),
)
SUBAGENT = file_read(
    user_line("u-1", minutes=4, promptId="p-t-2", **in_subagent("a1")),
    assistant_line(5, minutes=9, **in_subagent("a1")),
    path="a1.jsonl",
)


def test_turns_are_prompts_in_order_with_their_subagents_calls() -> None:
    with recorded(MORNING, SUBAGENT) as ledger:
        assert found_turns(ledger) == [
            ("s-1", "", 1),
            ("s-1", "t-2", 2),
            ("s-1", "t-1", 2),
            ("s-1", "t-0", 0),
        ]
        assert sum(row.requests for row in turns(ledger.db)) == 5


def test_a_turn_says_what_it_used() -> None:
    with recorded(MORNING, SUBAGENT) as ledger:
        before, first, _, last = turns(ledger.db)
        assert first == TurnRow(
            session_id="s-1",
            prompt_uuid="t-2",
            started_at=at(2),
            requests=2,
            tokens=tokens(200, 20),
            cost_nusd=880_000,
        )
        assert (before.started_at, before.requests) == (None, 1)
        assert (last.started_at, last.cost_nusd, last.tokens) == (at(8), None, TokenCounts())


def test_a_turn_without_a_price_says_so() -> None:
    read = file_read(user_line("t-1"), assistant_line(1, model="claude-mystery-9"))
    with recorded(read) as ledger:
        [turn] = turns(ledger.db)
        assert (turn.cost_nusd, turn.unpriced_tokens) == (None, 110)


def test_a_subagent_that_made_no_call_is_no_turn() -> None:
    task = user_line("u-1", minutes=-5, **in_subagent("a1"))
    with recorded(file_read(task, path="a1.jsonl")) as ledger:
        assert found_turns(ledger) == []


@pytest.mark.parametrize(
    ("since", "expected"), [(1.99, 3), (2, 3), (2.01, 2), (5, 2), (8, 1), (8.01, 0)]
)
def test_turns_since_a_moment_are_those_that_began_then_or_later(
    since: float, expected: int
) -> None:
    since_us = int((at(since) - at(0)).total_seconds() * 1e6) + 1_795_341_600_000_000
    with recorded(MORNING) as ledger:
        assert len(found_turns(ledger, since_us=since_us)) == expected


def test_turns_may_be_of_one_session_or_of_some_homes() -> None:
    other = file_read(user_line("t-9", session="s-2", minutes=0), path="s-2.jsonl", home=OTHER_HOME)
    with recorded(MORNING, other) as ledger:
        assert {row[0] for row in found_turns(ledger)} == {"s-1", "s-2"}
        for filters in ({"session_id": "s-2"}, {"homes": (OTHER_HOME,)}):
            assert found_turns(ledger, **filters) == [("s-2", "t-9", 0)]
        assert found_turns(ledger, session_id="s-2", homes=(HOME,)) == []


FORK = file_read(
    user_line("t-2", session="fork", minutes=2),
    assistant_line(2, session="fork", requestSessionId="s-1", minutes=3),
    user_line("t-0", session="fork", minutes=8),
    user_line("t-7", session="fork", minutes=20),
    assistant_line(7, session="fork", minutes=21),
    path="fork.jsonl",
)


def test_a_prompt_that_a_fork_copied_is_shown_where_it_was_given() -> None:
    for order in ((MORNING, FORK), (FORK, MORNING)):
        with recorded(*order) as ledger:
            assert found_turns(ledger) == [
                ("s-1", "", 1),
                ("s-1", "t-2", 1),
                ("s-1", "t-1", 2),
                ("s-1", "t-0", 0),
                ("fork", "t-7", 1),
            ]


def test_a_fork_whose_parents_log_is_gone_keeps_its_calls() -> None:
    with recorded(FORK) as ledger:
        assert sorted(found_turns(ledger)) == [
            ("fork", "t-0", 0),
            ("fork", "t-7", 1),
            ("s-1", "t-2", 1),
        ]


def test_the_beginning_of_a_session_id_is_enough() -> None:
    with recorded(calls_read(event(session_id="abcd-1"))) as ledger:
        found = turns(ledger.db, session_id="abcd")
        assert [row.session_id for row in found] == ["abcd-1"]
        assert turns(ledger.db, session_id="bcd") == ()
