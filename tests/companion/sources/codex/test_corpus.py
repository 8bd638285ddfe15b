"""What the real client wrote counts as what was served: any order, any pieces, parents or not."""

import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from codex_logs import Five, counted
from corpora import Json, Scenario
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicost.core.facts import Parsed
from aicost.core.usage import UsageEvent, merged
from aicost.sources.codex.parser import CodexParser
from aicost.sources.codex.paths import find_logs

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Lab = Mapping[str, Scenario]
Totals = dict[tuple[str, str], Five]  # by thread and model

UNLOGGED_SOURCE = "thread_title"  # an ephemeral thread: the client asks for a title, logs nothing
LOST = {  # scenario -> why a log cannot hold it all, the thread's end and what is missing there
    "archive": ("one of the threads was deleted", "1eb6", (1411, 384, 0, 73, 14)),
    "old_0_20_0": ("the client logged no usage yet", "9b06", (2411, 640, 0, 113, 19)),
    "old_0_39_0": ("the client did not log its compaction", "7fd1", (1685, 512, 0, 95, 20)),
}


@cache
def log_bytes(path: Path) -> bytes:
    content = path.read_bytes()
    return zstd.decompress(content) if path.suffix == ".zst" else content


def logs_of(scenario: Scenario) -> list[bytes]:
    """Return every log of a home, unpacked."""
    return [log_bytes(Path(path)) for path, _ in sorted(find_logs(scenario.home))]


def read(log: bytes, cuts: Iterable[int] = ()) -> list[Parsed]:
    """Read a log in one go, or in blocks that end before these lines."""
    lines = log.splitlines(keepends=True)
    ends = sorted({0, len(lines), *(cut % (len(lines) + 1) for cut in cuts)})
    found, thread = list[Parsed](), ""
    for start, end in pairwise(ends):
        found.append(CodexParser().parse(b"".join(lines[start:end]), thread))
        thread = found[-1].thread
    return found


def ledger(found: Iterable[Parsed]) -> dict[str, UsageEvent]:
    """Return each call once, and those that stand in only where they are needed."""
    calls: dict[str, UsageEvent] = {}
    threads: set[str] = set()
    for parsed in found:
        threads |= {seen.thread_id for seen in parsed.threads}
        for call in parsed.calls:
            known = calls.get(call.event_key)
            calls[call.event_key] = call if known is None else merged(known, call)
    real = {span(call) for call in calls.values() if not call.stand_in_for}
    return {
        key: call
        for key, call in calls.items()
        if not call.stand_in_for or (call.stand_in_for not in threads and span(call) not in real)
    }


def span(call: UsageEvent) -> tuple[str, str, str]:
    return call.session_id, call.subagent_id, call.turn_id


def plus(one: Five, other: Five) -> Five:
    a, b, c, d, e = (mine + yours for mine, yours in zip(one, other))
    return a, b, c, d, e


def totals(calls: Mapping[str, UsageEvent]) -> Totals:
    sums: Totals = defaultdict(lambda: (0, 0, 0, 0, 0))
    for call in calls.values():
        key = (call.subagent_id or call.session_id, call.model)
        sums[key] = plus(sums[key], counted(call.tokens))
    return dict(sums)


def served(scenario: Scenario, *, logged: bool = True) -> Totals:
    """Return what the API served, by thread and model; `logged`: as far as logs can tell."""
    sums: Totals = defaultdict(lambda: (0, 0, 0, 0, 0))
    for thread_id, thread in scenario.truth.items():
        if logged and thread["source"] == UNLOGGED_SOURCE:
            continue
        for _, model, *counts in thread["calls"]:
            sums[thread_id, model] = plus(sums[thread_id, model], tuple(counts))
    if logged and scenario.name in LOST:
        _, end, (a, b, c, d, e) = LOST[scenario.name]
        ((key, total),) = ((key, total) for key, total in sums.items() if key[0].endswith(end))
        sums[key] = plus(total, (-a, -b, -c, -d, -e))
        if not any(sums[key]):
            del sums[key]
    return dict(sums)


