"""A question to the daemon, with one time limit for all of it."""

import json
import time
from collections.abc import Mapping

from aicost.ipc import wire
from aicost.ipc.protocol import check_hello, error_in, garbled, request

TYPE_CHECKING = False
if TYPE_CHECKING:  # see events
    from typing import Any


def ask(
    socket_path: str, method: str, params: Mapping[str, object], until: float
) -> "dict[str, Any]":
    """Return the daemon's answer, if it comes by the monotonic moment `until`.

    Raises DaemonDown, ProtocolMismatch, or the AicostError that it answers with.
    """

    def left_s() -> float:
        return max(0.001, until - time.monotonic())

    line = json.dumps(request(1, method, params), separators=(",", ":")).encode()
    connection = wire.connect(socket_path, timeout_s=left_s())
    try:
        connection.send_line(line, timeout_s=left_s())
        check_hello(wire.parse_frame(connection.read_line(timeout_s=left_s())))
        while True:
            frame = wire.parse_frame(connection.read_line(timeout_s=left_s()))
            if "error" in frame:
                raise error_in(frame)
            if "result" in frame:
                result = frame["result"]
                if not isinstance(result, dict):
                    raise garbled("not a JSON object")
                return result
    finally:
        connection.close()
