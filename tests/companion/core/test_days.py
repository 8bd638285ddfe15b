"""Days are local: on both sides of midnight, where clocks change, and with odd offsets."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.days import LocalDays, from_us, to_us

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",  # -03:30
    "Asia/Kathmandu",  # +05:45
    "Pacific/Chatham",  # +12:45, with daylight saving
    "Australia/Lord_Howe",  # daylight saving of half an hour
    "Pacific/Kiritimati",  # +14
    "Pacific/Pago_Pago",  # -11
    "Africa/Cairo",  # clocks change at midnight
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "America/Scoresbysund",
    "Antarctica/Casey",  # moved by hours, at a minute past
)
DAYS = {zone: LocalDays(ZoneInfo(zone)) for zone in ZONES}
FIRST, LAST = datetime(2012, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
MOMENTS = st.integers(to_us(FIRST), to_us(LAST))


def day_at(moment: str, zone: str) -> str:
    """Return the local day of a moment, written as YYYY-MM-DD."""
    day = DAYS[zone].day_of(to_us(datetime.fromisoformat(moment)))
    return date.fromordinal(day).isoformat()


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-11-22T23:59:59.999999+00:00", "UTC", "2026-11-22"),
        ("2026-11-23T00:00:00+00:00", "UTC", "2026-11-23"),
        ("2026-11-22T22:59:59.999999+00:00", "Europe/Berlin", "2026-11-22"),
        ("2026-11-22T23:00:00+00:00", "Europe/Berlin", "2026-11-23"),
        ("2026-11-22T18:14:59.999999+00:00", "Asia/Kathmandu", "2026-11-22"),
        ("2026-11-22T18:15:00+00:00", "Asia/Kathmandu", "2026-11-23"),
        ("2026-11-22T03:29:59.999999+00:00", "America/St_Johns", "2026-11-21"),
        ("2026-11-22T03:30:00+00:00", "America/St_Johns", "2026-11-22"),
        # Daylight saving ends in Berlin on 25 October 2026: that day has 25 hours,
        ("2026-10-24T21:59:59+00:00", "Europe/Berlin", "2026-10-24"),
        ("2026-10-24T22:00:00+00:00", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T22:59:59+00:00", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T23:00:00+00:00", "Europe/Berlin", "2026-10-26"),
        # and begins on 29 March 2026: that day has 23.
        ("2026-03-28T22:59:59+00:00", "Europe/Berlin", "2026-03-28"),
        ("2026-03-28T23:00:00+00:00", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T21:59:59+00:00", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T22:00:00+00:00", "Europe/Berlin", "2026-03-30"),
        # In Santiago clocks go back at midnight: 23:00 to 24:00 comes twice,
        ("2026-04-05T03:30:00+00:00", "America/Santiago", "2026-04-04"),
        ("2026-04-05T04:00:00+00:00", "America/Santiago", "2026-04-05"),
        # and forward at midnight: there is no 00:00.
        ("2026-09-06T03:59:59+00:00", "America/Santiago", "2026-09-05"),
        ("2026-09-06T04:00:00+00:00", "America/Santiago", "2026-09-06"),
    ],
)
def test_a_moment_falls_on_its_local_day(moment: str, zone: str, day: str) -> None:
    assert day_at(moment, zone) == day


@given(MOMENTS, st.sampled_from(ZONES))
def test_every_moment_falls_on_the_day_that_a_local_clock_shows(at_us: int, zone: str) -> None:
    local = from_us(at_us).astimezone(ZoneInfo(zone))
    assert DAYS[zone].day_of(at_us) == local.date().toordinal()


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_day_starts_at_its_first_moment(at_us: int, zone: str) -> None:
    day = from_us(at_us).date()
    start_us = DAYS[zone].start_us(day)
    assert DAYS[zone].day_of(start_us) == day.toordinal()
    assert DAYS[zone].day_of(start_us - 1) < day.toordinal()


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("UTC", "2026-11-22", "2026-11-22T00:00:00+00:00"),
        ("Pacific/Kiritimati", "2026-11-22", "2026-11-21T10:00:00+00:00"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00+00:00"),  # no 00:00, it is 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00+00:00"),  # 00:00 twice: the first
    ],
)
def test_the_first_moment_of_a_day(zone: str, day: str, start: str) -> None:
    assert from_us(DAYS[zone].start_us(date.fromisoformat(day))).isoformat() == start


@given(st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_microseconds_are_exact_both_ways(moment: datetime) -> None:
    assert from_us(to_us(moment)) == moment
    assert to_us(moment + timedelta(microseconds=1)) == to_us(moment) + 1


def test_more_moments_than_are_remembered_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicost.core.days._CACHED_QUARTERS", 3)
    days, quarter_us = LocalDays(ZoneInfo("Europe/Berlin")), 900_000_000
    start_us = to_us(datetime(2026, 11, 21, 22, tzinfo=UTC))
    found = [days.day_of(start_us + n * quarter_us) for n in range(8)]
    first = date(2026, 11, 21).toordinal()
    assert found == [first] * 4 + [first + 1] * 4
