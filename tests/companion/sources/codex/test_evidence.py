"""What rollout lines say beside calls: each rule with the lines on both sides of it."""

import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from codex_logs import (
    FORK,
    LATER_TURN,
    NEW,
    THREAD,
    TURN,
    answers,
    asks,
    asks_script,
    context,
    count,
    counted,
    ended,
    event_row,
    evidence_of,
    fork_meta,
    io,
    item,
    meta,
    parsed,
    prompt,
    record,
    row,
    started,
    subagent,
    usage,
    uuid7,
)
from corpora import Json, Scenario
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from log_builders import at, line

from aicost.core.facts import (
    ErrorSeen,
    HiddenSeen,
    LimitsSeen,
    Parsed,
    SettingsSeen,
    ToolCallSeen,
)
from aicost.core.usage import UsageEvent
from aicost.sources.codex.evidence import CodexEvidenceParser
from aicost.sources.codex.parser import CodexParser
from aicost.sources.codex.paths import find_logs

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Lab = Mapping[str, Scenario]

START = [meta(version=NEW), started(), context()]
OLD_START = [meta(), started(), context()]
RESPONSE = f"codex:{THREAD}:resp_1"
FORK_TURN = uuid7(11)


def tool_names(*lines: bytes) -> list[str]:
    return [seen.name for seen in evidence_of(*lines).tool_calls]


def run_as(**changes: Any) -> SettingsSeen:
    plain = {"session_id": THREAD, "turn_id": TURN, "version": NEW, "entrypoint": "codex_exec"}
    return SettingsSeen(**(plain | changes))


# Tools


def test_a_call_is_that_of_its_response() -> None:
    found = evidence_of(*START, asks(), record(), answers())
    assert found.tool_calls == (
        ToolCallSeen(key=f"{RESPONSE}:call_1", event_key=RESPONSE, name="Bash", at=at(3)),
    )


def test_what_was_run_directly_counts_as_its_call() -> None:
    lines = [asks(), record(), item("CommandExecution", "call_1"), answers()]
    assert tool_names(*START, *lines) == ["Bash"]


def test_a_script_counts_as_what_it_ran() -> None:
    ran = [item("CommandExecution", "exec-1"), item("FileChange", "exec-2")]
    lines = [asks_script(), record(), *ran, answers(kind="custom_tool_call_output")]
    assert tool_names(*START, *lines) == ["Bash", "apply_patch"]


def test_a_script_that_ran_nothing_counts_itself() -> None:
    lines = [asks_script(), record(), answers(kind="custom_tool_call_output")]
    assert tool_names(*START, *lines) == ["exec"]


def test_ends_of_tools_count_under_a_script_only() -> None:
    end = event_row(
        "mcp_tool_call_end", {"call_id": "x", "invocation": {"server": "a", "tool": "b"}}
    )
    assert tool_names(*START, asks_script(), record(), end) == ["mcp__a__b"]
    assert tool_names(*START, asks(), record(), end) == ["Bash"]


def test_a_call_of_a_response_without_usage_is_not_known() -> None:
    assert tool_names(*START, asks(), answers(), started(LATER_TURN), record()) == []


def test_older_clients_log_a_total_instead_of_a_record() -> None:
    found = evidence_of(*OLD_START, asks(), count(io(100, 10)), answers())
    (call,) = parsed(*OLD_START, count(io(100, 10))).calls
    assert [seen.event_key for seen in found.tool_calls] == [call.event_key]


def test_the_oldest_clients_log_the_total_first() -> None:
    lines = [
        meta(version="0.39.0"),
        prompt(),
        context(None),
        count(io(100, 10)),
        asks("a"),
        answers("a"),
    ]
    lines += [context(None), count(io(200, 20), io(100, 10)), asks("b")]
    calls = parsed(*lines).calls
    assert [seen.event_key for seen in evidence_of(*lines).tool_calls] == [
        call.event_key for call in calls
    ]


def test_a_copied_call_is_the_same_as_its_original() -> None:
    original = evidence_of(*START, asks(), record())
    copy = evidence_of(fork_meta(version=NEW), meta(version=NEW), *START[1:], asks(), record())
    assert [seen.key for seen in copy.tool_calls] == [seen.key for seen in original.tool_calls]
    assert copy.settings == ()


