"""The soak: a short run of it, and that its rules find a leak and a loss."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from claude_logs import call_line
from soak.judging import ProcessSample, Sample, faults, growth_mb, line_of, row
from soak.main import run
from soak.writing import Truth

STEADY = ProcessSample(rss_mb=100.0, files=20, threads=8)


def samples(of: Callable[[int], dict[str, object]] = lambda _: {}, count: int = 22) -> list[Sample]:
    """A good run, with what differs in each minute."""
    good = Sample(
        minute=0.0, lines=0, sessions=20, daemon=STEADY, dashboard=STEADY, lag_s=0.1, screen_s=0.2,
        calls_written=0, calls_counted=0, tokens_written=0, tokens_counted=0,
    )  # fmt: skip
    found = []
    for number in range(1, count + 1):
        counts = dict.fromkeys(("calls_written", "calls_counted"), 100 * number)
        tokens = dict.fromkeys(("tokens_written", "tokens_counted"), 9_000 * number)
        fields = {"minute": number, "lines": 500 * number, **counts, **tokens, **of(number)}
        found.append(replace(good, **fields))  # type: ignore[arg-type]
    return found


def rss(value: Callable[[int], float], which: str = "daemon") -> list[Sample]:
    return samples(lambda number: {which: replace(STEADY, rss_mb=value(number))})


def test_a_steady_run_is_good() -> None:
    assert faults(samples()) == []


@pytest.mark.parametrize("which", ["daemon", "dashboard"])
def test_a_leak_is_found_and_a_warm_up_or_a_peak_is_none(which: str) -> None:
    (fault,) = faults(rss(lambda number: 100 + number, which))
    assert fault.startswith(f"{which}: memory grew by 14.0 MB")
    assert faults(rss(lambda number: 60 + min(40, 10 * number), which)) == []
    assert faults(rss(lambda number: 100 + 50 * (number % 7 == 0), which)) == []


def test_just_as_much_as_is_flat_is_flat() -> None:
    assert growth_mb([0, 1, 2], [10, 11, 12]) == 2
    per_minute = 9.0 / 14  # 5 % of about 100 MB and 4 MB more, over the 14 minutes that count
    assert faults(rss(lambda number: 95 + per_minute * number * 0.99)) == []
    assert faults(rss(lambda number: 95 + per_minute * number * 1.2)) != []


@pytest.mark.parametrize("what", ["files", "threads"])
def test_descriptors_and_threads_that_stay_open_are_found(what: str) -> None:
    def more(number: int) -> dict[str, object]:
        return {"daemon": replace(STEADY, **{what: 20 + number})}

    found = faults(samples(lambda number: more(4 * number)))
    assert any(what in fault for fault in found)


def test_a_lost_call_is_found_and_so_is_one_counted_twice() -> None:
    for counted in (1_199, 1_201):
        found = faults(samples(lambda n: {"calls_counted": counted} if n == 12 else {}))  # noqa: B023
        assert found == [f"minute 12.0: {counted:,} calls counted of 1,200 written"]
    found = faults(samples(lambda n: {"tokens_counted": 1} if n == 3 else {}))
    assert "1 tokens counted of 27,000 written" in found[0]


def test_a_run_that_wrote_nothing_proves_nothing() -> None:
    assert faults([]) == ["nothing was written", *faults([])[1:]]
    assert "nothing was written" in faults(samples(lambda _: {"lines": 0}))


def test_the_truth_counts_each_call_once_and_its_largest_usage() -> None:
    truth, line = Truth(), call_line(tokens={"output_tokens": 5})
    for text in (line, line, call_line(), b"[" * 100_000 + b'"usage"'):
        truth.add(text)
    assert (truth.lines, truth.calls, truth.total.output_tokens) == (4, 1, 9)


def test_a_table_has_as_many_cells_as_headings() -> None:
    assert len(line_of(row(samples()[0])).split()) == len(row(samples()[0])) == 13


def test_some_seconds_of_it(tmp_path: Path) -> None:
    """Memory is still warming up; what is written must be counted and shown all the same."""
    if shutil.which("tmux") is None:
        pytest.skip("no tmux")
    said: list[str] = []
    found = run(0.3, 300.0, 6.0, said.append)
    assert len(found) >= 2
    assert found[-1].lines > 1_000
    assert found[-1].calls_written > 100
    assert faults(found, spare_mb=60.0) == [], "\n".join(said)
    assert json.dumps(said)
