"""Where calls were made: which repository or project a folder belongs to."""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _folder_name(cwd: str) -> str:
    return Path(cwd).name


def _no_project(repo: str, _cwd: str) -> str:
    return repo


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Whom calls are charged to: a folder's repository, what reports call it, the CI job."""

    key_of: Callable[[str], str] = _folder_name  # of a folder; a key with `/` is a remote's
    project_of: Callable[[str, str], str] = _no_project  # of a key and its folder
    rules: str = ""  # names the rules: others name all places anew
    ci_job: str = ""  # that logs are read in

    def names_of(self, cwd: str) -> tuple[str, str]:
        """Return a folder's repository and its name in reports ("" for no folder)."""
        key = self.key_of(cwd) if cwd else ""
        return key, self.project_of(key, cwd)


def rename_places(db: sqlite3.Connection, attribution: Attribution) -> None:
    """Name all places by these rules. Of a folder that is gone stays what was known of it."""
    rows = db.execute("SELECT id, cwd, repo_key FROM place").fetchall()
    changes = []
    for place, cwd, known in rows:
        found, _ = attribution.names_of(cwd)
        is_lost = "/" in known or not os.path.exists(cwd)  # noqa: PTH110 - Path's may raise
        key = known if known and is_lost and "/" not in found else found
        changes.append((key, attribution.project_of(key, cwd), place))
    db.executemany("UPDATE place SET repo_key = ?, repo = ? WHERE id = ?", changes)


NO_ATTRIBUTION = Attribution()  # folders by their own names
