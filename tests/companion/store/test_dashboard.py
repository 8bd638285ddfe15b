"""What a screen shows at one moment: today, the last minutes, and each session."""

import sqlite3
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from log_builders import (
    HOME,
    MODEL,
    assistant_line,
    at,
    calls_read,
    event,
    file_read,
    open_ledger,
    recorded,
    tokens,
    user_line,
)

from aicost.core.days import to_us
from aicost.core.facts import CompactionSeen, Parsed
from aicost.core.session import LastCall, SessionFacts
from aicost.core.usage import UsageEvent
from aicost.core.view import BurnRate, Totals
from aicost.store.dashboard import (
    burn_by_session,
    burn_minutes,
    compacted_context,
    day_by_task,
    day_totals,
    session_facts,
    session_ids,
    session_ids_since,
    total_burn,
)
from aicost.store.ledger import Ledger

DAY = 739_942  # 2026-11-22
MYSTERY = "claude-mystery-9"


# Today


def test_today_adds_up_all_sessions_of_the_day() -> None:
    calls = calls_read(
        event(1),
        event(2, session_id="s-2", model=MYSTERY),
        event(3, at=at(14 * 60 - 1)),
        event(4, at=at(14 * 60)),  # tomorrow
    )
    with recorded(calls) as ledger:
        assert day_totals(ledger.db, DAY) == Totals(
            requests=3,
            sessions=2,
            tokens=tokens(300, 30),
            cost_nusd=880_000,
            unpriced_tokens=110,
            unpriced_models=(MYSTERY,),
        )
        assert day_totals(ledger.db, DAY + 1).requests == 1
        assert day_totals(ledger.db, DAY - 1) == Totals()


def test_a_day_of_unknown_models_has_no_cost() -> None:
    with recorded(calls_read(event(model=MYSTERY))) as ledger:
        assert day_totals(ledger.db, DAY).cost_nusd is None


# Burn


@pytest.mark.parametrize(
    ("minutes", "is_in"), [(-0.001, True), (0, True), (9.999, True), (10, False), (11, False)]
)
def test_burn_is_of_the_last_minutes_only(minutes: float, is_in: bool) -> None:
    """The window is open at its old end: a call exactly as old as the window is out."""
    now = at(60)
    with recorded(calls_read(event(at=at(60 - minutes) if minutes >= 0 else now))) as ledger:
        rates = burn_by_session(ledger.db, to_us(now), 600)
        assert rates == (
            {"s-1": BurnRate(tokens_per_minute=11.0, nusd_per_hour=2_640_000, window_s=600)}
            if is_in
            else {}
        )


def test_a_call_of_the_future_burns_nothing_yet() -> None:
    with recorded(calls_read(event(at=at(61)))) as ledger:
        assert burn_by_session(ledger.db, to_us(at(60)), 600) == {}


def test_burn_tells_sessions_apart_and_counts_their_subagents() -> None:
    calls = calls_read(
        event(1),
        event(2, subagent_id="a1", turn_id=""),
        event(3, session_id="s-2", model=MYSTERY),
    )
    with recorded(calls) as ledger:
        rates = burn_by_session(ledger.db, to_us(at(5)), 600)
    assert rates == {
        "s-1": BurnRate(tokens_per_minute=22.0, nusd_per_hour=5_280_000, window_s=600),
        "s-2": BurnRate(tokens_per_minute=11.0, nusd_per_hour=0, window_s=600),
    }
    assert total_burn(rates.values(), 600) == BurnRate(
        tokens_per_minute=33.0, nusd_per_hour=5_280_000, window_s=600
    )
    assert total_burn([], 600) == BurnRate(window_s=600)


@pytest.mark.parametrize(
    ("seconds", "minute"), [(-60.1, None), (-60, 0), (-0.1, 0), (0, 1), (59.9, 1), (60, 2), (90, 2)]
)
def test_the_last_minutes_are_full_ones_and_the_one_that_goes_on(
    seconds: float, minute: int | None
) -> None:
    now = at(61.5)
    with recorded(calls_read(event(at=at(60 + seconds / 60)))) as ledger:
        found = burn_minutes(ledger.db, to_us(now), 3)
    assert found.since == at(59)
    assert [n for n, count in enumerate(found.tokens) if count] == (
        [] if minute is None else [minute]
    )
    assert sum(found.tokens) == (0 if minute is None else 110)
    assert sum(found.nusd) == (0 if minute is None else 440_000)


