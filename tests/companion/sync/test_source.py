"""A source is somebody else in each quarter, and shows nothing of its key."""

from datetime import date

from aicost.sync.source import Source

MINE = Source(team="acme", key=b"k" * 32, device="d1", token="tok")
AUTUMN, WINTER = date(2026, 12, 31), date(2027, 1, 1)


def test_a_quarter_is_one_identity_and_the_next_another() -> None:
    assert MINE.on(date(2026, 10, 1)) == MINE.on(AUTUMN) == MINE.within("2026Q4")
    assert MINE.on(AUTUMN).pseudonym != MINE.on(WINTER).pseudonym
    assert MINE.device_on(AUTUMN) != MINE.device_on(WINTER)


def test_two_devices_of_one_key_are_one_source() -> None:
    other = Source(team="acme", key=b"k" * 32, device="d2")
    assert other.on(AUTUMN) == MINE.on(AUTUMN)
    assert other.device_on(AUTUMN) != MINE.device_on(AUTUMN)


def test_only_the_team_is_shown() -> None:
    assert repr(MINE) == "Source(team='acme')"
