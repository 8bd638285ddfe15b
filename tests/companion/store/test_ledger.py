"""Every call once, whatever order and however often logs are read, and nothing half written."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import Rows, content
from log_builders import (
    BOOK,
    HOME,
    MODEL,
    assistant_line,
    at,
    calls_read,
    event,
    file_read,
    flat_book,
    in_subagent,
    open_ledger,
    progress_line,
    readings,
    recorded,
    tokens,
    usage,
    user_line,
)
from price_examples import book, model_price

from aicost.core.errors import StoreError
from aicost.core.facts import FileRead
from aicost.core.usage import UsageEvent
from aicost.store.connection import connect, connect_readonly
from aicost.store.cursors import read_cursors
from aicost.store.ledger import Ledger, Recorded
from aicost.store.places import Attribution
from aicost.store.queries import meta
from aicost.store.runs import Counting
from aicost.store.schema import TOKENS, VERSION

# One morning as the client writes it: a main log with a nested copy of a subagent's call and a
# sidechain's replay, the subagents' own logs, forks of newer and older clients, and logs that
# name a call without knowing whose it is.
LOGS = {
    "s-1": [
        assistant_line(20, minutes=-1),
        user_line("t-1", minutes=0),
        assistant_line(1, minutes=1, usage=usage(output_tokens=1)),
        assistant_line(1, minutes=2, usage=usage(output_tokens=90)),
        user_line("t-2", minutes=3),
        assistant_line(2, minutes=4),
        progress_line(3, agent_id="a1", minutes=5),
        assistant_line(2, minutes=6, **in_subagent("a9")),
        b"torn\n",
        user_line("t-3", minutes=9),
    ],
    "s-1/subagents/a1": [
        user_line("u-1", minutes=4.5, promptId="p-t-2", **in_subagent("a1")),
        assistant_line(3, minutes=5, usage=usage(output_tokens=40), **in_subagent("a1")),
        assistant_line(4, minutes=11, **in_subagent("a1")),
    ],
    "s-1/subagents/a2": [
        user_line("u-2", minutes=10, promptId=None, **in_subagent("a2")),
        assistant_line(5, minutes=12, model="claude-mystery-9", **in_subagent("a2")),
    ],
    "fork": [
        user_line("t-1", session="fork", minutes=0),
        assistant_line(
            1, session="fork", requestSessionId="s-1", minutes=1, usage=usage(output_tokens=90)
        ),
        user_line("t-9", session="fork", minutes=20),
        assistant_line(9, session="fork", minutes=21),
    ],
    "older-fork": [
        user_line("t-2", session="older-fork", minutes=3),
        assistant_line(2, session="older-fork", minutes=4),
        user_line("t-8", session="older-fork", minutes=30),
        assistant_line(8, session="older-fork", minutes=31),
    ],
    "without-prompts": [
        assistant_line(2, session="zzz", minutes=4),
        assistant_line(8, session="zzz", minutes=31),
        assistant_line(4, session="s-1", minutes=11, **in_subagent("a8")),
    ],
}
OTHER_HOME = "/home/ada/.config/claude"
UTC = ZoneInfo("UTC")


def read_of(name: str, *, cuts: Sequence[int] = ()) -> list[FileRead]:
    home = OTHER_HOME if "fork" in name else HOME
    return readings(LOGS[name], cuts, path=f"{name}.jsonl", home=home)


WHOLE = [read for name in LOGS for read in read_of(name)]


@pytest.fixture(scope="module")
def expected() -> Rows:
    with recorded(*WHOLE) as ledger:
        return content(ledger.db)


def fresh_days(db: sqlite3.Connection) -> list[tuple[int, ...]]:
    """Count the days from the calls, by the plainest SQL. UTC."""
    sums = ", ".join(f"sum({name})" for name in TOKENS)
    total = "input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens"
    query = (
        f"SELECT at_us / 86400000000 + 719163, span, model, place, count(*), {sums},"
        " sum(web_searches), coalesce(sum(cost_nusd), 0), count(cost_nusd),"
        f" coalesce(sum(({total} + output_tokens)) FILTER (WHERE cost_nusd IS NULL), 0),"
        " coalesce(sum(ncredits), 0), count(ncredits), coalesce(sum(uncertain_ncredits), 0)"
        " FROM call GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    )
    return list(db.execute(query))


def stored_days(db: sqlite3.Connection) -> list[tuple[int, ...]]:
    return list(db.execute("SELECT * FROM usage_day ORDER BY day, span, model, place"))


# Any order


def test_the_mornings_calls_are_there_once(expected: Rows) -> None:
    calls = {row[0]: row for row in expected["calls"]}
    assert set(calls) == {f"claude:msg_{n}" for n in (1, 2, 3, 4, 5, 8, 9, 20)}
    whose = {key: (row[1], row[2], row[3]) for key, row in calls.items()}
    assert whose["claude:msg_20"] == ("s-1", "", "")
    assert whose["claude:msg_1"] == ("s-1", "", "t-1")
    assert whose["claude:msg_2"] == ("older-fork", "", "t-2")  # no line says who copied whom
    assert whose["claude:msg_3"] == ("s-1", "a1", "")
    assert whose["claude:msg_9"] == ("fork", "", "t-9")


@settings(max_examples=40)
@given(st.permutations(WHOLE + WHOLE[::2]), st.data())
def test_any_order_and_any_repetition_of_readings_give_the_same_rows(
    expected: Rows, reads: list[FileRead], data: st.DataObject
) -> None:
    cuts = sorted({0, len(reads), *data.draw(st.sets(st.integers(0, len(reads))))})
    with open_ledger() as ledger:
        for start, end in pairwise(cuts):
            ledger.record(reads[start:end])
        assert content(ledger.db) == expected
        assert stored_days(ledger.db) == fresh_days(ledger.db)


WAYS = [
    None,
    Counting(BOOK, UTC),
    Counting(flat_book("9"), UTC),  # that an older process still had
    Counting(BOOK, ZoneInfo("Asia/Tokyo")),
]


@settings(max_examples=60)
@given(st.permutations(WHOLE + WHOLE[::2]), st.data())
def test_calls_made_ready_by_who_read_them_give_the_same_rows(
    expected: Rows, reads: list[FileRead], data: st.DataObject
) -> None:
    ways = [data.draw(st.sampled_from(WAYS)) for _ in reads]
    made = [way.readied(read) if way else read for way, read in zip(ways, reads)]
    cuts = sorted({0, len(reads), *data.draw(st.sets(st.integers(0, len(reads))))})
    with open_ledger() as ledger:
        for start, end in pairwise(cuts):
            ledger.record(made[start:end])
            assert stored_days(ledger.db) == fresh_days(ledger.db)
        assert content(ledger.db) == expected


@settings(max_examples=40)
@given(st.data())
def test_logs_read_in_any_pieces_give_the_same_rows(expected: Rows, data: st.DataObject) -> None:
    cuts = {name: data.draw(st.sets(st.integers(0, len(lines)))) for name, lines in LOGS.items()}
    left = {name: read_of(name, cuts=sorted(cuts[name])) for name in LOGS}
    with open_ledger() as ledger:
        while left:
            name = data.draw(st.sampled_from(sorted(left)))
            ledger.record([left[name].pop(0)])
            if not left[name]:
                del left[name]
            assert stored_days(ledger.db) == fresh_days(ledger.db)
        assert content(ledger.db) == expected


def test_a_fork_read_before_its_parent_ends_the_same(expected: Rows) -> None:
    with recorded(*reversed(WHOLE)) as ledger:
        assert content(ledger.db) == expected


def test_reading_again_changes_nothing_and_says_so() -> None:
    with recorded(*WHOLE) as ledger:
        before = content(ledger.db)
        assert ledger.record(WHOLE) == Recorded(0, frozenset())
        assert content(ledger.db) == before


def test_what_a_batch_changed_is_told() -> None:
    read = file_read(assistant_line(1), assistant_line(2), assistant_line(3, session="s-2"))
    with open_ledger() as ledger:
        assert ledger.record([read]) == Recorded(3, frozenset({"s-1", "s-2"}))
        grown = file_read(assistant_line(1), assistant_line(2, usage=usage(output_tokens=99)))
        assert ledger.record([grown]) == Recorded(1, frozenset({"s-1"}))
        assert ledger.record([]) == Recorded(0, frozenset())


@pytest.mark.parametrize("together", [True, False])
def test_a_nested_copy_and_the_subagents_own_line_count_once(together: bool) -> None:
    nested = file_read(progress_line(1, agent_id="a1"))
    own = file_read(assistant_line(1, **in_subagent("a1")), path="a1.jsonl")
    rows = []
    for reads in ((nested, own), (own, nested)):
        with recorded(*reads, together=together) as ledger:
            rows.append(content(ledger.db))
            assert [row[:3] for row in rows[-1]["calls"]] == [("claude:msg_1", "s-1", "a1")]
    assert rows[0] == rows[1]
    with recorded(nested) as ledger:  # the subagent's log is gone
        assert [row[:3] for row in content(ledger.db)["calls"]] == [("claude:msg_1", "s-1", "a1")]


# Days and prices


def day_rows(ledger: Ledger) -> list[tuple[int, ...]]:
    query = "SELECT day, requests, cost_nusd, priced_requests, unpriced_tokens FROM usage_day"
    return sorted(ledger.db.execute(query))


DAY = 739_942  # 2026-11-22


def test_a_call_that_moves_to_an_earlier_day_leaves_the_later_one() -> None:
    with open_ledger() as ledger:
        ledger.record([calls_read(event(at=at(16 * 60)))])
        assert day_rows(ledger) == [(DAY + 1, 1, 440_000, 1, 0)]
        ledger.record([calls_read(event(at=at(14 * 60 - 1)))])
        assert day_rows(ledger) == [(DAY, 1, 440_000, 1, 0)]


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("UTC", [DAY, DAY + 1]),
        ("Asia/Kathmandu", [DAY + 1]),
        ("America/New_York", [DAY]),
    ],
)
def test_days_are_the_users(tmp_path: Path, zone: str, days: list[int]) -> None:
    path = tmp_path / "ledger.db"
    calls = calls_read(event(1, at=at(14 * 60 - 1)), event(2, at=at(14 * 60)))
    with recorded(calls, path=path) as before:
        assert [row[0] for row in day_rows(before)] == [DAY, DAY + 1]
    with open_ledger(path, zone=zone) as ledger:
        assert [row[0] for row in day_rows(ledger)] == days
        assert sum(row[1] for row in day_rows(ledger)) == 2
        ledger.record([calls_read(event(3, at=at(14 * 60 - 2)))])
        assert [row[0] for row in day_rows(ledger)] == days


def test_an_unknown_model_counts_tokens_and_no_cost() -> None:
    with recorded(calls_read(event(1), event(2, model="claude-mystery-9"))) as ledger:
        costs = dict(ledger.db.execute("SELECT event_key, cost_nusd FROM call"))
        assert costs == {"claude:msg_1": 440_000, "claude:msg_2": None}
        assert day_rows(ledger) == [(DAY, 1, 0, 0, 110), (DAY, 1, 440_000, 1, 0)]


def test_a_new_price_book_changes_the_rows_it_prices_otherwise_and_no_other(
    tmp_path: Path,
) -> None:
    path, other = tmp_path / "ledger.db", "claude-other-2"
    calls = calls_read(event(1), event(2, model=other), event(3, model="claude-mystery-9"))
    first = flat_book("4", MODEL, other)
    prices = {model.id: model.entries for model in flat_book("6", other).models}
    second = book(
        *(
            replace(model, entries=prices.get(model.id, model.entries))
            for model in (*first.models, model_price("claude-mystery-9"))
        )
    )
    with recorded(calls, path=path, book=first):
        pass
    with open_ledger(path, book=second) as ledger:
        rows = ledger.db.execute(
            "SELECT c.event_key, c.cost_nusd, b.name FROM call c"
            " JOIN price_book b ON b.id = c.price_book ORDER BY 1"
        )
        assert list(rows) == [
            ("claude:msg_1", 440_000, first.book_id),
            ("claude:msg_2", 660_000, second.book_id),
            ("claude:msg_3", 600_000, second.book_id),
        ]
        assert stored_days(ledger.db) == fresh_days(ledger.db)
        assert sum(row[2] for row in day_rows(ledger)) == 1_700_000


def test_another_book_prices_what_is_there_and_what_comes() -> None:
    first, second = flat_book("4", MODEL), flat_book("8", MODEL)
    with recorded(calls_read(event(1)), book=first) as ledger:
        ledger.use_prices(second)
        ledger.record([calls_read(event(2))])
        costs = dict(ledger.db.execute("SELECT event_key, cost_nusd FROM call"))
        assert costs == {"claude:msg_1": 880_000, "claude:msg_2": 880_000}
        assert meta(ledger.db, "price_book") == second.book_id
        assert stored_days(ledger.db) == fresh_days(ledger.db)


def test_a_book_that_cannot_be_taken_on_leaves_the_one_before(tmp_path: Path) -> None:
    first, second = flat_book("4", MODEL), flat_book("8", MODEL)
    path = tmp_path / "ledger.db"
    with recorded(calls_read(event(1)), path=path, book=first) as ledger:
        ledger.db.execute("PRAGMA busy_timeout = 0")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="locked"):
                ledger.use_prices(second)
            other.rollback()
        ledger.record([calls_read(event(2))])
        costs = dict(ledger.db.execute("SELECT event_key, cost_nusd FROM call"))
        assert costs == {"claude:msg_1": 440_000, "claude:msg_2": 440_000}
        assert meta(ledger.db, "price_book") == first.book_id


def test_a_model_that_loses_its_price_is_unpriced_not_free(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with recorded(calls_read(event()), path=path):
        pass
    with open_ledger(path, book=flat_book("4", "claude-other-2")) as ledger:
        assert day_rows(ledger) == [(DAY, 1, 0, 0, 110)]


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            event,
            st.integers(1, 4),
            session_id=st.sampled_from(["s-1", "s-2"]),
            model=st.sampled_from([MODEL, "claude-mystery-9"]),
            at=st.integers(0, 3).map(lambda n: at(n * 600)),
            tokens=st.integers(0, 3).map(tokens),
            source_rank=st.integers(0, 1),
        ),
        max_size=8,
    )
)
def test_the_days_are_always_what_counting_the_calls_anew_gives(events: list[UsageEvent]) -> None:
    with open_ledger() as ledger:
        for call in events:
            ledger.record([calls_read(call)])
            assert stored_days(ledger.db) == fresh_days(ledger.db)


# Cursors and interruptions


def test_where_reading_goes_on_is_kept_with_what_was_read() -> None:
    first, second = read_of("s-1", cuts=[4])
    with open_ledger() as ledger:
        ledger.record([first])
        assert read_cursors(ledger.db) == {first.path: first.cursor}
        ledger.record([second])
        assert read_cursors(ledger.db) == {first.path: second.cursor}


def test_a_reading_without_facts_still_moves_its_cursor() -> None:
    read = file_read(b"{}\n")
    with recorded(read) as ledger:
        assert read_cursors(ledger.db) == {read.path: read.cursor}


class Refusing:
    """A connection's authorizer that refuses one kind of statement while it is on."""

    def __init__(self, refused: str) -> None:
        self.refused, self.on = refused, True

    def __call__(self, action: int, what: str | None, *_: object) -> int:
        return sqlite3.SQLITE_DENY if self.on and what == self.refused else sqlite3.SQLITE_OK


