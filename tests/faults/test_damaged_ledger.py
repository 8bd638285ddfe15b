"""A ledger that the disk has damaged: whatever it became, a right one stands in its place."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random

import pytest
from claude_logs import append, call_line, log_of
from corpora import Excerpt
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lab.waiting import until
from ledgers import Rows, content, opened, read_everything

from aicost.core.errors import DaemonDown, StoreError
from aicost.daemon.lifecycle import start_in_background, stop_running
from aicost.daemon.oneshot import answer
from aicost.ipc import wire
from aicost.platform.dirs import Dirs, load_dirs
from aicost.store.recovery import LedgerDamaged, is_damage, kept_aside, mark_damaged, telling_damage

PAGE = 4096
TOO_LATE_S = 30.0
RUN = count()


# Any damage, before the ledger is opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("damaged")
    yield path
    shutil.rmtree(path)


class Whole:
    """A ledger without damage, and what is in it."""

    def __init__(self, file: bytes, rows: Rows) -> None:
        self.file, self.rows = file, rows

    def __repr__(self) -> str:  # hypothesis prints it
        return f"{len(self.file)} bytes"


@pytest.fixture(scope="module")
def whole(real_excerpt: Excerpt, folder: Path) -> Whole:
    with opened(folder / "whole", [real_excerpt.home]) as engine:
        read_everything(engine)
        rows = content(engine.ledger.db)
    return Whole((folder / "whole" / "data" / "ledger.db").read_bytes(), rows)


def a_page_of_zeros(ledger: bytearray, random: Random) -> None:
    at = PAGE * random.randrange(len(ledger) // PAGE)
    ledger[at : at + PAGE] = bytes(PAGE)


def the_end(ledger: bytearray, random: Random) -> None:
    del ledger[random.randrange(len(ledger)) :]


def the_beginning(ledger: bytearray, random: Random) -> None:
    size = random.randint(1, 3 * PAGE)
    ledger[:size] = random.randbytes(size)


DAMAGES = (a_page_of_zeros, the_end, the_beginning)
MANY_RUNS = settings(  # a seed says it all: there is nothing to shrink
    max_examples=8, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@MANY_RUNS
@given(seed=st.integers(0, 2**32))
def test_whatever_is_damaged_the_logs_make_it_whole(
    whole: Whole,
    real_excerpt: Excerpt,
    folder: Path,
    damage: Callable[[bytearray, Random], None],
    seed: int,
) -> None:
    """As who finds damage in use does: leaves a mark, and opens the ledger again."""
    ledger = bytearray(whole.file)
    damage(ledger, Random(seed))
    assert mended(folder, ledger, real_excerpt.home) == whole.rows


@MANY_RUNS
@given(seed=st.integers(0, 2**32))
def test_bytes_that_sqlite_cannot_tell_from_others_are_believed_and_nothing_breaks(
    whole: Whole, real_excerpt: Excerpt, folder: Path, seed: int
) -> None:
    """It keeps no checksums: a number that became another is a number."""
    random, ledger = Random(seed), bytearray(whole.file)
    for _ in range(random.choice((1, 10, 100))):
        ledger[random.randrange(len(ledger))] = random.randrange(256)
    assert mended(folder, ledger, real_excerpt.home).keys() == whole.rows.keys()


def mended(folder: Path, ledger: bytearray, home: Path) -> Rows:
    """Return what is in a ledger, read on; where that finds damage, in the one made anew."""
    profile = folder / f"profile{next(RUN)}"
    file = profile / "data" / "ledger.db"
    file.parent.mkdir(parents=True)
    file.write_bytes(ledger)
    try:
        return read_in(profile, home)
    except LedgerDamaged:
        mark_damaged(file)
        assert kept_aside(file) == ()
        found = read_in(profile, home)
        assert len(kept_aside(file)) == 1
        return found
    finally:
        shutil.rmtree(profile)


def read_in(profile: Path, home: Path) -> Rows:
    with telling_damage(profile / "data" / "ledger.db"), opened(profile, [home]) as engine:
        read_everything(engine)
        try:
            return content(engine.ledger.db)
        except sqlite3.Error as error:
            raise (LedgerDamaged if is_damage(error) else StoreError)(str(error)) from error


# What the user sees


@pytest.fixture
def dirs() -> Iterator[Dirs]:
    """Places of our own; no daemon survives its test."""
    found = load_dirs(os.environ)
    yield found
    stop_running(found, timeout_s=TOO_LATE_S)


@pytest.fixture
def logs(home: Path) -> Path:
    return home / ".claude"


def requests(text: str) -> int:
    found: int = json.loads(text)["total"]["requests"]
    return found


def alone(dirs: Dirs) -> int:
    return requests(answer(dirs, os.environ, "report", {}))


def overwritten(file: Path) -> None:
    file.write_bytes(b"this is no database, and long enough to look like one" * 400)


def test_a_command_makes_the_ledger_anew_and_says_so(
    dirs: Dirs, logs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    append(log_of(logs), call_line("msg_1"), call_line("msg_2"))
    assert alone(dirs) == 2
    overwritten(dirs.ledger_file)
    assert alone(dirs) == 2
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("aicost: the ledger was damaged; it is made anew from the logs\n")
    caplog.clear()
    assert alone(dirs) == 2
    assert caplog.records == []


def test_an_empty_file_is_filled_without_a_word(
    dirs: Dirs, logs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever made it was killed before its first page was written."""
    append(log_of(logs), call_line("msg_1"))
    dirs.data_dir.mkdir(parents=True, exist_ok=True)
    dirs.ledger_file.touch(mode=0o600)
    assert alone(dirs) == 1
    assert caplog.records == []
    assert kept_aside(dirs.ledger_file) == ()