def whole(counts: Totals) -> Five:
    total: Five = (0, 0, 0, 0, 0)
    for one in counts.values():
        total = plus(total, one)
    return total


def found_in(logs: Iterable[bytes]) -> dict[str, UsageEvent]:
    return ledger(parsed for log in logs for parsed in read(log))


# As served


def test_each_scenario_counts_what_was_served_by_thread_and_model(codex_lab: Lab) -> None:
    for name, scenario in codex_lab.items():
        assert totals(found_in(logs_of(scenario))) == served(scenario), name


def test_what_logs_cannot_hold_is_titles_and_three_known_losses(codex_lab: Lab) -> None:
    hidden = {
        name: whole(served(scenario, logged=False)) != whole(served(scenario))
        for name, scenario in codex_lab.items()
    }
    assert {name for name, is_hidden in hidden.items() if is_hidden} == {
        *LOST,
        "tui",
        "tui_blocked",
        "tui_daemon",
    }


def test_the_only_broken_line_is_the_one_of_a_killed_client(codex_lab: Lab) -> None:
    broken = {
        name: sum(parsed.broken_lines for log in logs_of(scenario) for parsed in read(log))
        for name, scenario in codex_lab.items()
    }
    assert {name: count for name, count in broken.items() if count} == {"killed": 1}


def test_every_call_is_one_that_was_served(codex_lab: Lab) -> None:
    """Not only the sums: each call by itself, with the id of its response where it is logged."""
    for name, scenario in codex_lab.items():
        responses = {
            (thread_id, tuple(counts)): response_id
            for thread_id, thread in scenario.truth.items()
            for response_id, _, *counts in thread["calls"]
        }
        for key, call in found_in(logs_of(scenario)).items():
            thread_id = call.subagent_id or call.session_id
            response_id = responses[thread_id, counted(call.tokens)]
            assert "resp_" not in key or key == f"codex:{thread_id}:{response_id}", name


# Order and pieces


NAMES = (
    *("compact_auto", "context_full", "errors", "fork", "killed", "legacy", "migrate", "resume"),
    *("revert", "review", "subagents_later", "tui", "old_0_39_0", "old_0_50_0", "old_0_98_0"),
    *("old_0_110_0", "old_0_125_0", "old_0_133_0", "old_0_145_0", "old_0_151_0", "old_0_153_0"),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(NAMES),
    cuts=st.lists(st.integers(0, 100), max_size=6),
    seed=st.randoms(use_true_random=False),
)
def test_any_order_of_files_and_blocks_gives_the_same(
    codex_lab: Lab, name: str, cuts: list[int], seed: random.Random
) -> None:
    logs = logs_of(codex_lab[name])
    expected = found_in(logs)
    blocks = [parsed for log in logs for parsed in read(log, cuts)]
    seed.shuffle(blocks)
    assert ledger(blocks) == expected


