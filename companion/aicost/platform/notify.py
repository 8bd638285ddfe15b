"""Desktop notifications, by what the system has: D-Bus on Linux, Notification Center on macOS."""

import html
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Full, Queue
from typing import Any, Literal

from aicost.core.errors import AicostError

log = logging.getLogger(__name__)

TIMEOUT_S = 2.0  # of each question to the desktop
Urgency = Literal["low", "normal", "critical"]

_WAITING = 8  # notifications; what comes on top of them is left out
_APP = "aicost"
_PLACE = "/org/freedesktop/Notifications"
_NAME = "org.freedesktop.Notifications"  # of the service and of its interface
_LEVELS: dict[Urgency, int] = {"low": 0, "normal": 1, "critical": 2}
_SCRIPT = (  # texts are arguments, never part of the program
    "on run texts",
    "display notification (item 2 of texts) with title (item 1 of texts)",
    "end run",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What to show: cleaned text, no markup."""

    title: str
    body: str
    urgency: Urgency = "normal"


def notify(notification: Notification, env: Mapping[str, str]) -> None:
    """Show a notification on the desktop that `env` is of; wait for it. Raises AicostError."""
    show = _show_on_macos if sys.platform == "darwin" else _show_by_dbus
    try:
        show(notification, env)
    except (OSError, subprocess.SubprocessError) as error:  # a TimeoutError is one, too
        raise _failed(str(error) or type(error).__name__) from error


def _failed(why: str) -> AicostError:
    return AicostError(
        "no desktop notification can be shown",
        why=why,
        hint="aicost config set nudges.desktop false",
    )


def _show_by_dbus(notification: Notification, env: Mapping[str, str]) -> None:
    from jeepney import DBusErrorResponse
    from jeepney.io.blocking import open_dbus_connection

    address = _bus_of(env)
    try:
        with open_dbus_connection(address, auth_timeout=TIMEOUT_S) as bus:
            _ask_server(bus, notification)
    except DBusErrorResponse as error:
        raise _failed(str(error.name)) from error
    except (RuntimeError, ValueError, KeyError) as error:  # an address of another kind
        raise _failed(f"the session bus has no address that can be used: {address}") from error


def _bus_of(env: Mapping[str, str]) -> str:
    """Return the address of the session's bus; services may lack the variable. Raises OSError."""
    if address := env.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    socket = Path(env.get("XDG_RUNTIME_DIR", "/nowhere"), "bus")
    if not socket.is_socket():
        raise FileNotFoundError("no session bus: DBUS_SESSION_BUS_ADDRESS is not set")
    return f"unix:path={socket}"


def _ask_server(bus: Any, notification: Notification) -> None:  # noqa: ANN401 - untyped library
    from jeepney import DBusAddress, new_method_call
    from jeepney.wrappers import unwrap_msg

    server = DBusAddress(_PLACE, bus_name=_NAME, interface=_NAME)

    def ask(method: str, signature: str | None = None, body: tuple[object, ...] = ()) -> Any:  # noqa: ANN401
        call = new_method_call(server, method, signature, body)
        return unwrap_msg(bus.send_and_get_reply(call, timeout=TIMEOUT_S))

    (abilities,) = ask("GetCapabilities")
    text = notification.body
    if "body-markup" in abilities:  # a repository may be called <b>
        text = html.escape(text, quote=False)
    hints = {"urgency": ("y", _LEVELS[notification.urgency])}
    ask("Notify", "susssasa{sv}i", (_APP, 0, "", notification.title, text, [], hints, -1))


def _show_on_macos(notification: Notification, env: Mapping[str, str]) -> None:
    program = [part for line in _SCRIPT for part in ("-e", line)]
    command = ["osascript", *program, notification.title, notification.body]
    subprocess.run(command, env=dict(env), check=True, capture_output=True, timeout=TIMEOUT_S)


class Notifier:
    """Shows notifications in a thread of its own, one after the other: nobody waits for a desktop.

    `show` is `notify`. What cannot be shown is one line in the log.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        show: Callable[[Notification, Mapping[str, str]], None] = notify,
    ) -> None:
        self._env, self._show = dict(env), show
        self._queue: Queue[Notification | None] = Queue(_WAITING)
        self._thread: threading.Thread | None = None

    def send(self, notification: Notification) -> None:
        """Show a notification as soon as those before it are shown; never waits."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="notify", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(notification)
        except Full:
            log.warning("no desktop notification: %d are waiting", _WAITING)

    def close(self, timeout_s: float = TIMEOUT_S) -> None:
        """Let the last ones be shown, and end; wait about `timeout_s` seconds for it."""
        if self._thread is not None:
            with suppress(Full):
                self._queue.put(None, timeout=timeout_s)
            self._thread.join(timeout_s)

    def _work(self) -> None:
        while (notification := self._queue.get()) is not None:
            try:
                self._show(notification, self._env)
            except AicostError as error:
                log.warning("%s: %s", error.what, error.why)
