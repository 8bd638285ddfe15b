"""Where Codex keeps its logs. Knows names and patterns; reads folders, never files."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from aicost.core.tailing import FileLook
from aicost.sources.folders import find_files

LOG_FOLDERS = ("sessions", "archived_sessions")  # of a home; archiving moves a log
COMPRESSED = ".zst"
PLAIN = ".jsonl"
_YEAR = re.compile(r"20\d\d", re.ASCII)


def holds_threads(names: Iterable[str]) -> bool:
    """Say whether a folder `sessions` with these entries is Codex's: its logs lie by year."""
    return any(map(_YEAR.fullmatch, names))


def find_logs(home: Path, closed: list[str] | None = None) -> Iterator[tuple[str, FileLook]]:
    """Yield (path, look) of every log below a home, unordered, compressed ones too.

    Where a log lies there in both forms, only the plain one. Folders that cannot be read, and
    links to folders (which could form a ring), are passed over; `closed` gets the former.
    """
    for folder in LOG_FOLDERS:
        found = dict(find_files(str(home / folder), is_log, closed))
        for path, look in found.items():
            if path.removesuffix(COMPRESSED) == path or path.removesuffix(COMPRESSED) not in found:
                yield path, look


def is_log(name: str) -> bool:
    """Say whether a file of this name is a log, compressed or not."""
    return name.startswith("rollout-") and name.removesuffix(COMPRESSED).endswith(PLAIN)


def place_of(log: str) -> tuple[str, str] | None:
    """Return a log's path in its plainest form, and its home; None if it can be none."""
    if not log.startswith("/") or "\0" in log:
        return None
    path = PurePath(os.path.normpath(f"/{log.lstrip('/')}"))
    if not is_log(path.name):
        return None
    for parent in path.parents:
        if parent.name in LOG_FOLDERS:
            return str(path), str(parent.parent)
    return None
