"""Ids that tell when they were made, and those that do not."""

from datetime import UTC, datetime, timedelta

import pytest
from codex_logs import uuid7
from hypothesis import given
from hypothesis import strategies as st
from log_builders import at

from aicost.sources.codex.ids import earliest, is_timed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01a201cc-36c1-7653-af7c-13be920316e0", True),
        ("01a201cc-36c1-4653-af7c-13be920316e0", False),  # another version: random
        ("01a201cc-36c1-7653-cf7c-13be920316e0", False),  # another variant
        ("01A201CC-36C1-7653-AF7C-13BE920316E0", False),  # would not compare with the others
        ("01a201cc36c17653af7c13be920316e0", False),
        ("x01a201cc-36c1-7653-af7c-13be920316e0", False),
        ("01a201cc-36c1-7653-af7c-13be920316e0\n", False),
        ("1", False),
        ("", False),
    ],
)
def test_only_an_id_of_version_7_tells_its_time(text: str, expected: bool) -> None:
    assert is_timed(text) is expected


def test_an_id_tells_its_time_to_the_millisecond() -> None:
    made = datetime(2026, 11, 22, 5, 48, 10, 305_000, tzinfo=UTC)
    assert earliest(at(0), "01a201cc-36c1-7653-af7c-13be920316e0") == made


@pytest.mark.parametrize(
    ("made_by", "expected"),
    [
        (uuid7(3), at(3)),
        (uuid7(5), at(5)),
        (uuid7(5.001), at(5)),  # later than what it is said to have made
        ("00000000-0000-7000-8000-000000000000", at(5)),  # 1970: no clock of a client
        ("ffffffff-ffff-7fff-bfff-ffffffffffff", at(5)),
        ("turn-1", at(5)),
    ],
)
def test_the_earlier_of_two_times_is_taken_if_it_can_be_one(
    made_by: str, expected: datetime
) -> None:
    assert earliest(at(5), made_by) == expected


@given(minutes=st.integers(0, 10_000), serial=st.integers(0, 9))
def test_ids_sort_by_their_time(minutes: int, serial: int) -> None:
    assert is_timed(uuid7(minutes, serial))
    assert uuid7(minutes, serial) < uuid7(minutes + 1)
    assert earliest(at(20_000), uuid7(minutes, serial)) == at(0) + timedelta(minutes=minutes)