def test_minutes_add_up_sessions_and_leave_the_future_out() -> None:
    calls = calls_read(event(1), event(2, at=at(1), session_id="s-2", model=MYSTERY), event(3))
    with recorded(calls) as ledger:
        found = burn_minutes(ledger.db, to_us(at(2.5)), 60)
    assert found.tokens[-2:] == (220, 0)
    assert found.nusd[-2:] == (440_000, 0)
    assert len(found.tokens) == len(found.nusd) == 60


def test_a_day_is_told_by_task_and_adds_up() -> None:
    calls = calls_read(
        event(1),
        event(2, turn_id="t-2", model=MYSTERY),
        event(3, turn_id="t-3", tokens=tokens(1000, 0)),
        event(4, turn_id="t-4", at=at(14 * 60)),  # tomorrow
    )
    prompts = [user_line(uuid) for uuid in ("t-1", "t-2", "t-3")]
    with recorded(file_read(*prompts), calls) as ledger:
        for turn, category in (("t-1", "ops"), ("t-2", "ops"), ("t-3", "docs")):
            ledger.db.execute(
                "INSERT INTO turn_category SELECT id, ?, 1, '', '' FROM span WHERE turn_id = ?",
                (category, turn),
            )
        found = day_by_task(ledger.db, DAY)
        whole = day_totals(ledger.db, DAY)
    assert [(task.category, task.requests, task.tokens) for task in found] == [
        ("docs", 1, 1000),
        ("ops", 2, 220),
    ]
    assert sum(task.cost_nusd or 0 for task in found) == whole.cost_nusd
    assert sum(task.requests for task in found) == whole.requests


# Sessions


def three_sessions() -> Ledger:
    return recorded(
        calls_read(event(1), event(4), home="/a"),
        calls_read(event(2, session_id="s-2"), path="s-2.jsonl", home="/b"),
        calls_read(event(3, session_id="s-3"), path="s-3.jsonl", home="/b"),
        file_read(user_line(session="only-a-prompt"), path="s-4.jsonl", home="/b"),
    )


def test_sessions_come_newest_first() -> None:
    with three_sessions() as ledger:
        assert session_ids(ledger.db) == ("s-1", "s-3", "s-2")
        assert session_ids(ledger.db, ["/b"]) == ("s-3", "s-2")
        assert session_ids(ledger.db, ["/a", "/b"]) == ("s-1", "s-3", "s-2")
        assert session_ids(ledger.db, [HOME]) == ()


@pytest.mark.parametrize(
    ("since", "limit", "expected"),
    [
        (0, 9, ("s-1", "s-3", "s-2")),
        (0, 2, ("s-1", "s-3")),
        (3, 9, ("s-1", "s-3")),
        (3.001, 9, ("s-1",)),
        (5, 9, ()),
    ],
)
def test_recent_sessions_made_a_call_since(
    since: float, limit: int, expected: tuple[str, ...]
) -> None:
    with three_sessions() as ledger:
        assert session_ids_since(ledger.db, to_us(at(since)), limit) == expected


def test_a_session_is_told_with_its_last_call() -> None:
    calls = calls_read(
        event(1, cwd="/old"),
        event(
            2,
            speed="fast",
            service_tier="batch",
            inference_geo="us",
            branch="fix",
            tokens=tokens(25, 5, cache_read_tokens=75),
            parts=(tokens(20, 3, cache_read_tokens=30), tokens(5, 2, cache_read_tokens=45)),
        ),
        event(3, subagent_id="a1", turn_id=""),
        event(4, subagent_id="a2", turn_id="", model=MYSTERY),
    )
    with recorded(calls) as ledger:
        [facts] = session_facts(ledger.db, ["s-1", "unknown"])
    assert facts == SessionFacts(
        session_id="s-1",
        agent="claude",
        first_at=at(1),
        last_at=at(4),
        requests=4,
        subagents=2,
        cost_nusd=440_000 + 462_000 + 440_000,  # "us" costs a tenth more
        unpriced_tokens=110,
        last_call=LastCall(
            model=MODEL,
            at=at(2),
            tokens=tokens(25, 5, cache_read_tokens=75),
            parts=(tokens(20, 3, cache_read_tokens=30), tokens(5, 2, cache_read_tokens=45)),
            speed="fast",
            service_tier="batch",
            inference_geo="us",
            cwd="/src/shop",
            branch="fix",
            repo="shop",
        ),
        cache_share=75 / 200,
        first_context_tokens=100,
        homes=(HOME,),
    )


