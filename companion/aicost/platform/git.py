"""Which repository a folder belongs to, read from `.git`. Starts no git and no connection."""

import re
from pathlib import Path

_MAX_BYTES = 4096  # of the small files git keeps its pointers in
_CLIENT_WORKTREE = re.compile(r"^(.*)/\.claude/worktrees/[^/]+(?:/.*)?$")


def repo_of(cwd: str) -> tuple[str, str | None]:
    """Return the repository's name and the branch checked out for a folder an agent worked in.

    The name is the main checkout's folder, also for its subfolders and linked worktrees. Outside
    any repository, and where everything is gone, it is the folder's own name ("" for none). The
    branch is None if unknown or detached. Never raises.
    """
    folder = Path(cwd)
    if not folder.is_absolute() or "\0" in cwd:  # no folder; and never our own working folder
        return folder.name, None
    for place in (folder, *folder.parents):
        if (found := _repository(place)) is not None:
            return found
    if made_by_client := _CLIENT_WORKTREE.match(cwd):  # gone with its repository
        folder = Path(made_by_client[1])
    return folder.name or str(folder), None


def _repository(place: Path) -> tuple[str, str | None] | None:
    """Return name and branch if `place` is the top of a checkout."""
    git = place / ".git"
    pointer = _first_line(git)
    if pointer is None:
        return (_name(place), _branch(git)) if _first_line(git / "HEAD") is not None else None
    if not pointer.startswith("gitdir:"):
        return None
    git_dir = place / pointer.removeprefix("gitdir:").strip()
    common = _first_line(git_dir / "commondir")
    if common is None:  # a submodule, a separate git dir, or a worktree whose main checkout is gone
        return _name(_main_of_lost(git_dir) or place), _branch(git_dir)
    return _name(_checkout_of(git_dir / common)), _branch(git_dir)


def _checkout_of(common_dir: Path) -> Path:
    """Return the folder a repository is known by: beside `.git`, or the bare repository itself."""
    common_dir = common_dir.resolve()
    return common_dir.parent if common_dir.name in (".git", ".bare") else common_dir


def _main_of_lost(git_dir: Path) -> Path | None:
    parent = git_dir.parent
    return (
        parent.parent.parent if (parent.parent.name, parent.name) == (".git", "worktrees") else None
    )


def _name(place: Path) -> str:
    return place.name.removesuffix(".git") or place.name or str(place)


def _branch(git_dir: Path) -> str | None:
    head = _first_line(git_dir / "HEAD") or ""
    branch = head.removeprefix("ref:").strip().removeprefix("refs/heads/")
    return branch if head.startswith("ref:") and branch != ".invalid" else None  # reftable


def _first_line(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode(errors="replace").partition("\n")[0].strip()
    except (OSError, ValueError):  # missing, a folder, not ours to read; a NUL in the path
        return None
