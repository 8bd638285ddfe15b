"""The user's time zone: its name from wherever this machine keeps it, or a helpful error."""

import contextlib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.platform.timezone import check_zone, local_zone

NOWHERE = Path("/no/such/etc")


@pytest.mark.parametrize(
    ("tz", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Europe/Berlin", "Europe/Berlin"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        (":/usr/share/zoneinfo/posix/Asia/Tokyo", "Asia/Tokyo"),
        ("EST5EDT", "EST5EDT"),
        ("UTC0", "UTC"),
        ("<+03>-3", "Etc/GMT-3"),
        ("XYZ5", "Etc/GMT+5"),
        ("XYZ-14:00", "Etc/GMT-14"),
        ("XYZ-15", "UTC"),
        ("<+0530>-5:30", "UTC"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("Europe", "UTC"),
        ("", "UTC"),
    ],
)
def test_tz_names_the_zone_where_it_can(tz: str, name: str) -> None:
    assert local_zone({"TZ": tz}, etc=NOWHERE) == name


def test_a_fixed_offset_counts_to_the_same_side() -> None:
    zone = ZoneInfo(local_zone({"TZ": "<+03>-3"}, etc=NOWHERE))
    offset = zone.utcoffset(None) or ZoneInfo("Etc/GMT-3").utcoffset(None)
    assert offset is not None
    assert offset.total_seconds() == 3 * 3600


@pytest.mark.parametrize(
    "target",
    ["/usr/share/zoneinfo/Europe/Lisbon", "/var/db/timezone/zoneinfo/Europe/Lisbon"],
    ids=["Linux", "macOS"],
)
def test_the_machines_link_names_the_zone(home: Path, target: str) -> None:
    (home / "localtime").symlink_to(target)
    assert local_zone({}, etc=home) == "Europe/Lisbon"


def test_debians_file_names_the_zone_where_the_link_is_a_copy(home: Path) -> None:
    (home / "localtime").write_bytes(b"TZif2")
    (home / "timezone").write_text("Asia/Kolkata\n")
    assert local_zone({}, etc=home) == "Asia/Kolkata"
    (home / "timezone").write_text("Mars/Olympus\n")
    assert local_zone({}, etc=home) == "UTC"


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("CEST/qqqq", "Europe/Berlin, America/New_York, UTC"),
    ],
)
def test_an_unknown_zone_is_an_error_with_the_nearest_name(wrong: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_zone(wrong)
    assert repr(wrong) in caught.value.what
    assert caught.value.hint == hint


def test_a_known_zone_is_returned() -> None:
    assert check_zone("America/Argentina/Buenos_Aires") == "America/Argentina/Buenos_Aires"


@given(st.text(max_size=40))
def test_any_tz_ends_in_a_zone_and_any_name_in_a_zone_or_a_config_error(text: str) -> None:
    ZoneInfo(local_zone({"TZ": text}, etc=NOWHERE))
    with contextlib.suppress(ConfigError):
        ZoneInfo(check_zone(text))
