"""Tell a running daemon what Claude Code just told us. Silent, quick, out of the way.

- `aicost-hook claude`, of a hook's event: which transcript grew.
- `aicost-hook statusline`, of a status line's input: what the session cost so far.

Prints nothing and ends with 0 whatever happens: an agent reads both, and 2 would block its tool.
Command lines are compared, not parsed, since argparse ends with that very 2.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from aicost.core.errors import AicostError
from aicost.ipc import wire
from aicost.ipc.protocol import request
from aicost.platform.rundir import find_run_dir, find_socket, make_private

TYPE_CHECKING = False
if TYPE_CHECKING:  # loading typing takes longer than telling the daemon
    from typing import BinaryIO

BUDGET_S = 0.05  # for the daemon to take the message; the agent waits as long
MAX_INPUT_BYTES = 32 * 2**20  # an event carries a tool's whole answer
MAX_LOG_BYTES = 64 * 1024
LOG_NAME = "hook.log"


class NotAnEvent(ValueError):
    """What the agent sent is not what its hooks are given."""


def main() -> int:
    """Run the hook on this process's arguments, input and environment; always 0."""
    return run(sys.argv[1:], sys.stdin.buffer, os.environ)


def run(argv: Sequence[str], stdin: "BinaryIO", env: Mapping[str, str]) -> int:
    """Handle one event. A fault becomes a line in our log."""
    try:
        if len(argv) != 1 or argv[0] not in _TOLD:
            words = " ".join(argv)[:100]
            raise NotAnEvent(f"called with {words!r}, not with {' or '.join(_TOLD)}")
        method, parse = _TOLD[argv[0]]
        content, socket_path = stdin.read(MAX_INPUT_BYTES + 1), find_socket(env)
        tell_daemon(socket_path, method, parse(content), time.monotonic() + BUDGET_S)
    except Exception as error:  # noqa: BLE001 - our faults are ours: the agent goes on
        note(env, _words(error))
    return 0


def parse_event(content: bytes) -> dict[str, str]:
    """Return the transcript and session that an event of Claude Code names.

    Raises NotAnEvent, also for input of over `MAX_INPUT_BYTES`.
    """
    event = _object(content)
    path, session_id = event.get("transcript_path"), event.get("session_id")
    if not isinstance(path, str) or not isinstance(session_id, str) or not path:
        raise NotAnEvent("the event names no transcript")
    return {"path": path, "session_id": session_id}


def parse_status_line(content: bytes) -> dict[str, object]:
    """Return the session in a status line's input and its cost so far, and nothing else of it.

    Raises NotAnEvent, also for input of over `MAX_INPUT_BYTES`.
    """
    status = _object(content)
    session_id, cost = status.get("session_id"), status.get("cost")
    usd = cost.get("total_cost_usd") if isinstance(cost, dict) else None
    is_number = isinstance(usd, int | float) and not isinstance(usd, bool)
    if not isinstance(session_id, str) or not session_id or not is_number:
        raise NotAnEvent("the status line names no session, or no cost")
    return {"session_id": session_id, "total_cost_usd": usd}


_TOLD: Mapping[str, tuple[str, Callable[[bytes], Mapping[str, object]]]] = {
    "claude": ("transcript.seen", parse_event),
    "statusline": ("statusline.seen", parse_status_line),
}


def _object(content: bytes) -> dict[str, object]:
    if len(content) > MAX_INPUT_BYTES:
        raise NotAnEvent(f"an event of over {MAX_INPUT_BYTES} bytes")
    try:
        event = json.loads(content)
    except (ValueError, RecursionError) as error:  # ValueError: no JSON, or no UTF-8
        raise NotAnEvent("the event is no JSON") from error
    return event if isinstance(event, dict) else {}


def tell_daemon(socket_path: str, method: str, message: Mapping[str, object], until: float) -> None:
    """Hand a message over before the monotonic moment `until`. Raises DaemonDown.

    Waits for the answer: a daemon may lose what a client says that hangs up at once.
    """

    def left_s() -> float:
        return max(0.001, until - time.monotonic())

    line = json.dumps(request(1, method, message)).encode()
    connection = wire.connect(socket_path, timeout_s=left_s())
    try:
        connection.send_line(line, timeout_s=left_s())
        for _ in ("hello", "answer"):
            connection.read_line(timeout_s=left_s())
    finally:
        connection.close()


def note(env: Mapping[str, str], text: str) -> None:
    """Add a line to the hooks' log, or nothing if even that fails. Starts anew when it is full."""
    try:
        _append(find_run_dir(env), text)
    except (OSError, AicostError, ValueError):  # nowhere left to say it
        return


def _append(run_dir: str, text: str) -> None:
    make_private(run_dir)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    log = os.open(f"{run_dir}/{LOG_NAME}", flags, 0o600)
    try:
        if os.fstat(log).st_size > MAX_LOG_BYTES:
            os.ftruncate(log, 0)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        one_line = " ".join(text.split())[:300]
        os.write(log, f"{at} {one_line}\n".encode(errors="replace"))
    finally:
        os.close(log)


def _words(error: Exception) -> str:
    if isinstance(error, AicostError):
        return f"{error.what}: {error.why}" if error.why else error.what
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
