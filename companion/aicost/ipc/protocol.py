"""What daemon and clients say to each other: JSON, one frame a line. Standard library only.

The server opens with a hello; then
    request   {"v": 1, "id": 1, "method": "report", "params": {…}}
    progress  {"v": 1, "id": 1, "progress": {…}}          any number, before the answer
    answer    {"v": 1, "id": 1, "result": …}   or   {"v": 1, "id": 1, "error": {…}}
    push      {"v": 1, "push": "view", "view": {…}}       after `subscribe` was answered
"""

from collections.abc import Mapping

from aicost import __version__
from aicost.core.errors import (
    AicostError,
    ConfigError,
    DaemonDown,
    ExitCode,
    ProtocolMismatch,
    StoreError,
)

PROTOCOL = 1
START_HINT = "aicost daemon start"
RESTART_HINT = "aicost daemon restart"

TYPE_CHECKING = False
if TYPE_CHECKING:  # loading typing would take a hook longer than all it does here
    from typing import Any

    Frame = dict[str, Any]


class NotRunning(DaemonDown):
    """Nobody listens on the socket, or whoever did has just gone."""


_ERRORS: Mapping[int, type[AicostError]] = {
    ExitCode.CONFIG: ConfigError,
    ExitCode.DAEMON_DOWN: DaemonDown,
    ExitCode.STORE: StoreError,
}


def hello(pid: int) -> "Frame":
    """Return the frame that greets a client."""
    return {"v": PROTOCOL, "aicost": __version__, "pid": pid}


def request(number: int, method: str, params: Mapping[str, object]) -> "Frame":
    """Return the frame that asks; `number` comes back in the answer."""
    return {"v": PROTOCOL, "id": number, "method": method, "params": dict(params)}


def error_frame(number: int | None, error: AicostError) -> "Frame":
    """Return the frame that answers with an error; None where the request has no readable id."""
    fields = {
        "what": error.what,
        "why": error.why,
        "hint": error.hint,
        "code": int(error.exit_code),
    }
    return {"v": PROTOCOL, "id": number, "error": fields}


def check_hello(frame: "Frame") -> None:
    """Raise ProtocolMismatch if the greeting is of another protocol, or the error in its place."""
    if frame.get("v") != PROTOCOL:
        raise mismatch(str(frame.get("aicost", "unknown")), frame.get("v"))
    if "error" in frame:
        raise error_in(frame)
    if "aicost" not in frame:
        raise garbled("it did not say hello")


def mismatch(daemon_version: str, daemon_protocol: object) -> ProtocolMismatch:
    """Build the error of a client that met a daemon of another protocol."""
    return ProtocolMismatch(
        f"the running daemon is aicost {daemon_version}, this command is aicost {__version__}",
        why=f"they speak protocol {daemon_protocol} and {PROTOCOL}",
        hint=RESTART_HINT,
    )


def error_in(frame: "Frame") -> AicostError:
    """Return the error that an answer carries, as the class its exit code belongs to."""
    fields = frame.get("error")
    if not isinstance(fields, dict):
        return garbled("an error without fields")
    code = fields.get("code")
    kind = _ERRORS.get(code, AicostError) if isinstance(code, int) else AicostError
    what, why, hint = (str(fields.get(name, "")) for name in ("what", "why", "hint"))
    return kind(what, why=why, hint=hint)


def not_running(why: str = "") -> NotRunning:
    """Build the error for a socket where nobody listens."""
    return NotRunning("no daemon is running", why=why, hint=START_HINT)


def hung_up() -> NotRunning:
    """Build the error for a daemon that ended in the middle of a talk."""
    return NotRunning("the daemon closed the connection", hint=START_HINT)


def garbled(why: str) -> DaemonDown:
    """Build the error for bytes that are no frame."""
    return DaemonDown("the daemon's answer cannot be read", why=why, hint=RESTART_HINT)
