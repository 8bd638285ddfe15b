"""The recorded logs hold what the tests that use them are about."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from corpora import Excerpt, Scenario
from lab.oracle import Usage, read_home, totals

REAL_TOTAL = Usage(
    input_tokens=349_171,
    cache_read_tokens=813_843_432,
    cache_write_5m_tokens=23_835_640,
    cache_write_1h_tokens=13_194_917,
    output_tokens=1_297_001,
)


def test_every_scenario_has_a_truth_and_all_but_the_unlogged_one_a_log(
    claude_lab: Mapping[str, Scenario],
) -> None:
    assert len(claude_lab) == 35
    without = [
        name
        for name, scenario in claude_lab.items()
        if not any(scenario.home.glob("projects/**/*.jsonl"))
    ]
    assert without == []


def test_served_calls_add_up_to_each_scenarios_truth(claude_lab: Mapping[str, Scenario]) -> None:
    for scenario in claude_lab.values():
        served = sum(1 for call in scenario.truth["served"] if call["complete"])
        sessions = scenario.truth["sessions"].values()
        assert served == sum(session["requests"] for session in sessions), scenario.name


def test_a_big_line_stayed_big(claude_lab: Mapping[str, Scenario]) -> None:
    home = claude_lab["34_bigline"].home
    logs = [path.read_bytes() for path in home.glob("projects/**/*.jsonl")]
    assert max(len(line) for log in logs for line in log.split(b"\n")) > 3_000_000


def test_the_excerpt_totals_are_what_the_oracle_reads(real_excerpt: Excerpt) -> None:
    assert totals(read_home(real_excerpt.home)) == real_excerpt.truth


def test_the_whole_corpus_totals_are_what_the_oracle_reads(real_corpus: Path) -> None:
    reading = read_home(real_corpus)
    assert (len(reading.calls), reading.total()) == (9713, REAL_TOTAL)


# What the excerpt must hold, each feature at least once


def records(home: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(home.glob("projects/**/*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            if line.startswith(b"{") and line.endswith(b"}") and b"[[[[" not in line:
                try:
                    yield path, json.loads(line)
                except ValueError:
                    continue


def calls(home: Path) -> dict[str, list[tuple[Path, dict[str, Any]]]]:
    """Return message id -> (file, record that reports its usage; of `progress` the nested one)."""
    found = defaultdict(list)
    for path, record in records(home):
        inner: dict[str, Any] = record
        if record["type"] == "progress":
            inner = record["data"].get("message") or {}
        if inner.get("type") == "assistant" and inner["message"]["model"] != "<synthetic>":
            found[inner["message"]["id"]].append((path, {**inner, "type": record["type"]}))
    return found


@pytest.fixture(scope="module")
def excerpt_calls(real_excerpt: Excerpt) -> dict[str, list[tuple[Path, dict[str, Any]]]]:
    return calls(real_excerpt.home)


Calls = dict[str, list[tuple[Path, dict[str, Any]]]]


def test_the_excerpt_has_subagents_with_and_without_a_file(excerpt_calls: Calls) -> None:
    kinds = [{record["type"] for _, record in lines} for lines in excerpt_calls.values()]
    assert {"progress"} in kinds
    assert {"progress", "assistant"} in kinds


def test_the_excerpt_has_rewrites_that_grow(excerpt_calls: Calls) -> None:
    def outputs(lines: list[tuple[Path, dict[str, Any]]]) -> set[int]:
        return {record["message"]["usage"]["output_tokens"] for _, record in lines}

    assert sum(len(outputs(lines)) > 1 for lines in excerpt_calls.values()) > 20


def test_the_excerpt_has_a_call_without_request_id(excerpt_calls: Calls) -> None:
    lines = [line for found in excerpt_calls.values() for line in found]
    assert any("requestId" not in record for _, record in lines)


def test_the_excerpt_has_a_call_under_two_request_ids(excerpt_calls: Calls) -> None:
    assert any(
        len({record.get("requestId") for _, record in lines}) > 1
        for lines in excerpt_calls.values()
    )


def test_the_excerpt_has_calls_that_two_files_share(excerpt_calls: Calls) -> None:
    files = [{path.name for path, _ in lines} for lines in excerpt_calls.values()]
    assert {"b4dcf65c-8a8f-4be8-80c2-fcebbda55946.jsonl"} < max(files, key=len)


def test_the_excerpt_has_whole_and_torn_tails(real_excerpt: Excerpt) -> None:
    tails = [path.read_bytes()[-1:] for path in real_excerpt.home.glob("projects/**/*.jsonl")]
    assert tails.count(b"}") == 3
    assert len([tail for tail in tails if tail not in (b"}", b"\n")]) == 1


def test_the_excerpt_has_four_broken_lines_one_of_them_two_records(real_excerpt: Excerpt) -> None:
    assert real_excerpt.truth["broken_lines"] == 4
    data = b"".join(path.read_bytes() for path in real_excerpt.home.glob("projects/**/*.jsonl"))
    assert data.count(b'}{"type":"summary"') == 1
