"""How a ledger's file is opened, and what its troubles are called."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aicost.core.errors import StoreError
from aicost.store.recovery import damaged, is_damage


def connect(path: Path | str) -> sqlite3.Connection:
    """Open a ledger for writing: one file, mode 0600, WAL. Raises sqlite3.Error, OSError."""
    if path != ":memory:":
        Path(path).touch(mode=0o600)
    db = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
    try:
        for mode in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -16000"):
            db.execute(f"PRAGMA {mode}")  # (KiB of cache: a first read's indexes fit)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def snapshot(db: sqlite3.Connection) -> Iterator[None]:
    """Let all queries inside see one moment, whatever is written meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open a ledger for reports. Raises sqlite3.Error (no file, no ledger)."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0, check_same_thread=False)
    db.execute("PRAGMA query_only = ON")
    return db


@contextmanager
def store_errors(path: Path | str = "the ledger") -> Iterator[None]:
    """Turn what SQLite and the disk say of a ledger into StoreError."""
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        if is_damage(error):
            raise damaged(path, error) from error
        raise StoreError(
            f"the ledger cannot be used: {error}",
            why=f"reading or writing {path} failed",
            hint=f"ls -l {path.parent}" if isinstance(path, Path) else "aicost daemon status",
        ) from error
