"""Calls known only from copies count while their own log is missing, in any order of reading."""

from dataclasses import replace
from itertools import permutations

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
