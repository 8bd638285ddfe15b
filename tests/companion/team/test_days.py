"""Whole days by revision: whatever order and however often they come, the last one stands."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from team_documents import DAY, document, row

from aicost.core.team.checking import MOST, MOST_ROWS
from aicost.core.team.documents import DayDocument, body_hash, canonical_bytes
from aicost.team.database import Database
from aicost.team.days import (
    MOST_DEVICES,
    Put,
    Slot,
    Source,
    TooManyDevices,
    WrongEpoch,
    WrongSecret,
    forget_source,
    known_source,
    own_source,
    put_day,
    revisions,
    secret_hash,
)

ADA = Source("ada", "2026Q4", secret_hash("a"), "pilot")
BOB = Source("bob", "2026Q4", secret_hash("b"), None)


def put(database: Database, day: DayDocument, source: Source = ADA, device: str = "laptop") -> Put:
    with database.transaction() as change:
        slot = Slot(own_source(change, source), device, day.day)
        return put_day(change, slot, day, body_hash(canonical_bytes(day)))


def cost(database: Database) -> int:
    with database.transaction() as change:
        found = change.row("SELECT COALESCE(SUM(cost_list_microusd), 0) FROM day_row")
    assert found is not None
    return int(found[0])


def at(revision: int, *costs: int) -> DayDocument:
    words = ("bugfix", "feature", "docs", "ops")
    rows = [
        row(category=category, cost_list_microusd=one)
        for category, one in zip(words, costs, strict=False)
    ]
    return document(revision=revision, rows=tuple(rows))


def test_a_day_is_created_replaced_and_not_changed_by_what_is_old(database: Database) -> None:
    assert put(database, at(1, 10)) == Put("created", 1)
    assert put(database, at(1, 10)) == Put("unchanged", 1)
    assert put(database, at(1, 11)) == Put("conflict", 1)
    assert put(database, at(3, 5, 7)) == Put("replaced", 3)
    assert put(database, at(2, 99)) == Put("stale", 3)
    assert cost(database) == 12


def test_an_empty_day_takes_all_back(database: Database) -> None:
    put(database, at(1, 10))
    put(database, document(revision=2, rows=()))
    assert cost(database) == 0
    assert put(database, at(1, 10)).status == "stale"


def test_sources_do_not_touch_each_other(database: Database) -> None:
    put(database, at(1, 10))
    put(database, at(1, 5), BOB)
    assert cost(database) == 15
    with database.transaction() as change:
        number = known_source(change, "bob", BOB.write_hash)
        assert number is not None
        assert revisions(change, number, "laptop", DAY, DAY) == {DAY: 1}
        assert revisions(change, number, "laptop", "2026-11-21", "2026-12-31") == {}
        forget_source(change, number)
        assert known_source(change, "bob", BOB.write_hash) is None
    assert cost(database) == 10


def test_devices_of_one_source_add_up_and_each_replaces_its_own(database: Database) -> None:
    put(database, at(1, 10))
    assert put(database, at(1, 5), device="desktop") == Put("created", 1)
    put(database, at(2, 7), device="desktop")
    assert cost(database) == 17


def test_a_source_has_no_more_devices_than_can_be_summed(database: Database) -> None:
    for number in range(MOST_DEVICES):
        put(database, at(1, MOST), device=f"d{number}")
    with pytest.raises(TooManyDevices):
        put(database, at(1, MOST), device="one more")
    assert put(database, at(2, MOST), device="d0").status == "replaced"
    assert cost(database) == MOST * MOST_DEVICES
    assert 2 * 7 * MOST_ROWS * MOST_DEVICES * MOST < 2**63  # two columns, a week's days


def test_a_pseudonym_belongs_to_whoever_used_it_first(database: Database) -> None:
    put(database, at(1, 10))
    thief = Source("ada", "2026Q4", secret_hash("x"), None)
    with pytest.raises(WrongSecret):
        put(database, at(2, 99), thief)
    assert cost(database) == 10


def test_a_pseudonym_belongs_to_one_quarter(database: Database) -> None:
    """Else one person, alone in a quarter of their own, would have a whole week withheld."""
    put(database, at(1, 10))
    with pytest.raises(WrongEpoch):
        put(database, at(2, 99), Source("ada", "2026Q3", ADA.write_hash, None))
    assert cost(database) == 10


def test_whoever_goes_and_comes_back_is_one_change(database: Database) -> None:
    for _ in range(3):
        put(database, at(1, 10))
        with database.transaction() as change:
            forget_source(change, own_source(change, ADA))
    with database.transaction() as change:
        assert len(change.rows("SELECT source FROM week_change")) == 1


def test_who_is_forgotten_while_sending_leaves_nothing_that_nobody_could_delete(
    database: Database,
) -> None:
    put(database, at(1, 10))
    is_known, is_gone = Event(), Event()

    def send() -> None:
        with database.transaction() as change:
            slot = Slot(own_source(change, ADA), "laptop", "2026-11-19")
            is_known.set()
            is_gone.wait(0.5)  # it cannot be gone before this ends
            put_day(change, slot, document(day="2026-11-19"), "0f" * 32)

    def forget() -> None:
        assert is_known.wait(20)
        with database.transaction() as change:
            number = known_source(change, "ada", ADA.write_hash)
            assert number is not None
            forget_source(change, number)
        is_gone.set()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(send), pool.submit(forget)]:
            done.result()
    with database.transaction() as change:
        for table in ("source", "source_day", "day_row"):
            assert change.rows(f"SELECT 1 FROM {table}") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.permutations([at(1, 10), at(1, 10), at(2, 20, 1), at(4, 3, 4, 5), at(3, 7), at(4, 3, 4, 5)])
)
def test_any_order_ends_with_the_last_revision(
    database: Database, days: Sequence[DayDocument]
) -> None:
    with database.transaction() as change:
        for table in ("day_row", "source_day", "source"):
            change.run(f"DELETE FROM {table}")
    for day in days:
        put(database, day)
    assert cost(database) == 12


def test_sources_that_come_at_once_are_all_known(database: Database) -> None:
    people = [Source(f"p{number}", "2026Q4", secret_hash("x"), None) for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda who: put(database, at(1, 10), who), people * 2))
    assert sorted(one.status for one in found) == ["created"] * 24 + ["unchanged"] * 24
    assert cost(database) == 240


def test_revisions_that_come_at_once_leave_the_rows_of_the_last(database: Database) -> None:
    put(database, document(day="2026-11-19"))  # so that the source is known
    for round_ in range(5):
        device = f"d{round_}"
        sent = [at(revision, revision, 1_000) for revision in range(1, 9)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda day, device=device: put(database, day, device=device), sent))
        with database.transaction() as change:
            rows = change.rows(
                "SELECT cost_list_microusd FROM day_row WHERE device = ? ORDER BY 1", device
            )
        assert [tuple(one) for one in rows] == [(8,), (1_000,)]
