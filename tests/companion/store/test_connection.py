"""A ledger's file is its owner's, is read while it is written, and its troubles have one name."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from ledgers import content
from log_builders import assistant_line, file_read, recorded, user_line

from aicost.core.errors import StoreError
from aicost.store.connection import connect, connect_readonly, store_errors

WHOLE = [file_read(user_line("t-1"), assistant_line(1), assistant_line(2))]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with recorded(*WHOLE, path=path):
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("ledger.db", "ledger.db-wal", "ledger.db-shm"), 0o600)


def test_reading_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with recorded(*WHOLE, path=path) as ledger, closing(connect_readonly(path)) as db:
        before = content(db)
        ledger.db.execute("BEGIN IMMEDIATE")
        ledger.db.execute("DELETE FROM call")
        assert content(db) == before
        with pytest.raises(sqlite3.OperationalError):
            db.execute("DELETE FROM call")
        ledger.db.rollback()


def test_what_cannot_be_opened_is_closed(tmp_path: Path) -> None:
    unusable = tmp_path / "ledger.db"
    unusable.write_bytes(b"this is no database, and long enough to look like one" * 40)
    before = psutil.Process().num_fds()
    with pytest.raises(sqlite3.DatabaseError) as kept:
        connect(unusable)
    assert kept.tb is not None  # its frames are there, and a file left open would be
    assert psutil.Process().num_fds() == before
    assert unusable.read_bytes().startswith(b"this is no database")


def test_a_ledger_that_is_not_there_cannot_be_reported_from(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect_readonly(tmp_path / "ledger.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [sqlite3.OperationalError("locked"), OSError("full")])
def test_what_sqlite_or_the_disk_says_is_a_store_error(error: Exception) -> None:
    with pytest.raises(StoreError, match=f"the ledger cannot be used: {error}"), store_errors():
        raise error
