"""What was used since a moment: by tool and public model, nothing twice and no own name."""

from typing import Any

import pytest
from log_builders import at, calls_read, event, flat_book, recorded, tokens

from aicost.core.days import to_us
from aicost.core.live_counters import CounterKey, Used
from aicost.core.team.words import Known
from aicost.prices.book import load_price_book
from aicost.store.live_counters import _USED, used_since

OPUS = "claude-opus-4-5-20251101"
KEY = CounterKey("claude-code", "anthropic", "claude-opus-4-5")
KNOWN: Known = load_price_book(None).model_price
BOOK = flat_book("4", "claude-opus-4-5", "gpt-5")


def call(number: int, **changes: Any) -> Any:
    return event(number, **{"model": OPUS, **changes})


def used(*calls: Any, since: float = 0) -> dict[CounterKey, Used]:
    with recorded(calls_read(*calls), book=BOOK) as ledger:
        return dict(used_since(ledger._db, to_us(at(since)), KNOWN))


@pytest.mark.parametrize(("since", "calls"), [(0.9, 2), (1, 2), (1.01, 1), (2.01, 0)])
def test_calls_count_from_the_moment_on(since: float, calls: int) -> None:
    found = used(call(1), call(2), since=since)
    expected = Used(tokens=tokens(100 * calls, 10 * calls), cost_nusd=calls * 110 * 4_000)
    assert found == ({KEY: expected} if calls else {})


def test_tools_and_models_are_apart_and_every_kind_of_token_counts() -> None:
    all_kinds = tokens(
        1, 2, cache_read_tokens=3, cache_write_5m_tokens=4, cache_write_1h_tokens=5,
        reasoning_tokens=1,
    )  # fmt: skip
    found = used(
        call(1, tokens=all_kinds),
        call(2, agent="codex", session_id="c-1", event_key="codex:1", model="gpt-5"),
    )
    assert found[KEY].tokens == all_kinds
    assert found[CounterKey("codex", "openai", "gpt-5")].tokens == tokens(100, 10)
    assert len(found) == 2


def test_a_name_that_is_not_public_is_other_and_its_tokens_have_no_price() -> None:
    found = used(call(1, model="acme-secret-a"), call(2, model="acme-secret-b"))
    key = CounterKey("claude-code", "other", "other")
    assert found == {key: Used(tokens=tokens(200, 20), unpriced_tokens=220)}


def test_a_call_that_is_told_twice_counts_once() -> None:
    with recorded(calls_read(call(1)), calls_read(call(1), path="copy.jsonl"), book=BOOK) as ledger:
        found = used_since(ledger._db, to_us(at(0)), KNOWN)
    assert found[KEY].tokens == tokens(100, 10)


def test_only_the_calls_since_then_are_looked_at() -> None:
    """The ledger has years, and is asked each minute."""
    with recorded(calls_read(call(1)), book=BOOK) as ledger:
        plan = [row[3] for row in ledger._db.execute(f"EXPLAIN QUERY PLAN {_USED}", (0,))]
    assert plan[0] == "SEARCH c USING INDEX call_at (at_us>?)"