def test_calls_copied_without_usage_are_not_the_copying_threads() -> None:
    child = meta(FORK, version=NEW, session_id=THREAD, forked_from_id=THREAD, **subagent())
    copied = [meta(version=NEW), started(), context(), asks(), answers()]
    own = [started(FORK_TURN, 11), asks("call_2"), record(2, thread=FORK, turn=FORK_TURN)]
    found = evidence_of(child, *copied, *own)
    assert [seen.key for seen in found.tool_calls] == [f"codex:{FORK}:resp_2:call_2"]


# Settings


def test_a_turn_is_run_as_client_and_context_say() -> None:
    mode = context(
        effort="high", approval_policy="never", sandbox_policy={"type": "workspace-write"}
    )
    found = evidence_of(meta(version=NEW), started(), mode, record())
    assert found.settings == (run_as(effort="high", permission_mode="never/workspace-write"),)


def test_each_turn_has_its_own_settings() -> None:
    first = [started(), context(effort="high"), record()]
    second = [
        started(LATER_TURN, 2),
        context(LATER_TURN, 2),
        record(2, turn=LATER_TURN),
        record(3, turn=LATER_TURN),
    ]
    found = evidence_of(meta(version=NEW), *first, *second)
    assert found.settings == (run_as(effort="high"), run_as(turn_id=LATER_TURN))


def test_a_turn_that_used_nothing_has_no_settings() -> None:
    assert evidence_of(*START).settings == ()


def test_a_subagents_settings_are_its_own() -> None:
    child, turn = uuid7(4), uuid7(5)
    lines = [
        meta(child, version=NEW, session_id=THREAD, originator="codex-tui", **subagent()),
        started(turn, 5, root_turn_id=TURN),
        context(turn, 5, root_turn_id=TURN, effort="low"),
        record(thread=child, turn=turn, session_id=THREAD),
    ]
    found = evidence_of(*lines)
    assert found.settings == (
        run_as(turn_id=turn, subagent_id=child, entrypoint="codex-tui", effort="low"),
    )
    assert found.hidden == ()  # only the user's own threads get a title


def test_a_review_is_a_command_of_the_turn_that_asked_for_it() -> None:
    asked = item("EnteredReviewMode", "x", TURN)
    later = started(uuid7(1.5), root_turn_id=TURN)
    assert evidence_of(meta(version=NEW), asked, later).settings == (run_as(command="/review"),)


def test_older_clients_name_no_turn_when_a_review_begins() -> None:
    asked = event_row("entered_review_mode", {"target": {"type": "uncommittedChanges"}})
    assert evidence_of(meta(version=NEW), asked).settings == ()
    assert evidence_of(*START, asked).settings == (run_as(command="/review"),)


# Errors


@pytest.mark.parametrize("error", [None, {"message": "no", "codex_error_info": "other"}])
def test_a_turn_that_failed_is_an_error(error: object) -> None:
    found = evidence_of(*START, ended(error=error))
    expected = ErrorSeen(
        key=f"codex:{TURN}:error",
        session_id=THREAD,
        turn_id=TURN,
        subagent_id="",
        at=at(5),
        is_retried=False,
    )
    assert found.errors == ((expected,) if error else ())
    assert found.settings == ((run_as(),) if error else ())
    assert found.hidden == ()


def test_an_interrupted_turn_is_no_error() -> None:
    aborted = event_row("turn_aborted", {"turn_id": TURN, "reason": "interrupted"}, 5)
    assert evidence_of(*START, aborted) == evidence_of(*START)


def test_a_copied_error_is_not_the_forks() -> None:
    lines = [fork_meta(version=NEW), meta(version=NEW), started(), context()]
    assert evidence_of(*lines, ended(error={"message": "no"})).errors == ()


# What is billed and not logged


def hidden(*lines: bytes) -> list[tuple[str, str]]:
    return [(seen.kind, seen.key) for seen in evidence_of(*lines).hidden]


def test_a_stream_that_broke_is_billed_as_far_as_it_came() -> None:
    error: Json = {"codex_error_info": {"response_stream_disconnected": {}}}
    assert hidden(*START, ended(error=error)) == [("cut_stream", f"codex:{TURN}:cut")]


