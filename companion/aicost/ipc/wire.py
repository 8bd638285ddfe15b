"""The thin end of the wire: connect, send a line, read a line, call. Blocking; cheap to import."""

import json
import os
import socket
import time
from collections.abc import Callable, Mapping

from aicost.core.errors import DaemonDown
from aicost.ipc.protocol import (
    PROTOCOL,
    RESTART_HINT,
    check_hello,
    error_in,
    garbled,
    hung_up,
    mismatch,
    not_running,
    request,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # see protocol
    from typing import Any

    from aicost.ipc.protocol import Frame

_CHUNK_BYTES = 256 * 1024


class Connection:
    """One connection to the daemon. All methods raise DaemonDown."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._rest = b""

    def send_line(self, line: bytes, *, timeout_s: float | None) -> None:
        """Send one line; the newline is added. Waits at most `timeout_s` (None: for ever)."""
        try:
            self._sock.settimeout(timeout_s)
            self._sock.sendall(line + b"\n")
        except TimeoutError as error:
            raise _no_answer(timeout_s) from error
        except OSError as error:
            raise hung_up() from error

    def read_line(self, *, timeout_s: float | None) -> bytes:
        """Return the next line without its newline, if it is whole within `timeout_s`."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            parts.append(self._receive(until, timeout_s))
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def _receive(self, until: float | None, timeout_s: float | None) -> bytes:
        try:
            if until is not None:
                # A timeout of 0 would mean "do not block", which is another error.
                self._sock.settimeout(max(0.001, until - time.monotonic()))
            else:
                self._sock.settimeout(None)
            chunk = self._sock.recv(_CHUNK_BYTES)
        except TimeoutError as error:
            raise _no_answer(timeout_s) from error
        except OSError as error:
            raise hung_up() from error
        if not chunk:
            raise hung_up()
        return chunk


def connect(socket_path: str | os.PathLike[str], *, timeout_s: float | None) -> Connection:
    """Connect to the daemon. Raises DaemonDown if nobody listens there."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_s)
        sock.connect(os.fspath(socket_path))
    except (FileNotFoundError, ConnectionRefusedError) as error:
        sock.close()
        raise not_running() from error
    except OSError as error:  # no permission; a queue full of others; a path too long
        sock.close()
        raise not_running(_reason(error)) from error
    return Connection(sock)


def call(
    socket_path: str | os.PathLike[str],
    method: str,
    params: Mapping[str, object],
    *,
    timeout_s: float | None,
    on_progress: "Callable[[dict[str, Any]], None]" = lambda _: None,
) -> "dict[str, Any]":
    """Ask the daemon one thing and return its result.

    `timeout_s` is the longest silence: each line of the answer, progress included, starts it anew.
    Raises DaemonDown, ProtocolMismatch, or the AicostError the daemon answered with.
    """
    connection = connect(socket_path, timeout_s=timeout_s)
    try:
        # The hello need not be awaited: a daemon of another protocol will answer or hang up.
        line = json.dumps(request(1, method, params), separators=(",", ":")).encode()
        connection.send_line(line, timeout_s=timeout_s)
        check_hello(parse_frame(connection.read_line(timeout_s=timeout_s)))
        while True:
            frame = parse_frame(connection.read_line(timeout_s=timeout_s))
            if frame.get("v") != PROTOCOL:
                raise mismatch("unknown", frame.get("v"))
            if "error" in frame:
                raise error_in(frame)
            if "result" in frame:
                return _as_object(frame["result"])
            if isinstance(progress := frame.get("progress"), dict):
                on_progress(progress)
    finally:
        connection.close()


def parse_frame(line: bytes) -> "Frame":
    """Parse one line. Raises DaemonDown if it is no JSON object."""
    try:
        frame = json.loads(line)
    except (ValueError, RecursionError) as error:  # ValueError: no JSON, or no UTF-8
        raise garbled("a line is no JSON") from error
    return _as_object(frame)


def _as_object(value: object) -> "dict[str, Any]":
    if not isinstance(value, dict):
        raise garbled("not a JSON object")
    return value


def _no_answer(timeout_s: float | None) -> DaemonDown:
    return DaemonDown(
        "the daemon does not answer", why=f"waited {timeout_s or 0:g} s", hint=RESTART_HINT
    )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
