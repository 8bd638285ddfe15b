"""Ledgers of every age come up to date, once, and never go back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK

from aicost.core.errors import StoreError
from aicost.core.reports import ReportQuery
from aicost.store import schema
from aicost.store.cursors import read_all_cursors
from aicost.store.ledger import Ledger
from aicost.store.places import Attribution
from aicost.store.reports import report
from aicost.store.schema import VERSION, migrate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(opened(path)) as connection:
        yield connection


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_a_new_ledger_gets_every_table(db: sqlite3.Connection) -> None:
    migrate(db)
    assert version(db) == VERSION
    assert {"call", "usage_day", "session", "span", "log_file", "meta"} <= tables(db)


def test_migrating_again_changes_nothing(db: sqlite3.Connection) -> None:
    migrate(db)
    before = list(db.execute("SELECT * FROM sqlite_schema"))
    migrate(db)
    assert list(db.execute("SELECT * FROM sqlite_schema")) == before


def test_an_old_ledger_keeps_its_rows(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(db)
    db.execute("INSERT INTO home (path) VALUES ('/home/ada/.claude')")
    newer = (*schema._MIGRATIONS, "ALTER TABLE home ADD COLUMN host TEXT; CREATE TABLE extra (a)")
    monkeypatch.setattr(schema, "_MIGRATIONS", newer)
    monkeypatch.setattr(schema, "VERSION", VERSION + 1)
    migrate(db)
    assert version(db) == VERSION + 1
    assert list(db.execute("SELECT path, host FROM home")) == [("/home/ada/.claude", None)]


# As version 1 wrote it: one call of a session, in a worktree that is gone.
_VERSION_1 = """
INSERT INTO meta VALUES ('price_book', 'old'), ('timezone', 'UTC');
INSERT INTO home VALUES (1, '/home/ada/.claude');
INSERT INTO log_file VALUES (1, '/home/ada/.claude/projects/x/s.jsonl', 1, 'claude', 1, 2, 900, 900,
  5, 6, 0, 't-1', 3);
INSERT INTO session VALUES (1, 's-1', 'claude', 1000000, 1000000, 1000000, 77);
INSERT INTO session_home VALUES (1, 1);
INSERT INTO span VALUES (1, 1, 't-1', '', 900000, '', 1);
INSERT INTO model VALUES (1, 'claude-test-1');
INSERT INTO place VALUES (1, '/gone/worktree', 'main', 'shop');
INSERT INTO variant VALUES (1, '', '', '');
INSERT INTO price_book VALUES (1, 'old');
INSERT INTO call VALUES (1, 77, 'claude:msg_1', 1, 1, 1, 1, 1000000, 100, 0, 0, 0, 10, 0, 0, NULL,
  0, 440000, 1);
INSERT INTO usage_day VALUES (719163, 1, 1, 1, 1, 100, 0, 0, 0, 10, 0, 0, 440000, 1, 0);
"""


def test_a_ledger_of_version_1_says_the_same_in_this_one(path: Path) -> None:
    with closing(opened(path)) as db:
        db.executescript(schema._MIGRATIONS[0] + _VERSION_1 + "PRAGMA user_version = 1;")
    rules = Attribution(key_of=lambda cwd: Path(cwd).name, rules="1")
    with Ledger(path, book=BOOK, zone=ZoneInfo("UTC"), attribution=rules) as ledger:
        assert version(ledger.db) == VERSION
        ledger.settle()
        found = report(ledger.db, ReportQuery(by="repo"))
        (row,) = found.rows
        assert (row.key, row.requests, row.cost_nusd) == ("shop", 1, 440_000)
        assert (row.tokens.input_tokens, row.tokens.output_tokens) == (100, 10)
        assert (row.active_us, row.ncredits, found.skipped_lines) == (100_000, None, 3)
        cursors = read_all_cursors(ledger.db)
        assert [cursor.offset for cursor in cursors["usage"].values()] == [900]
        assert cursors["evidence"] == {}  # all logs are read once more for it


def test_logs_that_name_a_remote_are_read_once_more(db: sqlite3.Connection) -> None:
    db.executescript("".join(schema._MIGRATIONS[:2]) + "PRAGMA user_version = 2;")
    for agent in ("claude", "codex"):
        row = (agent, 1, agent, *[1] * 7, "", 0)
        for table in ("log_file", "evidence_file"):
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO {table} VALUES (NULL, {marks})", row)
    migrate(db)
    cursors = read_all_cursors(db)
    assert {stage: set(found) for stage, found in cursors.items()} == {
        "usage": {"claude"}, "evidence": set(),
    }  # fmt: skip


def test_all_evidence_is_read_once_more_for_the_runs_of_commands(db: sqlite3.Connection) -> None:
    db.executescript("".join(schema._MIGRATIONS[:3]) + "PRAGMA user_version = 3;")
    row = ("claude", 1, "claude", *[1] * 7, "", 0)
    for table in ("log_file", "evidence_file"):
        marks = ", ".join("?" * len(row))
        db.execute(f"INSERT INTO {table} VALUES (NULL, {marks})", row)
    migrate(db)
    cursors = read_all_cursors(db)
    assert {stage: set(found) for stage, found in cursors.items()} == {
        "usage": {"claude"}, "evidence": set(),
    }  # fmt: skip


def test_a_migration_that_fails_leaves_the_ledger_as_it_was(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(db)
    before = tables(db)
    broken = (*schema._MIGRATIONS, "CREATE TABLE extra (a); INSERT INTO nowhere VALUES (1)")
    monkeypatch.setattr(schema, "_MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(db)
    assert (version(db), tables(db)) == (VERSION, before)
    assert not db.in_transaction


def test_a_ledger_of_a_newer_aicost_is_refused_and_left_alone(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError) as caught:
        migrate(db)
    assert caught.value.what == (
        f"the ledger is of version {VERSION + 1}, this aicost knows up to {VERSION}"
    )
    assert caught.value.hint
    assert (version(db), tables(db)) == (VERSION + 1, set())


def test_two_processes_that_open_a_new_ledger_at_once_make_it_once(
    db: sqlite3.Connection, path: Path
) -> None:
    """The other one migrates after we saw an empty file and before we hold its lock."""
    with closing(opened(path)) as other:

        def interfere(statement: str) -> None:
            if statement.startswith("BEGIN"):
                db.set_trace_callback(None)
                migrate(other)

        db.set_trace_callback(interfere)
        migrate(db)
        assert version(db) == version(other) == VERSION
