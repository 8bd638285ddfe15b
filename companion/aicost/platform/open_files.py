"""Which files the processes of one name have open. Linux tells in /proc; elsewhere psutil asks."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

AGE_S = 1.0  # an answer is given again for so long: looking costs a millisecond and more
_FORGET_S = 10.0  # a process may have taken the name since it was looked at


class OpenFiles:
    """Asked several times a second, looks about once. Not thread-safe."""

    def __init__(
        self,
        name: str,
        suffix: str,
        *,
        system: str = sys.platform,
        proc: str = "/proc",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._suffix = name, suffix
        self._find = self._in_proc if system == "linux" else self._by_psutil
        self._proc, self._clock = proc, clock
        self._others = set[str]()  # processes of other names
        self._found: Mapping[str, int] | None = None
        self._found_at = self._forgot_at = -_FORGET_S - AGE_S

    def holders(self) -> Mapping[str, int] | None:
        """Return the process that holds each open file of the suffix, by path; None if the system
        does not tell. Only names that begin with `name`, and only what we may see.
        """
        now = self._clock()
        if now - self._found_at >= AGE_S:
            if now - self._forgot_at >= _FORGET_S:
                self._others, self._forgot_at = set(), now
            try:
                self._found = dict(self._find())
            except _refusals():
                self._found = None
            self._found_at = now
        return self._found

    def _in_proc(self) -> Iterator[tuple[str, int]]:
        # Names only: this runs over all processes of the machine. Raises OSError without /proc.
        for pid in os.listdir(self._proc):  # noqa: PTH208
            if pid.isdigit() and pid not in self._others:
                with suppress(OSError):  # it has just ended, or is somebody else's
                    if not self._is_of_name(pid):
                        self._others.add(pid)
                        continue
                    yield from self._held_by(pid)

    def _is_of_name(self, pid: str) -> bool:
        fd = os.open(f"{self._proc}/{pid}/comm", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(fd, 64).startswith(self._name.encode())
        finally:
            os.close(fd)

    def _held_by(self, pid: str) -> Iterator[tuple[str, int]]:
        folder = f"{self._proc}/{pid}/fd"
        for fd in os.listdir(folder):  # noqa: PTH208
            with suppress(OSError):  # closed meanwhile
                path = os.readlink(f"{folder}/{fd}")  # noqa: PTH115
                if path.endswith(self._suffix):
                    yield path, int(pid)

    def _by_psutil(self) -> Iterator[tuple[str, int]]:
        import psutil  # (Linux is asked without)

        for process in psutil.process_iter(["name"]):
            if (process.info["name"] or "").startswith(self._name):
                with suppress(psutil.Error):  # it has just ended, or is somebody else's
                    for file in process.open_files():
                        if file.path.endswith(self._suffix):
                            yield file.path, process.pid


def _refusals() -> tuple[type[Exception], ...]:
    from psutil import Error

    return (OSError, Error)
