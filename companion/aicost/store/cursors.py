"""Where each log file was read to. Written in the same transaction as what was read."""

import sqlite3

from aicost.core.facts import FileRead
from aicost.core.tailing import Cursor


def write_cursor(db: sqlite3.Connection, read: FileRead, home: int) -> None:
    """Remember how far a file was read. One that moved within its home keeps one row."""
    cursor = read.cursor
    db.execute(
        "DELETE FROM log_file WHERE device = ? AND inode = ? AND home = ? AND path <> ?",
        (cursor.device, cursor.inode, home, read.path),
    )
    db.execute(
        "INSERT INTO log_file (path, home, agent, device, inode, read_offset, seen_bytes,"
        " modified_ns, mark, skipping, thread, broken_lines)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE"
        " SET home = excluded.home, device = excluded.device, inode = excluded.inode,"
        " read_offset = excluded.read_offset, seen_bytes = excluded.seen_bytes,"
        " modified_ns = excluded.modified_ns, mark = excluded.mark, skipping = excluded.skipping,"
        " thread = excluded.thread, broken_lines = excluded.broken_lines",
        (
            read.path, home, read.agent, cursor.device, cursor.inode, cursor.offset,
            cursor.seen_bytes, cursor.modified_ns, cursor.mark, cursor.skipping, cursor.thread,
            cursor.broken_lines,
        ),
    )  # fmt: skip


def read_cursors(db: sqlite3.Connection) -> dict[str, Cursor]:
    """Return all cursors by path."""
    rows = db.execute(
        "SELECT path, device, inode, read_offset, seen_bytes, modified_ns, mark, skipping, thread,"
        " broken_lines FROM log_file"
    )
    return {
        path: Cursor(
            device=device,
            inode=inode,
            offset=offset,
            seen_bytes=seen,
            modified_ns=modified_ns,
            mark=mark,
            skipping=bool(skipping),
            thread=thread,
            broken_lines=broken,
        )
        for path, device, inode, offset, seen, modified_ns, mark, skipping, thread, broken in rows
    }


def read_homes(db: sqlite3.Connection) -> tuple[str, ...]:
    """Return the homes whose logs the ledger knows."""
    return tuple(path for (path,) in db.execute("SELECT path FROM home ORDER BY path"))
