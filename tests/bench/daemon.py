"""A running daemon: ask it, watch it, and end it."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.measuring import cpu_s, rss_bytes, timed
from bench.setting import Bench

from aicost.core.errors import DaemonDown
from aicost.ipc import wire
from aicost.ipc.protocol import NotRunning, request
from aicost.platform.rundir import find_socket

START_S = 30.0
ANSWER_S = 600.0  # the longest silence; a reading tells how far it is
END_S = 30.0
SETTLED_SHARE = 0.02  # of a core, over a second
SETTLE_S = 300.0
_LOOK_S = 0.002


class Daemon:
    """One that runs in a process of ours."""

    def __init__(self, pid: int, socket_path: str, homes: Sequence[Path]) -> None:
        self.pid, self._socket_path, self._homes = pid, socket_path, homes

    def read_usage(self) -> None:
        """Wait for a report that shows only what the first reading finds."""
        self._report(self._homes, "csv")

    def report(self, *homes: Path) -> dict[str, Any]:
        """Wait for a report over homes (all if none are named), after both readings."""
        found: dict[str, Any] = json.loads(self._report(homes or self._homes, "json"))
        if not found["complete"]:
            raise RuntimeError("a report that waited is not complete")
        return found

    def _report(self, homes: Sequence[Path], shape: str) -> str:
        asked = {"homes": [str(home) for home in homes], "tz": "UTC", "format": shape}
        return str(wire.call(self._socket_path, "report", asked, timeout_s=ANSWER_S)["text"])

    def cpu_s(self) -> float:
        """Return the processor time that it used so far."""
        return cpu_s(self.pid)

    def rss_bytes(self) -> int:
        """Return its resident memory."""
        return rss_bytes(self.pid)

    def cpu_share(self, seconds: float) -> float:
        """Watch it for some time; return how much of a core it used."""
        before, start = self.cpu_s(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu_s() - before) / (time.monotonic() - start)

    def settle(self) -> None:
        """Wait until it has nothing left to do: what it reads after its first answer."""
        until = time.monotonic() + SETTLE_S
        while self.cpu_share(1.0) > SETTLED_SHARE:
            if time.monotonic() > until:
                raise RuntimeError(f"the daemon is still busy after {SETTLE_S:g} s")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Have a dashboard open, as far as the daemon can tell."""
        connection = wire.connect(self._socket_path, timeout_s=ANSWER_S)
        line = json.dumps(request(1, "subscribe", {})).encode()
        connection.send_line(line, timeout_s=ANSWER_S)
        closed = threading.Event()
        reader = threading.Thread(target=_read_on, args=(connection, closed), name="dashboard")
        reader.start()
        try:
            yield
        finally:
            closed.set()
            reader.join()
            connection.close()


def _read_on(connection: wire.Connection, closed: threading.Event) -> None:
    while not closed.is_set():
        try:
            connection.read_line(timeout_s=0.5)
        except NotRunning:
            return
        except DaemonDown:  # no view for so long
            continue


@contextmanager
def running(bench: Bench, profile: Path, homes: Sequence[Path] = ()) -> Iterator[Daemon]:
    """Run a daemon over the corpus, or over these homes, from when it listens."""
    homes = homes or [bench.home]
    env = bench.environment(profile, homes)
    with subprocess.Popen(
        bench.aicost("daemon", "run"),
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield Daemon(process.pid, _listening(process, env), homes)
        finally:
            _end(process)


def _listening(process: "subprocess.Popen[bytes]", env: dict[str, str]) -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        socket_path = str(find_socket(env))
        with suppress(DaemonDown):
            wire.connect(socket_path, timeout_s=START_S).close()
            return socket_path
        time.sleep(_LOOK_S)
    process.kill()
    said = process.communicate()[1].decode(errors="replace")
    raise RuntimeError(f"the daemon does not listen: {said.strip()}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise RuntimeError(f"the daemon does not end within {END_S:g} s") from error


def filled(bench: Bench) -> Path:
    """Return a profile whose ledger holds all of the corpus; made once. Parts may add to it.

    Says where the daemon's first answer was another than that of a command without a daemon.
    """
    profile = bench.scratch / "filled"
    if not profile.exists():
        with running(bench, profile) as daemon:
            first = daemon.report()["total"]
            daemon.settle()
        alone = timed(bench.aicost("report", "--json"), bench.environment(profile)).output
        for name, value in json.loads(alone)["total"].items():
            if value != first[name]:
                print(f"WRONG first report of the daemon: {name} {first[name]}, not {value}")
    return profile
