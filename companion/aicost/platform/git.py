"""Which repository a folder belongs to, read from `.git`. Starts no git and no connection."""

import contextlib
import os
import re
import stat
from pathlib import Path

from aicost.core.repos import repo_key
from aicost.platform.git_config import remote_addresses
from aicost.platform.opening import open_unblocked

_MAX_POINTER_BYTES = 4096  # of the small files git keeps its pointers in
_MAX_CONFIG_BYTES = 256 * 1024  # remotes stand before the branches; what is behind is not read
_PREFERRED = ("origin", "upstream")
_CLIENT_WORKTREE = re.compile(r"^(.*)/\.claude/worktrees/[^/]+(?:/.*)?$")


def repo_key_of(cwd: str) -> str:
    """Return only the key of `repo_of`."""
    return repo_of(cwd)[0]


def repo_of(cwd: str) -> tuple[str, str | None]:
    """Return the key of the repository, and the branch checked out, for a folder an agent used.

    The key is where the repository lives, `github.com/Org/Repo`: of the remote `origin`, else
    `upstream`, else the first by name. Without a remote it is the main checkout's folder, also for
    its subfolders and linked worktrees. Outside any repository, and where everything is gone, it
    is the folder's own name ("" for none). A key with a `/` is always a remote's; none holds a
    credential. The branch is None if unknown or detached. Never raises.
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


def checkout_of(cwd: str) -> Path | None:
    """Return the top of the checkout that a folder lies in, None outside any. Never raises."""
    folder = Path(cwd)
    if not folder.is_absolute() or "\0" in cwd:
        return None
    return next((place for place in (folder, *folder.parents) if _repository(place)), None)


def _repository(place: Path) -> tuple[str, str | None] | None:
    """Return key and branch if `place` is the top of a checkout."""
    git = place / ".git"
    pointer = _first_line(git)
    if pointer is None:
        if _first_line(git / "HEAD") is None:
            return None
        return _remote(git) or _name(place), _branch(git)
    if not pointer.startswith("gitdir:"):
        return None
    git_dir = place / pointer.removeprefix("gitdir:").strip()
    common = _first_line(git_dir / "commondir")
    if common is None:  # a submodule, a separate git dir, or a worktree whose main checkout is gone
        return _remote(git_dir) or _name(_main_of_lost(git_dir) or place), _branch(git_dir)
    shared = git_dir / common
    return _remote(shared) or _name(_checkout_of(shared)), _branch(git_dir)


def _remote(git_dir: Path) -> str:
    """Return the key of the remote that a repository is known by; "" if it has none."""
    content = _read(git_dir / "config", _MAX_CONFIG_BYTES)
    addresses = remote_addresses((content or b"").decode(errors="replace"))
    names = [name for name in _PREFERRED if name in addresses]
    names += sorted(addresses.keys() - set(_PREFERRED))
    return next(filter(None, (repo_key(addresses[name]) for name in names)), "")


def _checkout_of(common_dir: Path) -> Path:
    """Return the folder a repository is known by: beside `.git`, or the bare repository itself."""
    with contextlib.suppress(ValueError):  # a NUL in the path
        common_dir = Path(os.path.realpath(common_dir))  # (Path.resolve raises for links in a ring)
    return common_dir.parent if common_dir.name in (".git", ".bare") else common_dir


def _main_of_lost(git_dir: Path) -> Path | None:
    parent = git_dir.parent
    return (
        parent.parent.parent if (parent.parent.name, parent.name) == (".git", "worktrees") else None
    )


def _name(place: Path) -> str:
    name = place.name.removesuffix(".git") or place.name or str(place)
    return os.fsencode(name).decode(errors="replace")  # a link may lead to a name that is no text


def _branch(git_dir: Path) -> str | None:
    head = _first_line(git_dir / "HEAD") or ""
    branch = head.removeprefix("ref:").strip().removeprefix("refs/heads/")
    return branch if head.startswith("ref:") and branch != ".invalid" else None  # reftable


def _first_line(path: Path) -> str | None:
    content = _read(path, _MAX_POINTER_BYTES)
    return None if content is None else content.decode(errors="replace").partition("\n")[0].strip()


def _read(path: Path, max_bytes: int) -> bytes | None:
    """Return the beginning of a regular file; None for all else. Never waits, as a pipe would."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a device may already do something
            return None
        file = open_unblocked(path)
        try:
            return os.read(file, max_bytes) if stat.S_ISREG(os.fstat(file).st_mode) else None
        finally:
            os.close(file)
    except (OSError, ValueError):  # missing, a folder, not ours to read; a NUL in the path
        return None
