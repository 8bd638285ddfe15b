"""A command in the foreground, as if nobody stood between: its files, its signals, its end.

It stays in our process group, so that the terminal's Ctrl-C reaches it from the terminal; what is
sent to us alone is sent on to it.
"""

import os
import select
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

from aicost.core.errors import AicostError
from aicost.platform.families import are_alive, descendants, marked, send

FORWARDED = (
    signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2,
)  # fmt: skip
OF_TERMINALS = (signal.SIGINT, signal.SIGQUIT)  # a terminal sends them to the whole group
NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as shells say
STEP_S = 5.0  # between a signal and the next, harder one
INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
ENDING = (signal.SIGTERM, signal.SIGKILL)
_LOOK_S = 0.05

Family = Callable[[], list[psutil.Process]]


class CannotRun(AicostError):
    """The command is not there, or is none."""

    def __init__(self, what: str, code: int) -> None:
        super().__init__(what, hint="check the word after --")
        self.code = code


class Running:
    """A command that was started, and all that it starts. For the main thread only."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", mailbox: "_Mailbox", mark: tuple[str, str]
    ) -> None:
        self._process, self._mailbox, self._mark = process, mailbox, mark

    @property
    def pid(self) -> int:
        """The process of the command itself."""
        return self._process.pid

    def wait(self, timeout_s: float) -> int | None:
        """Wait for the command's end and return its exit code, 128 + n for a signal's.

        None if it still runs then, or somebody rang meanwhile. What is sent to us, it gets.
        """
        until = time.monotonic() + timeout_s
        while (code := self._process.poll()) is None:
            for number in self._mailbox.take():
                if not _came_from_terminal(number):
                    self._process.send_signal(number)
            left_s = until - time.monotonic()
            if left_s <= 0 or self._mailbox.has_rung():
                return None
            self._mailbox.sleep(left_s)
        return code if code >= 0 else 128 - code

    def pause(self, timeout_s: float) -> bool:
        """Let time pass after the command's end; return whether a signal came for what is left."""
        if not self._mailbox.has_arrived:
            self._mailbox.sleep(timeout_s)
        return bool(self._mailbox.take())

    def ring(self) -> None:
        """End a `wait` or `pause` now. From any thread."""
        self._mailbox.ring()

    def family(self) -> list[psutil.Process]:
        """Return every process of the run that is there, also those that left their parents."""
        found = {process.pid: process for process in marked(*self._mark)}
        if self._process.poll() is None:
            found |= {process.pid: process for process in descendants(self.pid)}
        return list(found.values())

    def left(self) -> list[psutil.Process]:
        """Return what the command, which has ended, left running."""
        return [process for process in self.family() if are_alive([process])]

    def end(self, steps: Sequence[int], step_s: float = STEP_S) -> bool:
        """Send signals to the whole run, each harder than the one before, until nothing is left.

        Returns whether anything was there to end.
        """
        was_there = False
        for number in steps:
            found = self.left()
            if not found:
                break
            was_there = True
            send(found, number)
            send(found, signal.SIGCONT)  # one that is halted would not notice
            self._await_end(step_s)
        return was_there

    def _await_end(self, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if self.wait(_LOOK_S) is not None and not self.left():
                return
            if self._process.returncode is not None:
                time.sleep(_LOOK_S)  # the others' ends make no sound


@contextmanager
def running(
    argv: Sequence[str], env: Mapping[str, str], mark: tuple[str, str]
) -> Iterator[Running]:
    """Run a command with a mark (name, value) in its environment.

    Raises CannotRun. On the way out nothing of the run is left, whatever happened.
    """
    name, value = mark
    with _signals() as mailbox:
        run = Running(_started(argv, {**env, name: value}), mailbox, mark)
        try:
            yield run
        finally:
            run.end(ENDING)


def _started(argv: Sequence[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    try:
        # What else is open goes on to it as well: `3<file` means the command, not us.
        return subprocess.Popen(list(argv), env=env, close_fds=False)
    except FileNotFoundError as error:
        raise CannotRun(f"there is no command {argv[0]!r}", NOT_FOUND) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in it
        why = getattr(error, "strerror", None) or str(error)
        raise CannotRun(f"{argv[0]!r} cannot be run: {why}", NOT_EXECUTABLE) from error


class _Mailbox:
    """Signals that arrived, and a bell that other threads ring; either ends a sleep."""

    def __init__(self) -> None:
        self._arrived: deque[int] = deque()
        self._rung = False
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)

    @property
    def bell_fd(self) -> int:
        return self._bell.fileno()

    @property
    def has_arrived(self) -> bool:
        return bool(self._arrived)

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal: called by Python between two steps of the main thread."""
        if number != signal.SIGCHLD:
            self._arrived.append(number)

    def take(self) -> list[int]:
        """Return what arrived since the last time."""
        taken = []
        while self._arrived:
            taken.append(self._arrived.popleft())
        return taken

    def ring(self) -> None:
        """End the sleep of the main thread, from any thread."""
        self._rung = True
        with suppress(OSError):  # full: it rings already
            self._bell.send(b"\0")

    def has_rung(self) -> bool:
        """Say whether somebody rang since the last time."""
        rung, self._rung = self._rung, False
        return rung

    def sleep(self, timeout_s: float) -> None:
        """Wait until something arrives."""
        select.select([self._ear], [], [], timeout_s)
        with suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass

    def close(self) -> None:
        self._ear.close()
        self._bell.close()


@contextmanager
def _signals() -> Iterator[_Mailbox]:
    """Collect signals meanwhile. What is ignored (`nohup`) stays so, for the command as well."""
    mailbox, before = _Mailbox(), {}
    fd_before = signal.set_wakeup_fd(mailbox.bell_fd, warn_on_full_buffer=False)
    try:
        for number in (*FORWARDED, signal.SIGCHLD):
            if number == signal.SIGCHLD or signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, mailbox.note)
        yield mailbox
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(fd_before)
        mailbox.close()


def _came_from_terminal(number: int) -> bool:
    """Say whether a signal was sent by our terminal, which sent it to the command as well."""
    if number not in OF_TERMINALS:
        return False
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:  # none: somebody sent it to us
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
