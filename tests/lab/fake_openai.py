"""A scriptable stand-in for the OpenAI Responses API, on loopback only.

    with FakeOpenAI(Play(steps={"a": (Step(command="true"), Step(say="Done."))})) as api:
        ...                     # a client whose prompt holds [[a]]
        api.served()            # what it was served: the truth

It keeps every response; it never asks anybody else anything.
"""

import json
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from lab.responses import Json, Play, Step, Tokens, encoded, item_of, lane_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

POLL_S = 0.02  # how soon the end of `with` is noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One response that the client took to its end."""

    response_id: str
    thread_id: str
    lane: str
    model: str
    tokens: Tokens


class FakeOpenAI:
    """The API, listening on a free port from `with` to its end."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self._served: list[Served] = []
        self._bodies: list[str] = []
        self._asked: Counter[tuple[str, str]] = Counter()
        self._numbers = self._in_flight = 0
        self._lock = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_S,), daemon=True
        )

    @property
    def url(self) -> str:
        """The base address of a provider in the client's config."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

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
            return list(self._bodies)

    def next_step(self, thread_id: str, lane: str, body: Json) -> tuple[int, Step]:
        """Return a number for a response, and its step; must end in `end`."""
        with self._lock:
            self._in_flight += 1
            self._numbers += 1
            self._bodies.append(json.dumps(body, ensure_ascii=False))
            if obeyed := self.play.obeyed(body):
                return self._numbers, obeyed
            asked = self._asked[thread_id, lane]
            self._asked[thread_id, lane] += 1
            return self._numbers, self.play.step(lane, asked)

    def end(self, served: Served | None) -> None:
        """Keep a response; None: the client hung up."""
        with self._lock:
            if served is not None:
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


def tokens_of(step: Step, number: int) -> Tokens:
    """Return what a response says it used: other numbers for each, so that a sum names them."""
    if step.tokens is not None:
        return step.tokens
    used = 1000 + 137 * number
    return Tokens(
        input=used,
        cached=used // 3,
        cache_write=number,
        output=40 + 11 * number,
        reasoning=5 + 3 * number,
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a killed client's connection would hold us up
    request_queue_size = 128

    def __init__(self, api: FakeOpenAI) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients are killed and hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        is_models = urlsplit(self.path).path.endswith("/models")
        self._send_json({"models": []} if is_models else {}, status=200 if is_models else 404)

    def do_POST(self) -> None:
        body = self._read_body()
        if urlsplit(self.path).path.endswith("/responses"):
            self._answer(body)
        else:
            self._send_json({"error": {"message": "not found"}}, status=404)

    def _answer(self, body: Json) -> None:
        thread_id, lane = self._thread_id(), lane_of(body)
        number, step = self.server.api.next_step(thread_id, lane, body)
        served = Served(
            response_id=f"resp_{number:04}",
            thread_id=thread_id,
            lane=lane,
            model=str(body.get("model")),
            tokens=tokens_of(step, number),
        )
        try:
            self._stream(served, step, number)
        except (BrokenPipeError, ConnectionResetError):
            self.server.api.end(None)
        else:
            self.server.api.end(served)

    def _stream(self, served: Served, step: Step, number: int) -> None:
        self.close_connection = True
        time.sleep(step.delay_s)
        self.send_response(200)
        head = {"content-type": "text/event-stream", "connection": "close"}
        plan = self.server.api.play.plan.headers(int(time.time()))
        for name, value in {**head, **plan}.items():
            self.send_header(name, value)
        self.end_headers()
        item, about = item_of(step, number), {"id": served.response_id, "object": "response"}
        self._send("response.created", 0, response=about | {"status": "in_progress"})
        opened = item | {"status": "in_progress"}
        self._send("response.output_item.added", 1, output_index=0, item=opened)
        self._send("response.output_item.done", 2, output_index=0, item=item)
        time.sleep(step.tail_delay_s)
        usage = served.tokens.as_usage()
        done = about | {"status": "completed", "model": served.model, "output": [item]}
        self._send("response.completed", 3, response=done | {"usage": usage})

    def _send(self, kind: str, number: int, **fields: object) -> None:
        self.wfile.write(encoded(kind, number, **fields))
        self.wfile.flush()

    def _send_json(self, answer: Json, *, status: int) -> None:
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _read_body(self) -> Json:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "zstd":
            raw = zstd.decompress(raw)
        body: Json = json.loads(raw or b"{}")
        return body

    def _thread_id(self) -> str:
        names = ("thread-id", "thread_id", "session-id", "session_id", "conversation_id")
        return next((self.headers[name] for name in names if self.headers.get(name)), "")
