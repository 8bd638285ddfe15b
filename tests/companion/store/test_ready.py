"""Calls that were made ready: the new ones are written, the others given back to be merged."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK, calls_read, event, open_ledger, tokens

from aicost.core.facts import Run
from aicost.core.usage import UsageEvent
from aicost.store.changes import Changes
from aicost.store.ledger import Ledger
from aicost.store.names import Names
from aicost.store.places import NO_ATTRIBUTION
from aicost.store.ready import write_ready
from aicost.store.runs import Counting


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with open_ledger() as opened:
        yield opened


def runs_of(*calls: UsageEvent) -> list[Run]:
    ready = Counting(BOOK, ZoneInfo("UTC")).readied(calls_read(*calls)).ready
    return ready.runs if ready else []


def written(ledger: Ledger, *runs: Run) -> tuple[Changes, list[UsageEvent]]:
    changes = Changes(price_book=1)
    return changes, write_ready(ledger.db, Names(ledger.db, NO_ATTRIBUTION), runs, changes)


def keys_in(ledger: Ledger) -> list[str]:
    return [key for (key,) in ledger.db.execute("SELECT event_key FROM call ORDER BY event_key")]


def test_new_calls_are_written(ledger: Ledger) -> None:
    changes, others = written(ledger, *runs_of(event(1), event(2), event(3, turn_id="t-2")))
    assert not others
    assert changes.calls == 3
    assert keys_in(ledger) == ["claude:msg_1", "claude:msg_2", "claude:msg_3"]
    assert not changes.left


def test_calls_that_are_there_are_given_back_and_not_counted(ledger: Ledger) -> None:
    written(ledger, *runs_of(event(1), event(4)))
    again = [event(1, tokens=tokens(7)), event(2), event(4, turn_id="t-9")]
    changes, others = written(ledger, *runs_of(*again))
    assert others == [again[0], again[2]]
    assert changes.calls == 1
    assert keys_in(ledger) == ["claude:msg_1", "claude:msg_2", "claude:msg_4"]
    (sums,) = vars(changes.usage)["_by_key"].values()
    assert sums[0] == 1  # request
    assert len(changes.spans) == 1
    assert len(changes.left) == 2  # the span of the copy of call 4 holds none


def test_of_two_records_in_one_batch_the_second_is_given_back(ledger: Ledger) -> None:
    grown = event(1, tokens=tokens(100, 99))
    changes, others = written(ledger, *runs_of(event(1), event(2)), *runs_of(grown))
    assert others == [grown]
    assert changes.calls == 2
    assert keys_in(ledger) == ["claude:msg_1", "claude:msg_2"]


def test_of_two_records_in_one_run_the_second_is_given_back(ledger: Ledger) -> None:
    shrunk = event(1, tokens=tokens(100, 5))
    (run,) = runs_of(event(1, tokens=tokens(100, 99)), shrunk, event(2))
    changes, others = written(ledger, run)
    assert others == [shrunk]
    assert changes.calls == 2
    (sums,) = vars(changes.usage)["_by_key"].values()
    assert sums[0] == 2  # requests
    assert keys_in(ledger) == ["claude:msg_1", "claude:msg_2"]


def test_where_all_is_there_nothing_changes(ledger: Ledger) -> None:
    runs = runs_of(event(1), event(2))
    written(ledger, *runs)
    changes, others = written(ledger, *runs)
    assert others == [event(1), event(2)]
    assert changes.calls == 0
    assert not changes.spans
