"""A scriptable stand-in for the Anthropic Messages API, on loopback only.

    with FakeAnthropic(Scenario(data)) as api:
        ...                     # a client with ANTHROPIC_BASE_URL=api.url
        api.served()            # what it was served: the truth

It answers from a scenario and keeps every response; it never asks anybody else anything.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from lab.messages import (
    block_events,
    closing_events,
    content_blocks,
    encoded,
    finished_message,
    new_id,
    opened_message,
)
from lab.scenario import Json, Scenario, ServedUsage, Turn, lanes_of

POLL_S = 0.02  # how soon the end of `with` is noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One response to the Messages API."""

    message_id: str  # "" for an error
    session_id: str
    lane: str
    model: str
    complete: bool  # False: an error, cut on the way, or the client hung up
    usage: ServedUsage


class FakeAnthropic:
    """The API, listening on a free port from `with` to its end."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._served: list[Served] = []
        self._asked: list[str] = []
        self._in_flight = 0
        self._lock = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_S,), daemon=True
        )

    @property
    def url(self) -> str:
        """The address for ANTHROPIC_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def served(self, timeout_s: float = 10.0) -> list[Served]:
        """Return every response in the order they ended, once none is on its way any more.

        Raises TimeoutError if one takes longer than `timeout_s`.
        """
        with self._lock:
            if not self._lock.wait_for(lambda: self._in_flight == 0, timeout_s):
                raise TimeoutError(f"{self._in_flight} responses are still on their way")
            return list(self._served)

    def asked(self) -> list[str]:
        """Return the body of every request so far, as JSON: what the model was shown."""
        with self._lock:
            return list(self._asked)

    def next_turn(self, body: Json, headers: dict[str, str]) -> tuple[str, Turn]:
        """Return (lane, turn) for a request, which must end in `record`."""
        with self._lock:
            self._in_flight += 1
            self._asked.append(json.dumps(body, ensure_ascii=False))
            return self._scenario.next_turn(lanes_of(body, headers))

    def record(self, served: Served) -> None:
        """Keep a response."""
        with self._lock:
            self._served.append(served)
            self._in_flight -= 1
            self._lock.notify_all()

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; connections still open are dropped."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a killed client's connection would hold us up
    request_queue_size = 128

    def __init__(self, api: FakeAnthropic) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients are killed and hang up, that is what the scenarios are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def do_HEAD(self) -> None:
        self._send_json({})

    def do_GET(self) -> None:
        models = {"data": [], "has_more": False, "first_id": None, "last_id": None}
        self._send_json(models if urlsplit(self.path).path == "/v1/models" else {})

    def do_POST(self) -> None:
        raw = self._read_body()
        path = urlsplit(self.path).path
        if path == "/v1/messages/count_tokens":
            self._send_json({"input_tokens": max(1, len(raw) // 4)})
        elif path == "/v1/messages":
            self._answer(json.loads(raw))
        else:
            self._send_json({})

    def _answer(self, body: Json) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        lane, turn = self.server.api.next_turn(body, headers)
        time.sleep(turn.delay_s)
        message = opened_message(turn, body["model"])
        if turn.error is None:
            complete = self._deliver(message, turn, streams=bool(body.get("stream")))
        else:
            complete = self._fail(turn.error)
        self.server.api.record(
            Served(
                message_id="" if turn.error else message["id"],
                session_id=_session_of(body, headers),
                lane=lane,
                model=message["model"],
                complete=complete,
                usage=turn.usage,
            )
        )

    def _fail(self, error: Json) -> bool:
        """Send an error; return False: nothing was served."""
        detail = {"type": error.get("type", "api_error"), "message": error.get("message", "fake")}
        answer = {"type": "error", "error": detail, "request_id": new_id("req")}
        self._send_json(answer, status=error.get("status", 500), headers=error.get("headers", {}))
        return False

    def _deliver(self, message: Json, turn: Turn, *, streams: bool) -> bool:
        """Send a turn; return whether all of it was taken."""
        try:
            if streams:
                return self._stream(message, turn)
            self._send_json(finished_message(message, turn), headers=dict(turn.headers))
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _stream(self, message: Json, turn: Turn) -> bool:
        self.send_response(200)
        headers = {
            "content-type": "text/event-stream; charset=utf-8",
            "request-id": new_id("req"),
            "transfer-encoding": "chunked",
            **turn.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._send_chunk(encoded(("message_start", {"message": message})))
        if not self._send_blocks(turn):
            return False
        if turn.stream_error is not None:
            self._send_chunk(encoded(("error", {"error": turn.stream_error})))
            self._send_chunk(b"")
            return False
        time.sleep(turn.tail_delay_s)
        for event in closing_events(turn):
            self._send_chunk(encoded(event))
        self._send_chunk(b"")
        return True

    def _send_blocks(self, turn: Turn) -> bool:
        """Stream the content; return False if the script drops the connection here."""
        for index, block in enumerate(content_blocks(turn)):
            if turn.cut_after_blocks == index:
                self.close_connection = True
                self.connection.close()
                return False
            for event in block_events(index, block, turn.blocks[index].get("chunks", 2)):
                self._send_chunk(encoded(event))
                if event[0] == "content_block_delta":
                    time.sleep(turn.chunk_delay_s)
        return True

    def _send_chunk(self, data: bytes) -> None:
        """Send one chunk; an empty one ends the body."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _send_json(
        self, answer: Json, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        raw = json.dumps(answer).encode()
        self.send_response(status)
        sizes = {"content-type": "application/json", "content-length": str(len(raw))}
        for name, value in ({"request-id": new_id("req")} | sizes | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def _read_body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(self._read_chunks())
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _read_chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()


def _session_of(body: Json, headers: dict[str, str]) -> str:
    """Return the client's session id, "" if the request names none."""
    named = headers.get("x-claude-code-session-id")
    user = str((body.get("metadata") or {}).get("user_id", ""))
    found = re.search(r"session[_\"':a-z]*([0-9a-f-]{36})", user)
    return named or (found[1] if found else "")
