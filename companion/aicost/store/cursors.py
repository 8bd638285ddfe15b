"""Where each log file was read to, written in the same transaction as what was read; and homes."""

import sqlite3
from collections.abc import Iterable

from aicost.core.facts import FileRead, Stage
from aicost.core.tailing import Cursor

_TABLES: dict[Stage, str] = {"usage": "log_file", "evidence": "evidence_file"}


def write_cursors(db: sqlite3.Connection, reads: Iterable[tuple[FileRead, int]]) -> None:
    """Remember how far files were read, each with the id of its home.

    A file that moved within its home keeps one row.
    """
    rows: dict[Stage, dict[tuple[int, int, int], tuple[object, ...]]] = {}
    for read, home in reads:
        cursor = read.cursor
        rows.setdefault(read.stage, {})[cursor.device, cursor.inode, home] = (
            read.path, home, read.agent, cursor.device, cursor.inode, cursor.offset,
            cursor.seen_bytes, cursor.modified_ns, cursor.mark, cursor.skipping, cursor.thread,
            cursor.broken_lines,
        )  # fmt: skip
    for stage, by_file in rows.items():
        db.executemany(
            f"DELETE FROM {_TABLES[stage]} WHERE device = ? AND inode = ? AND home = ?"
            " AND path <> ?",
            [(*file, row[0]) for file, row in by_file.items()],
        )
        db.executemany(
            f"INSERT INTO {_TABLES[stage]} (path, home, agent, device, inode, read_offset,"
            " seen_bytes, modified_ns, mark, skipping, thread, broken_lines)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE"
            " SET home = excluded.home, device = excluded.device, inode = excluded.inode,"
            " read_offset = excluded.read_offset, seen_bytes = excluded.seen_bytes,"
            " modified_ns = excluded.modified_ns, mark = excluded.mark,"
            " skipping = excluded.skipping, thread = excluded.thread,"
            " broken_lines = excluded.broken_lines",
            list(by_file.values()),
        )


def read_all_cursors(db: sqlite3.Connection) -> dict[Stage, dict[str, Cursor]]:
    """Return the cursors of each reading by path."""
    return {stage: read_cursors(db, stage) for stage in _TABLES}


def read_cursors(db: sqlite3.Connection, stage: Stage = "usage") -> dict[str, Cursor]:
    """Return all cursors of one reading by path."""
    rows = db.execute(
        "SELECT path, device, inode, read_offset, seen_bytes, modified_ns, mark, skipping, thread,"
        f" broken_lines FROM {_TABLES[stage]}"
    )
    return {
        path: Cursor(device, inode, offset, seen, modified_ns, mark, bool(skipping), thread, broken)
        for path, device, inode, offset, seen, modified_ns, mark, skipping, thread, broken in rows
    }


def write_homes(db: sqlite3.Connection, homes: Iterable[str]) -> None:
    """Keep homes, also without any log yet. Outside a transaction."""
    db.executemany(
        "INSERT INTO home (path) VALUES (?) ON CONFLICT DO NOTHING", [(path,) for path in homes]
    )


def read_homes(db: sqlite3.Connection) -> tuple[str, ...]:
    """Return the homes that the ledger knows."""
    return tuple(path for (path,) in db.execute("SELECT path FROM home ORDER BY path"))
