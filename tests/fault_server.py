"""A team's server that goes wrong on purpose, on a real socket: faults in order, then none."""

import asyncio
import gzip
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import uvicorn
from starlette.responses import HTMLResponse, JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aicost.team.access import make_invites
from aicost.team.app import team_app
from aicost.team.database import Database
from aicost.team.schema import migrate
from aicost.team.settings import TeamSettings

GZIP = b"\x1f\x8b"
Fault = Literal["drop", "busy", "conflict", "slow", "page", "wrong", "no-answer", "refuse"]


@dataclass
class Faulty:
    """A server: `faults` are for the next PUTs, `puts` are those that came."""

    url: str = ""
    database: Database = field(default=None)  # type: ignore[assignment]
    faults: deque[Fault] = field(default_factory=deque)
    puts: list[dict[str, Any]] = field(default_factory=list)  # headers of each, and its body
    wire: list[bytes] = field(default_factory=list)  # all that was ever asked, unpacked too
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    slow: threading.Event = field(default_factory=threading.Event)

    def invite(self) -> str:
        """Return a fresh code."""
        with self.database.transaction() as change:
            return make_invites(change, 1)[0]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with self.database.transaction(reading=True) as change:
            return [tuple(row) for row in change.rows(query)]


class _Faults:
    """Stands before the server."""

    def __init__(self, inner: ASGIApp, told: Faulty) -> None:
        self._inner, self._told = inner, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT":
            await self._inner(scope, self._noted(scope, receive), send)
            return
        seen = {name.decode(): value.decode() for name, value in scope["headers"]}
        put: dict[str, Any] = {"path": scope["path"], **seen, "body": b""}
        self._told.puts.append(put)

        noted = self._noted(scope, receive)

        async def heard() -> Message:
            message = await noted()
            put["body"] += message.get("body", b"")
            return message

        fault = self._told.faults.popleft() if self._told.faults else None
        if fault in ("drop", "slow", None):
            await self._committed(fault, scope, heard, send)
        elif fault == "no-answer":
            await _cut_short(send)
        else:
            answers = {
                "busy": JSONResponse({"error": "busy"}, 503, {"Retry-After": "120"}),
                "conflict": JSONResponse({"error": "later", "have_revision": 41}, 409),
                "page": HTMLResponse("<h1>Sign in to the hotel's network</h1>"),
                "wrong": JSONResponse(["not", "an", "object"], 200),
                "refuse": JSONResponse(
                    {"error": "bad", "faults": [{"field": "day", "why": "no"}]}, 422
                ),
            }
            await answers[str(fault)](scope, heard, send)

    def _noted(self, scope: Scope, receive: Receive) -> Receive:
        head = b"\n".join(b": ".join(pair) for pair in scope["headers"])
        self._told.wire.append(b"%s?%s\n%s" % (scope["raw_path"], scope["query_string"], head))

        async def heard() -> Message:
            message = await receive()
            body = message.get("body", b"")
            self._told.wire += [body, gzip.decompress(body)] if body[:2] == GZIP else [body]
            return message

        return heard

    async def _committed(
        self, fault: Fault | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if fault is None:
            await self._inner(scope, receive, send)
            return
        if fault == "slow":
            await asyncio.to_thread(self._told.slow.wait)

        async def unheard(_message: Message) -> None:
            """Keep the answer back: the work was done all the same."""

        await self._inner(scope, receive, unheard)
        await _cut_short(send)


async def _cut_short(send: Send) -> None:
    """Begin an answer and hang up in the middle of it."""
    headers = [(b"content-length", b"100"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": False})


@contextmanager
def faulty_server(
    folder: Path, *, certificate: tuple[str, str] | None = None, **settings: Any
) -> Iterator[Faulty]:
    """Run a server in a thread; end it at the end. `certificate`: files of it and of its key."""
    told = Faulty()
    told.database = Database.at(str(folder / "server.db"))
    migrate(told.database)
    app = team_app(told.database, TeamSettings(team="acme", **settings), lambda: told.now)
    config = uvicorn.Config(
        _Faults(app, told), log_config=None, log_level="critical", lifespan="off"
    )
    if certificate is not None:
        config.ssl_certfile, config.ssl_keyfile = certificate
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # who comes before the server waits for it
        scheme = "http" if certificate is None else "https"
        told.url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield told
        finally:
            told.slow.set()
            server.should_exit = True
            thread.join()
            told.database.close()