def test_a_log_read_again_after_more_was_written_gives_the_same(codex_lab: Lab) -> None:
    for name in NAMES:
        logs = logs_of(codex_lab[name])
        halves = [log[: log.rfind(b"\n", 0, len(log) // 2) + 1] for log in logs]
        assert found_in([*halves, *logs]) == found_in(logs), name


# Prompts and subagents


def test_every_call_lies_in_a_turn_that_was_seen_to_begin(codex_lab: Lab) -> None:
    for name, scenario in codex_lab.items():
        found = [parsed for log in logs_of(scenario) for parsed in read(log)]
        begun = {
            *((one.session_id, "", one.turn_id) for parsed in found for one in parsed.prompts),
            *(
                (one.session_id, one.subagent_id, one.turn_id)
                for parsed in found
                for one in parsed.subagents
            ),
        }
        assert {span(call) for call in ledger(found).values()} <= begun, name


def test_every_turn_is_seen_once(codex_lab: Lab) -> None:
    for name, scenario in codex_lab.items():
        found = [parsed for log in logs_of(scenario) for parsed in read(log)]
        prompts = [one.turn_id for parsed in found for one in parsed.prompts]
        subagents = [one.turn_id for parsed in found for one in parsed.subagents]
        assert len(set(prompts)) == len(prompts), name
        assert len(set(subagents)) == len(subagents), name
        assert not set(prompts) & set(subagents), name


@pytest.mark.parametrize(
    "name",
    [
        *("review", "tui", "subagents_v1", "subagents_v2", "subagents_later", "legacy"),
        *("old_0_153_0", "old_0_154_0", "old_0_157_1"),
    ],
)
def test_a_subagents_turn_names_the_prompt_that_it_serves(codex_lab: Lab, name: str) -> None:
    found = [parsed for log in logs_of(codex_lab[name]) for parsed in read(log)]
    prompts = {(one.session_id, one.prompt_id) for parsed in found for one in parsed.prompts}
    subagents = [one for parsed in found for one in parsed.subagents]
    assert subagents
    assert {(one.session_id, one.prompt_id) for one in subagents} <= prompts
    expected = {"review"} if name in ("review", "tui") else {""}
    assert {one.kind for one in subagents} == expected


# Parents that are missing


def without(logs: list[bytes], *threads: str) -> list[bytes]:
    """Leave out the logs of threads, told by the end of their ids."""
    owners = [read(log)[0].threads[0].thread_id for log in logs]
    return [log for log, owner in zip(logs, owners) if not owner.endswith(threads)]


def test_a_forks_copies_count_while_the_parents_log_is_missing(codex_lab: Lab) -> None:
    """A later fork holds all of the parent's calls, so nothing is missing."""
    scenario = codex_lab["legacy"]
    logs = without(logs_of(scenario), "c0f4ad")
    assert len(logs) == 3
    assert totals(found_in(logs)) == served(scenario)


def test_totals_stand_in_where_no_copy_holds_the_records(codex_lab: Lab) -> None:
    """The early fork holds five of the parent's calls, the subagent the total of a sixth."""
    scenario = codex_lab["legacy"]
    logs = without(logs_of(scenario), "c0f4ad", "089928")
    found = found_in(logs)
    lost = {"resp_0008", "resp_0009", "resp_0012"}  # after the subagent began
    expected: Five = (0, 0, 0, 0, 0)
    for thread in scenario.truth.values():
        for response_id, _, a, b, c, d, e in thread["calls"]:
            if response_id not in lost:
                expected = plus(expected, (a, b, c, d, e))
    assert whole(totals(found)) == expected
    (stand_in,) = (call for call in found.values() if call.stand_in_for)
    assert counted(stand_in.tokens) == (1959, 640, 0, 117, 26)
    assert stand_in.stand_in_for.endswith("c0f4ad")


def test_a_subagent_alone_stands_in_for_all_that_it_copied(codex_lab: Lab) -> None:
    scenario = codex_lab["legacy"]
    logs = without(logs_of(scenario), "c0f4ad", "089928", "19e976")
    found = found_in(logs)
    assert len([call for call in found.values() if call.stand_in_for]) == 6
    assert whole(totals(found)) == (9014 + 4877, 2688 + 1536, 0, 482 + 311, 96 + 73)


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        ("old_0_110_0", (20384, 4352, 0, 1132, 148)),
        ("old_0_125_0", (20384, 4352, 0, 1132, 148)),
        ("old_0_133_0", (18288, 3712, 0, 1004, 119)),
        ("old_0_145_0", (18288, 3712, 0, 1004, 119)),
    ],
)
def test_an_old_subagent_stands_in_for_what_its_parent_had_spent(
    codex_lab: Lab, name: str, copied: Five
) -> None:
    """Also where two of them copied the same: it counts once."""
    (parent, child) = logs_of(codex_lab[name])
    parent_id, child_id = (read(log)[0].threads[0].thread_id for log in (parent, child))
    own = {key: value for key, value in served(codex_lab[name]).items() if key[0] == child_id}
    for logs in ([child], [child, sibling_of(child)]):
        found = totals(found_in(logs))
        assert [counts for key, counts in found.items() if key[0] == parent_id] == [copied]
        assert all(found[key] == counts for key, counts in own.items())
        assert len(found) == 1 + len(logs)


def sibling_of(child: bytes) -> bytes:
    """Return the log of another subagent with the same copy, one token more of its own."""
    child_id = read(child)[0].threads[0].thread_id
    own_turn = read(child)[0].subagents[-1].turn_id
    for name in (child_id, own_turn):
        child = child.replace(name.encode(), f"{name[:-3]}fff".encode())
    begin = child.index(b"\n", child.rindex(b'"task_started"')) + 1
    rows = [json.loads(line) for line in child[begin:].splitlines()]
    (*_, copied) = _infos(map(json.loads, child[:begin].splitlines()))
    own = [
        info for info in _infos(rows) if info["total_token_usage"] != copied["total_token_usage"]
    ]
    own[0]["last_token_usage"]["output_tokens"] += 1
    for info in own:
        info["total_token_usage"]["output_tokens"] += 1
    return child[:begin] + b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _infos(rows: Iterable[Json]) -> Iterator[Json]:
    for row in rows:
        if row["payload"].get("type") == "token_count" and row["payload"]["info"]:
            yield row["payload"]["info"]


def test_stand_ins_bear_the_time_of_their_turns(codex_lab: Lab) -> None:
    parent, child = logs_of(codex_lab["old_0_125_0"])
    real, copies = found_in([parent]), found_in([child])
    shared = real.keys() & copies.keys()
    assert len(shared) == 8
    for key in shared:
        assert copies[key].at < real[key].at
        assert found_in([parent, child])[key].at == real[key].at


def test_what_a_migrated_fork_copied_is_its_parents(codex_lab: Lab) -> None:
    scenario = codex_lab["migrate"]
    found = found_in(without(logs_of(scenario), "ac32e8"))
    parent, model = next(key for key in served(scenario) if key[0].endswith("ac32e8"))
    assert totals(found)[parent, model] == (2411, 640, 0, 113, 19)


# Ids that do not tell


def no_turn_ids(log: bytes) -> bytes:
    return re.sub(rb'"(root_)?turn_id":"[^"]*",?', b"", log)


def no_uuids(log: bytes) -> bytes:
    return _UUID.sub(lambda found: b"id-" + found[0][-12:], log)


def random_uuids(log: bytes) -> bytes:
    """As if ids were not made of the time: the last two parts of those here are random."""
    return _UUID.sub(
        lambda found: found[0][28:36] + b"-" + found[0][24:28] + b"-4" + found[0][15:], log
    )


_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.mark.parametrize("redacted", [no_turn_ids, no_uuids, random_uuids])
def test_redacted_logs_count_the_same(codex_lab: Lab, redacted: Callable[[bytes], bytes]) -> None:
    for name, scenario in codex_lab.items():
        truth = json.loads(redacted(json.dumps(scenario.truth).encode()))
        if name in LOST:
            continue  # (what is missing there is told by its thread's id)
        found = found_in(map(redacted, logs_of(scenario)))
        assert totals(found) == served(replace(scenario, truth=truth)), name


@pytest.mark.parametrize("redacted", [no_turn_ids, no_uuids, random_uuids])
@pytest.mark.parametrize("name", ["old_0_110_0", "old_0_125_0", "old_0_133_0", "old_0_145_0"])
def test_redacted_copies_count_once_without_the_parent(
    codex_lab: Lab, name: str, redacted: Callable[[bytes], bytes]
) -> None:
    _, child = logs_of(codex_lab[name])
    both = [child, sibling_of(child)]
    for logs in ([child], both):
        assert whole(totals(found_in(map(redacted, logs)))) == whole(totals(found_in(logs)))


@pytest.mark.parametrize("redacted", [no_turn_ids, no_uuids, random_uuids])
@pytest.mark.parametrize(
    "missing", [("c0f4ad",), ("c0f4ad", "089928"), ("c0f4ad", "089928", "19e976")]
)
def test_redacted_forks_stand_in_as_much_without_the_parent(
    codex_lab: Lab, missing: tuple[str, ...], redacted: Callable[[bytes], bytes]
) -> None:
    logs = without(logs_of(codex_lab["legacy"]), *missing)
    found = found_in(map(redacted, logs))
    assert whole(totals(found)) == whole(totals(found_in(logs)))
