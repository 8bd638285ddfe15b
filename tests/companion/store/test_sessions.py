"""What is derived of a session's calls and prompts: its ends, last call, subagents' turns."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import (
    assistant_line,
    at,
    calls_read,
    event,
    file_read,
    in_subagent,
    open_ledger,
    readings,
    recorded,
    user_line,
)

from aicost.core.days import to_us
from aicost.core.facts import FileRead
from aicost.core.usage import UsageEvent
from aicost.store.dashboard import session_facts
from aicost.store.ledger import Ledger
from aicost.store.queries import turns

# Ends and last call


def summary(ledger: Ledger, session: str = "s-1") -> tuple[Any, ...]:
    """Return first and last call (minutes) and the last one of the main thread."""
    row = ledger.db.execute(
        "SELECT first_us, last_us, last_main_us, c.event_key FROM session"
        " LEFT JOIN call c ON c.key = last_main_call WHERE session_id = ?",
        (session,),
    ).fetchone()
    minutes = [None if us is None else (us - to_us(at(0))) / 60e6 for us in row[:3]]
    return (*minutes, row[3])


def test_a_session_begins_with_its_first_call_and_ends_with_its_last() -> None:
    calls = [event(1, at=at(5)), event(2, at=at(3)), event(3, at=at(9), subagent_id="a1")]
    for order in permutations(calls):
        with recorded(*map(calls_read, order)) as ledger:
            assert summary(ledger) == (3, 9, 5, "claude:msg_1")


def test_a_session_of_subagents_alone_has_no_last_call_of_its_own() -> None:
    with recorded(calls_read(event(1, at=at(5), subagent_id="a1", turn_id=""))) as ledger:
        assert summary(ledger) == (5, 5, None, None)


def test_of_two_calls_at_one_moment_the_same_one_is_last_in_any_order() -> None:
    calls = [event(n, at=at(5)) for n in range(1, 4)]
    found = set()
    for order in permutations(calls):
        with recorded(*map(calls_read, order)) as ledger:
            found.add(summary(ledger))
        with recorded(calls_read(*order)) as ledger:
            found.add(summary(ledger))
    assert len(found) == 1


def test_a_call_that_turns_out_earlier_moves_the_ends() -> None:
    with recorded(calls_read(event(1, at=at(2)), event(2, at=at(5)))) as ledger:
        ledger.record([calls_read(event(2, at=at(1)))])
        assert summary(ledger) == (1, 2, 2, "claude:msg_1")


def test_a_call_that_turns_out_anothers_leaves_its_session() -> None:
    with recorded(calls_read(event(1, session_id="s-2"), event(2, session_id="s-2"))) as ledger:
        assert summary(ledger, "s-2") == (1, 2, 2, "claude:msg_2")
        ledger.record([calls_read(event(2, session_id="s-1"))])
        assert summary(ledger, "s-2") == (1, 1, 1, "claude:msg_1")
        assert summary(ledger, "s-1") == (2, 2, 2, "claude:msg_2")
        ledger.record([calls_read(event(1, session_id="s-1"))])
        assert summary(ledger, "s-2") == (None, None, None, None)


CALLS = st.builds(
    event,
    st.integers(1, 4),
    session_id=st.sampled_from(["s-1", "s-2"]),
    subagent_id=st.sampled_from(["", "a1"]),
    at=st.integers(0, 3).map(at),
)


@given(st.lists(st.lists(CALLS, max_size=3), max_size=4))
def test_summaries_are_always_what_the_calls_say(batches: list[list[UsageEvent]]) -> None:
    with open_ledger() as ledger:
        for batch in batches:
            ledger.record([calls_read(*batch)])
        for session in ("s-1", "s-2"):
            rows = ledger.db.execute(
                "SELECT c.at_us, c.key, s.subagent_id FROM call c JOIN span s ON s.id = c.span"
                " JOIN session x ON x.id = s.session WHERE x.session_id = ?",
                (session,),
            ).fetchall()
            stored = ledger.db.execute(
                "SELECT first_us, last_us, last_main_us, last_main_call FROM session"
                " WHERE session_id = ?",
                (session,),
            ).fetchone()
            times = [us for us, _, _ in rows]
            last_main = max(((us, key) for us, key, a in rows if not a), default=(None, None))
            expected = (min(times, default=None), max(times, default=None), *last_main)
            assert (stored or (None,) * 4) == expected


# Whose turn a subagent is


def subagent(name: str, *, minutes: float, prompt: str | None, calls: int = 1) -> FileRead:
    """A subagent's own log: its task at `minutes`, then calls a minute apart."""
    number = int(name[1:])
    task = user_line(f"u-{name}", minutes=minutes, promptId=prompt, **in_subagent(name))
    later = [
        assistant_line(100 * number + n, minutes=minutes + n, **in_subagent(name))
        for n in range(1, calls + 1)
    ]
    return file_read(task, *later, path=f"{name}.jsonl")


def turns_of(ledger: Ledger) -> dict[str, str | None]:
    """Return subagent -> the prompt it belongs to, None if none."""
    return dict(
        ledger.db.execute(
            "SELECT s.subagent_id, t.turn_id FROM span s LEFT JOIN span t ON t.id = s.turn"
            " WHERE s.subagent_id <> ''"
        )
    )


MAIN = file_read(
    user_line("t-1", minutes=0),
    assistant_line(1, minutes=1),
    user_line("t-2", minutes=10),
    assistant_line(2, minutes=11),
)


