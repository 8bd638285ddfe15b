"""Settings files are replaced with a backup, and given back to the byte."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost_hooks import install_files
from aicost_hooks.install_files import (
    Change,
    as_text,
    change_back,
    change_file,
    digest,
    give_back,
    note_of,
    noted_files,
    read_file,
)

STAMP = "20261126T141500Z"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "settings.json"


def changed(
    path: Path, after: bytes, data_dir: Path, *, is_new: bool = True, stamp: str = STAMP
) -> Path | None:
    change = Change(path=path, before=read_file(path), after=after)
    return change_file(change, "claude", data_dir=data_dir, stamp=stamp, is_new=is_new)


def given_back(path: Path, without: bytes, data_dir: Path) -> Path | None:
    return give_back(change_back(path, path.read_bytes(), without, data_dir), data_dir)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_a_file_held_is_kept_beside_it_for_the_user_alone(path: Path, data_dir: Path) -> None:
    path.write_bytes(b"old")
    path.chmod(0o644)
    backup = changed(path, b"new", data_dir)
    assert backup == path.with_name(f"settings.json.aicost-backup-{STAMP}")
    assert backup is not None
    assert (backup.read_bytes(), path.read_bytes()) == (b"old", b"new")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    note = note_of(path, data_dir)
    assert note is not None
    assert (note.before, note.after) == (digest(b"old"), digest(b"new"))
    assert noted_files("claude", data_dir) == [path]
    assert noted_files("codex", data_dir) == []


def test_a_file_that_nobody_touched_gets_its_bytes_back(path: Path, data_dir: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf old \r\n")
    changed(path, b"new", data_dir)
    assert given_back(path, b"without", data_dir) is None
    assert path.read_bytes() == b"\xef\xbb\xbf old \r\n"
    assert names_in(path.parent) == ["settings.json"]
    assert names_in(data_dir / "hooks") == []


def test_a_file_that_somebody_changed_loses_only_what_is_ours(path: Path, data_dir: Path) -> None:
    path.write_bytes(b"old")
    backup = changed(path, b"new", data_dir)
    path.write_bytes(b"newer")
    assert given_back(path, b"without", data_dir) == backup
    assert path.read_bytes() == b"without"
    assert noted_files("claude", data_dir) == []


def test_a_file_that_was_not_there_is_not_there_again_nor_its_folder(
    tmp_path: Path, data_dir: Path
) -> None:
    path = tmp_path / "project" / ".claude" / "settings.json"
    path.parent.parent.mkdir()
    assert changed(path, b"new", data_dir) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    given_back(path, b"{}", data_dir)
    assert names_in(tmp_path / "project") == []


def test_a_folder_of_ours_that_others_use_stays(tmp_path: Path, data_dir: Path) -> None:
    path = tmp_path / ".claude" / "settings.json"
    changed(path, b"new", data_dir)
    path.with_name("agents").mkdir()
    given_back(path, b"{}", data_dir)
    assert names_in(path.parent) == ["agents"]


def test_a_second_change_keeps_the_first_bytes_to_come_back_to(path: Path, data_dir: Path) -> None:
    path.write_bytes(b"old")
    changed(path, b"new", data_dir)
    assert changed(path, b"newest", data_dir, is_new=False, stamp="later") is None
    given_back(path, b"without", data_dir)
    assert path.read_bytes() == b"old"
    assert names_in(path.parent) == ["settings.json"]


def test_bytes_with_entries_of_ours_are_none_to_come_back_to(path: Path, data_dir: Path) -> None:
    path.write_bytes(b"with old entries")
    backup = changed(path, b"with new entries", data_dir, is_new=False)
    assert backup is not None
    assert note_of(path, data_dir) is None
    given_back(path, b"without", data_dir)
    assert path.read_bytes() == b"without"
    assert backup.exists()


def test_without_its_backup_a_file_loses_only_what_is_ours(path: Path, data_dir: Path) -> None:
    path.write_bytes(b"old")
    backup = changed(path, b"new", data_dir)
    assert backup is not None
    backup.write_bytes(b"tampered with")
    given_back(path, b"without", data_dir)
    assert path.read_bytes() == b"without"
    assert backup.exists()


def test_a_link_stays_and_its_file_is_changed_and_given_back(
    path: Path, tmp_path: Path, data_dir: Path
) -> None:
    target = tmp_path / "dotfiles" / "claude.json"
    target.parent.mkdir()
    target.write_bytes(b"old")
    path.symlink_to(target)
    changed(path, b"new", data_dir)
    assert (path.is_symlink(), target.read_bytes()) == (True, b"new")
    assert names_in(target.parent) == ["claude.json"]
    given_back(path, b"without", data_dir)
    assert (path.is_symlink(), target.read_bytes()) == (True, b"old")


def test_a_file_that_changed_since_it_was_read_is_left_alone(path: Path, data_dir: Path) -> None:
    path.write_bytes(b"newer")
    change = Change(path=path, before=b"old", after=b"ours")
    with pytest.raises(ConfigError, match="at this very moment"):
        change_file(change, "claude", data_dir=data_dir, stamp=STAMP, is_new=True)
    with pytest.raises(ConfigError, match="at this very moment"):
        give_back(change, data_dir)
    assert path.read_bytes() == b"newer"


def test_backups_of_one_second_do_not_meet(path: Path, data_dir: Path) -> None:
    path.write_bytes(b"one")
    first = changed(path, b"ours", data_dir)
    path.write_bytes(b"two")
    second = changed(path, b"ours", data_dir)
    assert first != second
    assert [p.read_bytes() for p in (first, second) if p] == [b"one", b"two"]


def test_what_is_no_file_of_settings_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_file(path) is None
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot read"):
        read_file(path)
    os.mkfifo(pipe := path.with_name("pipe"))
    with pytest.raises(ConfigError) as refused:
        read_file(pipe)
    assert refused.value.why == "it is no file"
    big = path.with_name("big")
    big.write_bytes(b"12345")
    monkeypatch.setattr(install_files, "MAX_BYTES", 4)
    with pytest.raises(ConfigError) as refused:
        read_file(big)
    assert "larger" in refused.value.why
    with pytest.raises(ConfigError) as refused:
        as_text(b"\xff", path)
    assert "UTF-8" in refused.value.why
    assert as_text(None, path) == ""


@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b'{"files": [{"path": 1}]}', b"[]"])
def test_notes_that_cannot_be_read_are_none(content: bytes, path: Path, data_dir: Path) -> None:
    file = data_dir / "hooks" / "installed.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert note_of(path, data_dir) is None
    path.write_bytes(b"old")
    changed(path, b"new", data_dir)
    given_back(path, b"without", data_dir)
    assert path.read_bytes() == b"old"


def test_notes_are_of_each_file_and_for_the_user_alone(
    path: Path, tmp_path: Path, data_dir: Path
) -> None:
    other = tmp_path / "home" / "other.json"
    changed(path, b"new", data_dir)
    changed(other, b"new", data_dir)
    file = data_dir / "hooks" / "installed.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads(file.read_text())["files"]) == 2
    given_back(path, b"", data_dir)
    assert noted_files("claude", data_dir) == [other]


@given(before=st.none() | st.binary(), after=st.binary(), again=st.binary())
def test_whatever_a_file_held_comes_back(
    tmp_path_factory: pytest.TempPathFactory, before: bytes | None, after: bytes, again: bytes
) -> None:
    root = tmp_path_factory.mktemp("files")
    path = root / "settings.json"
    if before is not None:
        path.write_bytes(before)
    changed(path, after, root / "data")
    changed(path, again, root / "data", is_new=False)
    given_back(path, b"without", root / "data")
    assert read_file(path) == before
