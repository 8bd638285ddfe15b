"""What comes over the socket: to a command, to the dashboard, and to the daemon."""

import contextlib
import json

import msgspec
from fuzz.target import Target

from aicost.core.errors import AicostError, DaemonDown
from aicost.daemon import server
from aicost.ipc import client
from aicost.ipc.protocol import check_hello, error_frame, error_in, hello, request
from aicost.ipc.wire import parse_frame

VIEW = {
    "at": "2026-11-22T05:00:00Z", "day": "2026-11-22", "timezone": "UTC",
    "today": {"requests": 3, "cost_nusd": None},
    "sessions": [{"session_id": "s-1", "agent": "claude", "state": "busy", "cache_share": 0.5}],
    "reading": {"files_done": 1, "files_total": 2, "bytes_done": 3, "bytes_total": 4},
}  # fmt: skip


def check(content: bytes) -> None:
    """Any line is a frame, a request or the error that says it is none."""
    with contextlib.suppress(DaemonDown):
        frame = parse_frame(content)
        assert isinstance(frame, dict)
        raised = error_in(frame)
        assert isinstance(raised, AicostError)
        assert raised.render()
        with contextlib.suppress(AicostError):
            check_hello(frame)
    with contextlib.suppress(DaemonDown):
        pushed = client._decoded(content)
        if pushed.error is not None:
            assert isinstance(error_in({"error": pushed.error}), AicostError)
    with contextlib.suppress(DaemonDown, AicostError):
        check_hello(client._decoded_object(content))
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        server._decode_request(content)  # (these are what the server answers with an error)


def seeds() -> list[bytes]:
    """Return one frame of each kind."""
    frames = [
        hello(4411),
        request(1, "report", {"by": "day", "homes": ["/home/ada/.claude"]}),
        error_frame(1, DaemonDown("the daemon has too many clients", hint="try")),
        error_frame(None, DaemonDown("what", why="why")),
        {"v": 1, "id": 1, "progress": {"bytes_done": 1, "bytes_total": 2}},
        {"v": 1, "id": 1, "result": {"text": "…"}},
        {"v": 1, "push": "view", "view": VIEW},
    ]
    return [json.dumps(frame).encode() for frame in frames]


TARGET = Target(
    name="frames",
    modules=("aicost.ipc.wire", "aicost.ipc.protocol", "aicost.ipc.client"),
    seeds=seeds,
    check=check,
)