@pytest.mark.parametrize("refused", ["BEGIN", "call", "usage_day", "session", "log_file", "COMMIT"])
def test_a_batch_that_fails_at_any_point_leaves_nothing_and_can_be_tried_again(
    refused: str, expected: Rows
) -> None:
    with recorded(WHOLE[0]) as ledger:
        before, cursors = content(ledger.db), read_cursors(ledger.db)
        refusing = Refusing(refused)
        ledger.db.set_authorizer(refusing)
        with pytest.raises(StoreError, match="the ledger cannot be used"):
            ledger.record(WHOLE[1:])
        refusing.on = False
        assert not ledger.db.in_transaction
        assert (content(ledger.db), read_cursors(ledger.db)) == (before, cursors)
        ledger.record(WHOLE[1:])
        assert content(ledger.db) == expected


def test_an_interruption_of_any_kind_rolls_back() -> None:
    def interrupt(_: str) -> str:
        raise KeyboardInterrupt

    attribution = Attribution(key_of=interrupt)
    with Ledger(":memory:", book=BOOK, zone=UTC, attribution=attribution) as ledger:
        with pytest.raises(KeyboardInterrupt):
            ledger.record(WHOLE)
        assert not ledger.db.in_transaction
        assert read_cursors(ledger.db) == {}
        assert all(rows == [] for rows in content(ledger.db).values())


