"""Transcript lines to facts: each rule with the lines on both sides of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from log_builders import (
    MODEL,
    assistant,
    assistant_line,
    at,
    event,
    in_subagent,
    line,
    message,
    parsed,
    progress_line,
    tokens,
    usage,
    user_line,
)

from aicost.core.facts import Parsed, PromptSeen, SubagentSeen
from aicost.core.usage import TokenCounts, UsageEvent, merged
from aicost.sources.claude.parser import ClaudeParser


def call_of(*lines: bytes, thread: str = "t-1") -> UsageEvent:
    """Return the one call in these lines, its records merged as the ledger does."""
    found = parsed(*lines, thread=thread)
    assert found.broken_lines == 0
    assert {call.event_key for call in found.calls} == {found.calls[0].event_key}
    one = found.calls[0]
    for call in found.calls:
        one = merged(one, call)
    return one


# A call


def test_a_line_of_the_main_thread_is_a_call() -> None:
    assert parsed(assistant_line(1), thread="t-1") == Parsed(
        calls=(event(1, service_tier="standard"),), thread="t-1"
    )


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        pytest.param(
            {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 3},
            tokens(1, 2, cache_read_tokens=3),
            id="plain",
        ),
        pytest.param(
            {
                "cache_creation_input_tokens": 900,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 600,
                    "ephemeral_1h_input_tokens": 300,
                },
            },
            tokens(100, 10, cache_write_5m_tokens=600, cache_write_1h_tokens=300),
            id="cache writes by lifetime",
        ),
        pytest.param(
            {
                "cache_creation_input_tokens": 900,
                "cache_creation": {"ephemeral_1h_input_tokens": 900},
            },
            tokens(100, 10, cache_write_1h_tokens=900),
            id="all for an hour",
        ),
        pytest.param(
            {"cache_creation_input_tokens": 900, "cache_creation": None},
            tokens(100, 10, cache_write_5m_tokens=900),
            id="no split: five minutes",
        ),
        pytest.param(
            {"cache_creation_input_tokens": 900, "cache_creation": {}},
            tokens(100, 10, cache_write_5m_tokens=900),
            id="an empty split",
        ),
        pytest.param(
            {
                "cache_creation_input_tokens": None,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 600,
                    "ephemeral_1h_input_tokens": 300,
                    "ephemeral_1w_input_tokens": {"new": "kind"},
                },
            },
            tokens(100, 10, cache_write_5m_tokens=600, cache_write_1h_tokens=300),
            id="only the split",
        ),
        pytest.param(
            {
                "cache_creation_input_tokens": 100,
                "cache_creation": {"ephemeral_1h_input_tokens": 300},
            },
            tokens(100, 10, cache_write_1h_tokens=300),
            id="a split larger than the whole is never negative",
        ),
        pytest.param(
            {"output_tokens": 10, "output_tokens_details": {"thinking_tokens": 7}},
            tokens(100, 10, reasoning_tokens=7),
            id="reasoning is a part of the output",
        ),
        pytest.param(
            dict.fromkeys(("input_tokens", "cache_read_input_tokens", "cache_creation")),
            tokens(0, 10),
            id="null is as good as missing",
        ),
    ],
)
def test_tokens_are_counted_once_each(counted: dict[str, Any], expected: TokenCounts) -> None:
    assert call_of(assistant_line(usage=usage(**counted))).tokens == expected


def test_what_makes_a_price_special_is_kept() -> None:
    special = usage(
        speed="fast",
        service_tier="batch",
        inference_geo="us",
        server_tool_use={"web_search_requests": 3, "web_fetch_requests": 9},
    )
    call = call_of(assistant_line(usage=special))
    assert (call.speed, call.service_tier, call.inference_geo) == ("fast", "batch", "us")
    assert call.web_searches == 3


@pytest.mark.parametrize(
    ("iterations", "parts"),
    [
        (None, ()),
        ([], ()),
        ([usage(type="message")], ()),  # one request is the call itself
        ([usage(type="message"), usage(output_tokens=5)], (tokens(100, 10), tokens(100, 5))),
        (
            [usage(type="message"), usage(type="message"), usage(type="compaction")],
            (tokens(100, 10), tokens(100, 10)),
        ),
    ],
)
def test_the_requests_inside_a_call_are_kept_where_there_were_several(
    iterations: list[Any] | None, parts: tuple[TokenCounts, ...]
) -> None:
    assert call_of(assistant_line(usage=usage(iterations=iterations))).parts == parts


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda record: json.dumps(record), id="spaces"),
        pytest.param(lambda record: json.dumps(record, sort_keys=True), id="sorted keys"),
        pytest.param(
            lambda record: json.dumps(dict(reversed(record.items())), separators=(",", ":")),
            id="keys the other way round",
        ),
        pytest.param(lambda record: "  " + json.dumps(record) + " \t\r", id="white space around"),
        pytest.param(lambda record: json.dumps(record | {"new": [{}], "x": 1}), id="new fields"),
    ],
)
def test_any_writing_of_the_same_json_says_the_same(written: Any) -> None:
    assert call_of(written(assistant(1)).encode() + b"\n") == call_of(assistant_line(1))


def test_times_are_utc_whatever_offset_they_are_written_with() -> None:
    call = call_of(assistant_line(timestamp="2026-11-22T12:34:56.789+05:45"))
    assert call.at == datetime(2026, 11, 22, 6, 49, 56, 789_000, tzinfo=UTC)
    assert call.at.tzinfo is UTC


# The same call again


def test_the_lines_of_one_message_are_one_call() -> None:
    block = assistant_line(1)
    assert parsed(block, block, block, thread="t-1").calls == (call_of(block),)


def test_a_streamed_rewrite_keeps_the_first_time_and_the_largest_counts() -> None:
    first = assistant_line(1, minutes=1, usage=usage(output_tokens=1, cache_read_input_tokens=50))
    last = assistant_line(1, minutes=2, usage=usage(output_tokens=400))
    for lines in ((first, last), (last, first)):
        call = call_of(*lines)
        assert call.at == at(1)
        assert call.tokens == tokens(100, 400, cache_read_tokens=50)


@pytest.mark.parametrize("request_ids", [(None, None), ("req_1", None), ("req_1", "req_2")])
def test_a_call_is_known_by_its_message_id_alone(request_ids: tuple[str | None, ...]) -> None:
    lines = [assistant_line(1, requestId=request_id) for request_id in request_ids]
    assert call_of(*lines) == call_of(assistant_line(1))
    no_request = assistant(1)
    del no_request["requestId"]
    assert call_of(line(no_request)) == call_of(assistant_line(1))


def test_a_sidechain_that_replays_a_message_leaves_it_to_the_main_thread() -> None:
    own = assistant_line(1, minutes=1)
    for session in ("s-1", "s-0"):
        replay = assistant_line(
            1, session=session, minutes=2, requestId="req_9", **in_subagent("a1")
        )
        assert call_of(own, replay) == call_of(replay, own) == call_of(own)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (assistant_line(1), assistant_line(1, session="s-0")),
        (assistant_line(1), assistant_line(1, requestSessionId="s-0")),
        (assistant_line(1), assistant_line(1, cwd="/another")),
        (assistant_line(1), assistant_line(1, gitBranch="another")),
        (assistant_line(1), assistant_line(1, model="claude-a")),
        (assistant_line(1), assistant_line(1, minutes=0)),
        (assistant_line(1, agentId="a1"), assistant_line(1, **in_subagent("a1"))),
        (assistant_line(1, **in_subagent("a1")), assistant_line(1, **in_subagent("a2"))),
        (assistant_line(1), progress_line(1, agent_id="")),
        (progress_line(1, agent_id="a1"), progress_line(1, agent_id="a2")),
    ],
)
def test_equal_lines_of_another_session_folder_or_thread_are_not_dropped_unseen(
    first: bytes, other: bytes
) -> None:
    """Their merging decides whose the call is, so a shortcut must not."""
    assert len(parsed(first, first).calls) == 1
    assert len(parsed(first, other).calls) == 2


def test_equal_lines_of_another_turn_are_not_dropped_unseen() -> None:
    assert len(parsed(assistant_line(1), user_line("t-2"), assistant_line(1)).calls) == 2


SPLIT = {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 5}


@pytest.mark.parametrize(
    "said",
    [
        {"output_tokens": 11},
        {"input_tokens": 101},
        {"cache_read_input_tokens": 1},
        {"cache_creation_input_tokens": 9},
        {"cache_creation": SPLIT},
        {"service_tier": "batch"},
        {"speed": "fast"},
        {"inference_geo": "us"},
        {"iterations": [usage(), usage()]},
        {"server_tool_use": {"web_search_requests": 1}},
        {"output_tokens_details": {"thinking_tokens": 1}},
    ],
)
def test_what_only_the_first_line_of_a_message_said_is_not_dropped(said: dict[str, Any]) -> None:
    lines = [assistant_line(1, usage=usage(**said)), assistant_line(1)]
    assert len(parsed(*lines).calls) == 2
    assert once(parsed(*lines).calls) == once(parsed(*lines[:1]).calls + parsed(*lines[1:]).calls)


COUNTS = st.sampled_from([None, 0, 4, 9])
USAGES = st.fixed_dictionaries(
    {},
    optional={
        "input_tokens": COUNTS,
        "output_tokens": COUNTS,
        "cache_read_input_tokens": COUNTS,
        "cache_creation_input_tokens": COUNTS,
        "cache_creation": st.none() | st.fixed_dictionaries({"ephemeral_1h_input_tokens": COUNTS}),
        "output_tokens_details": st.none() | st.fixed_dictionaries({"thinking_tokens": COUNTS}),
        "server_tool_use": st.none() | st.fixed_dictionaries({"web_search_requests": COUNTS}),
        "service_tier": st.sampled_from([None, "standard", "batch"]),
        "speed": st.sampled_from([None, "", "fast", "standard"]),
        "inference_geo": st.sampled_from([None, "", "us"]),
        "iterations": st.sampled_from([None, [], [usage()], [usage(), usage(output_tokens=3)]]),
    },
)


@given(st.lists(st.tuples(USAGES, st.integers(0, 2)), min_size=2, max_size=4))
@example([({"output_tokens": 1}, 1), ({"output_tokens": 9, "inference_geo": "us"}, 2)])
@example([({"output_tokens": 9}, 1), ({"output_tokens": 1}, 2)])
@example([({"speed": "fast"}, 1), ({"speed": None}, 1)])
def test_the_lines_of_a_message_say_the_same_in_one_block_as_one_by_one(
    said: list[tuple[dict[str, Any], int]],
) -> None:
    """In a block, a line that only adds to the one before it is not kept on its own."""
    lines = [assistant_line(1, usage=usage(**used), minutes=at) for used, at in said]
    one_by_one = [call for block in lines for call in parsed(block, thread="t-1").calls]
    assert once(parsed(*lines, thread="t-1").calls) == once(tuple(one_by_one))


def test_a_streamed_answer_that_only_grows_is_one_call_at_once() -> None:
    growing = [
        assistant_line(1, minutes=minute, usage=usage(output_tokens=count, inference_geo=geo))
        for minute, count, geo in ((1, 1, None), (2, 1, None), (3, 40, "us"), (4, 400, "us"))
    ]
    (call,) = parsed(*growing).calls
    assert (call.at, call.tokens, call.inference_geo) == (at(1), tokens(100, 400), "us")


# Whose call


def test_a_forks_copy_belongs_to_the_session_that_made_the_call() -> None:
    assert call_of(assistant_line(session="fork", requestSessionId="s-1")).session_id == "s-1"
    assert call_of(assistant_line(session="s-1", requestSessionId=None)).session_id == "s-1"


def test_a_subagent_belongs_to_its_parents_session_and_to_no_prompt_of_this_log() -> None:
    call = call_of(assistant_line(session="s-1", **in_subagent("a1")))
    assert (call.session_id, call.subagent_id, call.turn_id) == ("s-1", "a1", "")
    assert call.is_sidechain


def unnamed_progress(number: int) -> bytes:
    record = json.loads(progress_line(number))
    del record["data"]["agentId"]
    return line(record)


@pytest.mark.parametrize(
    "call", [lambda n: assistant_line(n, isSidechain=True), unnamed_progress], ids=["own", "nested"]
)
@pytest.mark.parametrize("together", [True, False])
def test_subagents_without_a_name_are_told_apart_by_the_turn_they_ran_in(
    call: Callable[[int], bytes], together: bool
) -> None:
    lines = [call(1), user_line("t-1"), call(2), call(3), user_line("t-2"), call(4)]
    blocks, thread = [b"".join(lines)] if together else lines, ""
    calls: list[UsageEvent] = []
    for block in blocks:
        found = parsed(block, thread=thread)
        calls, thread = [*calls, *found.calls], found.thread
    assert [(call.subagent_id, call.turn_id) for call in calls] == [
        ("sidechain", ""),
        ("sidechain:t-1", ""),
        ("sidechain:t-1", ""),
        ("sidechain:t-2", ""),
    ]


def test_the_task_of_a_subagent_without_a_name_is_its_own() -> None:
    task = user_line("u-9", minutes=3, isSidechain=True)
    (seen,) = parsed(task, thread="t-1").subagents
    call = call_of(assistant_line(1, isSidechain=True), thread="t-1")
    assert seen.subagent_id == call.subagent_id == "sidechain:t-1"


def test_equal_blocks_of_unnamed_subagents_in_two_turns_are_not_dropped_unseen() -> None:
    block = assistant_line(1, isSidechain=True)
    assert len(parsed(user_line("t-1"), block, user_line("t-2"), block).calls) == 2


def test_a_nested_call_is_the_subagents() -> None:
    nested = call_of(progress_line(1, agent_id="a0", minutes=3))
    own = call_of(assistant_line(1, minutes=3, **in_subagent("a1")))
    assert (nested.event_key, nested.tokens, nested.at) == (own.event_key, own.tokens, own.at)
    assert (nested.session_id, nested.subagent_id, nested.turn_id) == ("s-1", "a0", "")
    assert merged(nested, own) == merged(own, nested) == own


def test_a_nested_call_without_a_time_of_its_own_has_its_records() -> None:
    record = json.loads(progress_line(1, minutes=3))
    del record["data"]["message"]["timestamp"]
    assert call_of(line(record)).at == at(3.25)


@pytest.mark.parametrize(
    "other",
    [
        {"type": "hook_progress", "hookEvent": "SessionStart", "command": "x"},
        {"type": "bash_progress", "output": 'output_tokens": 3', "fullOutput": ""},
        {"type": "agent_progress", "agentId": "a1", "message": {"message": {"role": "user"}}},
        {"type": "new_progress", "agentId": 7, "message": "halfway"},
        {},
    ],
)
def test_progress_without_usage_says_nothing(other: dict[str, Any]) -> None:
    assert parsed(line({"type": "progress", "sessionId": "s-1", "data": other})) == Parsed()


# What is no call


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(assistant_line(model="<synthetic>"), id="written by the client itself"),
        pytest.param(assistant_line(usage=None), id="no usage"),
        pytest.param(assistant_line(usage={}), id="nothing counted"),
        pytest.param(line({"type": "summary", "usage": usage()}), id="another kind of record"),
        pytest.param(line({"usage": usage()}), id="no type"),
        pytest.param(
            line({"type": "system", "message": 5, "usage": usage(), "timestamp": "soon"}),
            id="another kind with other fields of the same names",
        ),
        pytest.param(
            user_line(text=[{"type": "tool_result"}], toolUseResult={"usage": usage()}),
            id="a subagent's last request, repeated in its result",
        ),
        pytest.param(b"\n \n\r\n", id="blank lines"),
        pytest.param(b"{}\n", id="an empty record"),
    ],
)
def test_other_records_are_passed_over(nothing: bytes) -> None:
    assert parsed(nothing) == Parsed()


# Prompts


PROMPT = PromptSeen(session_id="s-1", turn_id="t-1", at=at(0), prompt_id="p-t-1")


def test_a_prompt_starts_a_turn_for_the_calls_after_it() -> None:
    found = parsed(assistant_line(1), user_line("t-1"), assistant_line(2), thread="t-0")
    assert found.prompts == (PROMPT,)
    assert [call.turn_id for call in found.calls] == ["t-0", "t-1"]
    assert found.thread == "t-1"


def test_the_turn_goes_on_in_the_next_block() -> None:
    first = parsed(user_line("t-1"))
    assert parsed(assistant_line(1), thread=first.thread).calls[0].turn_id == "t-1"


@pytest.mark.parametrize(
    "content",
    [
        "go",
        "",
        "please explain <local-command",
        "Caveats: none",
        "<command-name>/init</command-name>",
        "<task-notification>done</task-notification>",
        [{"type": "text", "text": "go"}],
        [{"type": "image", "source": {}}],
        [{"type": "image"}, {"type": "text", "text": "what is this?"}],
        'what does "tool_result" mean?',
    ],
)
def test_the_users_own_words_start_a_turn(content: Any) -> None:
    assert parsed(user_line("t-1", text=content)).prompts == (PROMPT,)


@pytest.mark.parametrize(
    "changes",
    [
        {"isMeta": True},
        {"isCompactSummary": True},
        {"text": [{"type": "tool_result", "content": "ok", "tool_use_id": "x"}]},
        {"text": [{"type": "text", "text": "go"}, {"type": "tool_result", "content": "ok"}]},
        {"text": "<local-command-stdout>ok</local-command-stdout>"},
        {"text": "<local-command-caveat>"},
        {"text": "Caveat: The messages below"},
        {"text": "[Request interrupted by user]"},
        {"text": [{"type": "text", "text": "[Request interrupted by user for tool use]"}]},
        {"text": "<command-stdout>"},
        {"type": "assistant"},
        {"type": "attachment"},
        in_subagent("a1"),
    ],
)
def test_nothing_else_starts_one(changes: dict[str, Any]) -> None:
    found = parsed(user_line("t-1", **changes), thread="t-0")
    assert (found.prompts, found.thread, found.broken_lines) == ((), "t-0", 0)


@pytest.mark.parametrize("flag", ["isMeta", "isCompactSummary"])
@pytest.mark.parametrize("off", [False, None])
def test_a_flag_that_is_off_does_not_hide_a_prompt(flag: str, off: bool | None) -> None:
    changes: dict[str, Any] = {flag: off}
    assert parsed(user_line("t-1", **changes)).prompts == (PROMPT,)


def test_a_prompt_of_an_older_client_has_no_id_but_its_own() -> None:
    assert parsed(user_line("t-1", promptId=None)).prompts[0].prompt_id == ""


def test_a_subagents_task_says_when_it_began_and_for_which_prompt() -> None:
    task = user_line("u-9", minutes=3, promptId="p-t-1", **in_subagent("a1"))
    seen = SubagentSeen(session_id="s-1", subagent_id="a1", at=at(3), prompt_id="p-t-1")
    assert parsed(task).subagents == (seen,)
    assert parsed(task).prompts == ()


# Lines that are not decoded


def hook_line(**changes: Any) -> bytes:
    """Progress of a hook, as older clients log it."""
    record = json.loads(progress_line(9))
    record["data"] = {"type": "hook_progress", "hookName": "Stop", "command": "x"} | changes
    return line({key: record[key] for key in ("sessionId", "cwd", "type", "data", "uuid")})


@pytest.mark.parametrize(
    "progress", [hook_line(), hook_line(command="echo ${HOME}"), hook_line(more={"a": 1})]
)
def test_progress_without_a_record_says_nothing_and_hides_nothing(progress: bytes) -> None:
    lines = [user_line("t-1"), assistant_line(1), assistant_line(2)]
    assert parsed(lines[0], progress, lines[1], progress, lines[2]) == parsed(*lines)


@pytest.mark.parametrize(
    "broken",
    [
        hook_line()[:-3] + b"\n",
        hook_line()[1:],
        hook_line()[:-1] + line({"type": "summary"}),
        hook_line()[:-9] + assistant_line(9),
        hook_line()[:-9] + user_line("t-9"),
    ],
)
def test_progress_that_is_torn_or_written_over_is_counted(broken: bytes) -> None:
    lines = [user_line("t-1"), assistant_line(1), assistant_line(2)]
    found = parsed(lines[0], broken, lines[1], lines[2])
    assert found == replace(parsed(*lines), broken_lines=1)


RESULT = {"tool_use_id": "toolu_1", "type": "tool_result", "content": "ok " * 2000}
RESULT_LINE = user_line("u-9", text=[RESULT])
RESULTS = [
    pytest.param(RESULT_LINE, id="as the client writes it"),
    pytest.param(user_line("u-9", text=[dict(reversed(RESULT.items()))]), id="other order"),
    pytest.param(user_line("u-9", text=[RESULT], cwd="/src/{shop}"), id="a brace before it"),
    pytest.param(user_line("u-9", text=[RESULT], toolUseResult={"usage": usage()}), id="usage"),
    pytest.param(line(dict(reversed(json.loads(RESULT_LINE).items()))), id="the type behind it"),
    pytest.param(RESULT_LINE.replace(b"}\n", b"} \r\n"), id="white space behind it"),
]


@pytest.mark.parametrize("result", RESULTS)
def test_the_result_of_a_tool_says_nothing_and_hides_nothing(result: bytes) -> None:
    lines = [user_line("t-1"), assistant_line(1), assistant_line(2)]
    assert parsed(lines[0], result, lines[1], result, lines[2]) == parsed(*lines)


@pytest.mark.parametrize("result", RESULTS)
def test_a_torn_result_is_counted_also_where_a_call_was_written_behind_it(result: bytes) -> None:
    torn, call = result[:-200], assistant_line(9, stopReason="x" * 1000)
    assert parsed(torn + b"\n", assistant_line(1)).broken_lines == 1
    assert parsed(torn + call, assistant_line(1)).broken_lines == 1


@pytest.mark.parametrize(
    "torn",
    [RESULT_LINE.replace(b"ok ok", b'ok"ok', 1), hook_line().replace(b'"Stop"', b'"Stop', 1)],
)
def test_the_middle_of_what_can_be_no_call_is_not_looked_at(torn: bytes) -> None:
    """Looking would take as long as all else: it is most of a log, and no call is lost with it."""
    assert parsed(torn) == Parsed()


def test_a_line_is_never_taken_for_the_next_one() -> None:
    result = b'"type":"user","message":{"content":[{"type":"tool_result"}]}'
    assert parsed(b'{"a":}\n', result + b"\n").broken_lines == 2
    assert parsed(b'{"type":"user","message":{}}\n', b'"tool_result"\n').broken_lines == 2
    assert parsed(result + b"\n", RESULT_LINE).broken_lines == 1


# Broken lines


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(assistant_line(9)[:-20] + b"\n", id="torn"),
        pytest.param(assistant_line(9)[:200] + assistant_line(9), id="torn and written over"),
        pytest.param(b"\x00" * 100 + b"\n", id="zeros of a crashed disk"),
        pytest.param(b"\xff\xfe{}\n", id="binary"),
        pytest.param(b'{"usage": "output_tokens", \xff\xfe "output_tokens": 1}\n', id="no UTF-8"),
        pytest.param(b"[1, 2]\n", id="no object"),
        pytest.param(b"words\n", id="no JSON"),
        pytest.param(line({"type": 7, "usage": usage()}), id="a type of another type"),
        pytest.param(
            b'{"output_tokens":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"\n", id="deep"
        ),
        pytest.param(b'{"type": "user"' + b'{"a":' * 9 + b"}\n", id="a prompt in pieces"),
        pytest.param(line({"type": "summary"})[:-1] + line({"type": "x"}), id="two records"),
        pytest.param(b'{"type":"system","content":"\n', id="another kind, torn"),
        pytest.param(b'{"type":"system"}}\n', id="another kind, too long"),
        pytest.param(assistant_line(9, timestamp="yesterday"), id="no time"),
        pytest.param(assistant_line(9, timestamp=None), id="time missing"),
        pytest.param(assistant_line(9, timestamp="2026-11-22T10:00:00"), id="time without a zone"),
        pytest.param(assistant_line(9, timestamp="0001-01-01T00:00:00+14:00"), id="before time"),
        pytest.param(assistant_line(9, timestamp="9999-12-31T23:59:59-10:00"), id="after time"),
        pytest.param(assistant_line(9, session=""), id="no session"),
        pytest.param(assistant_line(9, id=""), id="no message id"),
        pytest.param(assistant_line(9, model=""), id="no model"),
        pytest.param(assistant_line(9, usage=usage(input_tokens=-1)), id="negative"),
        pytest.param(assistant_line(9, usage=usage(input_tokens=1.5)), id="half a token"),
        pytest.param(assistant_line(9, usage=usage(input_tokens="1")), id="a count as text"),
        pytest.param(assistant_line(9, usage=usage(input_tokens=10**9 + 1)), id="no such prompt"),
        pytest.param(assistant_line(9, usage=usage(input_tokens=10**30)), id="no such number"),
        pytest.param(user_line(timestamp="9999-12-31T23:59:59-10:00"), id="a prompt after time"),
        pytest.param(user_line(uuid=None), id="a prompt without an id"),
        pytest.param(user_line(text=5), id="a prompt of another shape"),
        pytest.param(b'{"type":"user","text":"\\ud800"}\n', id="half a letter"),
    ],
)
def test_a_broken_line_is_counted_once_and_hides_no_other(broken: bytes) -> None:
    good = [user_line("t-1"), assistant_line(1), assistant_line(2)]
    found = parsed(good[0], good[1], broken, good[2])
    assert found.broken_lines == 1
    assert (found.calls, found.prompts) == (parsed(*good).calls, parsed(*good).prompts)


def test_the_largest_count_that_is_believed() -> None:
    assert call_of(assistant_line(usage=usage(input_tokens=10**9))).tokens.input_tokens == 10**9


def test_a_line_of_megabytes_is_read_like_any_other() -> None:
    long = message(content=[{"type": "text", "text": "x" * 3_400_000}])
    assert call_of(line(assistant(1, message=long))) == call_of(assistant_line(1))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
BASES = st.sampled_from([assistant_line(1), user_line("t-1"), progress_line(1)])


@st.composite
def nearly_records(draw: st.DrawFn) -> bytes:
    """A record in which one field, at any depth, is something else."""
    record = json.loads(draw(BASES))
    place = record
    while True:
        key = draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key] or draw(st.booleans()):
            break
        place = place[key]
    place[key] = draw(VALUES)
    return line(record)


@given(st.lists(st.binary(max_size=40) | BASES | nearly_records(), max_size=4), st.text(max_size=2))
@example([b'{"output_tokens":1,"user":2}'], "")
def test_any_bytes_end_in_facts_or_in_the_count_of_broken_lines(
    chunks: list[bytes], thread: str
) -> None:
    found = ClaudeParser().parse(b"".join(chunks), thread)
    assert found.broken_lines <= b"".join(chunks).count(b"\n") + 1
    for call in found.calls:
        assert call.event_key
        assert call.session_id
        assert call.at.tzinfo is UTC
        assert min(call.tokens.counts()) >= 0


@given(st.data())
def test_lines_say_the_same_in_any_blocks(data: st.DataObject) -> None:
    lines = data.draw(
        st.lists(
            st.builds(assistant_line, st.integers(1, 3))
            | st.sampled_from([user_line("t-1"), user_line("t-2"), b"torn\n", progress_line(2)]),
            max_size=8,
        )
    )
    whole = parsed(*lines, thread="t-0")
    cut = data.draw(st.integers(0, len(lines)))
    first = parsed(*lines[:cut], thread="t-0")
    rest = parsed(*lines[cut:], thread=first.thread)
    assert rest.thread == whole.thread
    assert first.broken_lines + rest.broken_lines == whole.broken_lines
    assert first.prompts + rest.prompts == whole.prompts
    assert once(first.calls + rest.calls) == once(whole.calls)


def once(calls: tuple[UsageEvent, ...]) -> dict[str, UsageEvent]:
    found: dict[str, UsageEvent] = {}
    for call in calls:
        known = found.get(call.event_key)
        found[call.event_key] = call if known is None else merged(known, call)
    return found


def test_the_parser_names_its_agent() -> None:
    assert ClaudeParser().agent == "claude"
    assert call_of(assistant_line()).agent == "claude"
    assert call_of(assistant_line()).model == MODEL
