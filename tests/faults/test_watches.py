"""The system allows too few watches: what cannot be watched is polled, and the status says so."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from claude_logs import append, call_line, log_of
from lab.waiting import until

from aicost.core.errors import DaemonDown
from aicost.ipc import wire
from aicost.platform.dirs import Dirs, load_dirs

TOO_LATE_S = 40.0
LIMITED = 'echo "$1" > /proc/sys/user/max_inotify_$2 || exit 9; shift 2; exec "$@"'
IN_A_NAMESPACE = ("unshare", "--user", "--map-root-user", "sh", "-c", LIMITED, "sh")


def allowed() -> str:
    """Return why no limit of our own can be set; "" where it can. The system's stays as it is."""
    try:
        done = subprocess.run(
            [*IN_A_NAMESPACE, "9", "watches", "true"], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or "no user namespaces"


WHY_NOT = allowed()
pytestmark = pytest.mark.skipif(WHY_NOT != "", reason=f"no limit of our own: {WHY_NOT}")


@contextmanager
def limited_daemon(name: str, limit: int) -> Iterator[Dirs]:
    """Run a daemon that is allowed so many inotify watches (or instances)."""
    dirs = load_dirs(os.environ)
    paths = os.pathsep.join(path for path in sys.path if path)
    command = [*IN_A_NAMESPACE, str(limit), name, sys.executable, "-m", "aicost", "daemon", "run"]
    with (
        dirs.log_file.open("wb") as log,
        subprocess.Popen(
            command, env=os.environ | {"PYTHONPATH": paths}, stderr=log, cwd="/"
        ) as daemon,
    ):
        try:
            until(lambda: answers(dirs), "the daemon")
            yield dirs
        finally:
            daemon.terminate()
            daemon.wait(TOO_LATE_S)
    assert "Traceback" not in dirs.log_file.read_text()


def answers(dirs: Dirs) -> bool:
    try:
        return bool(status(dirs))
    except DaemonDown:
        return False


def status(dirs: Dirs) -> dict[str, Any]:
    return wire.call(dirs.socket_path, "status", {}, timeout_s=TOO_LATE_S)


def is_read(dirs: Dirs) -> bool:
    """Look without asking for a reading: the daemon must come to it by itself."""
    return bool(status(dirs)["pending_bytes"] == 0)


@pytest.mark.parametrize(("name", "limit"), [("watches", 4), ("watches", 0), ("instances", 0)])
def test_at_the_limit_logs_are_polled_and_the_folder_is_named(
    home: Path, name: str, limit: int
) -> None:
    logs = home / ".claude"
    files = [log_of(logs, f"s-{number}", f"-src-{number}") for number in range(8)]
    for number, log in enumerate(files):
        append(log, call_line(f"msg_{number}", f"s-{number}"))
    with limited_daemon(name, limit) as dirs:
        until(lambda: is_read(dirs), "the first reading")
        for number, log in enumerate(files):
            append(log, call_line(f"late_{number}", f"s-{number}"))
        until(lambda: is_read(dirs), "the poll")
        unwatched = status(dirs)["unwatched"]
        assert re.search("limit|no more observers", unwatched[f"{logs}/projects"])
        assert re.search("cannot watch .*, polling .* instead", dirs.log_file.read_text())


def test_folders_made_at_the_limit_are_polled(home: Path) -> None:
    """The home itself was watched; the folders of new projects cannot be."""
    logs = home / ".claude"
    first = append(log_of(logs, "s-0", "-src-0"), call_line("msg_0", "s-0"))
    with limited_daemon("watches", 4) as dirs:
        until(lambda: is_read(dirs), "the first reading")
        assert status(dirs)["unwatched"] == {}
        for number in range(1, 4):
            append(
                log_of(logs, f"s-{number}", f"-src-{number}"),
                call_line(f"m{number}", f"s-{number}"),
            )
            until(lambda: is_read(dirs), "the poll")
        append(first, call_line("late", "s-0"))
        until(lambda: is_read(dirs), "the watched folder")
        assert list(status(dirs)["unwatched"]) == [f"{logs}/projects"]
