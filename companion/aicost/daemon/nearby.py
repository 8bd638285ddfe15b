"""A short look: at the logs that changed last, and at the folders where new ones come.

A survey looks at every log, which takes longer the more there are. Where the file system tells of
changes, one of these is enough between two surveys: what it tells may be some milliseconds late,
and just that is made good for here.

What it may miss: an append to a log that is not among the newest (`indexer.NEWEST`), made so few
milliseconds before that the file system has not told of it yet (tenths of a second while dozens of
agents write: `platform.observing`). It is in the next answer.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from aicost.core.tailing import Cursor
from aicost.daemon.indexer import Cursors, Looking, Survey, Unread, surveying
from aicost.sources.agents import SOURCES, source_of
from aicost.sources.folders import look_of

_MAX_FOLDERS = 2_000  # with more, a survey takes hardly longer


@dataclass(frozen=True, slots=True)
class Nearby:
    """What a short look compares."""

    survey: Survey  # the last whole one
    homes: frozenset[str]
    folders: Mapping[str, int]  # when each was changed: a new log changes its folder

    def look(self, cursors: Cursors) -> Survey | None:
        """Return what is unread now; None if that takes a whole survey."""
        if any(_changed_ns(folder) != known for folder, known in self.folders.items()):
            return None
        looking = Looking()
        for path, home in self.survey.newest:
            try:
                look = look_of(os.stat(path))  # noqa: PTH116 - two hundred of them
            except OSError:  # it was moved or removed
                return None
            for stage in source_of(path).parsers:
                looking.take(path, home, look, cursors[stage].get(path, Cursor()), stage)
        found = looking.survey()
        return replace(
            self.survey,
            unread=(*found.unread, *self._still_unread(self.survey.unread, cursors)),
            without_evidence=(
                *found.without_evidence,
                *self._still_unread(self.survey.without_evidence, cursors),
            ),
        )

    def _still_unread(self, logs: Iterable[Unread], cursors: Cursors) -> Iterator[Unread]:
        """Return what the survey found unread of older logs, and nobody read since."""
        newest = {path for path, _ in self.survey.newest}
        return (log for log in logs if log.path not in newest and log.is_left(cursors))


def surveying_all(
    homes: Iterable[str], cursors: Cursors
) -> Generator[None, None, tuple[Survey, Nearby | None]]:
    """Look at every log, and prepare the short looks after that (None: they would not do).

    Yields now and then; returns what it found.
    """
    homes = frozenset(homes)
    folders: dict[str, int] = {}
    for home in homes:
        for name in {name for source in SOURCES.values() for name in source.log_folders}:
            _add(folders, f"{home}/{name}")
            for folder in _folders_in(f"{home}/{name}"):
                _add(folders, folder)
    found = yield from surveying(sorted(homes), cursors)
    for path, home in found.newest:
        for parent in map(str, PurePath(path).parents):
            if parent == home or parent in folders:
                break
            _add(folders, parent)
    is_sure = len(folders) <= _MAX_FOLDERS and not found.unreadable
    return found, Nearby(found, homes, folders) if is_sure else None


def _add(folders: dict[str, int], folder: str) -> None:
    folders[folder] = _changed_ns(folder)


def _changed_ns(folder: str) -> int:
    """Return when something was made, moved or removed in a folder; -1 if there is none."""
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - hundreds of them
    except OSError:
        return -1


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
