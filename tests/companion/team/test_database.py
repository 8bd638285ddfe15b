"""One text of SQL, two engines: transactions hold in both, and errors repeat nothing."""

import gc
from pathlib import Path

import pytest

from aicost.core.errors import ConfigError, StoreError
from aicost.team.database import Database


def test_what_a_block_did_is_kept(database: Database) -> None:
    with database.transaction() as change:
        assert change.run("INSERT INTO invite (code_hash, spent) VALUES (?, ?)", "a?%b", 0) == 1
    with database.transaction() as change:
        assert change.rows("SELECT code_hash, spent FROM invite") == [("a?%b", 0)]
        assert change.row("SELECT 1 FROM invite WHERE spent = ?", 1) is None


def test_what_a_block_did_before_it_failed_is_undone(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as change:
            change.run("INSERT INTO invite (code_hash, spent) VALUES (?, ?)", "a", 0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.transaction() as change:
        assert change.rows("SELECT * FROM invite") == []


def test_an_error_names_its_kind_and_not_the_values(database: Database) -> None:
    def insert() -> None:
        with database.transaction() as change:
            change.run("INSERT INTO invite (code_hash, spent) VALUES (?, ?)", "SECRET", 0)

    insert()
    with pytest.raises(StoreError) as raised:
        insert()
    assert "SECRET" not in raised.value.render()
    with database.transaction() as change:  # the connection can still be used
        assert len(change.rows("SELECT * FROM invite")) == 1


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    database = Database.at(f"postgresql://aicost@/team?host={tmp_path}")
    with pytest.raises(StoreError), database.transaction():
        pass


def test_an_unknown_kind_of_address_is_refused() -> None:
    with pytest.raises(ConfigError):
        Database.at("mysql://localhost/team")


def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    database = Database.at(str(tmp_path / "team.db"))
    with database.transaction():
        pass
    assert (tmp_path / "team.db").stat().st_mode & 0o777 == 0o600
    database.close()


def test_close_leaves_no_connection_open(address: str) -> None:
    database = Database.at(address)
    with database.transaction(reading=True), database.transaction(reading=True) as change:
        assert change.row("SELECT 1") == (1,)
    database.close()  # a connection that is left warns, which fails a test
    gc.collect()
    with database.transaction(reading=True) as change:
        assert change.row("SELECT 1") == (1,)
    database.close()
