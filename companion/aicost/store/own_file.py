"""Small files beside the ledger: made, brought up to date, and kept aside if they are damaged."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aicost.core.errors import StoreError
from aicost.store.connection import connect
from aicost.store.recovery import is_damage, keep_aside

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OwnFile:
    """One kind of such file. Of a damaged one nothing is believed: another begins."""

    name: str  # as the user reads it: "the journal"
    migrations: Sequence[str]  # append only: position n takes the file from version n to n + 1
    prepare: Callable[[sqlite3.Connection], None]  # what is done to an up-to-date one at once

    def open(self, path: Path) -> sqlite3.Connection:
        """Open the file for writing; make it if it is missing. Raises StoreError."""
        try:
            return self._open_once(path)
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            if not is_damage(error):
                raise self.unusable(path, error) from error
            self.make_way(path, error)
        try:
            return self._open_once(path)
        except (sqlite3.Error, OSError) as error:
            raise self.unusable(path, error) from error

    def unusable(self, path: Path, error: BaseException) -> StoreError:
        """Return what is told of a file that cannot be read or written."""
        return StoreError(
            f"{self.name} cannot be used: {error}",
            why=f"reading or writing {path} failed",
            hint=f"ls -l {path.parent}",
        )

    def _open_once(self, path: Path) -> sqlite3.Connection:
        db = connect(path)
        try:
            self.migrate(db, path)
            self.prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def migrate(self, db: sqlite3.Connection, path: Path) -> None:
        """Bring an open file to this version. Raises StoreError for one of a newer version."""
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > len(self.migrations):
            raise StoreError(
                f"{self.name} is of version {version}, this aicost knows up to"
                f" {len(self.migrations)}",
                why=f"a newer aicost wrote {path}",
                hint="upgrade aicost, or set AICOST_HOME to another folder",
            )
        for number, statements in enumerate(self.migrations[version:], start=version + 1):
            db.execute("BEGIN IMMEDIATE")
            try:
                for statement in statements.split(";"):  # executescript would commit first
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")
                db.commit()
            except BaseException:
                db.rollback()
                raise

    def make_way(self, path: Path, why: BaseException) -> None:
        """Keep a damaged file aside. Raises StoreError."""
        try:
            kept = keep_aside(path, datetime.now(UTC))  # noqa: TID251 - it names a file
        except OSError as error:
            raise self.unusable(path, error) from error
        log.warning(
            "%s was damaged (%s); it is kept as %s, and another begins", self.name, why, kept
        )
