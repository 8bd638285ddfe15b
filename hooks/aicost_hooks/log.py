"""The hooks' own log: one line a fault. No prompt, path or secret gets into it."""

import os
import time

from aicost.core.errors import AicostError, ConfigError
from aicost.platform.rundir import make_private
from aicost_hooks.events import NotAnEvent

MAX_LOG_BYTES = 64 * 1024
LOG_NAME = "hook.log"
_MAX_LINE = 300  # characters


def note(run_dir: str, text: str) -> None:
    """Add a line, or nothing if even that fails. Starts anew when the log is full."""
    try:
        _append(run_dir, text)
    except (OSError, AicostError, ValueError):  # nowhere left to say it
        return


def words_of(error: Exception) -> str:
    """Say what went wrong, and of what is not ours to quote only where."""
    if isinstance(error, NotAnEvent):
        return str(error)
    if isinstance(error, AicostError):
        what = "a folder cannot be used" if isinstance(error, ConfigError) else error.what
        return f"{what}: {error.why}" if error.why else what
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = "" if at is None else f" in {at.tb_frame.f_code.co_name}, line {at.tb_lineno}"
    return f"{type(error).__name__}{where}"


def _append(run_dir: str, text: str) -> None:
    make_private(run_dir)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    log = os.open(f"{run_dir}/{LOG_NAME}", flags, 0o600)
    try:
        if os.fstat(log).st_size > MAX_LOG_BYTES:
            os.ftruncate(log, 0)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        one_line = " ".join(text.split())[:_MAX_LINE]
        os.write(log, f"{at} {one_line}\n".encode(errors="replace"))
    finally:
        os.close(log)
