"""Where Claude Code keeps its logs. Knows names and patterns; reads folders, never files."""

import os
from collections.abc import Iterator
from pathlib import Path

from aicost.core.tailing import FileLook

_63_BITS = 2**63 - 1  # what a ledger can hold: there are random inodes, and times in year 3000


def find_logs(home: Path) -> Iterator[tuple[str, FileLook]]:
    """Yield (path, look) of every transcript below a home: main threads and subagents, unordered.

    Folders that cannot be read, and links to folders (which could form a ring), are passed over.
    """
    folders = [str(home / "projects")]
    while folders:
        for entry, look in _listing(folders.pop()):
            if look is None:
                folders.append(entry)
            else:
                yield entry, look


def _listing(folder: str) -> list[tuple[str, FileLook | None]]:
    """Return the logs of a folder, and (with None) the folders in it."""
    found = list[tuple[str, FileLook | None]]()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found.append((entry.path, None))
                elif entry.name.endswith(".jsonl") and (look := _look(entry)):
                    found.append((entry.path, look))
    except OSError:  # gone, forbidden, or a drive that fails: what was found until then counts
        return found
    return found


def _look(entry: "os.DirEntry[str]") -> FileLook | None:
    try:
        if not entry.is_file():
            return None
        return look_of(entry.stat())
    except OSError:  # it vanished between the listing and the look
        return None


def look_of(stat: os.stat_result) -> FileLook:
    """Return what we compare of a file's status."""
    return FileLook(
        device=stat.st_dev & _63_BITS,
        inode=stat.st_ino & _63_BITS,
        size_bytes=stat.st_size,
        modified_ns=stat.st_mtime_ns & _63_BITS,
    )


def place_of(transcript: str) -> tuple[str, str] | None:
    """Return a transcript's path in its plainest form, and its home; None if it can be none."""
    if not transcript.startswith("/") or "\0" in transcript:
        return None
    path = Path(os.path.normpath(f"/{transcript.lstrip('/')}"))
    home = _home_of(path) if path.suffix == ".jsonl" else None
    return None if home is None else (str(path), str(home))


def _home_of(path: Path) -> Path | None:
    for parent in path.parents:
        if parent.name == "projects":
            return parent.parent
    return None
