"""What an id names in a ledger, and the calls behind it."""

from collections.abc import Iterator

import pytest
from log_builders import (
    assistant_line,
    calls_read,
    event,
    file_read,
    in_subagent,
    recorded,
    user_line,
)

from aicost.store.explain import MAX_NAMED, FoundCall, Named, calls_of, named_by
from aicost.store.ledger import Ledger

LOGS = {
    "s-1": [
        assistant_line(20, minutes=-1),
        user_line("t-1", minutes=0),
        assistant_line(1, minutes=1),
        user_line("t-2", minutes=3),
        assistant_line(2, minutes=4),
        assistant_line(3, minutes=7),
    ],
    "s-1/subagents/a1": [
        user_line("u-1", minutes=4.5, promptId="p-t-2", **in_subagent("a1")),
        assistant_line(4, minutes=5, **in_subagent("a1")),
    ],
    "s-2": [user_line("t-9", session="s-2", minutes=9), assistant_line(9, session="s-2")],
}
CODEX = [
    event(
        number,
        event_key=f"codex:thread-{number % 2}:resp_{number}",
        agent="codex",
        session_id="thread-0",
        turn_id="turn-7",
    )
    for number in (5, 6)
]


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    reads = [file_read(*lines, path=f"{name}.jsonl") for name, lines in LOGS.items()]
    with recorded(*reads, calls_read(*CODEX)) as found:
        yield found


def keys(found: tuple[FoundCall, ...]) -> list[str]:
    return [row.call.event.event_key for row in found]


# What an id names


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("s-1", Named("session", "s-1")),
        ("t-1", Named("turn", "t-1")),
        ("claude:msg_1", Named("call", "claude:msg_1")),
        ("msg_1", Named("call", "claude:msg_1")),
        ("msg_20", Named("call", "claude:msg_20")),
        ("resp_5", Named("call", "codex:thread-1:resp_5")),
        ("codex:thread-0:resp_6", Named("call", "codex:thread-0:resp_6")),
        ("codex:thread-1", Named("call", "codex:thread-1:resp_5")),
        ("thread", Named("session", "thread-0")),
        ("turn-7", Named("turn", "turn-7")),
        ("turn", Named("turn", "turn-7")),
        ("t-9", Named("turn", "t-9")),
    ],
)
def test_an_id_or_its_only_beginning_names_one_thing(
    ledger: Ledger, text: str, named: Named
) -> None:
    assert named_by(ledger.db, text) == (named,)


UUID = "6f93eca8-5a14-4864-a8fb-a2090ed39aba"
CAPITAL = "6F93ECA8-5A14-4864-A8FB-A2090ED39ABA"  # an id that some tool wrote so


@pytest.mark.parametrize(
    ("text", "session_id"),
    [(UUID, UUID), (CAPITAL, UUID), (UUID[:6], UUID), ("6F93ECA8-5", UUID), ("6f93ECa8", UUID)],
)
def test_capitals_in_a_uuid_do_not_matter(text: str, session_id: str) -> None:
    calls = event(1, session_id=session_id, turn_id="t"), event(2, session_id="BEEF-1", turn_id="t")
    with recorded(calls_read(*calls)) as found:
        assert named_by(found.db, text) == (Named("session", session_id),)
        assert named_by(found.db, "BEEF") == (Named("session", "BEEF-1"),)
        assert named_by(found.db, "S-1") == ()  # no part of a UUID


def test_a_call_is_found_by_its_thread_in_capitals() -> None:
    call = event(1, event_key=f"codex:{UUID}:resp_A", agent="codex")
    with recorded(calls_read(call)) as found:
        named = (Named("call", call.event_key),)
        assert named_by(found.db, f"codex:{CAPITAL}:resp_A") == named
        assert named_by(found.db, f"codex:{CAPITAL}:resp_a") == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("s-", [Named("session", "s-1"), Named("session", "s-2")]),
        ("t-", [Named("turn", "t-1"), Named("turn", "t-2"), Named("turn", "t-9")]),
        ("resp_", [Named("call", event.event_key) for event in CODEX]),
        ("t", [Named("session", "thread-0"), *(Named("turn", t) for t in ("t-1", "t-2", "t-9"))]),
    ],
)
def test_a_beginning_of_several_ids_names_all_of_them(
    ledger: Ledger, text: str, named: list[Named]
) -> None:
    found = named_by(ledger.db, text)
    assert set(named) <= set(found)
    assert len(found) <= MAX_NAMED


def test_no_more_are_named_than_anybody_reads(ledger: Ledger) -> None:
    assert len(named_by(ledger.db, "msg_")) == MAX_NAMED


@pytest.mark.parametrize(
    "text", ["", "x", "claude", "sg_1", "a1", "u-1", "s-1/", "%", "_", "thread-1", "MSG_1", "p-t-1"]
)
def test_what_no_id_begins_with_names_nothing(ledger: Ledger, text: str) -> None:
    assert named_by(ledger.db, text) == ()


# The calls behind it


def test_a_call_is_itself(ledger: Ledger) -> None:
    (found,) = calls_of(ledger.db, Named("call", "claude:msg_1"))
    assert found.call.event.tokens.input_tokens == 100
    assert (found.turn_id, found.call.cost_nusd) == ("t-1", 440_000)
    (name,) = ledger.db.execute("SELECT name FROM price_book").fetchone()
    assert found.price_book == name


def test_a_turn_has_its_subagents_calls_in_the_order_of_time(ledger: Ledger) -> None:
    found = calls_of(ledger.db, Named("turn", "t-2"))
    assert keys(found) == ["claude:msg_2", "claude:msg_4", "claude:msg_3"]
    assert {row.turn_id for row in found} == {"t-2"}
    assert [row.call.event.subagent_id for row in found] == ["", "a1", ""]


def test_a_session_has_all_its_calls_also_those_before_any_prompt(ledger: Ledger) -> None:
    found = calls_of(ledger.db, Named("session", "s-1"))
    numbers = (20, 1, 2, 4, 3)
    assert keys(found) == [f"claude:msg_{number}" for number in numbers]
    assert [row.turn_id for row in found] == ["", "t-1", "t-2", "t-2", "t-2"]


def test_a_turn_of_codex_is_found_by_its_id(ledger: Ledger) -> None:
    found = calls_of(ledger.db, Named("turn", "turn-7"))
    assert keys(found) == [event.event_key for event in CODEX]
    assert {row.call.event.agent for row in found} == {"codex"}


def test_a_prompt_without_a_call_has_none() -> None:
    with recorded(file_read(user_line("t-1"))) as ledger:
        assert named_by(ledger.db, "t-1") == (Named("turn", "t-1"),)
        assert calls_of(ledger.db, Named("turn", "t-1")) == ()


def test_a_prompt_that_a_fork_copied_has_its_calls_once() -> None:
    fork = [
        user_line("t-1", session="fork"),
        assistant_line(1, session="fork", requestSessionId="s-1"),
        assistant_line(2, session="fork"),
    ]
    reads = [file_read(*LOGS["s-1"]), file_read(*fork, path="fork.jsonl")]
    with recorded(*reads) as ledger:
        assert named_by(ledger.db, "t-1") == (Named("turn", "t-1"),)
        found = keys(calls_of(ledger.db, Named("turn", "t-1")))
        assert sorted(found) == sorted(set(found))
        assert "claude:msg_1" in found