def test_an_answer_that_was_interrupted_is_billed_as_far_as_it_came() -> None:
    aborted = event_row("turn_aborted", {"turn_id": TURN, "reason": "interrupted"}, 5)
    begun = count(None)  # what its head said of limits
    assert hidden(*START, begun, aborted) == [("cut_stream", f"codex:{TURN}:cut")]
    assert hidden(*START, begun, record(), aborted) == []
    assert hidden(*START, asks(), record(), count(io(100, 10)), answers(), aborted) == []


def test_an_abort_that_a_fork_notes_for_its_parent_is_none_of_its_own() -> None:
    lines = [fork_meta(version=NEW, history_base={"thread_id": THREAD}), count(None)]
    aborted = event_row("turn_aborted", {"turn_id": TURN, "reason": "interrupted"}, 12)
    assert hidden(*lines, aborted) == []


COMPACTED = row("compacted", {"message": "all so far"}, 4)


def test_a_compaction_whose_response_is_not_counted_is_hidden() -> None:
    lines = [meta(version="0.39.0"), prompt(), context(None), count(io(100, 10)), context(None)]
    (call,) = parsed(*lines).calls
    assert hidden(*lines, COMPACTED) == [("compaction", f"{call.event_key}:compaction")]
    assert hidden(*lines, count(io(300, 20)), COMPACTED) == []


def test_clients_with_records_log_compactions_too() -> None:
    lines = [*START, asks(), record(), answers()]
    assert hidden(*lines, COMPACTED) == []


def test_a_copied_compaction_was_counted_where_it_happened() -> None:
    assert hidden(fork_meta(), meta(), COMPACTED, started(), context()) == []


def test_a_thread_of_the_terminal_has_a_title_once() -> None:
    start = [meta(version=NEW, originator="codex-tui"), started(), context()]
    found = evidence_of(*start, record(1), record(2))
    assert found.hidden == (
        HiddenSeen(key=f"codex:{THREAD}:title", session_id=THREAD, at=at(3), kind="title"),
    )
    assert evidence_of(*start).hidden == ()  # blocked before its first response


# Limits


def limits_line(used: float, total: int = 100, minutes: float = 3, limit: str = "codex") -> bytes:
    info = {"total_token_usage": usage(io(total, 10)), "last_token_usage": usage(io(total, 10))}
    said = {"limit_id": limit, "primary": {"used_percent": used}}
    return event_row("token_count", {"info": info, "rate_limits": said}, minutes)


def said(*lines: bytes) -> list[tuple[str, float, float]]:
    """Return (limit id, used percent, minutes) of each word on limits."""
    found = []
    for seen in evidence_of(*lines).limits:
        assert isinstance(seen, LimitsSeen)
        assert seen.limits.primary is not None
        minutes = (seen.at - at(0)).total_seconds() / 60
        found.append((seen.limits.limit_id, seen.limits.primary.used_percent, minutes))
    return found


def test_the_last_word_on_each_limit_is_kept() -> None:
    lines = [limits_line(10), limits_line(20, 200, 4), limits_line(5, 300, 5, "other")]
    assert said(*START, *lines) == [("codex", 20, 4), ("other", 5, 5)]


def test_the_latest_word_is_kept_though_the_clock_was_set_back() -> None:
    """Of two at one moment the ledger chooses: a block does not say which comes first."""
    later, earlier = limits_line(10, 100, 5), limits_line(20, 200, 4)
    assert said(*START, later, earlier) == [("codex", 10, 5)]
    together = limits_line(20, 200, 5)
    assert said(*START, later, together) == [("codex", 10, 5), ("codex", 20, 5)]


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (limits_line(10, 100, 9), 3),  # repeated, at a resume or before a compaction
        (limits_line(11, 100, 9), 9),
        (limits_line(10, 101, 9), 9),  # another response says the same
    ],
)
def test_a_repeated_word_is_as_old_as_it_was(again: bytes, expected: float) -> None:
    (word,) = said(*START, limits_line(10), again)
    assert word[2] == expected
    first = evidence_of(*START, limits_line(10))
    second = evidence_of(again, thread=first.thread)
    assert len(second.limits) == (expected == 9)


def test_a_copied_word_is_no_news() -> None:
    lines = [fork_meta(version=NEW), meta(version=NEW), started(), context()]
    assert said(*lines, limits_line(10)) == []


def test_without_limits_nothing_is_said() -> None:
    assert said(*START, count(io(100, 10))) == []


