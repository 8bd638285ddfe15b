"""The folder of status lines: written when something changes, private, and read with care."""

import json
import logging
import os
import shutil
import stat
import time
from pathlib import Path

import pytest

from aicost.core.status_line import FOLDER, HOLDS_S, RENEW_S
from aicost.daemon import status_line_files
from aicost.daemon.status_line_files import StatusLineFiles

NOW_S = 1_795_000_000.0


@pytest.fixture
def files(tmp_path: Path) -> StatusLineFiles:
    found = StatusLineFiles(tmp_path, 4711)
    found.clear()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / FOLDER


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def shown(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "line").iterdir()}


def tell(folder: Path, name: str, content: object) -> Path:
    path = folder / "in" / name
    path.write_text(json.dumps(content))
    return path


def test_lines_are_the_users_alone_and_say_who_is_there(
    files: StatusLineFiles, folder: Path
) -> None:
    files.show({"s-1": "1 2 hi\n"}, NOW_S)
    assert shown(folder) == {"s-1": "1 2 hi\n"}
    until = folder / "until"
    assert (until.read_text(), until.stat().st_mtime) == ("4711\n", NOW_S + HOLDS_S)
    assert [mode_of(path) for path in (folder, folder / "line", folder / "in")] == [0o700] * 3
    assert [mode_of(path) for path in (until, folder / "line" / "s-1")] == [0o600] * 2


def test_only_what_changed_is_written(files: StatusLineFiles, folder: Path) -> None:
    files.show({"s-1": "a\n", "s-2": "b\n"}, NOW_S)
    before = {path.name: path.stat().st_ino for path in (folder / "line").iterdir()}
    files.show({"s-1": "a\n", "s-2": "c\n"}, NOW_S)
    after = {path.name: path.stat().st_ino for path in (folder / "line").iterdir()}
    assert before["s-1"] == after["s-1"]
    assert shown(folder) == {"s-1": "a\n", "s-2": "c\n"}
    files.show({"s-2": "c\n"}, NOW_S)
    assert shown(folder) == {"s-2": "c\n"}


@pytest.mark.parametrize(
    ("passed_s", "then_s"),
    [(RENEW_S - 0.1, 0.0), (RENEW_S, RENEW_S), (-60.0, -60.0)],
)
def test_the_sign_of_life_is_renewed_now_and_then(
    files: StatusLineFiles, folder: Path, passed_s: float, then_s: float
) -> None:
    files.show({}, NOW_S)
    files.show({}, NOW_S + passed_s)
    assert (folder / "until").stat().st_mtime == NOW_S + then_s + HOLDS_S


def test_what_another_daemon_left_goes_and_what_was_told_stays(
    files: StatusLineFiles, folder: Path
) -> None:
    files.show({"s-1": "a\n"}, NOW_S)
    tell(folder, "s-1", {})
    files.clear()
    assert shown(folder) == {}
    assert not (folder / "until").exists()
    assert [path.name for path in (folder / "in").iterdir()] == ["s-1"]
    files.show({"s-1": "a\n"}, NOW_S)
    assert shown(folder) == {"s-1": "a\n"}
    assert (folder / "until").read_text() == "4711\n"


def test_a_run_folder_that_somebody_tidied_is_made_anew(
    files: StatusLineFiles, folder: Path
) -> None:
    files.show({"s-1": "a\n"}, NOW_S)
    shutil.rmtree(folder)
    files.show({"s-1": "b\n"}, NOW_S)
    assert shown(folder) == {"s-1": "b\n"}
    assert (folder / "until").exists()
    (folder / "until").unlink()
    files.show({"s-1": "b\n"}, NOW_S + RENEW_S)
    assert (folder / "until").read_text() == "4711\n"


def test_what_cannot_be_written_is_only_noted(
    files: StatusLineFiles, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "line" / "s-1").mkdir()
    with caplog.at_level(logging.WARNING):
        files.show({"s-1": "a\n"}, NOW_S)
    assert "status lines cannot be written" in caplog.text


# What clients tell


def test_what_was_told_is_given_once(files: StatusLineFiles, folder: Path) -> None:
    path = tell(folder, "s-1", {"a": 1})
    (found,), names = files.told(time.time())
    assert (found[0], found[2], names) == ("s-1", b'{"a": 1}', frozenset({"s-1"}))
    assert abs(found[1] - path.stat().st_mtime) < 0.001
    assert files.told(time.time()) == ([], frozenset({"s-1"}))
    tell(folder, "s-1", {"a": 22})
    assert [one[2] for one in files.told(time.time())[0]] == [b'{"a": 22}']
    files.forget("s-1")
    assert [one[2] for one in files.told(time.time())[0]] == [b'{"a": 22}']
    path.unlink()
    assert files.told(time.time()) == ([], frozenset())


def test_what_was_told_long_ago_goes(files: StatusLineFiles, folder: Path) -> None:
    old, new = tell(folder, "s-1", {}), tell(folder, "s-2", {})
    long_ago = time.time() - 8 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    assert files.told(time.time())[1] == {"s-2"}
    assert (old.exists(), new.exists()) == (False, True)


def test_what_is_no_file_is_passed_over(files: StatusLineFiles, folder: Path) -> None:
    os.mkfifo(folder / "in" / "pipe")
    (folder / "in" / "folder").mkdir()
    (folder / "in" / "link").symlink_to(tell(folder.parent / FOLDER, "s-1", {}))
    found, names = files.told(time.time())
    assert ([one[0] for one in found], names) == (["s-1"], frozenset({"s-1"}))


def test_more_than_a_client_says_is_not_read(files: StatusLineFiles, folder: Path) -> None:
    (folder / "in" / "s-1").write_bytes(b"x" * (status_line_files.MAX_BYTES + 5))
    ((_, _, content),), _ = files.told(time.time())
    assert len(content) == status_line_files.MAX_BYTES


def test_without_a_folder_nothing_was_told(files: StatusLineFiles, folder: Path) -> None:
    (folder / "in").rmdir()
    assert files.told(time.time()) == ([], frozenset())
