"""Folders of logs, listed so that nothing in them can stop the reading. Reads no file."""

import os
from collections.abc import Callable, Iterator

from aicost.core.tailing import FileLook

_63_BITS = 2**63 - 1  # what a ledger can hold: there are random inodes, and times in year 3000


def find_files(
    folder: str, is_wanted: Callable[[str], bool], closed: list[str] | None = None
) -> Iterator[tuple[str, FileLook]]:
    """Yield (path, look) of every file below a folder whose name is wanted, unordered.

    Folders that cannot be read are passed over; `closed` gets them, but for those that are gone.
    Links to folders, which could form a ring, are passed over.
    """
    folders, closed = [folder], [] if closed is None else closed
    while folders:
        for entry, look in _listing(folders.pop(), is_wanted, closed):
            if look is None:
                folders.append(entry)
            else:
                yield entry, look


def _listing(
    folder: str, is_wanted: Callable[[str], bool], closed: list[str]
) -> list[tuple[str, FileLook | None]]:
    """Return the wanted files of a folder, and (with None) the folders in it."""
    found = list[tuple[str, FileLook | None]]()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found.append((entry.path, None))
                elif is_wanted(entry.name) and (look := _look(entry)):
                    found.append((entry.path, look))
    except (FileNotFoundError, NotADirectoryError):  # there is none, or none any more
        return found
    except OSError:  # forbidden, or a drive that fails: what was found until then counts
        closed.append(folder)
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
    device, inode = stat.st_dev & _63_BITS, stat.st_ino & _63_BITS
    return FileLook(device, inode, stat.st_size, stat.st_mtime_ns & _63_BITS)
