"""Budgets that a repository brings: `.aicost.toml` at the top of a checkout.

It is written by whoever may write to the repository. So it can only add budgets, of that repository
alone; it is small and no link; and no error or sentence repeats a text of it.
"""

import os
import shlex
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from aicost.core.budget import OF_A_PLAN, Budget, BudgetFilter, budget_id
from aicost.core.errors import ConfigError
from aicost.platform.config_budgets import parse_budgets
from aicost.platform.config_lines import line_in_array, line_of, parse_toml

FILE_NAME = ".aicost.toml"
MAX_BYTES = 16 * 1024
_BUDGETS = "budgets"


@dataclass(frozen=True, slots=True)
class RepoFile:
    """The file of a checkout as it was read."""

    path: Path
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of what was read, in hex."""
        return sha256(self.content).hexdigest()


def repo_file(root: Path) -> Path:
    """Return where the budgets of a checkout are, by its real path."""
    return Path(os.path.realpath(root)) / FILE_NAME


def read_repo_file(root: Path) -> RepoFile | None:
    """Return a checkout's file, None if it has none. Raises ConfigError.

    A link, a pipe or a folder in its place is an error: only a file of the repository counts.
    """
    path = repo_file(root)
    try:
        return RepoFile(path, _read(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        why = error.strerror or str(error)
        if stat.S_ISLNK(_mode_of(path)):
            why = "it is a link"
        raise ConfigError(f"cannot read {path}", why=why, hint=f"ls -l {path}") from error


def parse_repo_budgets(file: RepoFile, repo: str) -> tuple[Budget, ...]:
    """Return the budgets in a file, confined to `repo`, as reports name it. Raises ConfigError.

    What is hard there is so only if the user trusts the file: see `soft`.
    """
    name, hint = str(file.path), shlex.join(["less", str(file.path)])
    text, tables = parse_toml(file.content, name, hint)
    for key in tables:
        if key != _BUDGETS:
            raise ConfigError(
                f"a repository can set budgets and nothing else ({name}:{line_of(text, key)})",
                hint=hint,
            )

    def place(position: int, key: str) -> str:
        return f"{name}:{line_in_array(text, _BUDGETS, position, key)}"

    found = []
    for position, budget in enumerate(parse_budgets(tables.get(_BUDGETS), place, origin="repo")):
        if budget.filter.repo:
            what = f"a repository's budgets are of itself ({place(position, 'repo')})"
            raise ConfigError(what, why="repo cannot be named in them", hint=hint)
        if budget.scope in OF_A_PLAN:
            what = f"a repository cannot limit a plan ({place(position, 'scope')})"
            raise ConfigError(what, why="a plan is the user's own", hint=hint)
        found.append(
            replace(
                budget,
                budget_id=_name(budget, position, file.path.parent),
                filter=replace(budget.filter, repo=repo, is_repo_exact=True),
                root=str(file.path.parent),
            )
        )
    return tuple(found)


def _name(budget: Budget, position: int, root: Path) -> str:
    """Return a name without any text of the file."""
    plain = budget_id(budget.scope, budget.unit, BudgetFilter(), is_hard=budget.is_hard)
    return f"repo/{plain}#{position + 1}@{root}"


def soft(budgets: Sequence[Budget]) -> tuple[Budget, ...]:
    """Return budgets as they count before the user trusts their file: they only tell."""
    return tuple(replace(budget, is_hard=False) for budget in budgets)


def _read(path: Path) -> bytes:
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
    fd = os.open(path, flags)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise OSError("it is no file")
        content = os.read(fd, MAX_BYTES + 1)
    finally:
        os.close(fd)
    if len(content) > MAX_BYTES:
        raise OSError(f"it has more than {MAX_BYTES} bytes")
    return content


def _mode_of(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0
