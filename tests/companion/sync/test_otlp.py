"""What a receiver of OTLP hears: decoded from the bytes that came over a socket."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from otlp_receivers import Heard, receiving

from aicost.core.live_counters import INSTRUMENTS, CounterKey, Receiver, Temporality, Used
from aicost.core.usage import TokenCounts
from aicost.sync.otlp import Teller

KEY = CounterKey("claude-code", "anthropic", "claude-opus-4-5")
COST = (
    ("gen_ai.operation.name", "chat"),
    ("gen_ai.provider.name", "anthropic"),
    ("gen_ai.request.model", "claude-opus-4-5"),
)
OUTPUT = "gen_ai.client.inference.usage.output_tokens"
TOKENS = (*COST, ("gen_ai.token.modality", "unknown"))


def used(output: int, nusd: int = 0) -> dict[CounterKey, Used]:
    return {KEY: Used(tokens=TokenCounts(output_tokens=output), cost_nusd=nusd)}


@pytest.fixture
def heard() -> Iterator[Heard]:
    with receiving() as found:
        yield found


def teller(heard: Heard, temporality: Temporality = "cumulative", path: str = "") -> Teller:
    return Teller(Receiver(heard.url + path, temporality), instance="run-1", timeout_s=1.0)


@pytest.mark.parametrize(
    ("temporality", "told"), [("cumulative", [10, 15, 15]), ("delta", [10, 5, 0])]
)
def test_counters_are_told_whole_or_what_was_added(
    heard: Heard, temporality: Temporality, told: list[int]
) -> None:
    ours = teller(heard, temporality)
    for output in (10, 15, 15):
        assert ours.tell(used(output))
    ours.close()
    assert [heard.values(OUTPUT, at)[TOKENS] for at in range(3)] == told
    for at in range(3):
        for metric in heard.metrics(at).values():
            assert metric.sum.is_monotonic
            assert metric.sum.aggregation_temporality == (
                AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
                if temporality == "delta"
                else AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
            )


def test_cumulative_points_begin_when_counting_did(heard: Heard) -> None:
    before_ns = time.time_ns()
    ours = teller(heard)
    for output in (1, 2):
        ours.tell(used(output))
    ours.close()
    [first], [second] = (heard.metrics(at)[OUTPUT].sum.data_points for at in (0, 1))
    assert before_ns <= first.start_time_unix_nano == second.start_time_unix_nano
    assert first.time_unix_nano < second.time_unix_nano


def test_every_instrument_comes_with_its_name_unit_and_words(heard: Heard) -> None:
    tokens = TokenCounts(
        input_tokens=1, cache_read_tokens=2, cache_write_5m_tokens=3, output_tokens=4,
        reasoning_tokens=1,
    )  # fmt: skip
    ours = teller(heard)
    ours.tell({KEY: Used(tokens=tokens, cost_nusd=1_250_000_000, unpriced_tokens=5)})
    ours.close()
    found = heard.metrics()
    assert {name: (one.unit, one.description) for name, one in found.items()} == {
        one.name: (one.unit, one.about) for one in INSTRUMENTS
    }
    assert heard.values("aicost.cost.list") == {COST: 1.25}
    assert heard.values("gen_ai.client.inference.usage.input_tokens") == {TOKENS: 6}
    assert heard.values("claude_code.token.usage") == {
        (("model", "claude-opus-4-5"), ("type", kind)): count
        for kind, count in [("input", 1), ("output", 4), ("cacheRead", 2), ("cacheCreation", 3)]
    }
    assert heard.values("claude_code.cost.usage") == {(("model", "claude-opus-4-5"),): 1.25}


def test_what_is_zero_is_not_told(heard: Heard) -> None:
    ours = teller(heard)
    assert ours.tell(used(1))
    ours.close()
    assert set(heard.metrics()) == {OUTPUT, "claude_code.token.usage"}


def test_nothing_used_is_nothing_sent(heard: Heard) -> None:
    ours = teller(heard)
    assert ours.tell({})
    ours.close()
    assert heard.wire == []


@pytest.mark.parametrize("path", ["", "/", "/opentelemetry", "/opentelemetry/"])
def test_the_signals_path_comes_after_that_of_the_endpoint(heard: Heard, path: str) -> None:
    ours = teller(heard, path=path)
    ours.tell(used(1))
    ours.close()
    assert heard.paths == [f"{path.rstrip('/')}/v1/metrics"]


def test_nothing_of_the_environment_is_told(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell with Claude Code's own telemetry has a token for another receiver in it."""
    canary = "canary-5f1c"
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", f"host.name={canary},user.name={canary}")
    monkeypatch.setenv("OTEL_SERVICE_NAME", canary)
    for name in ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS"):
        monkeypatch.setenv(name, f"authorization=Bearer {canary},x-{canary}=1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{canary}.invalid")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "DELTA")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    ours = teller(heard)
    assert ours.tell(used(1))
    assert ours.tell(used(2))
    ours.close()
    assert heard.resource() == {"service.name": "aicost", "service.instance.id": "run-1"}
    assert heard.values(OUTPUT)[TOKENS] == 2  # cumulative all the same
    assert not any(canary.encode() in part for part in heard.wire)
    assert b"User-Agent: aicost\n" in heard.wire[1]


def test_no_password_is_looked_for_in_the_home(
    heard: Heard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ours = teller(heard)
    assert ours.tell(used(1))
    ours.close()
    assert b"Authorization" not in b"".join(heard.wire)


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500])
def test_a_receiver_that_refuses_is_told_the_whole_next_time(heard: Heard, status: int) -> None:
    heard.statuses.append(status)
    ours = teller(heard)
    assert not ours.tell(used(10))
    assert ours.tell(used(15))
    ours.close()
    assert heard.values(OUTPUT) == {TOKENS: 15}


def test_what_a_receiver_of_deltas_refuses_is_lost_and_never_told_twice(heard: Heard) -> None:
    heard.statuses.append(400)
    ours = teller(heard, "delta")
    assert not ours.tell(used(10))
    assert ours.tell(used(15))
    ours.close()
    assert heard.values(OUTPUT) == {TOKENS: 5}


def test_a_receiver_that_is_down_and_then_there_knows_all(heard: Heard) -> None:
    with receiving() as first:
        ours = teller(first)
        port = int(first.url.rpartition(":")[2])
        assert ours.tell(used(10))
    assert not ours.tell(used(20))
    with receiving(port) as again:
        assert ours.tell(used(30))
    ours.close()
    assert again.values(OUTPUT) == {TOKENS: 30}


def test_a_receiver_that_does_not_answer_is_waited_for_no_longer_than_said(heard: Heard) -> None:
    heard.held = threading.Event()
    ours = Teller(Receiver(heard.url), instance="run-1", timeout_s=0.2)
    started_s = time.monotonic()
    assert not ours.tell(used(1))
    assert 0.2 <= time.monotonic() - started_s < 5
    heard.held.set()
    assert ours.tell(used(2))
    ours.close()


def test_a_redirect_leads_nowhere_else(heard: Heard) -> None:
    with receiving() as other:
        heard.statuses.append(307)
        ours = teller(heard)
        assert not ours.tell(used(1))
        ours.close()
        assert other.wire == []
