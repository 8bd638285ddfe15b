"""Calls known only from copies count while their own log is missing, in any order of reading."""

from dataclasses import replace
from itertools import permutations

import pytest
from ledgers import content
from log_builders import at, calls_read, event, open_ledger

from aicost.core.facts import FileRead, Parsed, ThreadSeen
from aicost.core.usage import UsageEvent


def call(key: str, *, turn: str = "t-1", stand_in_for: str = "", thread: str = "p") -> UsageEvent:
    found = event(1, session_id=thread, turn_id=turn)
    return replace(found, event_key=f"codex:{key}", agent="codex", stand_in_for=stand_in_for)


def read(name: str, *calls: UsageEvent, own: str = "") -> FileRead:
    threads = (ThreadSeen(thread_id=own),) if own else ()
    found = calls_read(path=f"{name}.jsonl")
    return replace(found, agent="codex", parsed=(Parsed(calls=calls, threads=threads),))


def counted(*reads: FileRead) -> set[str]:
    """Return the calls that count, the same whatever the order."""
    found = list[set[str]]()
    contents = list[object]()
    for order in permutations(reads):
        with open_ledger() as ledger:
            for one in order:
                ledger.record([one])
            rows = content(ledger.db)
            found.append({str(row[0]) for row in rows["calls"]})
            contents.append((rows["calls"], rows["days"], rows["sessions"]))
    assert all(one == contents[0] for one in contents)
    return found[0]


COPY = call("p:old", stand_in_for="p")
ONE = read("one", COPY, call("one:1", thread="one", turn="t-8"), own="one")
TWO = read("two", COPY, call("two:1", thread="two", turn="t-9"), own="two")


def test_siblings_of_a_missing_thread_share_its_calls_once() -> None:
    assert counted(ONE, TWO) == {"codex:p:old", "codex:one:1", "codex:two:1"}


def test_a_threads_own_log_makes_them_go() -> None:
    own = read("p", call("p:new", turn="t-2"), own="p")
    assert counted(ONE, TWO, own) == {"codex:p:new", "codex:one:1", "codex:two:1"}


def test_the_same_call_in_its_own_log_stays() -> None:
    own = read("p", replace(COPY, stand_in_for=""), own="p")
    assert counted(ONE, own) == {"codex:p:old", "codex:one:1"}


def test_a_better_record_of_the_same_turn_makes_them_go() -> None:
    copy = read("three", call("p:response", turn="t-1"), own="three")
    assert counted(ONE, copy) == {"codex:p:response", "codex:one:1"}


def test_a_better_record_of_another_turn_does_not() -> None:
    copy = read("three", call("p:response", turn="t-0"), own="three")
    assert counted(ONE, copy) == {"codex:p:old", "codex:p:response", "codex:one:1"}


def test_at_is_that_of_the_first_record() -> None:
    assert at(1) == COPY.at


def test_a_turn_that_a_missing_thread_shares_with_a_subagent_goes_as_a_whole() -> None:
    """A stand-in that was kept before goes when a better record of its span comes, alone too."""
    early, late = call("p:a", stand_in_for="p"), call("p:b", stand_in_for="p")
    copies = read("one", early, own="one"), read("two", late, own="two")
    better = read("three", call("p:response"), own="three")
    assert counted(*copies, better) == {"codex:p:response"}


def test_the_log_of_one_missing_thread_says_nothing_of_another() -> None:
    other = call("q:old", thread="q", turn="t-2", stand_in_for="q")
    copies = read("one", COPY, other, own="one")
    assert counted(copies, read("p", own="p")) == {"codex:q:old"}


@pytest.mark.parametrize("standing", [20, 2_000])
def test_an_append_looks_at_few_of_the_calls_that_stand_in(standing: int) -> None:
    """They may be many, and stay for good."""
    copies = [call(f"p{n}:old", turn=f"t-{n // 50}", stand_in_for=f"p{n}") for n in range(standing)]
    with open_ledger() as ledger:
        ledger.record([read("one", *copies, own="one")])
        ticks = 0

        def tick() -> None:
            nonlocal ticks
            ticks += 1

        ledger.db.set_progress_handler(tick, 100)
        recorded = ledger.record([read("own", call("x:1", thread="x", turn="t-x"))])
        ledger.db.set_progress_handler(None, 0)
        assert recorded.calls == 1
        assert ticks < 20
