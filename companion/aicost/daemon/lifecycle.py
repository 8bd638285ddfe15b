"""One daemon per run folder: the lock, the start in the background, the clean end."""

import asyncio
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aicost.core.errors import AicostError, DaemonDown, ExitCode, ProtocolMismatch
from aicost.ipc import wire
from aicost.platform.dirs import Dirs

START_S = 15.0  # a daemon that does not answer by then is broken
MAX_LOG_BYTES = 2**20
_LOOK_S = 0.02
DAEMON = "daemon"  # as the lock file names it


class AlreadyRunning(AicostError):
    """Another process holds the lock of this run folder."""

    exit_code = ExitCode.DAEMON_DOWN


@contextmanager
def ledger_lock(dirs: Dirs, role: str = "command", *, wait_s: float = 0.0) -> Iterator[None]:
    """Be the only writer of this ledger. Raises AlreadyRunning after `wait_s` seconds.

    The lock belongs to the process and ends with it, however it ends.
    """
    fd = os.open(dirs.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(fd, time.monotonic() + wait_s)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{role} {os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(fd, 0)
    finally:
        os.close(fd)


def _acquire(fd: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                who = os.pread(fd, 64, 0).decode(errors="replace").strip() or "another process"
                raise AlreadyRunning(
                    f"the ledger is in use by {who}", hint="aicost daemon status"
                ) from None
            time.sleep(_LOOK_S)
        else:
            return


def run_daemon(dirs: Dirs, env: Mapping[str, str]) -> None:
    """Run the daemon in this process until SIGTERM or SIGINT. Raises AlreadyRunning."""
    from aicost.daemon.service import Service  # asyncio, watchdog …: only who runs it pays
    from aicost.daemon.setup import load_setup, renew_price_book

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with ledger_lock(dirs, DAEMON):
        renew_price_book(dirs)
        setup = load_setup(dirs, env)

        async def main() -> None:
            service = Service(setup)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, service.stop)
            await service.run(ready=lambda: logging.info("ready, pid %d", os.getpid()))

        asyncio.run(main())
        logging.info("stopped")


def start_in_background(dirs: Dirs, env: Mapping[str, str]) -> bool:
    """Start a daemon unless one answers; return whether this call started it.

    Raises DaemonDown with the end of its log if it does not come up.
    """
    if is_answering(dirs):
        return False
    dirs.log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _cut_log(dirs.log_file)
    with dirs.log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "aicost", "daemon", "run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_own_environment(env),
            cwd="/",  # not where the user is: a folder there could shadow our modules
            start_new_session=True,
        )
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if is_answering(dirs):
            return True
        if process.poll() not in (None, ExitCode.DAEMON_DOWN):  # (another one was quicker)
            break
        time.sleep(_LOOK_S)
    raise DaemonDown(
        "the daemon does not start",
        why=_last_line(dirs.log_file) or "it said nothing",
        hint="aicost daemon run",
    )


def stop_running(dirs: Dirs, *, timeout_s: float) -> bool:
    """Ask the daemon, of whatever version, to end, and wait for it; return False if none runs.

    Raises AlreadyRunning if it is still there after `timeout_s`.
    """
    try:
        role, _, pid = dirs.lock_file.read_text().strip().partition(" ")
    except OSError:
        return False
    if role != DAEMON or not pid.isdigit() or not _is_locked(dirs):
        return False  # (unlocked: the daemon was killed, and the pid may be a stranger's by now)
    os.kill(int(pid), signal.SIGTERM)
    with ledger_lock(dirs, wait_s=timeout_s):
        return True


def _is_locked(dirs: Dirs) -> bool:
    try:
        with ledger_lock(dirs):
            return False
    except AlreadyRunning:
        return True


def is_answering(dirs: Dirs) -> bool:
    """Say whether a daemon (of any version) listens on the socket."""
    try:
        wire.connect(dirs.socket_path, timeout_s=1.0).close()
    except ProtocolMismatch:
        return True
    except DaemonDown:
        return False
    return True


def _own_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Let the daemon find our packages however this process found them."""
    paths = [path for path in sys.path if path and Path(path).is_absolute()]
    return dict(env) | {"PYTHONPATH": os.pathsep.join(paths)}


def _cut_log(log_file: Path) -> None:
    if log_file.exists() and log_file.stat().st_size > MAX_LOG_BYTES:
        log_file.replace(log_file.with_suffix(".old.log"))


def _last_line(log_file: Path) -> str:
    try:
        lines = log_file.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.strip()), "")
