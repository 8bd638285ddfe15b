"""The team's database in both engines, as a fixture for every test of the server."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import postgres
import pytest

from aicost.team.database import Database
from aicost.team.schema import migrate

_number = count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the address of a PostgreSQL server that runs for the whole suite."""
    with postgres.cluster() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database of each engine."""
    if request.param == "sqlite":
        return str(tmp_path / "team.db")
    server: str = request.getfixturevalue("postgresql")
    name = f"team{next(_number)}"
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """Return a database of each engine with our tables in it."""
    found = Database.at(address)
    migrate(found)
    yield found
    found.close()