def test_damage_that_only_a_question_meets_is_mended_for_that_question(
    dirs: Dirs, logs: Path
) -> None:
    """The file's first pages are whole: it opens, and one of its tables cannot be read."""
    append(log_of(logs), *(call_line(f"msg_{n}") for n in range(200)))
    assert alone(dirs) == 200
    damage_table(dirs.ledger_file, "usage_day")
    assert alone(dirs) == 200
    assert len(kept_aside(dirs.ledger_file)) == 1


def damage_table(file: Path, table: str) -> None:
    """Overwrite the first page of a table. Whoever has the ledger open sees it at once."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = db.execute(query, (table,)).fetchone()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with file.open("r+b") as raw:
            raw.seek((page - 1) * PAGE)
            raw.write(b"\xa5" * PAGE)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('written', 'by another')")


def test_homes_that_only_the_damaged_ledger_knew_are_read_anew(dirs: Dirs, home: Path) -> None:
    other = home / "other"
    append(log_of(other), call_line("msg_1"))
    assert requests(answer(dirs, os.environ, "report", {"homes": [str(other)]})) == 1
    damage_table(dirs.ledger_file, "usage_day")
    assert alone(dirs) == 1


@pytest.mark.parametrize("table", ["call", "usage_day", "log_file"])
def test_a_daemon_that_meets_damage_makes_the_ledger_anew_and_goes_on(
    dirs: Dirs, logs: Path, table: str
) -> None:
    log = append(log_of(logs), *(call_line(f"msg_{n}") for n in range(50)))
    start_in_background(dirs, os.environ)
    assert counted(dirs) == 50
    pid = status(dirs)["pid"]
    damage_table(dirs.ledger_file, table)
    append(log, call_line("msg_late"))
    until(lambda: kept_aside(dirs.ledger_file), "the damaged ledger to be kept aside")
    until(lambda: counted(dirs) == 51, "a right ledger")
    now = status(dirs)
    assert now["pid"] == pid
    assert now["damaged_ledgers"] == [str(path) for path in kept_aside(dirs.ledger_file)]
    assert "made anew from the logs" in dirs.log_file.read_text()
    assert "Traceback" not in dirs.log_file.read_text()


def status(dirs: Dirs) -> dict[str, object]:
    return wire.call(dirs.socket_path, "status", {}, timeout_s=TOO_LATE_S)


def counted(dirs: Dirs) -> int:
    """Return what the daemon answers; -1 while it is between two ledgers."""
    try:
        return requests(wire.call(dirs.socket_path, "report", {}, timeout_s=TOO_LATE_S)["text"])
    except (DaemonDown, StoreError):
        return -1
