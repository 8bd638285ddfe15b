"""Starts the daemon in the background, from a hook: it waits for nothing and holds nothing open."""

import os
from collections.abc import Mapping

from aicost.core.errors import AicostError
from aicost.platform.rundir import find_run_dir


class CannotStart(AicostError):
    """There is nothing to start it with."""


def start_daemon(hook_path: str, run_dir: str, env: Mapping[str, str]) -> None:
    """Start `aicost daemon start` beside the hook's own program, for this run folder.

    Returns at once. Raises CannotStart, OSError.
    """
    command = _beside(hook_path)
    own = _environment(run_dir, env)
    closed = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    os.posix_spawn(command, [command, "daemon", "start"], own, file_actions=closed, setsid=True)


def _beside(hook_path: str) -> str:
    """Return the `aicost` in the folder of a program, or in the one that its link leads to."""
    paths = (hook_path, os.path.realpath(hook_path)) if hook_path.startswith("/") else ()
    for path in paths:  # never one in the folder that the agent works in
        command = f"{os.path.dirname(path)}/aicost"  # noqa: PTH120 - starts fast
        if os.access(command, os.X_OK):
            return command
    raise CannotStart("the daemon cannot be started", why="there is no aicost beside aicost-hook")


def _environment(run_dir: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment whose daemon has this run folder. Raises CannotStart."""
    if find_run_dir(env) == run_dir:
        return dict(env)
    own = {name: value for name, value in env.items() if name != "AICOST_HOME"}
    for found in (own, own | {"AICOST_HOME": run_dir.removesuffix("/run")}):
        if find_run_dir(found) == run_dir:
            return found
    raise CannotStart("the daemon cannot be started", why="its folder is another user's or gone")
