"""Files are written when they change, whole, for the user alone; and never to somebody else's."""

import stat
from pathlib import Path

import pytest
from builders import usd

from aicost.core.badge import ALIVE_EVERY_S, Badge
from aicost.core.shell_links import Shell
from aicost.daemon.badge_files import BadgeFiles, lines_of
from aicost.daemon.badge_scopes import BadgeSet

ONE = Badge(cost_nusd=usd(1), tokens=10)
LINE = "ok\t$1.00\t\tended\t10\t\t\t\n"


@pytest.fixture
def files(tmp_path: Path) -> BadgeFiles:
    files = BadgeFiles(tmp_path, 4411)
    files.clear()
    return files


def test_every_badge_has_a_file_of_its_own() -> None:
    found = BadgeSet(today=ONE, repos={"/src/shop": ONE}, shells={Shell(77, "5"): ONE})
    assert lines_of(found) == {"today": LINE, "repo/%2Fsrc%2Fshop": LINE, "shell/77": LINE}
    assert list(lines_of(found))[-1] == "today"  # who waits for it finds the others


def test_a_checkout_of_a_name_too_long_has_none() -> None:
    assert lines_of(BadgeSet(repos={"/" + "x" * 300: ONE})) == {}


def test_nothing_is_no_file() -> None:
    assert lines_of(BadgeSet()) == {}


def test_a_file_is_written_when_it_changes_and_removed_when_it_is_not_said(
    tmp_path: Path, files: BadgeFiles
) -> None:
    today = tmp_path / "badge" / "today"
    files.show({"today": "a\n", "shell/7": "b\n"}, 0)
    assert stat.S_IMODE(today.stat().st_mode) == 0o600
    inode = today.stat().st_ino
    files.show({"today": "a\n"}, 1)
    assert (today.read_text(), today.stat().st_ino) == ("a\n", inode)
    assert not (tmp_path / "badge" / "shell" / "7").exists()
    files.show({"today": "c\n"}, 1)
    assert today.read_text() == "c\n"
    names = sorted(path.name for path in (tmp_path / "badge").iterdir())
    assert names == ["alive", "repo", "shell", "today"]


@pytest.mark.parametrize(
    ("later_s", "is_said"),
    [(0, False), (ALIVE_EVERY_S - 0.01, False), (ALIVE_EVERY_S, True), (-1, True)],
)
def test_we_say_that_we_are_at_work_every_few_seconds(
    tmp_path: Path, files: BadgeFiles, later_s: float, is_said: bool
) -> None:
    alive = tmp_path / "badge" / "alive"
    files.show({}, 1_000.0)
    assert alive.read_text() == "4411 1000\n"
    alive.write_text("")
    files.show({}, 1_000.0 + later_s)
    assert bool(alive.read_text()) == is_said


def test_what_another_daemon_left_is_removed_and_links_lead_nowhere(tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.write_text("mine")
    (tmp_path / "badge" / "shell").mkdir(parents=True)
    (tmp_path / "badge" / "shell" / "1").write_text("old")
    (tmp_path / "badge" / "today").symlink_to(others)
    files = BadgeFiles(tmp_path, 1)
    files.clear()
    assert [path for path in (tmp_path / "badge").rglob("*") if not path.is_dir()] == []
    (tmp_path / "badge" / "today").symlink_to(others)
    (tmp_path / "badge" / ".today.part").symlink_to(others)
    files.show({"today": "a\n"}, 0)
    assert others.read_text() == "mine"
    assert not (tmp_path / "badge" / "today").is_symlink()


def test_a_folder_that_is_gone_is_made_anew(tmp_path: Path, files: BadgeFiles) -> None:
    files.show({"shell/7": "a\n", "today": "b\n"}, 0)
    (tmp_path / "badge" / "shell" / "7").unlink()
    (tmp_path / "badge" / "shell").rmdir()
    files.show({"shell/7": "c\n", "today": "b\n"}, 0)
    assert (tmp_path / "badge" / "shell" / "7").read_text() == "c\n"
    assert (tmp_path / "badge" / "today").read_text() == "b\n"
    assert (tmp_path / "badge" / "alive").read_text() == "4411 0\n"


def test_what_cannot_be_written_is_told_in_the_log(
    tmp_path: Path, files: BadgeFiles, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "badge" / "today").mkdir()
    files.show({"today": "a\n"}, 0)
    assert "badges cannot be written" in caplog.text
    (tmp_path / "badge" / "today").rmdir()
    files.show({"today": "a\n"}, 0)
    assert (tmp_path / "badge" / "today").read_text() == "a\n"


def test_a_folder_of_somebody_else_s_choice_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "badge").symlink_to(tmp_path / "elsewhere")
    BadgeFiles(tmp_path, 1).clear()
    assert "old badges cannot be removed" in caplog.text
