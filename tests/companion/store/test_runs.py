"""Calls made ready are the calls that were read; what they come to is what one by one gives."""

import pickle
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import BOOK, MODEL, at, calls_read, event, file_read, flat_book, tokens

from aicost.core.days import LocalDays, from_us, to_us
from aicost.core.facts import FileRead, Parsed, Run
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.store.calls import StoredCall, UsageChange, credits_of, key_of
from aicost.store.runs import KEY, Counting, events_of

BERLIN = ZoneInfo("Europe/Berlin")
COUNTING = Counting(BOOK, BERLIN)
NAMES = st.sampled_from(["", "a", "ü"])
COUNTS = st.builds(
    TokenCounts, **{field.name: st.integers(0, 2**30) for field in fields(TokenCounts)}
)
CALLS = st.builds(
    UsageEvent,
    event_key=st.integers(0, 99).map(str),
    agent=st.sampled_from(["claude", "codex"]),
    session_id=NAMES,
    turn_id=NAMES,
    subagent_id=NAMES,
    model=st.sampled_from([MODEL, "claude-mystery-9", "gpt-5-codex"]),
    at=st.integers(0, 2**50).map(from_us),
    tokens=COUNTS,
    web_searches=st.integers(0, 9),
    parts=st.lists(COUNTS, max_size=2).map(tuple),
    source_rank=st.integers(0, 3),
)
EACH_ONCE = st.lists(CALLS, max_size=6, unique_by=lambda call: call.event_key)


def runs_of(*calls: UsageEvent) -> list[Run]:
    ready = COUNTING.readied(calls_read(*calls)).ready
    assert ready is not None
    assert (ready.book_id, ready.zone) == (BOOK.book_id, "Europe/Berlin")
    return ready.runs


def events_in(read: FileRead) -> list[UsageEvent]:
    runs = read.ready.runs if read.ready else []
    return [call for run in runs for call in events_of(run.names, run.calls)]


@given(EACH_ONCE)
def test_what_was_made_ready_is_what_was_read(calls: list[UsageEvent]) -> None:
    read = calls_read(*calls)
    ready = COUNTING.readied(read)
    assert (events_in(ready) or list(ready.parsed[0].calls)) == calls
    assert replace(ready, ready=None) == replace(read, parsed=ready.parsed)


@pytest.mark.parametrize("field", [field.name for field in fields(UsageEvent)])
def test_no_field_of_a_call_is_taken_from_its_neighbour(field: str) -> None:
    other: dict[str, Any] = {
        "agent": "codex",
        "at": at(9),
        "tokens": tokens(7, 7, cache_read_tokens=1),
        "parts": (tokens(1), tokens(2)),
        "web_searches": 5,
        "source_rank": 2,
        "stand_in_for": "",
    }
    one = event(1)
    calls = [one, replace(one, **{field: other.get(field, "another")}), one]
    assert events_in(COUNTING.readied(calls_read(*calls))) == calls


@given(EACH_ONCE)
def test_runs_come_to_what_their_calls_come_to_one_by_one(calls: list[UsageEvent]) -> None:
    by_run, by_call = UsageChange(), UsageChange()
    days = LocalDays(BERLIN)
    for run in runs_of(*calls) if calls else []:
        span = hash(run.names)
        by_run.add_sums((run.day, span, 1, 1), run.sums)
        for call in events_of(run.names, run.calls):
            cost, of_plan = BOOK.nusd_of(call), credits_of(BOOK, call)
            stored = StoredCall(call, cost, span, 1, 1, 1, *of_plan)
            by_call.add(days.day_of(to_us(call.at)), stored)
        assert run.first_us == min(call[2] for call in run.calls)
        assert (run.last_us, run.last_key) == max((call[2], call[KEY]) for call in run.calls)
    assert vars(by_run) == vars(by_call)


def test_a_run_ends_with_its_day_in_the_ledgers_time_zone() -> None:
    midnight = at(0).replace(hour=23)  # in Berlin
    calls = [
        event(number, at=midnight + timedelta(microseconds=away))
        for number, away in enumerate((-2, -1, 0, 1))
    ]
    assert [len(run.calls) for run in runs_of(*calls)] == [2, 2]
    days = [run.day for run in runs_of(*calls)]
    assert days[1] == days[0] + 1 == at(0).date().toordinal() + 1


def test_a_call_is_known_by_the_key_that_the_ledger_gives_it() -> None:
    (run,) = runs_of(event(1), event(2))
    assert [call[KEY] for call in run.calls] == [key_of("claude:msg_1"), key_of("claude:msg_2")]


def test_where_a_call_stands_in_for_a_thread_nothing_is_made_ready() -> None:
    read = calls_read(event(1), event(2, stand_in_for="thread"))
    assert COUNTING.readied(read) is read


def test_all_else_that_was_read_stays() -> None:
    for read in (file_read(), replace(calls_read(event()), parsed=(Parsed(), Parsed()))):
        assert COUNTING.readied(read) is read
    read = replace(calls_read(event()), parsed=(Parsed(calls=(event(),), broken_lines=3),))
    assert COUNTING.readied(read).parsed == (Parsed(broken_lines=3),)


def test_another_process_counts_the_same() -> None:
    counting = Counting(flat_book("7"), BERLIN)
    arrived: Counting = pickle.loads(pickle.dumps(counting))
    read = calls_read(event(1), event(2, turn_id="t-2"))
    assert arrived.readied(read) == counting.readied(read)
