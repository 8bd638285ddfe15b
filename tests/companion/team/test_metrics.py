"""Prometheus' text: by route, method and status."""

from aicost.team.metrics import Metrics


def test_requests_are_counted_by_route_and_status() -> None:
    metrics = Metrics()
    metrics.observe("/v1/join", "POST", 201, 0.02)
    metrics.observe("/v1/join", "POST", 403, 0.2)
    text = metrics.text().decode()
    assert 'aicost_team_requests_total{method="POST",route="/v1/join",status="403"} 1.0' in text
    assert 'aicost_team_request_seconds_count{method="POST",route="/v1/join"} 2.0' in text


def test_two_servers_do_not_share_counters() -> None:
    first, second = Metrics(), Metrics()
    first.documents.labels("created").inc()
    assert 'result="created"' in first.text().decode()
    assert 'result="created"' not in second.text().decode()
