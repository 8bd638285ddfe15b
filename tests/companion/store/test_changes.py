"""What a run does to the ledger is what its calls do."""

from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK, at, calls_read, event

from aicost.core.days import to_us
from aicost.store.calls import key_of
from aicost.store.changes import Changes
from aicost.store.names import CallNames
from aicost.store.runs import Counting

IDS = CallNames(session=1, span=2, model=3, place=4, variant=5)


@pytest.mark.parametrize("subagent_id", ["", "a1"])
def test_new_calls_change_their_span_their_session_and_their_day(subagent_id: str) -> None:
    calls = [event(number, subagent_id=subagent_id) for number in (3, 1, 2)]
    ready = Counting(BOOK, ZoneInfo("UTC")).readied(calls_read(*calls)).ready
    assert ready is not None
    changes = Changes(price_book=9)
    for run in ready.runs:
        changes.take_run(run, IDS)
    last_key = None if subagent_id else key_of("claude:msg_3")
    assert changes.calls == 3
    assert changes.spans == {2}
    assert changes.names == {"s-1"}
    assert changes.added == [(1, to_us(at(1)), None), (1, to_us(at(3)), last_key)]
    assert changes.unresolved == ({1} if subagent_id else set())
    assert not changes.moved
    assert not changes.left
