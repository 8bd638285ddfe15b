"""A call goes into its row and comes back the same; a day's usage follows it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import BOOK, MODEL, calls_read, event, open_ledger, tokens

from aicost.core.prices import Cost
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.store.calls import StoredCall, UsageChange, all_calls, key_of, stored_calls
from aicost.store.ledger import Ledger

COUNTS = st.integers(0, 10**9)
TEXT = st.text(max_size=4)
TOKENS = st.builds(
    TokenCounts,
    input_tokens=COUNTS,
    cache_read_tokens=COUNTS,
    cache_write_5m_tokens=COUNTS,
    cache_write_1h_tokens=COUNTS,
    output_tokens=COUNTS,
    reasoning_tokens=COUNTS,
)
EVENTS = st.builds(
    UsageEvent,
    event_key=TEXT,
    agent=st.just("claude"),
    session_id=TEXT,
    turn_id=TEXT,
    subagent_id=st.just(""),
    model=TEXT | st.just(MODEL),
    at=st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    tokens=TOKENS,
    web_searches=COUNTS,
    speed=TEXT,
    service_tier=TEXT,
    inference_geo=TEXT,
    parts=st.lists(TOKENS, max_size=2).map(tuple),
    cwd=TEXT,
    branch=TEXT,
    source_rank=st.integers(0, 2),
)


@given(EVENTS)
def test_a_call_comes_back_as_it_was_with_its_price(call: UsageEvent) -> None:
    with open_ledger() as ledger:
        ledger.record([calls_read(call)])
        [(_, stored)] = all_calls(ledger.db)
        assert stored.event == call
        cost = BOOK.cost_of(call)
        assert stored.cost_nusd == (cost.nusd if isinstance(cost, Cost) else None)


def test_only_the_calls_that_are_there_are_found() -> None:
    events = [event(n) for n in range(1200)]  # more than one question may hold
    with open_ledger() as ledger:
        ledger.record([calls_read(*events[::2])])
        found = stored_calls(ledger.db, [key_of(e.event_key) for e in events])
        assert {key: call.event for key, call in found.items()} == {
            key_of(e.event_key): e for e in events[::2]
        }
        assert stored_calls(ledger.db, []) == {}


def test_the_key_is_the_same_in_every_run_and_fits_a_column() -> None:
    assert key_of("claude:msg_1") == -311_085_979_296_903_483
    assert len({key_of(f"claude:msg_{n}") for n in range(5000)}) == 5000
    assert all(-(2**63) <= key_of(str(n)) < 2**63 for n in range(5000))


def stored(call: UsageEvent, cost_nusd: int | None) -> StoredCall:
    return StoredCall(call, cost_nusd, span=1, model=2, place=3, price_book=4)


def days(ledger: Ledger) -> list[tuple[int, ...]]:
    columns = "day, requests, input_tokens, cost_nusd, priced_requests, unpriced_tokens"
    return list(ledger.db.execute(f"SELECT {columns} FROM usage_day ORDER BY day"))


def test_a_day_counts_calls_in_and_out() -> None:
    priced, unpriced = stored(event(tokens=tokens(5)), 70), stored(event(tokens=tokens(3)), None)
    with open_ledger() as ledger:
        change = UsageChange()
        change.add(100, priced)
        change.add(100, unpriced)
        change.add(101, unpriced)
        change.apply(ledger.db)
        assert days(ledger) == [(100, 2, 8, 70, 1, 3), (101, 1, 3, 0, 0, 3)]
        change = UsageChange()
        change.add(100, priced, -1)
        change.add(101, priced)
        change.add(101, unpriced, -1)
        change.apply(ledger.db)
        assert days(ledger) == [(100, 1, 3, 0, 0, 3), (101, 1, 5, 70, 1, 0)]


def test_a_day_in_which_nothing_is_left_goes_away() -> None:
    call = stored(event(), 70)
    with open_ledger() as ledger:
        for sign in (1, -1):
            change = UsageChange()
            change.add(100, call, sign)
            change.apply(ledger.db)
        assert days(ledger) == []


@pytest.mark.parametrize("model", [MODEL, "claude-mystery-9"])
def test_the_largest_believable_call_fits_its_row(model: str) -> None:
    most = 10**9
    call = event(
        model=model,
        tokens=TokenCounts(
            input_tokens=most,
            cache_read_tokens=most,
            cache_write_5m_tokens=most,
            cache_write_1h_tokens=most,
            output_tokens=most,
        ),
        web_searches=most,
    )
    with open_ledger(book=BOOK) as ledger:
        ledger.record([calls_read(call)])
        [row] = days(ledger)
        assert row[2] == most
