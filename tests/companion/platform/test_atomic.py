"""A file is replaced whole, and stays what it was otherwise: a link, its mode."""

import os
import stat
from pathlib import Path

import pytest

from aicost.platform.atomic import replace_file


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_the_users_alone_and_its_folders_too(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700


@pytest.mark.parametrize(("mode", "then"), [(None, 0o644), (0o640, 0o640)])
def test_a_file_keeps_its_mode_unless_told_another(
    tmp_path: Path, mode: int | None, then: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new", mode=mode)
    assert (path.read_bytes(), mode_of(path)) == (b"new", then)


def test_a_link_stays_a_link_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles" / "real", tmp_path / "link"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to("dotfiles/real")
    replace_file(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names_in(target.parent) == ["real"]


def test_the_file_is_another_one_so_that_a_reader_keeps_the_old(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        replace_file(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


def test_what_a_killed_process_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / f".file.{os.getpid()}.part").write_bytes(b"half")
    replace_file(tmp_path / "file", b"new")
    assert names_in(tmp_path) == ["file"]
