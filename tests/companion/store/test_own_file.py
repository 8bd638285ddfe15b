"""Small files beside the ledger: any damage begins another, and a newer one is left alone."""

import sqlite3
from pathlib import Path

import pytest

from aicost.core.errors import StoreError
from aicost.store.own_file import OwnFile

FIRST = "CREATE TABLE note (text TEXT)"
SECOND = "CREATE TABLE other (number INTEGER); INSERT INTO other VALUES (7)"


def kind(*migrations: str) -> OwnFile:
    return OwnFile("the notebook", migrations, lambda db: None)


def test_a_file_is_made_and_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    first = kind(FIRST).open(path)
    first.execute("INSERT INTO note VALUES ('kept')")
    first.close()
    second = kind(FIRST, SECOND).open(path)
    assert second.execute("SELECT text, number FROM note, other").fetchall() == [("kept", 7)]
    second.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_step_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    kind(FIRST).open(path).close()
    with pytest.raises(StoreError, match="the notebook cannot be used"):
        kind(FIRST, "CREATE TABLE other (number INTEGER); CREATE TABLE note (x)").open(path)
    again = kind(FIRST, SECOND).open(path)
    assert again.execute("SELECT number FROM other").fetchall() == [(7,)]
    again.close()


def test_a_newer_file_is_refused_politely(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    kind(FIRST, SECOND).open(path).close()
    with pytest.raises(StoreError) as raised:
        kind(FIRST).open(path)
    assert raised.value.what == "the notebook is of version 2, this aicost knows up to 1"


def test_a_damaged_file_is_kept_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "own.db"
    path.write_bytes(b"no database at all" * 100)
    db = kind(FIRST).open(path)
    assert db.execute("SELECT * FROM note").fetchall() == []
    db.close()
    aside = [other for other in tmp_path.iterdir() if other != path]
    assert any(other.read_bytes().startswith(b"no database") for other in aside)
    assert "the notebook was damaged" in caplog.text


def test_what_is_done_at_once_is_done_to_an_up_to_date_file(tmp_path: Path) -> None:
    def forget(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM note")

    path = tmp_path / "own.db"
    first = kind(FIRST).open(path)
    first.execute("INSERT INTO note VALUES ('old')")
    first.close()
    second = OwnFile("the notebook", (FIRST,), forget).open(path)
    assert second.execute("SELECT * FROM note").fetchall() == []
    second.close()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "own.db").mkdir()
    with pytest.raises(StoreError, match="the notebook cannot be used"):
        kind(FIRST).open(tmp_path / "own.db")
