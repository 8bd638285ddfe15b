"""Shells on terminals of their own, as a person has them, without a terminal program."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from lab.waiting import until

_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid();"
    " fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)


@dataclass(frozen=True, slots=True)
class OnTerminal:
    """A program that reads what is typed."""

    pid: int
    typing: int  # the other end of its terminal

    def types(self, line: str) -> None:
        os.write(self.typing, line.encode() + b"\n")

    def child(self, name: str, below: int = 0) -> int:
        """Return the process of this name right below the program, or below another one."""

        def found() -> int | None:
            try:
                children = psutil.Process(below or self.pid).children()
                return next((one.pid for one in children if one.name() == name), None)
            except psutil.NoSuchProcess:  # one that has just ended
                return None

        return until(found, f"a process {name!r}")


@contextmanager
def on_terminal(
    *argv: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[OnTerminal]:
    """Run a program with a terminal of its own; in the end, end all that it started."""
    typing, terminal = os.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": "/nonexistent"}
    take = [sys.executable, "-I", "-c", _TAKE_TERMINAL, *argv]
    with subprocess.Popen(
        take,
        env=environment | dict(env or {}),
        cwd=cwd,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as run:
        os.close(terminal)
        shell = OnTerminal(run.pid, typing)
        try:
            name = Path(argv[0]).name
            until(lambda: psutil.Process(run.pid).name() == name, f"{name} to begin")
            yield shell
        finally:
            _end(run)
            os.close(typing)


def _end(run: "subprocess.Popen[bytes]") -> None:
    """Kill a program with all below it that is still there."""
    with suppress(psutil.NoSuchProcess):
        below = psutil.Process(run.pid).children(recursive=True)
        for process in below:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
    run.kill()
