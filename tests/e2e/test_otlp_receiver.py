"""A real receiver: what VictoriaMetrics answers of our counters is what we counted."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicost.core.live_counters import CounterKey, Receiver, Used
from aicost.core.usage import TokenCounts
from aicost.sync.otlp import Teller

PROGRAM = os.environ.get("AICOST_VICTORIA_METRICS", "")
TOO_LATE_S = 30.0
OUTPUT = "gen_ai.client.inference.usage.output_tokens"
COST = "aicost.cost.list"
OPUS = CounterKey("claude-code", "anthropic", "claude-opus-4-5")
GPT = CounterKey("codex", "openai", "gpt-5")

pytestmark = pytest.mark.skipif(
    not PROGRAM, reason="no VictoriaMetrics: .ci/otlp fetches one and runs this"
)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = [f"-storageDataPath={tmp_path}", f"-httpListenAddr=127.0.0.1:{port}"]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen([PROGRAM, *own], stderr=log) as run:
        try:
            found = f"http://127.0.0.1:{port}"
            until(lambda: is_up(found))
            yield found
        finally:
            run.terminate()


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def until(condition: object) -> None:
    late_s = time.monotonic() + TOO_LATE_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < late_s, "waited too long"
        time.sleep(0.05)


def points(url: str, name: str) -> dict[tuple[str, str], list[float]]:
    """Return all values that are stored of a counter, by run and model, in their order."""
    urllib.request.urlopen(f"{url}/internal/force_flush", timeout=5).close()
    asked = urllib.parse.urlencode({"match[]": f'{{__name__="{name}"}}'})
    with urllib.request.urlopen(f"{url}/api/v1/export?{asked}", timeout=5) as answer:
        series = [json.loads(line) for line in answer]
    assert all(one["metric"]["service.name"] == "aicost" for one in series)
    return {
        (one["metric"]["service.instance.id"], one["metric"]["gen_ai.request.model"]): one["values"]
        for one in series
    }


def used(output: int, nusd: int) -> Used:
    return Used(tokens=TokenCounts(output_tokens=output), cost_nusd=nusd)


def test_counters_of_two_machines_are_stored_apart_and_as_they_were_told(url: str) -> None:
    receiver = Receiver(f"{url}/opentelemetry")
    here, there = (Teller(receiver, instance=name) for name in ("run-1", "run-2"))
    assert here.tell({OPUS: used(10, 1_250_000_000), GPT: used(1, 0)})
    assert there.tell({OPUS: used(7, 500_000_000)})
    assert here.tell({OPUS: used(15, 2_000_000_000), GPT: used(1, 0)})
    for one in (here, there):
        one.close()
    until(lambda: len(points(url, OUTPUT).get(("run-1", OPUS.model), [])) == 2)
    assert points(url, OUTPUT) == {
        ("run-1", OPUS.model): [10, 15],
        ("run-1", GPT.model): [1, 1],
        ("run-2", OPUS.model): [7],
    }
    assert points(url, COST) == {
        ("run-1", OPUS.model): [1.25, 2.0],
        ("run-2", OPUS.model): [0.5],
    }


def test_deltas_add_up(url: str) -> None:
    ours = Teller(Receiver(f"{url}/opentelemetry", "delta"), instance="run-1")
    for output in (10, 15, 22):
        assert ours.tell({OPUS: used(output, 0)})
    ours.close()
    until(lambda: len(points(url, OUTPUT).get(("run-1", OPUS.model), [])) == 3)
    assert points(url, OUTPUT) == {("run-1", OPUS.model): [10, 5, 7]}
