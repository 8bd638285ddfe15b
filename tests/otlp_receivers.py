"""Receivers of OTLP metrics, on a real socket: what comes is unpacked and decoded."""

import gzip
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

Labels = tuple[tuple[str, str], ...]


@dataclass
class Heard:
    """What a receiver was told; `statuses` are for the next requests, then all are taken."""

    url: str = ""
    statuses: deque[int] = field(default_factory=deque)
    held: threading.Event | None = None  # answers wait for it
    wire: list[bytes] = field(default_factory=list)  # lines and headers of requests, their bodies
    paths: list[str] = field(default_factory=list)
    told: list[ExportMetricsServiceRequest] = field(default_factory=list)  # that were taken
    asked: threading.Event = field(default_factory=threading.Event)

    def metrics(self, at: int = -1) -> dict[str, Metric]:
        """Return the metrics of one request by name."""
        return {
            metric.name: metric
            for resource in self.told[at].resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def values(self, name: str, at: int = -1) -> dict[Labels, float]:
        """Return the points of one counter in one request; {} if it is not in it."""
        metric = self.metrics(at).get(name)
        return {
            tuple(sorted((one.key, one.value.string_value) for one in point.attributes)): (
                point.as_int if point.HasField("as_int") else point.as_double
            )
            for point in (metric.sum.data_points if metric else ())
        }

    def resource(self, at: int = -1) -> dict[str, str]:
        """Return what the sender says of itself."""
        [resource] = self.told[at].resource_metrics
        return {one.key: one.value.string_value for one in resource.resource.attributes}


class _Answers(BaseHTTPRequestHandler):
    heard: Heard
    raw_requestline: bytes

    def do_POST(self) -> None:
        heard = self.heard
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        heard.wire += [self.raw_requestline, bytes(self.headers), body]
        heard.paths.append(self.path)
        heard.asked.set()
        if heard.held is not None:
            heard.held.wait(30)
        status = heard.statuses.popleft() if heard.statuses else 200
        if status == 200:
            heard.told.append(ExportMetricsServiceRequest.FromString(body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(port: int = 0) -> Iterator[Heard]:
    """Run a receiver on a loopback port."""
    heard = Heard()
    answers = type("_Own", (_Answers,), {"heard": heard})
    server = ThreadingHTTPServer(("127.0.0.1", port), answers)
    server.daemon_threads = True
    heard.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
