"""The files of verdicts: when they are written, when they go, and who may read them."""

import logging
import stat
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from builders import NOW

from aicost.daemon.verdict_files import HOLDS, Verdict, VerdictFiles

PASS, CHECK = Verdict("pass"), Verdict("check")
STOP = Verdict("stop", NOW + HOLDS, ("PostToolBatch 0 {}",))


@pytest.fixture
def files(tmp_path: Path) -> VerdictFiles:
    files = VerdictFiles(tmp_path, 4711)
    files.clear()
    return files


def on_disk(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "verdict").iterdir()}


def test_files_say_what_the_shell_reads(files: VerdictFiles, tmp_path: Path) -> None:
    files.show({"s-1": STOP, "s-2": PASS, ".codex": Verdict(""), "default": CHECK}, NOW)
    until = int((NOW + HOLDS).timestamp())
    assert on_disk(tmp_path) == {
        "s-1": f"stop {until} 4711\nPostToolBatch 0 {{}}\n",
        "s-2": "pass\n",
        ".codex": "",
        "default": "check\n",
    }
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "verdict").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "verdict").stat().st_mode) == 0o700


def test_what_is_no_longer_said_is_removed(files: VerdictFiles, tmp_path: Path) -> None:
    files.show({"s-1": STOP, "default": CHECK}, NOW)
    files.show({"default": CHECK}, NOW)
    assert set(on_disk(tmp_path)) == {"default"}
    files.show({}, NOW)
    assert on_disk(tmp_path) == {}


@pytest.mark.parametrize(
    ("wanted", "later", "is_written"),
    [
        pytest.param(STOP, 0, False, id="the same"),
        pytest.param(STOP, 299, False, id="the same end: nothing to add"),
        pytest.param(replace(STOP, until=NOW + 1.4 * HOLDS), 120, False, id="holds long enough"),
        pytest.param(replace(STOP, until=NOW + 1.6 * HOLDS), 180, True, id="renewed at half"),
        pytest.param(replace(STOP, until=NOW + HOLDS / 2), 0, True, id="a window ends sooner"),
        pytest.param(replace(STOP, lines=("PostToolBatch 0 {1}",)), 0, True, id="other words"),
        pytest.param(CHECK, 0, True, id="another verdict"),
    ],
)
def test_a_file_is_written_only_when_it_changes(
    files: VerdictFiles, tmp_path: Path, wanted: Verdict, later: int, is_written: bool
) -> None:
    path = tmp_path / "verdict" / "s-1"
    files.show({"s-1": STOP}, NOW)
    before = path.stat().st_ino, path.read_text()
    files.show({"s-1": wanted}, NOW + timedelta(seconds=later))
    assert (path.read_text() != before[1]) is is_written
    if not is_written:
        assert path.stat().st_ino == before[0]


def test_a_folder_that_was_tidied_away_comes_back(files: VerdictFiles, tmp_path: Path) -> None:
    files.show({"s-1": STOP, "default": CHECK}, NOW)
    for path in (tmp_path / "verdict").iterdir():
        path.unlink()
    (tmp_path / "verdict").rmdir()
    files.show({"s-1": STOP, "default": CHECK, "s-2": CHECK}, NOW)
    assert set(on_disk(tmp_path)) == {"s-1", "s-2", "default"}


def test_what_another_daemon_left_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "verdict"
    folder.mkdir(mode=0o700)
    (folder / "s-9").write_text("stop 9999999999 1\n")
    VerdictFiles(tmp_path, 1).clear()
    assert on_disk(tmp_path) == {}


def test_a_folder_that_cannot_be_written_is_told_and_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "verdict").write_text("not a folder")
    files = VerdictFiles(tmp_path, 1)
    with caplog.at_level(logging.WARNING):
        files.clear()
        files.show({"s-1": STOP}, NOW)
    assert "old verdicts cannot be removed" in caplog.text
    assert "verdicts cannot be written" in caplog.text


def test_the_end_of_a_stop_is_a_whole_second(files: VerdictFiles, tmp_path: Path) -> None:
    odd = datetime.fromtimestamp(NOW.timestamp() + 0.9, NOW.tzinfo)
    files.show({"s-1": replace(STOP, until=odd)}, NOW)
    assert on_disk(tmp_path)["s-1"].startswith(f"stop {int(NOW.timestamp())} ")
