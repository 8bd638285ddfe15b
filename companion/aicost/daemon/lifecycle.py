"""One daemon per run folder: the lock, the start in the background, the clean end."""

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aicost.core.errors import (
    AicostError,
    DaemonDown,
    ExitCode,
    ProtocolMismatch,
    StoreError,
)
from aicost.core.guard import MARK
from aicost.ipc import wire
from aicost.platform.dirs import Dirs

STOP_S = 15.0
START_S = 15.0  # a daemon that does not answer by then is broken
MOST_REBUILDS = 3  # of a damaged ledger, in one daemon's life
COMMAND_S = 10.0  # how long a daemon waits for a command that reads logs itself
MAX_LOG_BYTES = 2**20
_LOOK_S = 0.02
DAEMON = "daemon"  # as the lock file names it


class AlreadyRunning(AicostError):
    """Another process holds the lock of this run folder."""

    exit_code = ExitCode.DAEMON_DOWN


@contextmanager
def ledger_lock(
    dirs: Dirs, role: str = "command", *, wait_s: float = 0.0, outlast_daemon: bool = False
) -> Iterator[None]:
    """Be the only writer of this ledger. Raises StoreError where nothing can be locked.

    Raises AlreadyRunning after `wait_s` seconds; at once if a daemon holds the lock (it will not
    let go), unless told to `outlast_daemon`. The lock ends with its process, however that ends.
    """
    with _lock_errors(dirs):
        fd = os.open(dirs.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + wait_s
        while not _is_ours(fd):
            holder = os.pread(fd, 64, 0).decode(errors="replace").strip()
            is_final = holder.startswith(DAEMON) and not outlast_daemon
            if is_final or time.monotonic() >= until:
                raise AlreadyRunning(
                    f"the ledger is in use by {holder or 'another process'}",
                    hint="aicost daemon status",
                )
            time.sleep(_LOOK_S)
        with _lock_errors(dirs):
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{role} {os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(fd, 0)
    finally:
        os.close(fd)


@contextmanager
def _lock_errors(dirs: Dirs) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            "the ledger cannot be locked",
            why=f"{dirs.lock_file}: {error.strerror}",
            hint=f"ls -l {dirs.run_dir}",
        ) from error


def _is_ours(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def run_daemon(dirs: Dirs, env: Mapping[str, str]) -> None:
    """Run the daemon in this process until SIGTERM or SIGINT. Raises AlreadyRunning."""
    import asyncio

    from aicost.daemon.service import Service  # and watchdog …: only who runs it pays
    from aicost.daemon.setup import load_setup, renew_price_book

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with ledger_lock(dirs, DAEMON, wait_s=COMMAND_S):
        renew_price_book(dirs)
        setup = load_setup(dirs, env)

        async def main() -> None:
            service = Service(setup)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, service.stop)
            await service.run(ready=lambda: logging.info("ready, pid %d", os.getpid()))

        with _named_to_hooks(dirs):
            _run_on_whole_ledgers(dirs.ledger_file, lambda: asyncio.run(main()))
        logging.info("stopped")


@contextmanager
def _named_to_hooks(dirs: Dirs) -> Iterator[None]:
    """Let the hooks of agents know this daemon meanwhile, where they are installed."""
    from aicost.platform.config import load_settings
    from aicost.platform.hook_files import mark_stopped, refresh

    pid, fail = os.getpid(), load_settings(dirs.config_file).gate_fail
    try:
        refresh(dirs.data_dir, run_dir=dirs.run_dir, fail=fail, daemon_pid=pid)
    except AicostError as error:  # agents go on without us; the rest of our work does not wait
        logging.warning("the files of the hooks are not up to date: %s (%s)", error, error.why)
    try:
        yield
    finally:
        try:
            mark_stopped(dirs.data_dir, pid)
        except AicostError as error:
            logging.warning("the hooks do not know of the end: %s (%s)", error, error.why)


def _run_on_whole_ledgers(ledger_file: Path, run: Callable[[], None]) -> None:
    """Run until stopped; begin anew where the ledger was damaged. Raises AicostError."""
    from aicost.store.recovery import LedgerDamaged, mark_damaged, telling_damage

    for _ in range(MOST_REBUILDS):
        try:
            with telling_damage(ledger_file):
                run()
            return
        except LedgerDamaged as damage:
            logging.error("%s", damage)  # noqa: TRY400 - no bug: its traceback says nothing
            mark_damaged(ledger_file)  # it makes way when it is opened again
        except ExceptionGroup as group:
            if (error := _users_error(group)) is not None:
                raise error from group
            raise
    raise StoreError(
        f"the ledger was damaged {MOST_REBUILDS} times in a row",
        why="the disk it lies on may be failing",
        hint="set AICOST_HOME to a folder on another disk",
    )


def _users_error(group: ExceptionGroup) -> AicostError | None:
    """Return the first error of a group that is for the user, None if all are bugs."""
    found: BaseException | None = group.subgroup(AicostError)
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found if isinstance(found, AicostError) else None


def start_in_background(dirs: Dirs, env: Mapping[str, str]) -> bool:
    """Start a daemon unless one answers; return whether this call started it.

    Raises ConfigError for what keeps it from coming up and the user can mend, else DaemonDown with
    the end of its log.
    """
    if is_answering(dirs):
        return False
    try:
        process, begin = _spawned(dirs.log_file, env)
    except OSError as error:  # no room for its log, or for one more process
        raise DaemonDown(
            "the daemon cannot be started", why=str(error), hint=f"ls -l {dirs.log_file.parent}"
        ) from error
    # A dashboard lives long: the daemon must not stay in the process table when it ends first.
    threading.Thread(target=process.wait, name="daemon's end", daemon=True).start()
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if is_answering(dirs):
            return _holder(dirs) == (DAEMON, process.pid)
        if process.poll() not in (None, ExitCode.DAEMON_DOWN):  # (another one was quicker)
            break
        time.sleep(_LOOK_S)
    from aicost.daemon.setup import load_setup  # only here: a start that works need not load it

    load_setup(dirs, env)  # raises what the daemon did, whole
    raise DaemonDown(
        "the daemon does not start",
        why=_last_words(dirs.log_file, begin) or "it said nothing",
        hint="aicost daemon run",
    )


def restart_in_background(dirs: Dirs, env: Mapping[str, str]) -> None:
    """End the daemon, of whatever version, if one runs, and start this version's.

    Raises ConfigError before it ends, AlreadyRunning, and as `start_in_background`.
    """
    check_files(dirs)
    stop_running(dirs, timeout_s=STOP_S)
    start_in_background(dirs, env)


def check_files(dirs: Dirs) -> None:
    """Raise ConfigError for a file that keeps a daemon from starting: one that runs is better."""
    from aicost.platform.config import load_settings
    from aicost.prices.own import load_own_rows, own_prices_file

    load_settings(dirs.config_file)
    load_own_rows(own_prices_file(dirs.config_file))


def _spawned(log_file: Path, env: Mapping[str, str]) -> tuple["subprocess.Popen[bytes]", int]:
    """Start a daemon; return its process, and where in the log its words begin. Raises OSError."""
    log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log_file.exists() and log_file.stat().st_size > MAX_LOG_BYTES:
        log_file.replace(log_file.with_suffix(".old.log"))
    with open(log_file, "ab", opener=_private) as log:
        os.fchmod(log.fileno(), 0o600)  # an older version's was for all to read
        begin = log.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "aicost", "daemon", "run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_own_environment(env),
            cwd="/",  # not where the user is: a folder there could shadow our modules
            start_new_session=True,
        )
        return process, begin


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def stop_running(dirs: Dirs, *, timeout_s: float) -> bool:
    """Ask the daemon, of whatever version, to end, and wait for it; return False if none runs.

    Raises AlreadyRunning if it is still there after `timeout_s`.
    """
    if not (pid := running_pid(dirs)):
        return False  # (unlocked: the daemon was killed, and the pid may be a stranger's by now)
    with contextlib.suppress(ProcessLookupError):  # it ends this moment
        os.kill(pid, signal.SIGTERM)
    with ledger_lock(dirs, wait_s=timeout_s, outlast_daemon=True):
        return True


