"""A damaged ledger is kept aside and made anew from the logs.

SQLite keeps no checksums: of a damaged file no figure can be believed, so none is taken over. Lost
with it is what no log says any more: calls of logs that are gone, corrections made by hand.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from aicost.core.errors import StoreError

T = TypeVar("T")

log = logging.getLogger(__name__)

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WRONG_ROWS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_NO_TEXT = "Could not decode to UTF-8"  # Python's own error of a text; we write none like that
_COMPANIONS = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file, by ending
_ASIDE = ".corrupt-"
_TIME = "%Y%m%dT%H%M%SZ"
_FOUND = ".damaged"  # left by who met damage while the ledger was open


class LedgerDamaged(StoreError):
    """The ledger's file is not what SQLite wrote."""


def is_damage(error: BaseException) -> bool:
    """Say whether an error means that the file itself is wrong, not the disk, a lock or a right."""
    if isinstance(error, UnicodeDecodeError) or str(error).startswith(_NO_TEXT):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _DAMAGE


def is_whole(ledger_file: Path) -> bool:
    """Look through all of a ledger, which takes a second for 300 MB; False if it is damaged.

    True as well if nobody can tell now: it is locked, or gone.
    """
    try:
        with closing(sqlite3.connect(f"{ledger_file.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return bool(db.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return not is_damage(error)


@contextmanager
def telling_damage(ledger_file: Path) -> Iterator[None]:
    """Raise LedgerDamaged for what comes of a damaged ledger inside, also from within a group.

    Rows that SQLite put together of damaged pages lead to errors that look like bugs: then the
    whole file is looked through, after whoever used it is done.
    """
    try:
        yield
    except ExceptionGroup as group:
        if found := group.subgroup(LedgerDamaged):
            raise damaged(ledger_file, found) from group
        if group.subgroup(_WRONG_ROWS) is None or is_whole(ledger_file):
            raise
        raise damaged(ledger_file, group) from group
    except _WRONG_ROWS as error:
        if is_whole(ledger_file):
            raise
        raise damaged(ledger_file, error) from error


def damaged(path: Path | str, error: BaseException) -> LedgerDamaged:
    """Return what to say of a ledger that was found damaged while it was in use."""
    return LedgerDamaged(
        f"the ledger is damaged: {error}",
        why=f"{path} is not as SQLite wrote it",
        hint="aicost daemon restart",  # it is made anew when it is opened
    )


def reason(size_bytes: int | None, *, was_marked: bool) -> str:
    """Say why a ledger of this size (None: there is none) is not even to be opened; "" if it is.

    An empty one is none: who made it was killed before a byte was written.
    """
    return "it was found damaged while it was in use" if size_bytes and was_marked else ""


def mark_damaged(ledger_file: Path) -> None:
    """Remember, for who opens it next, that a ledger is damaged. Raises OSError."""
    _mark_of(ledger_file).touch(mode=0o600)


def opened(ledger_file: Path, open_ledger: Callable[[], T], now: datetime) -> T:
    """Open a ledger; one that is damaged is kept aside first, and said. Raises StoreError.

    Only for who may write it: nobody else has it open then.
    """
    try:
        size = ledger_file.stat().st_size if ledger_file.is_file() else None
        if why := reason(size, was_marked=_mark_of(ledger_file).exists()):
            _make_way(ledger_file, why, now)
        _mark_of(ledger_file).unlink(missing_ok=True)
        try:
            return open_ledger()
        except StoreError as error:
            if not size and _is_empty(ledger_file):  # a full disk: no trace of the attempt
                ledger_file.unlink()
            if not isinstance(error, LedgerDamaged) and is_whole(ledger_file):
                raise
            _make_way(ledger_file, error.what.partition(": ")[2], now)
            return open_ledger()
    except OSError as error:
        raise StoreError(
            "the damaged ledger cannot be kept aside",
            why=f"{ledger_file}: {error.strerror}",
            hint=f"ls -l {ledger_file.parent}",
        ) from error


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def _make_way(ledger_file: Path, why: str, now: datetime) -> None:
    kept = keep_aside(ledger_file, now)
    told = StoreError(
        "the ledger was damaged; it is made anew from the logs",
        why=f"{why}. What only it knew (calls of logs that are gone, corrections by hand)"
        f" cannot be made anew; it is kept as {kept}",
        hint="aicost daemon status",
    )
    log.warning("%s", told.render())


def keep_aside(ledger_file: Path, now: datetime) -> Path:
    """Rename a ledger and what lies beside it; return its new name. Raises OSError."""
    name = f"{ledger_file.name}{_ASIDE}{now.astimezone(UTC).strftime(_TIME)}"
    kept, number = ledger_file.with_name(name), 1
    while kept.exists():
        number += 1
        kept = ledger_file.with_name(f"{name}.{number}")
    for ending in _COMPANIONS:  # first: without them the ledger is older, never wrong
        companion = _beside(ledger_file, ending)
        if companion.exists():
            companion.rename(_beside(kept, ending))
    return ledger_file.rename(kept)


def kept_aside(ledger_file: Path) -> tuple[Path, ...]:
    """Return the damaged ledgers that are still there, oldest first."""
    found = ledger_file.parent.glob(f"{ledger_file.name}{_ASIDE}*")
    return tuple(sorted(path for path in found if not path.name.endswith(_COMPANIONS)))


def salvaged_homes(kept: Iterable[Path]) -> tuple[str, ...]:
    """Return the agents' homes that damaged ledgers still name, as far as they exist."""
    return tuple(dict.fromkeys(home for path in kept for home in _homes_in(path)))


def _homes_in(kept: Path) -> list[str]:
    uri = f"{kept.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as db:
            rows = db.execute("SELECT path FROM home ORDER BY path").fetchall()
    except (sqlite3.Error, UnicodeDecodeError):  # too damaged, or none of ours
        return []
    return [path for (path,) in rows if isinstance(path, str) and _is_folder(path)]


def _is_folder(path: str) -> bool:
    try:
        return path.startswith("/") and Path(path).is_dir()
    except (OSError, ValueError):  # a name too long; a NUL in it
        return False


def _mark_of(ledger_file: Path) -> Path:
    return _beside(ledger_file, _FOUND)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
