"""Where days stand outlives the process, the ledger, and damage."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from aicost.core.errors import StoreError
from aicost.core.team.documents import DayOutcomes
from aicost.core.team.outbox import Place
from aicost.store.outbox import VERSION, Outbox, standing
from aicost.store.team_outcomes import Happened, Kind

TEAM = "https://team.example acme"
MONDAY, TODAY = date(2026, 11, 23), date(2026, 11, 26)


def place(day: str = "2026-11-23", revision: int = 1, **changes: object) -> Place:
    fields: dict[str, object] = {"day": day, "revision": revision, "content_hash": "abc"}
    return Place(**(fields | changes))  # type: ignore[arg-type]


def came(key: int, kind: Kind = "merged", amount: int = 1, *, at_once: bool = False) -> Happened:
    return Happened(key=key, kind=kind, amount=amount, worked_on=MONDAY, is_told_at_once=at_once)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "team.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    with closing(Outbox.open(path, TEAM)) as found:
        yield found


def test_places_are_kept_as_they_were_written(path: Path, outbox: Outbox) -> None:
    first = place(state="parked", attempts=3, next_try_s=12.5, last_status=422, why="rows: no")
    second = place("2026-11-24", last_status=None)
    outbox.write(first, final=True)
    outbox.write(second, final=False)
    with closing(Outbox.open(path, TEAM)) as again:
        assert again.places() == {first.day: first, second.day: second}
        assert again.settled() == {first.day}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_final_day_that_is_still_due_is_not_settled(outbox: Outbox) -> None:
    outbox.write(place(), final=True)
    assert outbox.settled() == frozenset()
    outbox.write(place(state="sent"), final=True)
    assert outbox.settled() == {"2026-11-23"}


def test_another_team_begins_with_nothing(path: Path, outbox: Outbox) -> None:
    outbox.write(place(), final=False)
    outbox.pause("no such token")
    with closing(Outbox.open(path)) as same:
        assert (len(same.places()), same.paused) == (1, "no such token")
    with closing(Outbox.open(path, "https://other.example acme")) as other:
        assert (other.places(), other.paused) == ({}, "")


def test_days_can_be_sent_again_under_a_new_revision(outbox: Outbox) -> None:
    outbox.write(place(state="parked", why="no"), final=True)
    outbox.write(place("2026-11-24", 4, state="sent"), final=True)
    outbox.pause("stop")
    outbox.wait_until(9e12)
    assert outbox.send_again(date(2026, 11, 24)) == 1
    assert outbox.settled() == {"2026-11-23"}
    again = outbox.places()["2026-11-24"]
    assert (again.state, again.revision, again.content_hash == "abc") == ("due", 4, False)
    assert (outbox.paused, outbox.not_before_s) == ("", 0)


def test_a_look_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(Outbox.in_memory()) as outbox:
        outbox.note_happened([came(1)], TODAY)
        assert outbox.outcomes(MONDAY, 0).merged == 1
    assert list(tmp_path.iterdir()) == []


def test_a_wait_is_kept_to_the_second(path: Path, outbox: Outbox) -> None:
    assert outbox.not_before_s == 0
    outbox.wait_until(1_795_000_000.25)
    with closing(Outbox.open(path, TEAM)) as again:
        assert again.not_before_s == 1_795_000_000.25


def test_what_was_so_before_happened_when_its_session_ended(outbox: Outbox) -> None:
    outbox.note_happened([came(1), came(2, "abandoned_microusd", 700)], TODAY)
    assert outbox.outcomes(MONDAY, 3) == DayOutcomes(commits=3, merged=1, abandoned_microusd=700)
    assert outbox.outcomes(TODAY, 0) == DayOutcomes()


def test_what_is_found_later_happened_when_it_was_found_and_once(outbox: Outbox) -> None:
    outbox.note_happened([], TODAY)
    for _ in range(2):
        outbox.note_happened([came(1), came(3, "fixed_tests", at_once=True)], TODAY)
    outbox.note_happened([came(1)], date(2026, 11, 27))
    assert outbox.outcomes(TODAY, 0) == DayOutcomes(merged=1)
    assert outbox.outcomes(MONDAY, 0) == DayOutcomes(fixed_tests=1)


def test_what_the_user_should_know_is_told_in_sentences(path: Path, outbox: Outbox) -> None:
    assert standing(path) == ()
    outbox.write(place(state="parked", why="rows[0].model: a model id"), final=False)
    outbox.pause("this token is not known")
    assert standing(path) == (
        "nothing is sent to the team: this token is not known",
        "2026-11-23 was not taken by the team's server: rows[0].model: a model id",
    )


def test_without_a_file_there_is_nothing_to_know(tmp_path: Path) -> None:
    assert standing(tmp_path / "none.db") == ()
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    assert standing(tmp_path / "empty.db") == ()


def test_a_damaged_file_is_kept_aside(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        standing(path)
    with closing(Outbox.open(path, TEAM)) as outbox:
        assert outbox.places() == {}
        outbox.write(place(), final=False)
    assert len(list(path.parent.glob("team.db.corrupt-*"))) == 1


def test_a_file_of_a_newer_version_is_left_alone(path: Path, outbox: Outbox) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match=f"version {VERSION + 1}"):
        Outbox.open(path, TEAM)


def test_a_folder_in_its_place_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used"):
        Outbox.open(tmp_path, TEAM)
