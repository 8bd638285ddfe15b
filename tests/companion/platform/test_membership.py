"""The membership is kept whole, or is an error that names its file."""

import stat
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from aicost.core.errors import ConfigError
from aicost.platform.membership import (
    Membership,
    drop_membership,
    load_membership,
    save_membership,
)

MINE = Membership(
    sink="https://team.example", team="acme", k=5, retention_months=13, since=date(2026, 11, 12),
    first=date(2026, 11, 12),
    cohort="pilot", labels={"github.com/acme/shop": "Shop"},
)  # fmt: skip


def test_it_is_kept_as_it_is_for_the_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    assert load_membership(file) is None
    save_membership(file, MINE)
    assert load_membership(file) == MINE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    drop_membership(file)
    drop_membership(file)
    assert load_membership(file) is None


def test_a_folder_is_told_from_a_server() -> None:
    assert not MINE.is_folder
    folder = replace(MINE, sink="/mnt/team")
    assert folder.is_folder
    assert folder.name != MINE.name


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"team": 7}', b"\xff", b'{"schema": 2}', b"[" * 100_000]
)
def test_what_is_no_membership_is_an_error(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="membership") as error:
        load_membership(file)
    assert "team.json" in error.value.why


def test_another_version_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    save_membership(file, replace(MINE, schema=2))
    with pytest.raises(ConfigError) as error:
        load_membership(file)
    assert "another version" in error.value.why


def test_what_cannot_be_read_or_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_membership(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError):
        save_membership(tmp_path / "file" / "team.json", MINE)
    with pytest.raises(ConfigError):
        drop_membership(tmp_path)