def test_the_first_context_is_that_of_the_main_threads_first_request() -> None:
    calls = calls_read(
        event(1, subagent_id="a1", turn_id="", tokens=tokens(9_000, 1)),
        event(
            2,
            tokens=tokens(25, 5, cache_read_tokens=75),
            parts=(tokens(20, 3, cache_read_tokens=30), tokens(5, 2, cache_read_tokens=45)),
        ),
        event(3, turn_id="p2", tokens=tokens(400, 1)),
    )
    with recorded(calls) as ledger:
        [facts] = session_facts(ledger.db, ["s-1"])
    assert facts.first_context_tokens == 50


def test_a_session_lies_in_all_homes_that_name_it() -> None:
    with recorded(
        calls_read(event(1), home="/b"), calls_read(event(1), path="copy.jsonl", home="/a")
    ) as ledger:
        [facts] = session_facts(ledger.db, ["s-1"])
    assert facts.homes == ("/a", "/b")


def test_what_a_compaction_leaves_is_told_by_the_last_ones() -> None:
    calls = [event(n, tokens=tokens(1000 * n, 1)) for n in range(1, 9)]
    child = event(30, subagent_id="a1", turn_id="", at=at(1.6), tokens=tokens(77, 1))
    seen = [
        CompactionSeen(key=f"k{n}", session_id="s-1", turn_id="t-1", subagent_id="", at=at(n))
        for n in (0.5, 1.5, 2.5, 3.5, 4.5, 7.5, 9)
    ]
    evidence = replace(calls_read(), stage="evidence", parsed=(Parsed(compactions=tuple(seen)),))
    with recorded(calls_read(*calls, child)) as ledger:
        assert compacted_context(ledger.db, "claude") is None
        ledger.record([evidence])
        # Of the last five the one at nine has no call after it: 3, 4, 5 and 8 thousand are left.
        assert compacted_context(ledger.db, "claude") == 4500
        assert compacted_context(ledger.db, "codex") is None
        [facts] = session_facts(ledger.db, ["s-1"])
        assert facts.compacted_context_tokens == 4500


SHORT, LONG = {"cache_write_5m_tokens": 9}, {"cache_write_1h_tokens": 9}


@pytest.mark.parametrize(
    ("written", "lifetime"),
    [
        ([{}], None),
        ([LONG], "long"),
        ([SHORT, LONG], "long"),
        ([LONG, SHORT], "short"),
        ([LONG, {}], "long"),  # a call that only reads says nothing of the lifetime
        ([SHORT, LONG, {}, {}], "long"),
        ([LONG, SHORT, {}], "short"),
        ([{}, {}], None),
    ],
)
@pytest.mark.parametrize("calls_a_turn", [1, 9])
def test_the_cache_lifetime_is_of_the_last_call_that_wrote(
    written: list[dict[str, int]], lifetime: str | None, calls_a_turn: int
) -> None:
    calls = [
        event(n, turn_id=f"t-{n // calls_a_turn}", tokens=tokens(1, 1, **wrote))
        for n, wrote in enumerate(written)
    ]
    other = event(99, subagent_id="a1", turn_id="", tokens=tokens(1, 1, **SHORT))
    with recorded(calls_read(*calls, other)) as ledger:
        [facts] = session_facts(ledger.db, ["s-1"])
    assert facts.cache_lifetime == lifetime


def test_a_session_without_a_call_has_nothing_to_tell() -> None:
    with three_sessions() as ledger:
        assert list(session_facts(ledger.db, ["only-a-prompt"])) == []


