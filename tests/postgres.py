"""A real PostgreSQL for tests: a cluster in a temporary folder, reached by a socket in it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOBODY = ("postgres", "nobody")  # PostgreSQL does not start for root


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, None if the system has none."""
    found = shutil.which("initdb")
    places = [Path(found).resolve()] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return places[0].parent if places else None


@contextmanager
def cluster() -> Iterator[str]:
    """Start a server; yield its address. Fails the test where there is no PostgreSQL."""
    programs = binaries()
    if programs is None:
        pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as name:  # a socket's path is short
        folder = Path(name)
        as_user = _owner(folder)
        data = folder / "data"
        _run([*as_user, f"{programs}/initdb", "-D", f"{data}", "-U", "aicost", "-A", "trust",
              "--no-sync", "-E", "UTF8", "--locale=C"])  # fmt: skip
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        control = [*as_user, f"{programs}/pg_ctl", "-D", f"{data}", "-w"]
        _run([*control, "-l", f"{folder}/log", "-o", options, "start"])
        try:
            yield f"postgresql://aicost@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"])


def _owner(folder: Path) -> Sequence[str]:
    """Return what runs a command as a user who may start a server; give the folder to that one."""
    if os.geteuid() != 0:
        return ()
    import pwd

    known = {one.pw_name for one in pwd.getpwall()}
    user = next(name for name in _NOBODY if name in known)
    shutil.chown(folder, user)
    return ("runuser", "-u", user, "--")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/", check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
