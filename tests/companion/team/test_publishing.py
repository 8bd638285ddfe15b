"""Weeks are published once they are over, and anew only when enough people changed something."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import product
from threading import Barrier
from typing import Any

import pytest
from team_documents import document, row

from aicost.core.errors import StoreError
from aicost.core.team.documents import DayOutcomes, body_hash, canonical_bytes
from aicost.core.team.weekly_report import TeamWeek, build_week
from aicost.team import publishing
from aicost.team.database import Database
from aicost.team.days import Slot, Source, forget_source, own_source, put_day, secret_hash
from aicost.team.publishing import published_weeks, whole_weeks
from aicost.team.settings import TeamSettings

MONDAY, TODAY = date(2026, 11, 16), date(2026, 11, 26)
SUNDAY = date(2026, 11, 22)
SETTINGS = TeamSettings(team="acme")


def send(database: Database, person: str, revision: int = 1, usd: int = 10) -> None:
    day = document(row(cost_list_microusd=usd * 1_000_000), revision=revision)
    with database.transaction() as change:
        source = own_source(change, Source(person, "2026Q4", secret_hash(person), None))
        put_day(change, Slot(source, "", day.day), day, body_hash(canonical_bytes(day)))


def week(database: Database, settings: TeamSettings = SETTINGS) -> TeamWeek:
    (found,) = published_weeks(database, settings, MONDAY, SUNDAY, TODAY)
    return found


def cost(database: Database, settings: TeamSettings = SETTINGS) -> int | None:
    cells = week(database, settings).cells["total"]
    return cells[0].cost_usd if cells else None


def test_a_week_of_enough_people_is_published(database: Database) -> None:
    for person in "ABCDE":
        send(database, person)
    found = week(database)
    assert found.cells["total"][0].cost_usd == 50
    assert found.cells["category"][0].key == "bugfix"
    assert found.outcomes is not None
    assert (found.outcomes.commits, found.outcomes.active_developer_days) == (5, 5)
    assert week(database) == found  # as it was kept


def test_a_change_of_one_person_is_not_seen_before_there_are_others(database: Database) -> None:
    for person in "ABCDEF":
        send(database, person)
    assert cost(database) == 60
    for person in "ABCD":
        send(database, person, revision=2, usd=20)
        assert cost(database) == 60
    send(database, "E", revision=2, usd=20)
    assert cost(database) == 110


def test_whoever_goes_is_a_change_like_any_other(database: Database) -> None:
    for person in "ABCDEFGHIJ":
        send(database, person)
    assert cost(database) == 100
    for gone in range(1, 6):
        with database.transaction() as change:
            found = change.row("SELECT id FROM source ORDER BY pseudonym")
            assert found is not None
            forget_source(change, int(found[0]))
        assert cost(database) == (100 if gone < 5 else 50)


def test_one_person_cannot_have_a_week_published_again(database: Database) -> None:
    """To delete and send again and again is one change; two names of one person are one, too."""
    for person in "ABCDEF":
        send(database, person)
    assert cost(database) == 60
    send(database, "B", revision=2, usd=20)
    for _ in range(2 * SETTINGS.k):
        with database.transaction() as change:
            source = Source("A", "2026Q4", secret_hash("A"), None)
            forget_source(change, own_source(change, source))
        send(database, "A")
        assert cost(database) == 60


def test_who_changes_nothing_is_nobody_to_hide_behind(database: Database) -> None:
    """Each day comes once more when it is settled, of everybody: that is no change."""
    for person in "ABCDEF":
        send(database, person)
    assert cost(database) == 60
    send(database, "A", revision=2, usd=20)
    for person in "BCDEF":
        day = document(row(cost_list_microusd=10_000_000), revision=2, final=True)
        with database.transaction() as change:
            source = own_source(change, Source(person, "2026Q4", secret_hash(person), None))
            put_day(change, Slot(source, "", day.day), day, body_hash(canonical_bytes(day)))
        assert cost(database) == 60
    for person in "BCDE":
        send(database, person, revision=3, usd=20)
    assert cost(database) == 110


def test_an_empty_day_is_no_change(database: Database) -> None:
    empty = document(sessions=0, turns=0, active_minutes=0, outcomes=DayOutcomes())
    empty = replace(empty, rows=())
    with database.transaction() as change:
        source = own_source(change, Source("A", "2026Q4", secret_hash("A"), None))
        put_day(change, Slot(source, "", empty.day), empty, "0f" * 32)
        assert change.rows("SELECT source FROM week_change") == []


def test_a_person_of_two_quarters_is_one_change(database: Database) -> None:
    def change_of(people: str) -> int:
        with database.transaction() as change:
            for person, epoch in product(people, ("2026Q3", "2026Q4")):
                name = f"{person}{epoch}"
                source = own_source(change, Source(name, epoch, secret_hash(name), None))
                change.run(
                    "INSERT INTO week_change (week, source) VALUES ('2026-W40', ?)"
                    " ON CONFLICT DO NOTHING",
                    source,
                )
            return publishing._changed_people(change, "2026-W40")

    assert change_of("ABC") == 3
    assert change_of("ABCDE") == 5


def test_a_damaged_week_is_an_error_and_not_made_of_what_is_left(database: Database) -> None:
    for person in "ABCDE":
        send(database, person)
    week(database)
    with database.transaction() as change:
        change.run("UPDATE published_week SET body = '{}'")
    with pytest.raises(StoreError, match="2026-W47"):
        week(database)


def test_another_k_publishes_anew(database: Database) -> None:
    for person in "ABCDE":
        send(database, person)
    assert cost(database) == 50
    assert cost(database, TeamSettings(team="acme", k=6)) is None


@pytest.mark.parametrize(
    ("first", "last", "today", "weeks"),
    [
        (MONDAY, SUNDAY, date(2026, 11, 26), ["2026-W47"]),
        (MONDAY, SUNDAY, date(2026, 11, 25), []),
        (date(2026, 11, 17), SUNDAY, TODAY, []),
        (MONDAY, date(2026, 11, 21), TODAY, []),
        (date(2026, 11, 8), SUNDAY, TODAY, ["2026-W46", "2026-W47"]),
        (date(2026, 11, 2), date(2026, 12, 31), TODAY, ["2026-W45", "2026-W46", "2026-W47"]),
        (SUNDAY, MONDAY, TODAY, []),
        (date.max, date.max, TODAY, []),
        (MONDAY, date.max, TODAY, ["2026-W47"]),
    ],
)
def test_weeks_are_whole_and_over(first: date, last: date, today: date, weeks: list[str]) -> None:
    assert whole_weeks(first, last, today) == weeks


def test_readers_that_come_at_once_see_one_version(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody sends while weeks are made: whoever was made last must not replace the first."""
    for person in "ABCDEF":
        send(database, person)
    together = Barrier(2)

    def slow(*given: Any) -> TeamWeek:
        made = build_week(*given)
        if together.wait(20):
            send(database, "A", revision=2, usd=20)
        return made

    monkeypatch.setattr(publishing, "build_week", slow)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: cost(database), range(2)))
    assert found == [60, 60]
    assert cost(database) == 60


def test_days_are_taken_while_a_week_is_made(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in "ABCDEF":
        send(database, person)

    def meanwhile(*given: Any) -> TeamWeek:
        send(database, "G")  # waits for a publisher that holds the database
        return build_week(*given)

    monkeypatch.setattr(publishing, "build_week", meanwhile)
    assert cost(database) == 60
    monkeypatch.undo()
    for person in "ABCD":
        send(database, person, revision=2, usd=20)
        assert cost(database) == (60 if person != "D" else 110)