def test_what_is_not_committed_is_gone_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with recorded(WHOLE[0], path=path) as ledger:
        before = content(ledger.db)
        ledger.db.execute("BEGIN IMMEDIATE")
        ledger.db.execute("DELETE FROM call")
    with open_ledger(path) as ledger:
        assert content(ledger.db) == before


# The file


def test_a_ledger_opened_again_goes_on(tmp_path: Path, expected: Rows) -> None:
    path = tmp_path / "ledger.db"
    for read in WHOLE:
        with open_ledger(path) as ledger:
            ledger.record([read])
    with closing(connect_readonly(path)) as db:
        assert content(db) == expected


@pytest.fixture
def unusable(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is no database, and long enough to look like one" * 40)
    yield path
    assert path.read_bytes().startswith(b"this is no database")


def test_a_file_that_is_no_ledger_is_refused_and_kept(unusable: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_ledger(unusable)
    assert str(unusable) in caught.value.why
    assert caught.value.hint


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_ledger(tmp_path / "missing" / "ledger.db")
    assert "missing" in caught.value.why


def test_a_newer_ledger_is_refused_and_let_go(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="this aicost knows up to"):
        open_ledger(path)
    with closing(connect(path)) as db:  # no lock was left behind
        db.execute("BEGIN EXCLUSIVE")


# Homes


def test_a_session_lies_in_every_home_whose_logs_name_it() -> None:
    reads = [
        file_read(assistant_line(1), home="/a"),
        file_read(user_line("t-1", session="s-2"), path="s-2.jsonl", home="/b"),
        file_read(
            assistant_line(1, session="fork", requestSessionId="s-1"), path="f.jsonl", home="/b"
        ),
    ]
    for order in (reads, reads[::-1]):
        with recorded(*order) as ledger:
            assert content(ledger.db)["homes"] == [("s-1", "/a"), ("s-1", "/b"), ("s-2", "/b")]


def test_what_was_written_in_bulk_is_in_the_file_itself_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        empty = path.read_bytes()
        with ledger.in_bulk():
            ledger.record([calls_read(event())])
            assert path.read_bytes() == empty
        assert b"claude:msg_1" in path.read_bytes()
