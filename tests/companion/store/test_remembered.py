"""An answer is found again only when the ledger was written to."""

import sqlite3
from pathlib import Path

from aicost.store.remembered import Remembered


def test_an_answer_holds_until_somebody_writes(tmp_path: Path) -> None:
    writer, reader = (sqlite3.connect(tmp_path / "db", isolation_level=None) for _ in range(2))
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (n INTEGER)")
    remembered, found = Remembered(reader), list[int]()

    def count() -> int:
        found.append(reader.execute("SELECT count(*) FROM t").fetchone()[0])
        return found[-1]

    assert [remembered.answer("t", count) for _ in range(3)] == [0, 0, 0]
    assert len(found) == 1
    writer.execute("INSERT INTO t VALUES (1)")
    assert [remembered.answer("t", count) for _ in range(2)] == [1, 1]
    assert [remembered.answer("other", count), len(found)] == [1, 3]
    reader.execute("BEGIN")  # what is asked of one moment sees that moment
    assert remembered.answer("t", count) == 1
    writer.execute("INSERT INTO t VALUES (2)")
    assert remembered.answer("t", count) == 1
    reader.execute("COMMIT")
    assert remembered.answer("t", count) == 2
    writer.close()
    reader.close()


def test_memory_is_bounded(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "db")
    remembered = Remembered(db)
    for number in range(200):
        assert remembered.answer(number, lambda: number) == number  # noqa: B023 - called at once
    assert len(remembered._answers) <= 64
    db.close()
