"""A damaged ledger makes way for a new one and is kept; one that is only in the way is not."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from log_builders import HOME, assistant_line, file_read, open_ledger

from aicost.core.errors import StoreError
from aicost.store.ledger import Ledger
from aicost.store.recovery import (
    LedgerDamaged,
    damaged,
    is_damage,
    is_whole,
    keep_aside,
    kept_aside,
    mark_damaged,
    opened,
    reason,
    salvaged_homes,
    telling_damage,
)

NOW = datetime(2026, 11, 22, 11, 30, tzinfo=timezone(timedelta(hours=1)))
KEPT = "ledger.db.corrupt-20261122T103000Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the ledger lies; one with a call is there."""
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.record([file_read(assistant_line(1), home=str(tmp_path))])
    return path


def calls(ledger: Ledger) -> int:
    return int(ledger.db.execute("SELECT count(*) FROM call").fetchone()[0])


def reopened(path: Path) -> Ledger:
    return opened(path, lambda: open_ledger(path), NOW)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# What damage is


def error_of(code: int) -> sqlite3.Error:
    error = sqlite3.DatabaseError("what SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(error_of(sqlite3.SQLITE_CORRUPT), True, id="malformed"),
        pytest.param(error_of(sqlite3.SQLITE_CORRUPT_INDEX), True, id="a malformed index"),
        pytest.param(error_of(sqlite3.SQLITE_NOTADB), True, id="no database"),
        pytest.param(error_of(sqlite3.SQLITE_BUSY), False, id="locked"),
        pytest.param(error_of(sqlite3.SQLITE_FULL), False, id="a full disk"),
        pytest.param(error_of(sqlite3.SQLITE_IOERR), False, id="a failing disk"),
        pytest.param(error_of(sqlite3.SQLITE_CANTOPEN), False, id="a folder"),
        pytest.param(error_of(sqlite3.SQLITE_READONLY), False, id="read only"),
        pytest.param(error_of(sqlite3.SQLITE_ERROR), False, id="no such table"),
        pytest.param(sqlite3.OperationalError("without a code"), False, id="of Python's own"),
        pytest.param(
            sqlite3.OperationalError("Could not decode to UTF-8 column 'path' with text '\xa5'"),
            True,
            id="no text",
        ),
        pytest.param(UnicodeDecodeError("utf-8", b"\xa5", 0, 1, "x"), True, id="no text in words"),
        pytest.param(OSError(28, "No space left on device"), False, id="the system's"),
    ],
)
def test_only_a_wrong_file_is_damage(error: Exception, expected: bool) -> None:
    assert is_damage(error) is expected


@pytest.mark.parametrize(
    ("size_bytes", "was_marked", "why"),
    [
        (None, False, ""),
        (None, True, ""),
        (0, False, ""),
        (0, True, ""),
        (1, False, ""),
        (1, True, "it was found damaged while it was in use"),
    ],
)
def test_only_a_ledger_found_damaged_is_not_opened(
    size_bytes: int | None, was_marked: bool, why: str
) -> None:
    assert reason(size_bytes, was_marked=was_marked) == why


def test_a_ledger_is_whole_until_its_pages_are_wrong(path: Path) -> None:
    assert is_whole(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert is_whole(path)  # (nobody can tell now)
    holed(path)
    assert not is_whole(path)
    overwritten(path)
    assert not is_whole(path)
    assert is_whole(path.with_name("gone"))


# What looks like a bug


class FoundError(Exception):
    """Any other error."""


@pytest.mark.parametrize("is_grouped", [False, True])
@pytest.mark.parametrize("error", [TypeError("'<' not supported"), KeyError(7), ValueError("no")])
def test_a_bug_in_a_damaged_ledger_is_damage(
    path: Path, error: Exception, is_grouped: bool
) -> None:
    raised = ExceptionGroup("tasks", [ExceptionGroup("more", [error])]) if is_grouped else error
    with pytest.raises(type(raised)), telling_damage(path):
        raise raised
    holed(path)
    with pytest.raises(LedgerDamaged), telling_damage(path):
        raise raised


@pytest.mark.parametrize(
    "error", [FoundError(), ExceptionGroup("tasks", [FoundError()]), StoreError("x")]
)
def test_another_error_is_left_as_it_is(path: Path, error: Exception) -> None:
    holed(path)
    with pytest.raises(type(error)) as caught, telling_damage(path):
        raise error
    assert caught.value is error


def test_damage_is_found_in_a_group_of_errors(path: Path) -> None:
    found = damaged(path, error_of(sqlite3.SQLITE_CORRUPT))
    with pytest.raises(LedgerDamaged), telling_damage(path):
        raise ExceptionGroup("tasks", [TypeError(), ExceptionGroup("more", [found])])


def test_a_ledger_that_cannot_be_opened_for_damage_nobody_named_makes_way(path: Path) -> None:
    """SQLite calls it an error of the query when a table's own text is wrong."""
    holed(path)
    tried = list[int]()

    def refuse_once() -> Ledger:
        if not tried:
            tried.append(1)
            raise StoreError("the ledger cannot be used: no such column: at_us")
        return open_ledger(path)

    with opened(path, refuse_once, NOW) as ledger:
        assert calls(ledger) == 0
    assert len(kept_aside(path)) == 1


# What is done


def overwritten(path: Path) -> None:
    path.write_bytes(b"this is no database, and long enough to look like one" * 400)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 3])


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def holed(path: Path) -> None:
    """Overwrite all but the first page, as a disk with bad sectors."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


def marked(path: Path) -> None:
    mark_damaged(path)


@pytest.mark.parametrize("damage", [overwritten, cut, zeroed, holed, marked])
def test_a_damaged_ledger_is_kept_aside_for_a_new_one(
    path: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(path)
    before = path.read_bytes()
    with reopened(path) as ledger:
        assert calls(ledger) == 0
    (kept,) = kept_aside(path)
    assert kept.name == KEPT
    assert kept.read_bytes() == before
    (record,) = caplog.records
    what, why, hint = record.getMessage().splitlines()
    assert what == "aicost: the ledger was damaged; it is made anew from the logs"
    assert str(kept) in why
    assert "calls of logs that are gone" in why
    assert hint == "   try: aicost daemon status"
    caplog.clear()
    with reopened(path) as ledger:
        assert calls(ledger) == 0
    assert caplog.records == []
    assert kept_aside(path) == (kept,)


def test_a_whole_ledger_is_just_opened(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with reopened(path) as ledger:
        assert calls(ledger) == 1
    assert kept_aside(path) == ()
    assert caplog.records == []


def test_where_there_is_no_ledger_one_is_made(tmp_path: Path) -> None:
    with reopened(tmp_path / "new.db") as ledger:
        assert calls(ledger) == 0
    assert names(tmp_path) == ["new.db"]


def test_an_empty_file_is_no_ledger_yet(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is what a kill leaves that comes between the file and its first page."""
    path.write_bytes(b"")
    mark_damaged(path)
    with reopened(path) as ledger:
        assert calls(ledger) == 0
    assert (names(path.parent), caplog.records) == ([path.name], [])


