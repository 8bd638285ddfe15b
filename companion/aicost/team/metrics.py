"""What Prometheus is told: how often each route was asked, how it ended, and how long it took."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as rendered

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one server; none of them has a label that names a source."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "aicost_team_requests_total",
            "Requests by route and status",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "aicost_team_request_seconds",
            "Seconds until an answer, by route",
            ("route", "method"),
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self.documents = Counter(
            "aicost_team_documents_total",
            "Day documents by what became of them",
            ("result",),
            registry=self._registry,
        )

    def observe(self, route: str, method: str, status: int, took_s: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(took_s)

    def text(self) -> bytes:
        """Return all of it in Prometheus' text form."""
        return rendered(self._registry)
