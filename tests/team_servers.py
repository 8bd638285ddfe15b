"""A team's server as a process of its own, as its owner starts it."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from commands import aicost, command_line, own_environment

START_S = 30.0


@dataclass(frozen=True)
class Running:
    """A server that listens."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path


def invites(db: str, number: int) -> list[str]:
    """Return fresh codes."""
    made = aicost("team", "invite", str(number), "--db", db)
    assert made.returncode == 0, made.stderr
    return made.stdout.split()


@contextmanager
def team_server(
    db: str, log: Path, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Start a server on a free port of this machine; end it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = command_line("team", "serve", "--team", "acme", "--db", db, "--port", str(port))
    with (
        log.open("ab") as said,
        subprocess.Popen(
            [*command, *options],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=own_environment() | dict(env or {}),
        ) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, log)
            yield Running(url, process, log)
        finally:
            process.terminate()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_S
    with httpx.Client(transport=httpx.HTTPTransport(retries=0)) as client:
        while time.monotonic() < until:
            assert process.poll() is None, log.read_text()
            try:
                if client.get(f"{url}/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                process_ended(process)
    raise AssertionError(log.read_text())


def process_ended(process: "subprocess.Popen[bytes]", seconds: float = 0.05) -> bool:
    """Wait a moment for the end of a process; say whether it came."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
