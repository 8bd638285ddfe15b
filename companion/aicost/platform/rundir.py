"""The run folder (socket, lock, badge): where it is, and that it is ours. Cheap to import.

Hooks and warm commands start here, so paths are text: pathlib and platformdirs would cost more time
than all that such a command does. The rule is the one of platformdirs 4, but never ends in the temp
folder: the daemon and its clients live in different shells and must agree.
"""
# ruff: noqa: PTH100, PTH101, PTH102, PTH103, PTH111, PTH120 - see above

import os
import stat
import sys
from collections.abc import Mapping

from aicost.core.errors import ConfigError

SOCKET_PATH_MAX_BYTES = 100  # Linux allows 107, macOS 103
SOCKET_NAME = "daemon.sock"
_TEMP_DIR = "/tmp"  # each folder made in it is private, and its owner is checked


def find_run_dir(env: Mapping[str, str], *, system: str = sys.platform) -> str:
    """Return the run folder of this environment, existing or not. Touches nothing.

    `AICOST_HOME/run`; else `aicost` in `XDG_RUNTIME_DIR` or the system's runtime folder of this
    user; where there is neither (containers), `run` in the data folder, which goes by HOME.
    """
    if own_home := env.get("AICOST_HOME"):
        return f"{aicost_home(own_home)}/run"
    if (named := env.get("XDG_RUNTIME_DIR", "")).startswith("/") and _is_ours(named):
        return f"{named.rstrip('/')}/aicost"
    home = env.get("HOME") or os.path.expanduser("~")
    if system == "darwin":
        return f"{home}/Library/Caches/TemporaryItems/aicost"
    if _is_ours(system_dir := f"/run/user/{os.geteuid()}"):
        return f"{system_dir}/aicost"
    return f"{env.get('XDG_DATA_HOME') or f'{home}/.local/share'}/aicost/run"


def aicost_home(value: str) -> str:
    """Return the folder that `AICOST_HOME` names, absolute."""
    return os.path.abspath(os.path.expanduser(value))


def socket_path_in(run_dir: str, *, temp_dir: str = _TEMP_DIR) -> str:
    """Return the daemon's socket: in the run folder, or a hashed one if that path is too long."""
    path = f"{run_dir}/{SOCKET_NAME}"
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX_BYTES:
        return path
    import hashlib  # only here: most users never need it

    digest = hashlib.sha256(os.fsencode(run_dir)).hexdigest()[:12]
    return f"{temp_dir}/aicost-{os.geteuid()}-{digest}/{SOCKET_NAME}"


def find_socket(env: Mapping[str, str]) -> str:
    """Return where this environment's daemon listens, if one runs.

    Raises ConfigError if the socket's folder belongs to somebody else: what listens there would
    get the names of the user's projects.
    """
    path = socket_path_in(find_run_dir(env))
    check_private(os.path.dirname(path))
    return path


def check_private(folder: str) -> bool:
    """Return whether the folder exists. Raises ConfigError if it is a link or somebody else's."""
    try:
        found = os.lstat(folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error
    if not stat.S_ISDIR(found.st_mode):
        raise _unusable(folder, "it is a link or a file, not a folder")
    if found.st_uid != os.geteuid():
        raise _unusable(folder, "it belongs to another user")
    return True


def make_private(folder: str) -> None:
    """Make a folder that only the user can enter (0700). Raises ConfigError if that fails.

    Folders above it are made too, but left alone where they exist.
    """
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            if check_private(folder) and stat.S_IMODE(os.lstat(folder).st_mode) != 0o700:
                os.chmod(folder, 0o700)
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error


def _is_ours(folder: str) -> bool:
    try:
        found = os.lstat(folder)
    except OSError:  # not there, or not for us to look at
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _unusable(folder: str, why: str) -> ConfigError:
    return ConfigError(
        f"cannot use the folder {folder}",
        why=why,
        hint="set AICOST_HOME to a folder of your own",
    )