@pytest.mark.parametrize(
    ("log", "turn"),
    [
        pytest.param(subagent("a1", minutes=2, prompt="p-t-1"), "t-1", id="by its prompt's id"),
        pytest.param(
            subagent("a1", minutes=12, prompt="p-t-1"), "t-1", id="also when it starts late"
        ),
        pytest.param(subagent("a1", minutes=9.99, prompt=None), "t-1", id="else by the time"),
        pytest.param(subagent("a1", minutes=10, prompt=None), "t-2", id="of its task"),
        pytest.param(
            subagent("a1", minutes=9, prompt=None, calls=5), "t-1", id="not of its later calls"
        ),
        pytest.param(
            subagent("a1", minutes=5, prompt="p-unknown"), "t-1", id="an id that no prompt has"
        ),
        pytest.param(subagent("a1", minutes=-1, prompt=None), None, id="before any prompt"),
        pytest.param(
            file_read(assistant_line(9, minutes=10, **in_subagent("a1")), path="a1.jsonl"),
            "t-2",
            id="without its task, the time of its first call",
        ),
        pytest.param(
            file_read(
                assistant_line(8, minutes=12, **in_subagent("a1")),
                assistant_line(9, minutes=9, **in_subagent("a1")),
                path="a1.jsonl",
            ),
            "t-1",
            id="first by time, not by place",
        ),
    ],
)
def test_a_subagent_belongs_to_the_turn_that_started_it(log: FileRead, turn: str | None) -> None:
    for order in ((MAIN, log), (log, MAIN)):
        with recorded(*order) as ledger:
            assert turns_of(ledger) == {"a1": turn}
        with recorded(*order, together=True) as ledger:
            assert turns_of(ledger) == {"a1": turn}


def test_a_subagent_that_loses_its_first_call_belongs_to_the_turn_of_its_next() -> None:
    log = file_read(
        assistant_line(1, minutes=9, **in_subagent("a1")),  # a replay of the main thread's
        assistant_line(9, minutes=12, **in_subagent("a1")),
        path="a1.jsonl",
    )
    prompts = file_read(user_line("t-1", minutes=0), user_line("t-2", minutes=10))
    with recorded(prompts, log) as ledger:
        assert turns_of(ledger) == {"a1": "t-1"}
        ledger.record([file_read(assistant_line(1, minutes=9), path="main.jsonl")])
        assert turns_of(ledger) == {"a1": "t-2"}


@pytest.mark.parametrize("prompt_ids", [True, False])
def test_subagents_without_a_name_belong_to_the_turns_they_ran_in(prompt_ids: bool) -> None:
    lines = []
    for number, minutes in ((1, 0), (2, 10)):
        prompt = f"p-{number}" if prompt_ids else None
        sidechain: dict[str, Any] = {"isSidechain": True, "minutes": minutes + 2}
        lines += [
            user_line(f"t-{number}", minutes=minutes, promptId=prompt),
            assistant_line(number, minutes=minutes + 1),
            user_line(f"u-{number}", promptId=prompt, **sidechain),
            assistant_line(10 + number, **sidechain),
        ]
    for cut in range(len(lines) + 1):
        with recorded(*readings(lines, [cut])) as ledger:
            found = turns(ledger.db)
            assert [(turn.prompt_uuid, turn.requests) for turn in found] == [("t-1", 2), ("t-2", 2)]
            assert turns_of(ledger) == {"sidechain:t-1": "t-1", "sidechain:t-2": "t-2"}
            [facts] = session_facts(ledger.db, ["s-1"])
            assert facts.subagents == 2


def test_a_nested_subagent_belongs_to_the_same_turn() -> None:
    logs = [subagent("a1", minutes=2, prompt="p-t-1"), subagent("a2", minutes=12, prompt="p-t-1")]
    with recorded(MAIN, *logs) as ledger:
        assert turns_of(ledger) == {"a1": "t-1", "a2": "t-1"}


def test_a_prompt_of_another_session_does_not_count() -> None:
    log = subagent("a1", minutes=2, prompt="p-t-9")
    other = file_read(user_line("t-9", session="s-2", minutes=1), path="s-2.jsonl")
    with recorded(other, MAIN, log) as ledger:
        assert turns_of(ledger) == {"a1": "t-1"}


def test_of_two_records_with_one_prompt_id_the_later_is_the_turn() -> None:
    main = file_read(
        user_line("t-1", minutes=0, promptId="p"), user_line("t-2", minutes=1, promptId="p")
    )
    with recorded(main, subagent("a1", minutes=2, prompt="p")) as ledger:
        assert turns_of(ledger) == {"a1": "t-2"}


def test_a_prompt_is_as_old_as_its_first_record() -> None:
    early, late = (file_read(user_line("t-1", minutes=m, promptId=f"p-{m}")) for m in (1, 2))
    for order in ((early, late), (late, early)):
        with recorded(*order) as ledger:
            started = ledger.db.execute("SELECT started_us, prompt_id FROM span").fetchall()
            assert started == [(to_us(at(1)), "p-1")]


def test_a_place_that_a_better_record_corrected_is_forgotten() -> None:
    replay = file_read(assistant_line(1, **in_subagent("a9")), path="a9.jsonl")
    with recorded(replay, file_read(user_line("t-1"), assistant_line(1))) as ledger:
        assert turns_of(ledger) == {}
        ledger.record([subagent("a9", minutes=3, prompt=None)])  # there is such a subagent
        assert turns_of(ledger) == {"a9": "t-1"}


def test_a_place_that_still_holds_something_stays() -> None:
    two = [assistant_line(n, **in_subagent("a9")) for n in (1, 2)]
    with recorded(file_read(*two, path="a9.jsonl"), file_read(assistant_line(1))) as ledger:
        assert turns_of(ledger) == {"a9": None}
