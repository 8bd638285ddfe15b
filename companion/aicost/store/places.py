"""Where calls were made: which repository or project a folder belongs to.

A folder's own git says it. Where it names no remote, or is gone, a log may have noted one. Both are
kept apart: so it is the same which of them is known first.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aicost.core.facts import FileRead


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

    def names_of(self, cwd: str, logged: str = "") -> tuple[str, str]:
        """Return a folder's own repository and what it is called in reports ("" for no folder)."""
        key = self.key_of(cwd) if cwd else ""
        return key, self.name_of(key, cwd, logged)

    def name_of(self, key: str, cwd: str, logged: str = "") -> str:
        """Return what a folder is called in reports: of its own repository, or the logged one."""
        return self.project_of(logged if logged and "/" not in key else key, cwd)


def names_of(db: sqlite3.Connection, attribution: Attribution, cwd: str) -> tuple[str, str]:
    """Return a folder's own repository and what it is called in reports, after its logs too."""
    logged = db.execute("SELECT repo_key FROM logged_remote WHERE cwd = ?", (cwd,)).fetchone()
    return attribution.names_of(cwd, logged[0] if logged else "")


def note_remotes(
    db: sqlite3.Connection, attribution: Attribution, reads: Sequence[FileRead]
) -> None:
    """Keep which repository logs say a folder is of: of several, the first by name."""
    seen = {remote for read in reads for parsed in read.parsed for remote in parsed.remotes}
    for remote in seen:
        cwd, logged = remote.cwd, remote.repo_key
        is_news = db.execute(
            "INSERT INTO logged_remote VALUES (?, ?) ON CONFLICT (cwd) DO UPDATE"
            " SET repo_key = excluded.repo_key WHERE excluded.repo_key < repo_key",
            (cwd, logged),
        ).rowcount
        if is_news:
            rows = db.execute("SELECT id, repo_key FROM place WHERE cwd = ?", (cwd,)).fetchall()
            changes = [(attribution.name_of(key, cwd, logged), place) for place, key in rows]
            db.executemany("UPDATE place SET repo = ? WHERE id = ?", changes)


def rename_places(db: sqlite3.Connection, attribution: Attribution) -> None:
    """Name all places by these rules. Of a folder that is gone stays what was known of it."""
    rows = db.execute(
        "SELECT p.id, p.cwd, p.repo_key, coalesce(l.repo_key, '')"
        " FROM place p LEFT JOIN logged_remote l ON l.cwd = p.cwd"
    ).fetchall()
    changes = []
    for place, cwd, known, logged in rows:
        found, _ = attribution.names_of(cwd)
        is_lost = "/" in known or not os.path.exists(cwd)  # noqa: PTH110 - Path's may raise
        key = known if known and is_lost and "/" not in found else found
        changes.append((key, attribution.name_of(key, cwd, logged), place))
    db.executemany("UPDATE place SET repo_key = ?, repo = ? WHERE id = ?", changes)


NO_ATTRIBUTION = Attribution()  # folders by their own names