# Any lines


def test_fields_in_any_order_say_the_same() -> None:
    lines = [*START, asks(), record(), limits_line(10), ended(error={"message": "no"})]
    turned = [line(dict(reversed(json.loads(one).items()))) for one in lines]
    assert evidence_of(*turned) == evidence_of(*lines)


def test_broken_lines_are_passed_over() -> None:
    lines = [*START, b"{oops\n", b"[1]\n", b'"event_msg"\n', asks(), record()]
    found = evidence_of(*lines)
    assert [seen.name for seen in found.tool_calls] == ["Bash"]
    assert found.broken_lines == 0


def test_a_state_that_is_not_ours_is_as_good_as_none() -> None:
    assert evidence_of(*START, asks(), record(), thread="[1,{") == evidence_of(
        *START, asks(), record()
    )


PIECES = (
    *START,
    *OLD_START,
    fork_meta(),
    asks(),
    asks_script("s"),
    record(),
    answers(),
    answers("s", "custom_tool_call_output"),
    item("CommandExecution", "exec-1"),
    COMPACTED,
    count(None),
    count(io(100, 10)),
    limits_line(10, 500),
    ended(error={"message": "no"}),
    b"{oops\n",
)


@settings(max_examples=200)
@given(lines=st.lists(st.sampled_from(PIECES), max_size=14), cut=st.integers(0, 14))
def test_blocks_may_end_anywhere(lines: list[bytes], cut: int) -> None:
    whole = evidence_of(*lines)
    first = evidence_of(*lines[:cut])
    second = evidence_of(*lines[cut:], thread=first.thread)
    assert set(first.tool_calls) | set(second.tool_calls) == set(whole.tool_calls)
    assert set(first.settings) | set(second.settings) == set(whole.settings)
    assert {one.key for one in (*first.hidden, *second.hidden)} == {one.key for one in whole.hidden}
    assert second.thread == whole.thread


@given(st.binary(max_size=400), st.text(max_size=40))
def test_any_bytes_are_taken(lines: bytes, thread: str) -> None:
    evidence_of(lines, thread=thread)


# What the real client wrote


def logs_of(scenario: Scenario) -> list[bytes]:
    packed = [(path, Path(path).read_bytes()) for path, _ in sorted(find_logs(scenario.home))]
    return [zstd.decompress(data) if path.endswith(".zst") else data for path, data in packed]


def read(logs: Iterable[bytes], parser: CodexParser | CodexEvidenceParser) -> list[Parsed]:
    return [parser.parse(log, "") for log in logs]


def calls_in(logs: list[bytes]) -> dict[str, UsageEvent]:
    found = read(logs, CodexParser())
    return {call.event_key: call for parsed in found for call in parsed.calls}


def tools_in(logs: list[bytes]) -> dict[str, ToolCallSeen]:
    found = read(logs, CodexEvidenceParser())
    return {seen.key: seen for parsed in found for seen in parsed.tool_calls}


def asked_in_log(log: bytes) -> set[str]:
    """Return the ids of what was asked for, found without the parser: of calls that are no
    scripts, and of what scripts ran."""
    ids = set()
    for text in log.splitlines():
        try:
            payload: Json = json.loads(text).get("payload") or {}
        except ValueError:
            continue
        kind, done = payload.get("type"), payload.get("item") or {}
        if kind in ("function_call", "custom_tool_call") and payload["name"] != "exec":
            ids.add(payload["call_id"])
        elif str(done.get("id")).startswith("exec-"):
            ids.add(done["id"])
    return ids


WITHOUT_USAGE = "old_0_20_0"  # its client logged none, so that no call can be hung on one


def test_each_tool_that_was_asked_for_counts_once(codex_lab: Lab) -> None:
    for name, scenario in codex_lab.items():
        logs = logs_of(scenario)
        asked = set().union(*map(asked_in_log, logs)) if name != WITHOUT_USAGE else set()
        counts = Counter(key.rpartition(":")[2] for key in tools_in(logs))
        assert counts == dict.fromkeys(asked, 1), name


