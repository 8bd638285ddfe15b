"""The files that prompts and status lines read: kept as they are to be, and written on a change."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from aicost.core.badge import (
    ALIVE,
    ALIVE_EVERY_S,
    FOLDER,
    OF_REPOS,
    OF_SHELLS,
    TODAY,
    alive_line,
    badge_line,
    repo_file,
)
from aicost.core.errors import ConfigError
from aicost.daemon.badge_scopes import BadgeSet
from aicost.platform.rundir import make_private

log = logging.getLogger(__name__)


def lines_of(found: BadgeSet) -> dict[str, str]:
    """Return what each file says, by its path in the folder; today's is the last."""
    badges = {f"{OF_SHELLS}/{shell.pid}": badge for shell, badge in found.shells.items()}
    for root, badge in found.repos.items():
        name = repo_file(root)
        if name is not None:
            badges[f"{OF_REPOS}/{name}"] = badge
    if found.today is not None:
        badges[TODAY] = found.today
    return {name: badge_line(badge) for name, badge in badges.items()}


class BadgeFiles:
    """Belongs to one thread, and never raises OSError."""

    def __init__(self, run_dir: Path, pid: int) -> None:
        self._folder, self._pid = run_dir / FOLDER, pid
        self._written: dict[str, str] = {}
        self._alive_s = float("-inf")

    def clear(self) -> None:
        """Empty the folders, made if they are missing: nobody reads what another daemon left."""
        self._written.clear()
        self._alive_s = float("-inf")
        try:
            for folder in (self._folder, self._folder / OF_SHELLS, self._folder / OF_REPOS):
                make_private(str(folder))
                for entry in os.scandir(folder):
                    if not entry.is_dir(follow_symlinks=False):
                        os.unlink(entry.path)  # noqa: PTH108 - a name is all we have
        except (OSError, ConfigError) as error:
            log.warning("old badges cannot be removed: %s", error)

    def is_due(self, now_s: float) -> bool:
        """Say whether it is time to say again that we are at work."""
        return not 0 <= now_s - self._alive_s < ALIVE_EVERY_S

    def show(self, lines: Mapping[str, str], now_s: float) -> None:
        """Write what changed, remove what is no longer said, and say that we are at work.

        `now_s` is the time since 1970; a clock that is set back is believed, too.
        """
        for attempt in (1, 2):
            try:
                for name, line in lines.items():
                    if self._written.get(name) != line:
                        self._write(name, line)
                        self._written[name] = line
                for name in [one for one in self._written if one not in lines]:
                    (self._folder / name).unlink(missing_ok=True)
                    del self._written[name]
                if self.is_due(now_s):
                    self._write(ALIVE, alive_line(self._pid, now_s))
                    self._alive_s = now_s
            except FileNotFoundError:  # somebody tidied the run folder
                self.clear()
                continue
            except OSError as error:
                log.warning("badges cannot be written: %s (attempt %d)", error, attempt)
            return

    def _write(self, name: str, line: str) -> None:
        path = self._folder / name
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, line.encode())  # (below a hundred bytes: whole, or the disk is full)
        finally:
            os.close(fd)
        part.replace(path)
