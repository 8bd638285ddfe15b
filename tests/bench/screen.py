"""The dashboard on a terminal: first picture, keys, watching, and a log line to the screen."""

import fcntl
import json
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from bench.appends import calls
from bench.daemon import filled, running
from bench.measuring import alternating, cpu_s, timed
from bench.ours import ROOT
from bench.replay import log_of_session, of_the_moment, session_id
from bench.setting import Bench
from bench.table import Figure, quantile

COLUMNS, LINES = 140, 40
PAINT_AT_MOST = 2.5  # times importing Textual
KEY_AT_MOST_S = 0.05
LINE_AT_MOST_S = 0.5
WATCHING_AT_MOST_PERCENT = 3.0
TOO_LATE_S = 30.0
KEYS = 40
_FIRST_NUMBER = 7_000  # of the sessions that write: none of another part's
_CURSOR, _HEADER, _TABLE = "▌".encode(), b"today ", b"branch"
_IMPORT = "import textual.app, textual.screen, textual.widgets"


class Terminal:
    """A program on a terminal of its own, and what it painted."""

    def __init__(self, process: "subprocess.Popen[bytes]", fd: int) -> None:
        self.pid, self._fd = process.pid, fd
        self._painted = b""

    def press(self, key: str) -> None:
        """Type a key."""
        os.write(self._fd, key.encode())

    def forget(self) -> None:
        """Drop what was painted so far."""
        while select.select([self._fd], [], [], 0)[0]:
            os.read(self._fd, 65536)
        self._painted = b""

    def wait_for(self, text: bytes) -> float:
        """Read until `text` is painted; return that moment. Raises RuntimeError."""
        until = time.perf_counter() + TOO_LATE_S
        while text not in self._painted:
            left = until - time.perf_counter()
            if left <= 0 or not select.select([self._fd], [], [], left)[0]:
                raise RuntimeError(f"{text!r} is not painted within {TOO_LATE_S:g} s")
            self._painted += os.read(self._fd, 65536)
        return time.perf_counter()

    def read_on(self, seconds: float) -> None:
        """Read what is painted for some time, as a terminal does."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._fd], [], [], left)[0]:
                os.read(self._fd, 65536)


@contextmanager
def on_terminal(argv: Sequence[str], env: dict[str, str]) -> Iterator[Terminal]:
    """Run a program on a terminal of COLUMNS x LINES; end it at the end."""
    fd, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(
        argv,
        env=environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        try:
            yield Terminal(process, fd)
        finally:
            process.kill()
            os.close(fd)


def measure(bench: Bench) -> list[Figure]:
    """Measure all of it."""
    return [*_first_paint(bench), *_keys(bench), *_watching(bench), *_log_line(bench)]


def _first_paint(bench: Bench) -> list[Figure]:
    """Measure from the start of the command to its first picture, the daemon running."""
    env = bench.environment(filled(bench))
    argv = bench.aicost("top")
    paints, tables = list[float](), list[float]()
    with running(bench, filled(bench)) as daemon:
        daemon.report()
        daemon.settle()
        for number in range(bench.sizes.starts + 1):
            start = time.perf_counter()
            with on_terminal(argv, env) as terminal:
                paint = terminal.wait_for(_HEADER) - start
                table = terminal.wait_for(_TABLE) - start
            if number:
                paints.append(paint)
                tables.append(table)
        runs = {"textual": partial(timed, bench.python("-c", _IMPORT), env)}
        found = alternating(runs, bench.sizes.starts)
    return [
        Figure(
            what="aicost top, first picture",
            value=median(paints),
            beside=found["textual"][0],
            beside_what="importing Textual",
            at_most=PAINT_AT_MOST,
        ),
        Figure(what="aicost top, sessions on the screen", value=median(tables)),
    ]


def _app(bench: Bench, kind: str) -> tuple[list[str], dict[str, str]]:
    env = {**bench.environment(bench.scratch / "screen"), "PYTHONPATH": str(ROOT / "tests")}
    return bench.python("-m", "bench.screen_app", kind), env


def _keys(bench: Bench) -> list[Figure]:
    """Measure from a key to its picture, with 200 sessions in the table."""
    lags = []
    with on_terminal(*_app(bench, "still")) as terminal:
        terminal.wait_for(_TABLE)
        terminal.read_on(1.0)
        for number in range(KEYS):
            terminal.forget()
            start = time.perf_counter()
            terminal.press("k" if number % 8 == 7 else "j")
            lags.append(terminal.wait_for(_CURSOR) - start)
            terminal.read_on(0.05)
    return [
        Figure(what="key to picture, 200 sessions, median", value=quantile(lags, 0.5)),
        Figure(what="key to picture, p95", value=quantile(lags, 0.95), at_most=KEY_AT_MOST_S),
    ]


def _watching(bench: Bench) -> list[Figure]:
    """Measure the dashboard's processor time while ten sessions write, four views a second."""
    with on_terminal(*_app(bench, "busy")) as terminal:
        terminal.wait_for(_TABLE)
        terminal.read_on(3.0)
        before, start = cpu_s(terminal.pid), time.monotonic()
        terminal.read_on(bench.sizes.idle_s)
        share = (cpu_s(terminal.pid) - before) / (time.monotonic() - start)
    return [
        Figure(
            what="dashboard with ten live sessions, of a core",
            value=share * 100,
            unit="%",
            at_most=WATCHING_AT_MOST_PERCENT,
        )
    ]


def _log_line(bench: Bench) -> list[Figure]:
    """Measure from a call in a new log to its session on the screen."""
    profile, home = filled(bench), bench.scratch / "seen"
    env = bench.environment(profile, [bench.home, home])
    (_, line), lags = next(calls(bench.source)), list[float]()
    with running(bench, profile, [bench.home, home]) as daemon:
        daemon.report()
        daemon.settle()
        with on_terminal(bench.aicost("top"), env) as terminal:
            terminal.wait_for(_TABLE)
            for _ in range(3):  # the newest first
                terminal.press("s")
                terminal.read_on(0.5)
            for number in range(max(5, bench.sizes.appends // 10)):
                terminal.press("g")  # the selected session stays in sight, newer ones come above it
                terminal.read_on(0.5)
                terminal.forget()
                log = log_of_session(home, _FIRST_NUMBER + number)
                log.parent.mkdir(parents=True, exist_ok=True)
                start = time.perf_counter()
                _write(log, line, _FIRST_NUMBER + number)
                lags.append(terminal.wait_for(f"seen-{number}".encode()) - start)
    return [
        Figure(what="log line to the screen, median", value=quantile(lags, 0.5)),
        Figure(what="log line to the screen, worst", value=max(lags), at_most=LINE_AT_MOST_S),
    ]


def _write(log: Path, line: bytes, number: int) -> None:
    """Write a line as a call of its own, of a session that works in a folder of its own name."""
    record = json.loads(of_the_moment(line, session_id(number), datetime.now(UTC)))
    record["cwd"], record["gitBranch"] = f"/src/seen-{number - _FIRST_NUMBER}", "main"
    record["message"]["id"], record["requestId"] = f"msg_seen_{number}", f"req_seen_{number}"
    with log.open("ab") as file:
        file.write(json.dumps(record).encode() + b"\n")