def test_each_tool_hangs_on_the_response_that_asked_for_it(codex_lab: Lab) -> None:
    """The fake API numbers its calls like its responses (several of one: times 100)."""
    wrong = set()
    for name, scenario in codex_lab.items():
        logs = logs_of(scenario)
        calls = calls_in(logs)
        served = {
            response_id: tuple(counts)
            for thread in scenario.truth.values()
            for response_id, _, *counts in thread["calls"]
        }
        for key, seen in tools_in(logs).items():
            call_id = key.rpartition(":")[2]
            if call_id.startswith("call_"):
                number = int(call_id.removeprefix("call_"))
                asked_by = served.get(f"resp_{number:04}") or served.get(f"resp_{number // 100:04}")
                if asked_by != counted(calls[seen.event_key].tokens):
                    wrong.add((name, call_id))
    # That response was cut and has no usage; the one that was asked for again has its tool.
    assert wrong == {("errors", "call_16")}


def test_names_are_the_same_in_all_versions(codex_lab: Lab) -> None:
    names = {
        name: Counter(seen.name for seen in tools_in(logs_of(scenario)).values())
        for name, scenario in codex_lab.items()
    }
    assert names["codemode"] == {"Bash": 2, "apply_patch": 1}
    assert names["tools"] == {"Bash": 7, "apply_patch": 3}
    assert names["subagents_v1"] == names["subagents_v2"] == {"Bash": 5, "spawn_agent": 2}
    assert names["old_0_39_0"] == {"Bash": 3}
    assert {"Bash", "apply_patch", "spawn_agent"} == set().union(*names.values())


def test_what_is_hidden_is_what_the_logs_show_a_trace_of(codex_lab: Lab) -> None:
    hints = {
        name: Counter(
            kind
            for _, kind in {
                (seen.key, seen.kind)
                for parsed in read(logs_of(scenario), CodexEvidenceParser())
                for seen in parsed.hidden
            }
        )
        for name, scenario in codex_lab.items()
    }
    assert {name: dict(kinds) for name, kinds in hints.items() if kinds} == {
        "killed": {"cut_stream": 1},
        "old_0_39_0": {"compaction": 1},
        "tui": {"title": 1, "cut_stream": 1},
        "tui_blocked": {"title": 5},
        "tui_daemon": {"title": 2},
    }
    for name, scenario in codex_lab.items():  # as many titles as were served
        titles = [one for one in scenario.truth.values() if one["source"] == "thread_title"]
        assert hints[name]["title"] == len(titles), name


def test_settings_are_of_stretches_that_made_calls_or_failed(codex_lab: Lab) -> None:
    for name, scenario in codex_lab.items():
        logs = logs_of(scenario)
        found = read(logs, CodexEvidenceParser())
        own = {(c.session_id, c.turn_id, c.subagent_id) for c in calls_in(logs).values()}
        own |= {(e.session_id, e.turn_id, e.subagent_id) for one in found for e in one.errors}
        settled = {
            (s.session_id, s.turn_id, s.subagent_id)
            for one in found
            for s in one.settings
            if not s.command
        }
        assert settled == own, name


def test_errors_are_those_that_ended_a_turn(codex_lab: Lab) -> None:
    counts = {
        name: len({e.key for one in read(logs_of(s), CodexEvidenceParser()) for e in one.errors})
        for name, s in codex_lab.items()
    }
    assert {name: n for name, n in counts.items() if n} == {
        "context_full": 2,
        "errors": 4,  # a limit, an incomplete answer, a bad request, a full context
        "notify": 1,
    }


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        ["codemode", "legacy", "old_0_39_0", "old_0_133_0", "tui", "subagents_v2"]
    ),
    cuts=st.lists(st.integers(0, 200), max_size=5),
    seed=st.integers(0, 1_000),
)
def test_any_pieces_in_any_order_give_the_same(
    codex_lab: Lab, name: str, cuts: list[int], seed: int
) -> None:
    logs, found = logs_of(codex_lab[name]), list[Parsed]()
    for log in logs:
        lines, thread = log.splitlines(keepends=True), ""
        ends = sorted({0, len(lines), *(cut % (len(lines) + 1) for cut in cuts)})
        for start, end in pairwise(ends):
            found.append(CodexEvidenceParser().parse(b"".join(lines[start:end]), thread))
            thread = found[-1].thread
    random.Random(seed).shuffle(found)
    in_pieces = {seen.key: seen.name for one in found for seen in one.tool_calls}
    assert in_pieces == {key: seen.name for key, seen in tools_in(logs).items()}
