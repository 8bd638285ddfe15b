"""Files below a folder, whatever else lies there and whatever fails."""

import os
from pathlib import Path
from typing import Any

import pytest

from aicost.sources.folders import find_files, look_of


def write(path: Path, text: str = "x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(folder: Path) -> set[str]:
    files = find_files(str(folder), lambda name: name.endswith(".log"))
    return {str(Path(path).relative_to(folder)) for path, _ in files}


def test_wanted_names_are_found_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.log", "b/c.log", "b/d/e/f.log", "b/other.txt"):
        write(tmp_path / name)
    (tmp_path / "folder.log").mkdir()
    assert found(tmp_path) == {"a.log", "b/c.log", "b/d/e/f.log"}


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere") == set()


def test_linked_folders_cannot_make_a_ring_and_linked_files_are_found(tmp_path: Path) -> None:
    log = write(tmp_path / "p" / "a.log")
    (tmp_path / "p" / "ring").symlink_to(tmp_path)
    (tmp_path / "p" / "linked.log").symlink_to(log)
    (tmp_path / "p" / "dangling.log").symlink_to(tmp_path / "gone")
    assert found(tmp_path) == {"p/a.log", "p/linked.log"}


def test_a_folder_that_is_forbidden_hides_only_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "open" / "a.log")
    closed = write(tmp_path / "closed" / "a.log").parent
    list_folder = os.scandir

    def refuse_closed(folder: str) -> Any:
        if folder == str(closed):
            raise PermissionError(folder)
        return list_folder(folder)

    monkeypatch.setattr(os, "scandir", refuse_closed)  # root may read whatever its mode
    assert found(tmp_path) == {"open/a.log"}
    told = list[str]()
    assert len(list(find_files(str(tmp_path), lambda name: True, told))) == 1
    assert told == [str(closed)]


def test_a_folder_that_is_none_is_not_closed(tmp_path: Path) -> None:
    told = list[str]()
    assert not list(find_files(str(tmp_path / "nowhere"), lambda name: True, told))
    assert not list(find_files(str(write(tmp_path / "a.log")), lambda name: True, told))
    assert told == []


def test_a_look_is_what_the_file_system_says(tmp_path: Path) -> None:
    log = write(tmp_path / "a.log", "12345\n")
    [(path, look)] = find_files(str(tmp_path), lambda name: True)
    assert (path, look) == (str(log), look_of(log.stat()))
    assert (look.size_bytes, look.inode) == (6, log.stat().st_ino)
    assert (look.device, look.modified_ns) == (log.stat().st_dev, log.stat().st_mtime_ns)
