"""Tables are made once, in both engines, and a newer database is left alone."""

import pytest

from aicost.core.errors import StoreError
from aicost.team.database import Database
from aicost.team.schema import migrate


def test_a_second_start_changes_nothing(database: Database) -> None:
    migrate(database)
    with database.transaction() as change:
        assert change.rows("SELECT COUNT(*) FROM day_row") == [(0,)]
        assert change.rows("SELECT version FROM schema_version") == [(1,)]


def test_a_newer_database_is_refused_politely(database: Database) -> None:
    with database.transaction() as change:
        change.run("UPDATE schema_version SET version = ?", 99)
    with pytest.raises(StoreError) as raised:
        migrate(database)
    assert "newer" in raised.value.what
    assert raised.value.hint
