"""Read positions survive a restart, and go along with a log that moves."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from log_builders import HOME, file_read

from aicost.core.facts import FileRead
from aicost.core.tailing import Cursor
from aicost.store.cursors import read_cursors, read_homes, write_cursors, write_homes
from aicost.store.schema import migrate

FULL = Cursor(
    device=2**40,
    inode=2**40 + 1,
    offset=3,
    seen_bytes=4,
    modified_ns=1_795_312_800_123_456_789,
    mark=2**32 - 1,
    skipping=True,
    thread="t-1",
    broken_lines=9,
)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        connection.execute("INSERT INTO home (path) VALUES (?)", (HOME,))
        yield connection


def read_at(path: str, cursor: Cursor) -> FileRead:
    return replace(file_read(), path=path, cursor=cursor)


def test_a_cursor_comes_back_as_it_was(db: sqlite3.Connection) -> None:
    write_cursors(db, [(read_at("/a", FULL), 1)])
    assert read_cursors(db) == {"/a": FULL}


def test_the_last_cursor_of_a_log_counts(db: sqlite3.Connection) -> None:
    write_cursors(db, [(read_at("/a", FULL), 1)])
    later = FULL._replace(offset=50, skipping=False, thread="t-2", inode=7)
    write_cursors(db, [(read_at("/a", later), 1)])
    assert read_cursors(db) == {"/a": later}


def test_a_log_that_moved_keeps_one_cursor_at_its_new_place(db: sqlite3.Connection) -> None:
    write_cursors(db, [(read_at("/a", FULL), 1)])
    write_cursors(db, [(read_at("/other", FULL._replace(inode=1)), 1)])
    write_cursors(db, [(read_at("/b", FULL._replace(offset=9)), 1)])
    assert read_cursors(db) == {
        "/b": FULL._replace(offset=9),
        "/other": FULL._replace(inode=1),
    }


def test_of_two_paths_of_one_file_the_last_counts(db: sqlite3.Connection) -> None:
    """They may come together: a log that was seen at both, while it moved."""
    write_cursors(db, [(read_at("/a", FULL), 1), (read_at("/c", FULL._replace(inode=1)), 1)])
    both = [read_at("/b", FULL), read_at("/a", FULL._replace(offset=9)), read_at("/d", FULL)]
    write_cursors(db, [(read, 1) for read in both])
    assert read_cursors(db) == {"/c": FULL._replace(inode=1), "/d": FULL}


def test_each_reading_has_its_own_cursors(db: sqlite3.Connection) -> None:
    evidence = replace(read_at("/a", FULL._replace(offset=9)), stage="evidence")
    write_cursors(db, [(read_at("/a", FULL), 1), (evidence, 1)])
    assert read_cursors(db) == {"/a": FULL}
    assert read_cursors(db, "evidence") == {"/a": FULL._replace(offset=9)}


def test_the_known_homes_are_named(db: sqlite3.Connection) -> None:
    for homes in (["/b", "/a"], ["/a"], []):
        write_homes(db, homes)
        assert read_homes(db) == ("/a", "/b", HOME)