def test_what_lies_beside_it_goes_with_it(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).write_bytes(ending.encode())
    kept = keep_aside(path, NOW)
    assert names(path.parent) == [KEPT, f"{KEPT}-shm", f"{KEPT}-wal"]
    assert path.with_name(f"{KEPT}-wal").read_bytes() == b"-wal"
    assert kept_aside(path) == (kept,)


def test_two_in_one_second_are_both_kept(path: Path) -> None:
    first = keep_aside(path, NOW)
    path.write_bytes(b"another")
    second = keep_aside(path, NOW)
    assert second.read_bytes() == b"another"
    assert kept_aside(path) == (first, second)


@pytest.mark.parametrize("error", [StoreError("locked"), StoreError("a newer aicost wrote it")])
def test_a_ledger_that_cannot_be_opened_for_another_reason_stays(
    path: Path, error: StoreError
) -> None:
    def refuse() -> Ledger:
        raise error

    with pytest.raises(StoreError) as caught:
        opened(path, refuse, NOW)
    assert caught.value is error
    assert kept_aside(path) == ()


def test_a_ledger_that_could_not_be_begun_leaves_no_empty_file(tmp_path: Path) -> None:
    """On a full disk."""
    path = tmp_path / "ledger.db"

    def fail() -> Ledger:
        path.touch()
        raise StoreError("the ledger cannot be used: database or disk is full")

    with pytest.raises(StoreError, match="full"):
        opened(path, fail, NOW)
    assert names(tmp_path) == []


def test_a_new_ledger_that_is_damaged_at_once_is_not_tried_for_ever(path: Path) -> None:
    """A disk that writes something else than it was given."""
    tried = list[int]()

    def fail() -> Ledger:
        tried.append(1)
        path.touch()
        raise damaged(path, error_of(sqlite3.SQLITE_CORRUPT))

    with pytest.raises(LedgerDamaged, match="the ledger is damaged"):
        opened(path, fail, NOW)
    assert len(tried) == 2


def test_a_folder_that_allows_no_renaming_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    overwritten(path)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError) as caught:
        reopened(path)
    assert caught.value.what == "the damaged ledger cannot be kept aside"
    assert "Permission denied" in caught.value.why
    assert str(path.parent) in caught.value.hint


# What a damaged ledger still names


def test_homes_that_exist_are_taken_from_a_damaged_ledger(path: Path, tmp_path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.record([file_read(home=HOME, path="gone.jsonl")])
    mark_damaged(path)
    reopened(path).close()
    assert salvaged_homes(kept_aside(path)) == (str(tmp_path),)


@pytest.mark.parametrize(
    "rows", [[b"\xff"], [7], [None], ["relative"], ["/a\0b"], ["/" + "x" * 9999]]
)
def test_damaged_names_of_homes_are_none(tmp_path: Path, rows: list[object]) -> None:
    path = tmp_path / "odd.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE home (path)")
        db.executemany("INSERT INTO home VALUES (?)", [(row,) for row in rows])
    assert salvaged_homes([path]) == ()


def test_a_ledger_too_damaged_to_read_names_no_homes(path: Path) -> None:
    overwritten(path)
    assert salvaged_homes([path, path.with_name("gone")]) == ()


def test_the_time_of_a_kept_ledger_is_utc(path: Path) -> None:
    assert keep_aside(path, NOW).name == KEPT
    path.touch()
    assert keep_aside(path, NOW.astimezone(UTC)).name == f"{KEPT}.2"
