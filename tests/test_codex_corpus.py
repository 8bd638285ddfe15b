"""The recorded logs of Codex hold what the tests that use them are about."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpora import Scenario
from lab.trim_codex import counted, trim_rollout

Lab = Mapping[str, Scenario]


def records(home: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (file, line) of every plain log in a home; broken lines are left out."""
    for path in sorted(home.glob("**/rollout-*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            try:
                yield path.name, json.loads(line)
            except ValueError:
                continue


def served(scenario: Scenario) -> list[list[Any]]:
    """Return the calls served in a scenario."""
    return [call for thread in scenario.truth.values() for call in thread["calls"]]


def test_every_scenario_has_calls_served_and_a_log(codex_lab: Lab) -> None:
    assert len(codex_lab) == 45
    for name, scenario in codex_lab.items():
        assert served(scenario), name
        assert any(scenario.home.glob("**/rollout-*.jsonl*")), name


def test_big_lines_stayed_big(codex_lab: Lab) -> None:
    logs = [path.read_bytes() for path in codex_lab["big_lines"].home.glob("**/rollout-*")]
    assert max(len(line) for log in logs for line in log.split(b"\n")) > 2_000_000


def test_a_log_is_compressed_and_one_is_archived(codex_lab: Lab) -> None:
    (packed,) = codex_lab["compressed"].home.glob("archived_sessions/*.zst")
    assert packed.read_bytes().startswith(bytes.fromhex("28b52ffd"))
    assert any(codex_lab["archive"].home.glob("archived_sessions/*.jsonl"))


def test_a_reverted_thread_has_two_files(codex_lab: Lab) -> None:
    owners = [
        line["payload"]["id"]
        for _, line in records(codex_lab["revert"].home)
        if line["type"] == "session_meta"
    ]
    assert len(owners) == 2 > len(set(owners))


def test_a_killed_client_left_a_torn_line(codex_lab: Lab) -> None:
    logs = [path.read_bytes() for path in codex_lab["killed"].home.glob("**/rollout-*")]
    lines = [line for log in logs for line in log.split(b"\n") if line]
    assert [line for line in lines if not line.endswith(b"}")]


def test_every_era_of_usage_lines_is_there(codex_lab: Lab) -> None:
    kinds = {}
    for name, scenario in codex_lab.items():
        lines = [line for _, line in records(scenario.home)]
        types = {line.get("type") for line in lines}
        counts = any(line.get("payload", {}).get("type") == "token_count" for line in lines)
        kinds[name] = ("token_usage_record" in types, counts)
    assert kinds["old_0_20_0"] == (False, False)
    assert kinds["old_0_39_0"] == kinds["old_0_152_0"] == (False, True)
    assert kinds["old_0_153_0"] == kinds["plain"] == (True, True)


def test_a_compacted_line_embeds_a_usage_record(codex_lab: Lab) -> None:
    lines = [line for _, line in records(codex_lab["compact_auto"].home)]
    assert any(line["payload"].get("latest_token_usage_record") for line in lines)


def test_trimming_keeps_what_is_counted_and_the_lines_that_are_broken() -> None:
    line = {
        "timestamp": "2026-11-22T05:48:06.242Z",
        "type": "session_meta",
        "payload": {"id": "t", "base_instructions": {"text": "x" * 9_000}, "cwd": "/src"},
    }
    torn = b'{"type":"event_msg","pay'
    short = trim_rollout(json.dumps(line).encode() + b"\n" + torn)
    assert counted(short) == counted(json.dumps(line).encode())
    assert short.endswith(b"\n" + torn)
    assert len(short) < 300