def running_pid(dirs: Dirs) -> int:
    """Return the process of the daemon that runs, of whatever version; 0 if none does."""
    role, pid = _holder(dirs)
    return pid if role == DAEMON and _is_locked(dirs) else 0


def _holder(dirs: Dirs) -> tuple[str, int]:
    """Return the role and process that last held the lock, ("", 0) if it let go in order."""
    try:
        role, _, pid = dirs.lock_file.read_text(errors="replace").strip().partition(" ")
    except OSError:
        return "", 0
    return (role, int(pid)) if pid.isdecimal() else ("", 0)


def _is_locked(dirs: Dirs) -> bool:
    """Say whether somebody holds the lock, without a trace in it."""
    fd = os.open(dirs.lock_file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return not _is_ours(fd)
    finally:
        os.close(fd)


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
    """Let the daemon find our packages however this process found them.

    It is under no guard, also where an agent that is one's starts it: it would end with that run.
    """
    paths = [path for path in sys.path if path and Path(path).is_absolute()]
    own = {name: value for name, value in env.items() if name != MARK}
    return own | {"PYTHONPATH": os.pathsep.join(paths)}


def _last_words(log_file: Path, begin: int) -> str:
    """Return what an error says in the log from `begin` on, else its last line."""
    try:
        lines = log_file.read_bytes()[begin:].decode(errors="replace").splitlines()
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    errors = [line.removeprefix("aicost: ") for line in said if line.startswith("aicost: ")]
    return (errors or said or [""])[-1]
