"""Says a line to the user of a run that has no screen. Never waits, never spoils other output."""

import os
import stat

_FLAGS = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_APPEND | os.O_CLOEXEC
_MAX_LINE = 1000  # characters


def tell_user(text: str, client_pid: int) -> bool:
    """Write a line where the user of a client reads; return whether there is such a place.

    That is the client's own stderr, where the system shows it (Linux), else the terminal. A client
    may start its hooks without either.
    """
    line = "".join(char if char.isprintable() else " " for char in text[:_MAX_LINE]) + "\n"
    content = line.encode("utf-8", "replace")
    return _write(_stderr_of(client_pid), content) or _write("/dev/tty", content)


def _stderr_of(pid: int) -> str:
    """Return a client's stderr if that is a terminal, or a pipe of its own; else ""."""
    try:
        err, out = os.stat(f"/proc/{pid}/fd/2"), os.stat(f"/proc/{pid}/fd/1")  # noqa: PTH116
    except OSError:  # another system; gone; not ours
        return ""
    is_own_pipe = stat.S_ISFIFO(err.st_mode) and (err.st_dev, err.st_ino) != (
        out.st_dev,
        out.st_ino,
    )
    return f"/proc/{pid}/fd/2" if stat.S_ISCHR(err.st_mode) or is_own_pipe else ""


def _write(path: str, content: bytes) -> bool:
    if not path:
        return False
    try:
        place = os.open(path, _FLAGS)
    except OSError:
        return False
    try:
        if not (os.isatty(place) or stat.S_ISFIFO(os.fstat(place).st_mode)):
            return False  # /dev/null
        return os.write(place, content) == len(content)
    except OSError:  # full: who does not read it now will not miss it
        return False
    finally:
        os.close(place)
