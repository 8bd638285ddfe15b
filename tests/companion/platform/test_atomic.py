"""Replacing a file: all or nothing, private, and no temp file stays."""

import stat
from pathlib import Path

import pytest

from aicost.platform.atomic import write_atomic


@pytest.mark.parametrize("durable", [False, True])
def test_the_new_bytes_replace_the_old(home: Path, durable: bool) -> None:
    path = home / "badge"
    path.write_bytes(b"a much longer old content")
    write_atomic(path, b"new", durable=durable)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(home.iterdir()) == [path]


def test_an_open_reader_keeps_the_old_bytes(home: Path) -> None:
    path = home / "badge"
    write_atomic(path, b"old")
    with path.open("rb") as reader:
        write_atomic(path, b"new")
        assert reader.read() == b"old"


def test_a_link_is_replaced_not_followed(home: Path) -> None:
    victim, path = home / "victim", home / "badge"
    victim.write_bytes(b"precious")
    path.symlink_to(victim)
    write_atomic(path, b"new")
    assert victim.read_bytes() == b"precious"
    assert not path.is_symlink()


def test_after_a_failure_nothing_is_left_behind(home: Path) -> None:
    (home / "badge").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        write_atomic(home / "badge", b"new")
    assert [path.name for path in home.iterdir()] == ["badge"]


def test_a_name_as_long_as_allowed_works(home: Path) -> None:
    path = home / ("n" * 255)
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_missing_folder_is_an_error(home: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(home / "none" / "badge", b"new")