def test_a_session_of_subagents_alone_has_no_last_call() -> None:
    with recorded(calls_read(event(subagent_id="a1", turn_id="", model=MYSTERY))) as ledger:
        [facts] = session_facts(ledger.db, ["s-1"])
    assert (facts.last_call, facts.cache_share, facts.cost_nusd) == (None, None, None)
    assert (facts.requests, facts.subagents) == (1, 1)


def cache_share(ledger: Ledger) -> float | None:
    [facts] = session_facts(ledger.db, ["s-1"])
    return facts.cache_share


@pytest.mark.parametrize("calls_a_turn", [1, 3, 50])
@pytest.mark.parametrize("calls", [1, 19, 20, 21, 50])
def test_the_cache_share_is_of_the_last_twenty_calls(calls: int, calls_a_turn: int) -> None:
    """Each call reads as many tokens from the cache as its number, out of 100."""
    lines = []
    for n in range(calls):
        if n % calls_a_turn == 0:
            lines.append(user_line(f"t-{n}", minutes=n - 0.5))
        used = {"input_tokens": 100 - n, "cache_read_input_tokens": n, "output_tokens": 1}
        lines.append(assistant_line(n, usage=used))
    with recorded(file_read(*lines)) as ledger:
        last = range(calls)[-20:]
        assert cache_share(ledger) == pytest.approx(sum(last) / (100 * len(last)))


def test_prompts_without_calls_do_not_hide_the_cache_share() -> None:
    used = {"input_tokens": 25, "cache_read_input_tokens": 75, "output_tokens": 1}
    commands = [user_line(f"c-{n}", minutes=10 + n) for n in range(21)]
    with recorded(file_read(user_line(), assistant_line(usage=used), *commands)) as ledger:
        assert cache_share(ledger) == 0.75


def test_prompts_of_no_tokens_have_no_cache_share() -> None:
    with recorded(calls_read(event(tokens=tokens(0, 5)))) as ledger:
        assert cache_share(ledger) is None


@given(st.lists(st.builds(event, st.integers(1, 9), model=st.sampled_from([MODEL, MYSTERY]))))
def test_a_sessions_cost_and_todays_agree(events: list[UsageEvent]) -> None:
    with open_ledger() as ledger:
        ledger.record([calls_read(*events)])
        today = day_totals(ledger.db, DAY)
        sessions = list(session_facts(ledger.db, session_ids(ledger.db)))
        assert today.requests == sum(facts.requests for facts in sessions)
        assert today.cost_nusd == (sessions[0].cost_nusd if sessions else None)


class Interrupted:
    """A reader's connection: before each of its statements the writer records a batch."""

    def __init__(self, ledger: Ledger, batches: list[list[UsageEvent]]) -> None:
        self._ledger, self._batches = ledger, iter(batches)

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        self._ledger.record([calls_read(*next(self._batches, []))])
        return self._ledger.db.execute(*statement)


MOVING = st.builds(  # calls that better records give to another session, thread or turn
    event,
    st.integers(1, 3),
    session_id=st.sampled_from(["s-1", "s-2"]),
    subagent_id=st.sampled_from(["", "a1"]),
    turn_id=st.sampled_from(["t-1", "t-2"]),
    source_rank=st.integers(0, 2),
    model=st.sampled_from([MODEL, MYSTERY]),
)
AWAY = [[event(1, session_id="s-2")], [event(1, session_id="s-1")]]  # its only call


@given(st.lists(st.lists(MOVING, max_size=3), max_size=12))
@example([AWAY[0], [], AWAY[1]])
@example([AWAY[0], AWAY[1], []])
def test_a_session_whose_calls_move_while_it_is_read_has_sums_or_is_passed_over(
    batches: list[list[UsageEvent]],
) -> None:
    with open_ledger() as ledger:
        ledger.record([calls_read(*batch) for batch in batches[:1]])
        db = cast("sqlite3.Connection", Interrupted(ledger, batches[1:]))
        for facts in session_facts(db, ["s-2", "s-1", "s-2"]):
            assert 1 <= facts.requests <= 3
            assert facts.unpriced_tokens >= 0
            assert facts.cost_nusd is not None or facts.unpriced_tokens == 110 * facts.requests
