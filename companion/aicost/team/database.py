"""One database, two engines: SQLite in a file, or PostgreSQL by its address. One SQL text for both.

SQL is written with `?` for values and uses only what both engines understand. A connection is
lent to one thread at a time; what a block does is one transaction.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import LifoQueue
from typing import Any, Literal, Protocol, Self

from aicost.core.errors import ConfigError, StoreError

Engine = Literal["sqlite", "postgresql"]
Row = Sequence[Any]
POSTGRESQL = ("postgresql://", "postgres://")
CONNECTIONS = 8
_ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BUSY_S = 10.0  # that a writer waits for another


class _Driver(Protocol):
    """What both drivers' connections can do."""

    def execute(self, sql: str, values: Sequence[object] = ...) -> Any: ...  # noqa: ANN401
    def close(self) -> None: ...


class Transaction:
    """Statements that take effect together, or not at all."""

    def __init__(self, driver: _Driver, engine: Engine) -> None:
        self._driver, self.engine = driver, engine

    def run(self, sql: str, *values: object) -> int:
        """Execute a statement; return how many rows it changed."""
        return int(self._driver.execute(self._own(sql), values).rowcount)

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return all rows of a query."""
        return list(self._driver.execute(self._own(sql), values).fetchall())

    def row(self, sql: str, *values: object) -> Row | None:
        """Return the first row of a query."""
        found: Row | None = self._driver.execute(self._own(sql), values).fetchone()
        return found

    def _own(self, sql: str) -> str:
        return sql if self.engine == "sqlite" else sql.replace("?", "%s")


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one engine is spoken to."""

    name: Engine
    connect: Callable[[], _Driver]
    begin: str
    begin_reading: str
    errors: tuple[type[Exception], ...]


class Database:
    """A pool of connections. Transactions raise StoreError while the database cannot be used."""

    def __init__(self, kind: _Kind, connections: int = CONNECTIONS) -> None:
        self._kind = kind
        self._free: LifoQueue[_Driver | None] = LifoQueue()
        for _ in range(connections):
            self._free.put(None)  # made when it is first needed

    @classmethod
    def at(cls, address: str, connections: int = CONNECTIONS) -> Self:
        """Return the database at a postgresql:// address, or in a file. Raises ConfigError."""
        if address.startswith(POSTGRESQL):
            return cls(_postgresql(address), connections)
        if "://" in address:
            raise ConfigError(
                "this kind of database is not known",
                why="an address starts with postgresql://; anything else is a file",
                hint="give a file, or postgresql://USER@HOST/NAME",
            )
        return cls(_sqlite(Path(address).absolute()), connections)

    @property
    def engine(self) -> Engine:
        """Which engine it is."""
        return self._kind.name

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Transaction]:
        """Lend a connection for one transaction: kept at the end, undone by an exception.

        One that only reads waits for no writer, and sees one moment.
        """
        driver = self._free.get()
        try:
            with self._errors():
                driver = driver or self._kind.connect()
                driver.execute(self._kind.begin_reading if reading else self._kind.begin)
            try:
                with self._errors():
                    yield Transaction(driver, self.engine)
                    driver.execute("COMMIT")
            except BaseException:
                driver = self._undone(driver)
                raise
        finally:
            self._free.put(driver)

    def close(self) -> None:
        """Close all connections that nobody has."""
        for driver in [self._free.get() for _ in range(self._free.qsize())]:
            if driver is not None:
                driver.close()
            self._free.put(None)

    def _undone(self, driver: _Driver) -> _Driver | None:
        """Undo what a connection began; None if the connection is gone, too."""
        try:
            driver.execute("ROLLBACK")
        except self._kind.errors:
            driver.close()
            return None
        return driver

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what an engine says into StoreError; its own words may hold what was sent."""
        try:
            yield
        except self._kind.errors as error:
            raise StoreError(
                "the team's database cannot be used",
                why=type(error).__name__,
                hint="look at its own log",
            ) from error


def _sqlite(path: Path) -> _Kind:
    def connect() -> _Driver:
        path.touch(mode=0o600)
        driver = sqlite3.connect(
            path, isolation_level=None, timeout=_BUSY_S, check_same_thread=False
        )
        for mode in ("journal_mode = WAL", "synchronous = NORMAL"):
            driver.execute(f"PRAGMA {mode}")
        return driver

    return _Kind("sqlite", connect, "BEGIN IMMEDIATE", "BEGIN", (sqlite3.Error, OSError))


def _postgresql(address: str) -> _Kind:
    try:
        import psycopg  # of the extra
    except ImportError as error:
        raise ConfigError(
            "PostgreSQL needs the server's own packages", hint="pipx install 'aicost[team]'"
        ) from error

    def connect() -> _Driver:
        driver: _Driver = psycopg.connect(address, autocommit=True)
        return driver

    return _Kind("postgresql", connect, "BEGIN", _ONE_MOMENT, (psycopg.Error, OSError))
