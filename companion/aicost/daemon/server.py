"""The daemon's ear: a Unix socket that answers requests and pushes views. Knows no method by name.

Nothing a client does may stop or slow the daemon: lines, clients and unread bytes are bounded, and
who does not read misses views instead of piling them up.
"""

import asyncio
import logging
import os
import socket
import stat
import struct
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from aicost.core.errors import AicostError, ConfigError, DaemonDown
from aicost.core.view import DashboardView
from aicost.ipc import protocol

log = logging.getLogger(__name__)

Params = Mapping[str, object]
Notify = Callable[[Mapping[str, object]], Awaitable[None]]  # tells a waiting client how far we are
Method = Callable[[Params, Notify], Awaitable[object]]  # AicostError is answered to the client


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What clients may take."""

    clients: int = 64
    line_bytes: int = 2**20
    unread_bytes: int = 2**18  # above this, a subscriber gets only the newest view
    waiting_lines: int = 8  # requests of one client not begun yet


class _Request(msgspec.Struct):
    v: int
    id: int = 0
    method: str = ""
    params: dict[str, object] = msgspec.field(default_factory=dict)


_decode_request = msgspec.json.Decoder(_Request).decode
_encode = msgspec.json.Encoder().encode


class Server:
    """Serves `methods` at `socket_path`, and `subscribe`, which pushes what `publish` is given.

    The socket's folder exists and is private; whoever holds the daemon's lock owns the path.
    """

    name = "server"

    def __init__(
        self,
        socket_path: Path,
        methods: Mapping[str, Method],
        *,
        first_view: Callable[[], Awaitable[DashboardView]],
        limits: Limits = Limits(),
        allowed_uid: int | None = None,
    ) -> None:
        self._path = socket_path
        self._methods: Mapping[str, Method] = methods
        self._first_view = first_view
        self.limits = limits
        self.allowed_uid = os.geteuid() if allowed_uid is None else allowed_uid
        self.listening = asyncio.Event()
        self._clients: set[_Client] = set()
        self._group: asyncio.TaskGroup | None = None

    @property
    def subscribers(self) -> int:
        """How many clients get views."""
        return sum(client.is_subscribed for client in self._clients)

    async def run(self) -> None:
        """Serve until cancelled; then hang up and remove the socket. Raises ConfigError."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as self._group:
            try:
                self._path.unlink(missing_ok=True)  # of a daemon that was killed
                listener = await loop.create_unix_server(lambda: _Client(self), self._path)
                self._path.chmod(0o600)
                own = self._path.stat()
            except OSError as error:
                raise ConfigError(
                    f"the daemon cannot listen at {self._path}: {error.strerror}",
                    hint=f"ls -l {self._path.parent}",
                ) from error
            self.listening.set()
            try:
                await loop.create_future()  # never done: ends by cancellation
            finally:
                self.listening.clear()
                listener.close()
                for client in tuple(self._clients):
                    client.hang_up()
                _remove_socket(self._path, own)

    def publish(self, view: DashboardView) -> None:
        """Push a view to all subscribers, without waiting for any. In the event loop only."""
        if not self.subscribers:
            return
        frame = _line({"v": protocol.PROTOCOL, "push": "view", "view": view})
        for client in self._clients:
            if client.is_subscribed:
                client.push(frame)

    def admit(self, client: "_Client") -> bool:
        """Take a client on, if there is room."""
        if len(self._clients) >= self.limits.clients:
            return False
        self._clients.add(client)
        return True

    def drop(self, client: "_Client") -> None:
        """Forget a client that went away."""
        self._clients.discard(client)

    def start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run a client's work as a task of this component."""
        assert self._group is not None, "clients come after run()"
        return self._group.create_task(work, name="request")

    async def answer(self, line: bytes, client: "_Client") -> None:
        """Carry out one request line of a client and send what comes of it."""
        number: int | None = None
        try:
            request = _decode_request(line)
            number = request.id
            if request.v != protocol.PROTOCOL:
                raise DaemonDown(
                    f"this daemon speaks protocol {protocol.PROTOCOL}, not {request.v}",
                    hint=protocol.RESTART_HINT,
                )
            if request.method == "subscribe":
                await self._subscribe(number, client)
            else:
                result = await self._call(request, client)
                client.send(_line({"v": protocol.PROTOCOL, "id": number, "result": result}))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            client.send(_line(protocol.error_frame(number, _not_a_request(error))))
        except AicostError as error:
            client.send(_line(protocol.error_frame(number, error)))
        except Exception:  # one request's bug must not take the meter from everybody else
            log.exception("request failed")
            bug = AicostError("a bug in the daemon", why="its log has the traceback")
            client.send(_line(protocol.error_frame(number, bug)))

    async def _call(self, request: _Request, client: "_Client") -> object:
        method = self._methods.get(request.method)
        if method is None:
            known = ", ".join(sorted(self._methods))
            raise ConfigError(f"the daemon has no method {request.method!r}", why=f"it has {known}")

        async def notify(progress: Mapping[str, object]) -> None:
            frame = {"v": protocol.PROTOCOL, "id": request.id, "progress": progress}
            if not client.is_choking:
                client.send(_line(frame))

        return await method(request.params, notify)

    async def _subscribe(self, number: int, client: "_Client") -> None:
        view = await self._first_view()
        client.send(_line({"v": protocol.PROTOCOL, "id": number, "result": {}}))
        client.is_subscribed = True
        client.push(_line({"v": protocol.PROTOCOL, "push": "view", "view": view}))


