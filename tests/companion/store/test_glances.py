"""The session under the cursor: how its context grew, and who helps it."""

from dataclasses import replace

import pytest
from log_builders import BOOK, MODEL, at, calls_read, event, recorded, tokens

from aicost.core.facts import CompactionSeen, Parsed
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.store.glances import (
    MOST_POINTS,
    MOST_SUBAGENTS,
    context_points,
    session_number,
    subagents,
)
from aicost.store.ledger import Ledger


def grown(*sizes: int) -> list[UsageEvent]:
    return [event(n, tokens=tokens(size, 10)) for n, size in enumerate(sizes, start=1)]


def numbered(ledger: Ledger) -> int:
    number = session_number(ledger.db, "s-1")
    assert number is not None
    return number


def test_a_context_is_that_of_each_call_of_the_main_thread_in_order() -> None:
    helper = event(9, subagent_id="a1", turn_id="", at=at(1.5))
    with recorded(calls_read(*reversed(grown(100, 250, 400)), helper)) as ledger:
        points = context_points(ledger.db, numbered(ledger))
    assert [(point.at, point.tokens) for point in points] == [
        (at(1), 100),
        (at(2), 250),
        (at(3), 400),
    ]


def test_what_the_cache_gave_is_part_of_a_context() -> None:
    counts = TokenCounts(
        input_tokens=1, cache_read_tokens=20, cache_write_5m_tokens=300, output_tokens=9
    )
    with recorded(calls_read(event(1, tokens=counts))) as ledger:
        (point,) = context_points(ledger.db, numbered(ledger))
    assert point.tokens == 321


def test_the_first_call_after_a_compaction_is_marked() -> None:
    seen = tuple(
        CompactionSeen(key=f"c{n}", session_id="s-1", turn_id="t-1", subagent_id="", at=at(n))
        for n in (0.5, 2.5, 2.6)
    )
    evidence = replace(calls_read(), stage="evidence", parsed=(Parsed(compactions=seen),))
    with recorded(calls_read(*grown(100, 900, 200, 300))) as ledger:
        ledger.record([evidence])
        points = context_points(ledger.db, numbered(ledger))
    assert [point.is_compacted for point in points] == [False, False, True, False]


def test_a_long_session_is_told_by_its_last_calls() -> None:
    calls = calls_read(*grown(*range(1, MOST_POINTS + 31)))
    with recorded(calls) as ledger:
        points = context_points(ledger.db, numbered(ledger))
    assert [point.tokens for point in points] == list(range(31, MOST_POINTS + 31))


@pytest.mark.parametrize("count", [0, 1, MOST_SUBAGENTS, MOST_SUBAGENTS + 3])
def test_the_last_subagents_come_first_and_the_rest_is_counted(count: int) -> None:
    calls = [
        event(n, subagent_id=f"a{n:02}", turn_id="", tokens=tokens(100 + n, 10))
        for n in range(1, count + 1)
    ]
    with recorded(calls_read(event(90), *calls)) as ledger:
        found, more = subagents(ledger.db, numbered(ledger), BOOK)
    assert [one.subagent_id for one in found] == [
        f"a{n:02}" for n in range(count, max(0, count - MOST_SUBAGENTS), -1)
    ]
    assert more == max(0, count - MOST_SUBAGENTS)


def test_a_subagent_is_told_with_its_last_call_and_all_its_money() -> None:
    calls = calls_read(
        event(1, subagent_id="a1", turn_id="", model="claude-mystery-9"),
        event(2, subagent_id="a1", turn_id="", tokens=tokens(500, 10)),
    )
    with recorded(calls) as ledger:
        ((one,), more) = subagents(ledger.db, numbered(ledger), BOOK)
    assert (one.model, one.requests, one.context_tokens, one.last_at) == (MODEL, 2, 500, at(2))
    assert one.unpriced_tokens == 110
    assert one.cost_nusd is not None
    assert one.context_window_tokens == BOOK.context_window_tokens(MODEL, 500)
    assert more == 0


def test_an_unknown_session_has_no_number() -> None:
    with recorded(replace(calls_read(event(1)), parsed=(Parsed(),))) as ledger:
        assert session_number(ledger.db, "s-9") is None
