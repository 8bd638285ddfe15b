"""Something else stands where aicost keeps a file: it says so, where, and what to do."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path

import pytest
from claude_logs import append, call_line, log_of

from aicost.cli import main
from aicost.core.errors import ExitCode
from aicost.daemon.lifecycle import stop_running
from aicost.platform.dirs import Dirs, load_dirs

PLACES = {  # below AICOST_HOME
    "": "the folder itself",
    "config.toml": "the config",
    "prices.toml": "the user's prices",
    "data": "the data folder",
    "data/ledger.db": "the ledger",
    "data/ledger.db-wal": "its log of writes",
    "data/prices": "the compiled prices",
    "run": "the run folder",
    "run/daemon.lock": "the lock",
}


def a_folder(place: Path) -> None:
    place.mkdir()


def a_file(place: Path) -> None:
    place.write_bytes(b"\0\xff no file of ours")


def a_link_to_itself(place: Path) -> None:
    place.symlink_to(place.name)


def a_link_to_nowhere(place: Path) -> None:
    place.symlink_to("nowhere/at/all")


OBSTACLES = (a_folder, a_file, a_link_to_itself, a_link_to_nowhere)
HARMLESS: Mapping[Callable[[Path], None], Set[str]] = {
    a_folder: {"", "data", "data/prices", "run"},
    a_file: {"data/ledger.db", "data/ledger.db-wal", "data/prices", "run/daemon.lock"},
    a_link_to_itself: {"data/prices"},
    a_link_to_nowhere: {"config.toml", "prices.toml", "data", "data/prices"},
}


@pytest.fixture
def own(home: Path) -> Path:
    """Return AICOST_HOME, not made yet; there is one log to read."""
    append(log_of(home / ".claude"), call_line("msg_1"))
    return home / ".aicost"


@pytest.mark.parametrize("obstacle", OBSTACLES, ids=lambda obstacle: obstacle.__name__)
@pytest.mark.parametrize("place", PLACES, ids=PLACES.get)
def test_a_report_comes_or_says_what_stands_in_its_way(
    own: Path, place: str, obstacle: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    path = own / place
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    obstacle(path)
    before = kind_of(path)
    code = main.run(["report", "--json"])
    said = capsys.readouterr()
    if code == ExitCode.OK:
        assert '"requests": 1' in said.out
        assert place in HARMLESS[obstacle]
        return
    assert place not in HARMLESS[obstacle]
    assert code in (ExitCode.CONFIG, ExitCode.STORE)
    assert said.out == ""
    what, *rest = said.err.splitlines()
    assert what.startswith("aicost: ")
    assert [line[:8] for line in rest] in (["   why: ", "   try: "], ["   try: "])
    assert path.name.removesuffix("-wal") in said.err
    assert kind_of(path) == before


def kind_of(path: Path) -> int:
    return stat.S_IFMT(path.lstat().st_mode)


# The daemon


@pytest.fixture
def dirs() -> Iterator[Dirs]:
    found = load_dirs(os.environ)
    yield found
    stop_running(found, timeout_s=20.0)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("ledger_file", "unable to open"),
        ("lock_file", "cannot be locked"),
        ("log_file", "Is a directory"),
        ("socket_path", "cannot listen at"),
    ],
)
def test_a_daemon_that_cannot_start_says_why(
    dirs: Dirs, capsys: pytest.CaptureFixture[str], place: str, words: str
) -> None:
    path: Path = getattr(dirs, place)
    path.mkdir()
    assert main.run(["daemon", "start"]) == ExitCode.DAEMON_DOWN
    said = capsys.readouterr().err
    assert words in said
    assert "try: " in said
    assert "Traceback" not in said
    if dirs.log_file.is_file():
        assert "Traceback" not in dirs.log_file.read_text()