class _Client(asyncio.Protocol):
    """One connection: cuts lines, works on them one after the other, keeps the unread bounded."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._limits = server.limits
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._lines: deque[bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self._held_frame: bytes | None = None
        self._has_said_all = False
        self.is_subscribed = False
        self._reads = asyncio.Event()  # clear while it does not read what we send
        self._reads.set()

    @property
    def is_choking(self) -> bool:
        """Say whether more is unread than a client may leave."""
        return not self._reads.is_set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=self._limits.unread_bytes)
        if _peer_uid(transport.get_extra_info("socket")) not in (None, self._server.allowed_uid):
            log.warning("refused a client of another user")
            transport.abort()
        elif self._server.admit(self):
            self.send(_line(protocol.hello(os.getpid())))
        else:
            full = DaemonDown("the daemon has too many clients", hint=protocol.RESTART_HINT)
            self.send(_line(protocol.error_frame(None, full)))
            self.hang_up()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        if max(map(len, (*lines, rest))) > self._limits.line_bytes:
            too_long = ConfigError(f"a request of over {self._limits.line_bytes} bytes")
            self.send(_line(protocol.error_frame(None, too_long)))
            self._buffer.clear()
            self.hang_up()
            return
        self._lines.extend(bytes(line) for line in lines if line.strip())
        if self._transport and len(self._lines) > self._limits.waiting_lines:
            self._transport.pause_reading()
        if self._lines and self._task is None:
            self._task = self._server.start(self._work())

    def eof_received(self) -> bool:
        """Keep answering: a client may close its sending side before it reads."""
        self._has_said_all = True
        return self._task is not None

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.is_subscribed = False
        self._server.drop(self)
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._reads.clear()

    def resume_writing(self) -> None:
        self._reads.set()
        held, self._held_frame = self._held_frame, None
        if held is not None:
            self.send(held)

    def send(self, frame: bytes) -> None:
        """Send a frame, unless the client is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def push(self, frame: bytes) -> None:
        """Send a frame that a later one replaces while the client does not read."""
        if self.is_choking:
            self._held_frame = frame
        else:
            self.send(frame)

    def hang_up(self) -> None:
        """Close after what is already on its way."""
        if self._transport is not None:
            self._transport.close()

    async def _work(self) -> None:
        try:
            while self._lines:
                await self._reads.wait()  # or answers pile up for a client that only asks
                await self._server.answer(self._lines.popleft(), self)
                if self._transport and len(self._lines) <= self._limits.waiting_lines:
                    self._transport.resume_reading()
        finally:
            self._task = None
        if self._has_said_all:
            self.hang_up()


def _line(frame: Mapping[str, object]) -> bytes:
    return _encode(frame) + b"\n"


def _not_a_request(error: Exception) -> ConfigError:
    return ConfigError(f"not a request: {error}")


def _peer_uid(sock: socket.socket) -> int | None:
    """Return the user at the other end, None where the system has no simple way to tell."""
    if not sys.platform.startswith("linux"):
        return None
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)


def _remove_socket(path: Path, own: os.stat_result) -> None:
    """Remove our socket, unless another daemon has put its own there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISSOCK(found.st_mode) and (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino):
        path.unlink(missing_ok=True)
