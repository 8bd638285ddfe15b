"""An answer is found again only when the ledger was written to."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aicost.store.remembered import MOST_ROWS, Remembered


def one_row(_: int) -> int:
    return 1


def test_an_answer_holds_until_somebody_writes(tmp_path: Path) -> None:
    writer, reader = (sqlite3.connect(tmp_path / "db", isolation_level=None) for _ in range(2))
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (n INTEGER)")
    remembered, found = Remembered(reader), list[int]()

    def count() -> int:
        found.append(reader.execute("SELECT count(*) FROM t").fetchone()[0])
        return found[-1]

    assert [remembered.answer("t", count, one_row) for _ in range(3)] == [0, 0, 0]
    assert len(found) == 1
    writer.execute("INSERT INTO t VALUES (1)")
    assert [remembered.answer("t", count, one_row) for _ in range(2)] == [1, 1]
    assert [remembered.answer("other", count, one_row), len(found)] == [1, 3]
    reader.execute("BEGIN")  # what is asked of one moment sees that moment
    assert remembered.answer("t", count, one_row) == 1
    writer.execute("INSERT INTO t VALUES (2)")
    assert remembered.answer("t", count, one_row) == 1
    reader.execute("COMMIT")
    assert remembered.answer("t", count, one_row) == 2
    writer.close()
    reader.close()


def test_few_answers_are_kept(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as db:
        remembered, found = Remembered(db), list[int]()

        def ask(number: int) -> None:
            def find() -> int:
                found.append(number)
                return number

            assert remembered.answer(number, find, one_row) == number

        for number in [*range(16), *range(16)]:
            ask(number)
        assert found == [*range(16)]
        ask(16)
        ask(0)
        assert found == [*range(17), 0]


@pytest.mark.parametrize(("rows", "asked"), [(MOST_ROWS, 1), (MOST_ROWS + 1, 2)])
def test_a_long_answer_is_not_kept(tmp_path: Path, rows: int, asked: int) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as db:
        remembered, found = Remembered(db), list[list[int]]()

        def find() -> list[int]:
            found.append([0] * rows)
            return found[-1]

        assert [len(remembered.answer("t", find, len)) for _ in range(2)] == [rows, rows]
        assert len(found) == asked


def test_what_lasts_is_asked_again_only_for_another_version(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as db:
        db.execute("CREATE TABLE t (x)")
        remembered, found = Remembered(db), list[int]()

        def find() -> int:
            found.append(db.execute("SELECT count(*) FROM t").fetchone()[0])
            return found[-1]

        assert remembered.lasting("rows", 1, find) == 0
        with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as other:
            other.execute("INSERT INTO t VALUES (1)")
        assert remembered.answer("else", lambda: 7, one_row) == 7
        assert remembered.lasting("rows", 1, find) == 0
        assert remembered.lasting("other rows", 1, find) == 1
        assert remembered.lasting("rows", 2, find) == 1
        assert found == [0, 1, 1]
