"""Tells a receiver of OTLP metrics how counters stand, by the SDK of OpenTelemetry.

Imported only where a receiver is configured, by the one thread that waits for its answers.
"""

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from requests import PreparedRequest, Response, Session, TooManyRedirects

from aicost.core.live_counters import (
    INSTRUMENTS,
    CounterKey,
    Instrument,
    Points,
    Receiver,
    Used,
    points,
    told_value,
)

_PATH = "/v1/metrics"
_TEMPORALITIES = {
    "cumulative": AggregationTemporality.CUMULATIVE,
    "delta": AggregationTemporality.DELTA,
}
# A shell that starts the daemon may carry headers for another receiver, with a token in them.
_OUR_HEADERS = frozenset(
    {"content-length", "content-type", "content-encoding", "accept", "accept-encoding"}
)


class Teller:
    """Sends counters; `instance` tells this run of the daemon apart from all others."""

    def __init__(self, receiver: Receiver, *, instance: str, timeout_s: float = 10.0) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # who calls `tell` logs
        self._points: Points = {}
        self._session = _session(receiver.endpoint)
        self._exporter = _Exporter(
            endpoint=receiver.endpoint.rstrip("/") + _PATH,
            timeout=timeout_s,
            compression=Compression.Gzip,
            session=self._session,
            preferred_temporality={ObservableCounter: _TEMPORALITIES[receiver.temporality]},
        )
        # No thread of its own: `tell` says when.
        self._reader = PeriodicExportingMetricReader(
            self._exporter, export_interval_millis=math.inf
        )
        # The resource as it is: the SDK's own way would add what the environment says.
        resource = Resource({"service.name": "aicost", "service.instance.id": instance})
        self._provider = MeterProvider(
            metric_readers=[self._reader], resource=resource, shutdown_on_exit=False
        )
        meter = self._provider.get_meter("aicost")
        for one in INSTRUMENTS:
            meter.create_observable_counter(
                one.name, [self._observed(one)], unit=one.unit, description=one.about
            )

    def tell(self, used: Mapping[CounterKey, Used]) -> bool:
        """Send how all counters stand; return whether they were taken. Waits `timeout_s`."""
        self._points = points(used)
        self._exporter.was_taken = True  # also where there is nothing to tell
        self._reader.collect()
        return self._exporter.was_taken

    def close(self) -> None:
        """Let go of the connection, and of a wait between two tries."""
        self._provider.shutdown(timeout_millis=1000)
        self._session.close()

    def _observed(self, one: Instrument) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            for attributes, value in self._points.get(one, {}).items():
                if value:
                    yield Observation(told_value(one, value), dict(attributes))

        return observe


class _Exporter(OTLPMetricExporter):
    """Remembers whether the last batch was taken."""

    was_taken = True

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = None, **kwargs: object
    ) -> MetricExportResult:
        result = super().export(metrics_data, timeout_millis, **kwargs)
        self.was_taken = result is MetricExportResult.SUCCESS
        return result


def _session(endpoint: str) -> Session:
    session = Session()
    session.auth = _ours_alone  # (with one, requests looks for no password in .netrc either)
    session.hooks["response"].append(_refused_if_moved)
    if _is_here(endpoint):
        session.trust_env = False  # no proxy stands between this machine and itself
    return session


def _ours_alone(request: PreparedRequest) -> PreparedRequest:
    for name in set(request.headers):
        if name.lower() not in _OUR_HEADERS:
            del request.headers[name]
    request.headers["User-Agent"] = "aicost"
    return request


def _refused_if_moved(response: Response, **_: object) -> Response:
    """Raise TooManyRedirects: to the SDK an answer of 3xx is a success."""
    if 300 <= response.status_code < 400:
        response.close()
        raise TooManyRedirects("the receiver is somewhere else")
    return response


def _is_here(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
