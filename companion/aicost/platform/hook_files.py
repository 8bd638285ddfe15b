"""The files beside an agent's hooks: `gate.sh`, `statusline.sh`, `where`, in the data folder."""

import os
import shlex
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

from aicost.core.errors import ConfigError
from aicost.core.hook_files import (
    FOLDER,
    GATE,
    SCRIPTS,
    WHERE,
    FailMode,
    Where,
    parse_where,
    where_text,
)
from aicost.platform.atomic import replace_file
from aicost.platform.rundir import make_private

_PROGRAM = "aicost-hook"
_MAX_WHERE_BYTES = 64 * 1024


def write_hook_files(data_dir: Path, where: Where) -> bool:
    """Put the scripts and `where` in place; say whether anything was not as it should be.

    The folder is the user's own (0700), the files too (0600). Raises ConfigError.
    """
    folder = data_dir / FOLDER
    wanted = {name: script(name) for name in SCRIPTS} | {WHERE: where_text(where).encode()}
    changed = False
    try:
        make_private(str(folder))
        for name, content in wanted.items():
            changed |= _write(folder / name, content)
    except OSError as error:
        raise ConfigError(
            f"cannot write {folder}",
            why=error.strerror or str(error),
            hint=f"ls -ld {folder}",
        ) from error
    return changed


def refresh(data_dir: Path, *, run_dir: Path, fail: FailMode, daemon_pid: int) -> bool:
    """Bring the files of installed hooks up to date; say whether they had to be.

    Where no hooks are installed, nothing is written. Raises ConfigError.
    """
    if not is_installed(data_dir):
        return False
    where = Where(
        run_dir=str(run_dir), hook=find_program(data_dir), fail=fail, daemon_pid=daemon_pid
    )
    return write_hook_files(data_dir, where)


def mark_stopped(data_dir: Path, daemon_pid: int) -> None:
    """Say in the files that this daemon runs no longer. Raises ConfigError."""
    found = read_where(data_dir)
    if found is not None and found.daemon_pid == daemon_pid:
        write_hook_files(data_dir, replace(found, daemon_pid=0))


def is_installed(data_dir: Path) -> bool:
    """Say whether an agent's hooks may need the files."""
    return (data_dir / FOLDER / WHERE).exists()


def read_where(data_dir: Path) -> Where | None:
    """Return what `where` says; None if there is none, or nothing that can be read."""
    try:
        with (data_dir / FOLDER / WHERE).open("rb") as file:
            content = file.read(_MAX_WHERE_BYTES)
    except OSError:
        return None
    return parse_where(content.decode(errors="replace"))


def is_current(data_dir: Path, name: str = GATE) -> bool:
    """Say whether a script in place is this version's."""
    try:
        return (data_dir / FOLDER / name).read_bytes() == script(name)
    except OSError:
        return False


def remove_hook_files(data_dir: Path) -> None:
    """Take the files away; an agent that still has a hook of ours goes on undisturbed."""
    folder = data_dir / FOLDER
    for name in (WHERE, *SCRIPTS, _PROGRAM):
        (folder / name).unlink(missing_ok=True)


def script(name: str) -> bytes:
    """Return a script as this version has it."""
    from importlib.resources import files  # only here: most commands never need it

    return (files("aicost_hooks") / name).read_bytes()


def find_program(data_dir: Path) -> str:
    """Return the absolute path of `aicost-hook`.

    That is the one beside this Python, or among the user's own scripts. Where the package was not
    installed (a checkout on PYTHONPATH), a starter is written beside `gate.sh`. Raises ConfigError.
    """
    users = sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))
    for scripts in (Path(sys.executable).parent, sysconfig.get_path("scripts"), users):
        if os.access(program := Path(scripts, _PROGRAM), os.X_OK):
            return str(program)
    program = data_dir / FOLDER / _PROGRAM
    try:
        make_private(str(program.parent))
        _write(program, _starter(), mode=0o700)
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError(f"cannot write {program}", why=why, hint=f"ls -ld {data_dir}") from error
    return str(program)


def _starter() -> bytes:
    paths = [path for path in sys.path if path and Path(path).is_absolute()]
    code = (
        f"import sys; sys.path[:0] = {paths!a}; from aicost_hooks.main import main; "
        "sys.exit(main())"
    )
    command = shlex.join([sys.executable, "-c", code])
    return f'#!/bin/sh\nexec {command} "$@"\n'.encode(errors="surrogateescape")


def _write(path: Path, content: bytes, mode: int = 0o600) -> bool:
    """Replace a file of ours unless it is as wanted; a link in its place goes."""
    if path.is_symlink():
        path.unlink()
    elif path.is_file() and path.stat().st_mode & 0o777 == mode and path.read_bytes() == content:
        return False
    replace_file(path, content, mode=mode)
    return True
