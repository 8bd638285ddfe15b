"""Where Codex keeps its logs. Knows names and patterns; reads folders, never files."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from aicost.core.tailing import FileLook
from aicost.sources.folders import find_files

LOG_FOLDERS = ("sessions", "archived_sessions")  # of a home; archiving moves a log
COMPRESSED = ".zst"
_PLAIN = ".jsonl"


def find_logs(home: Path) -> Iterator[tuple[str, FileLook]]:
    """Yield (path, look) of every log below a home, unordered, compressed ones too.

    Where a log lies there in both forms, only the plain one. Folders that cannot be read, and
    links to folders (which could form a ring), are passed over.
    """
    for folder in LOG_FOLDERS:
        found = dict(find_files(str(home / folder), _is_log))
        for path, look in found.items():
            if path.removesuffix(COMPRESSED) == path or path.removesuffix(COMPRESSED) not in found:
                yield path, look


def _is_log(name: str) -> bool:
    return name.startswith("rollout-") and name.removesuffix(COMPRESSED).endswith(_PLAIN)


def place_of(log: str) -> tuple[str, str] | None:
    """Return a log's path in its plainest form, and its home; None if it can be none."""
    if not log.startswith("/") or "\0" in log:
        return None
    path = PurePath(os.path.normpath(f"/{log.lstrip('/')}"))
    if not _is_log(path.name):
        return None
    for parent in path.parents:
        if parent.name in LOG_FOLDERS:
            return str(path), str(parent.parent)
    return None
