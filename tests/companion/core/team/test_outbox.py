"""Places of days: changed ones move on, failures wait longer and longer, nothing is lost."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.team.outbox import (
    LONGEST_DELAY_S,
    Behind,
    Later,
    Place,
    Rejected,
    Sent,
    answered,
    delay_s,
    offered,
    retry_after_s,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLACE = Place(day="2026-11-19", revision=3, content_hash="a")


def test_a_new_day_is_due_when_it_is_said() -> None:
    place = offered(None, "2026-11-19", "a", 100.0)
    assert (place.revision, place.state) == (1, "due")
    assert [place.is_due(at_s) for at_s in (99.9, 100.0)] == [False, True]


def test_a_day_that_did_not_change_stays_where_it_is() -> None:
    for state in ("due", "sent", "parked"):
        place = replace(PLACE, state=state)
        assert offered(place, place.day, "a", 999.0) is place


@pytest.mark.parametrize("state", ["due", "sent", "parked"])
def test_a_changed_day_is_due_again_under_the_next_revision(state: str) -> None:
    place = replace(PLACE, state=state, attempts=7, next_try_s=9e9, why="x")  # type: ignore[arg-type]
    moved = offered(place, place.day, "b", 5.0)
    assert moved == Place(day=PLACE.day, revision=4, content_hash="b", next_try_s=5.0)


def test_what_was_sent_is_not_due() -> None:
    place = answered(PLACE, Sent(201), 10.0, 0.5)
    assert (place.state, place.last_status, place.is_due(1e12)) == ("sent", 201, False)


@pytest.mark.parametrize(("have", "revision"), [(3, 4), (9, 10), (1, 4)])
def test_a_server_that_is_ahead_is_gone_past(have: int, revision: int) -> None:
    place = answered(PLACE, Behind(have), 10.0, 0.5)
    assert (place.revision, place.state, place.is_due(10.0)) == (revision, "due", True)


def test_trouble_that_may_pass_waits() -> None:
    place = answered(PLACE, Later(503, 120.0), 10.0, 0.5)
    assert (place.next_try_s, place.attempts, place.last_status) == (130.0, 1, 503)
    place = answered(place, Later(), 130.0, 0.5)
    assert (place.next_try_s, place.attempts, place.last_status) == (160.0, 2, None)


def test_what_the_server_will_not_have_is_parked_and_seen() -> None:
    place = answered(PLACE, Rejected(422, "rows[0].model"), 10.0, 0.5)
    assert (place.state, place.last_status, place.why) == ("parked", 422, "rows[0].model")
    assert not place.is_due(1e12)


@pytest.mark.parametrize(
    ("attempts", "longest_s"),
    [(1, 30), (2, 60), (3, 120), (10, 15_360), (11, 21_600), (99, 21_600)],
)
def test_delays_double_up_to_a_bound(attempts: int, longest_s: float) -> None:
    assert delay_s(attempts, 1.0) == longest_s
    assert delay_s(attempts, 0.0) == 0.0


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_no_delay_is_longer_than_a_quarter_of_a_day(attempts: int, chance: float) -> None:
    assert 0 <= delay_s(attempts, chance) <= LONGEST_DELAY_S


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("999999999999", 86_400.0),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2027 11:00:00 GMT", 86_400.0),
        ("Fri, 20 Nov 2026 12:01:00", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, wait_s: float | None) -> None:
    assert retry_after_s(value, NOW) == wait_s


@given(st.text())
def test_any_header_is_a_wait_or_none(value: str) -> None:
    wait_s = retry_after_s(value, NOW)
    assert wait_s is None or 0 <= wait_s <= 86_400
