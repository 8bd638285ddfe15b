"""What lines say beside calls: each rule with the lines on both sides of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from corpora import Excerpt, Scenario
from hypothesis import example, given
from hypothesis import strategies as st
from log_builders import (
    assistant_line,
    at,
    in_subagent,
    line,
    message,
    progress_line,
    user_line,
)

from aicost.core.commands import command_key, to_number
from aicost.core.endings import error_key
from aicost.core.facts import (
    ClientTotal,
    CommandRan,
    CopySeen,
    ErrorSeen,
    HiddenKind,
    HiddenSeen,
    Parsed,
    SettingsSeen,
    SkillSeen,
    SubagentSeen,
    ToolCallSeen,
)
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.sources.claude.evidence import ClaudeEvidenceParser
from aicost.sources.claude.notebook import Notebook
from aicost.sources.claude.parser import ClaudeParser

Json = dict[str, Any]


def evidence(*lines: bytes, turn: str = "t-1") -> Parsed:
    return ClaudeEvidenceParser().parse(b"".join(lines), Notebook(turn_id=turn).text())


def tool_use(number: int = 1, name: str = "Bash", **asked: Any) -> Json:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": asked}


def asking(*blocks: Json, number: int = 1, **changes: Any) -> bytes:
    """A call that asks for tools."""
    return assistant_line(number, message=message(number, content=list(blocks)), **changes)


def result_line(
    number: int = 1, *, minutes: float = 5, result: Any = None, **changes: Any
) -> bytes:
    """What a tool returned."""
    content = [{"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": "secret"}]
    return user_line(f"r-{number}", minutes=minutes, text=content, toolUseResult=result, **changes)


def ended(
    number: int, text: Any, *, is_error: bool | None = True, minutes: float = 5, **changes: Any
) -> bytes:
    """What came of a command."""
    block = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": text}
    said = [block | {"is_error": is_error}]
    return user_line(f"r-{number}", minutes=minutes, text=said, **changes)


def system_line(subtype: str, *, minutes: float = 1, **changes: Any) -> bytes:
    plain = json.loads(user_line("y-1", minutes=minutes))
    del plain["message"]
    return line(plain | {"type": "system", "subtype": subtype} | changes)


# Tool calls


BASH = ToolCallSeen(key="claude:toolu_1", event_key="claude:msg_1", name="Bash", at=at(1))


def test_each_tool_that_a_call_asks_for_is_one_tool_call() -> None:
    read = tool_use(2, "mcp__files__read", path="/secret")
    found = evidence(asking({"type": "text", "text": "hm"}, tool_use(1, command="ls"), read))
    assert found.tool_calls == (
        BASH,
        replace(BASH, key="claude:toolu_2", name="mcp__files__read"),
    )


def test_lines_of_one_message_and_copies_of_it_repeat_no_tool_call() -> None:
    call = asking(tool_use())
    copy = asking(tool_use(), session="fork", requestSessionId="s-1")
    assert evidence(call, call, copy).tool_calls == (BASH,)


@pytest.mark.parametrize(
    "nothing",
    [
        assistant_line(1),
        asking({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search"}),
        asking({"type": "tool_use", "name": "Bash"}),
        asking({"type": "tool_use", "id": "toolu_1"}),
        assistant_line(1, message=message(content="tool_use")),
        asking(tool_use(), type="attachment"),
        assistant_line(1, message=message(id="", content=[tool_use()])),
        assistant_line(1, message=message(model="<synthetic>", content=[tool_use()])),
    ],
)
def test_nothing_else_is_a_tool_call(nothing: bytes) -> None:
    assert evidence(nothing).tool_calls == ()


def test_a_subagents_tools_count_where_only_its_parents_log_has_them() -> None:
    """Older clients repeat a subagent's records in `progress` records."""
    nested = json.loads(progress_line(1, agent_id="a1"))
    nested["data"]["message"]["message"]["content"] = [tool_use()]
    found = evidence(line(nested))
    assert found.tool_calls == (BASH,)
    assert found.settings == (
        SettingsSeen(session_id="s-1", turn_id="", subagent_id="a1", version="2.1.330"),
    )


@pytest.mark.parametrize(
    "data",
    [
        {"type": "bash_progress", "output": "x"},
        {"message": {"type": "user", "message": {"role": "user", "content": []}}},
        {"message": {"type": "assistant"}},
        {"message": {"type": "assistant", "message": {"content": [tool_use()]}}},
        {"message": None},
        None,
    ],
)
def test_other_progress_says_nothing(data: Any) -> None:
    nested = json.loads(progress_line(1)) | {"data": data}
    assert replace(evidence(line(nested)), thread="") == Parsed()


# Commands


RAN = CommandRan(
    key="claude:toolu_1",
    event_key="claude:msg_1",
    at=at(5),
    command=to_number(command_key("npm test")),
    label="npm test",
    error=to_number(error_key("Error: a")),
)
TESTS = asking(tool_use(1, command="cd /shop && npm test 2>&1"))


@pytest.mark.parametrize(
    ("text", "is_error", "error"),
    [
        ("Exit code 1\nError: a", True, RAN.error),
        ([{"type": "text", "text": "Exit code 1\nError: a"}], True, RAN.error),
        ("Error: a", False, None),
        ("Error: a", None, None),  # the field is missing where nothing failed
        ("", False, None),
    ],
)
def test_a_command_that_ended_failed_or_did_not(
    text: object, is_error: bool | None, error: int | None
) -> None:
    found = evidence(TESTS, ended(1, text, is_error=is_error))
    assert found.commands == (replace(RAN, error=error),)


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ("The user doesn't want to proceed with this tool use.", True),
        ("Permission to use Bash has been denied.", True),
        ("PreToolUse:Bash hook error: Exit code 1", True),
        ("<tool_use_error>Sibling tool call errored</tool_use_error>", True),
        ("Exit code 137\n[Request interrupted by user for tool use]", True),
        ("Exit code 130", True),
        ("Command running in background with ID: b1. Output is being written to: /x", False),
        ("1\nCommand did not complete within its 1s timeout and was moved to the background"
         " (ID: b1). Output is being written to: /x", False),
        (None, True),
    ],
)  # fmt: skip
def test_a_command_that_was_refused_or_goes_on_did_not_run(text: object, is_error: bool) -> None:
    found = evidence(TESTS, ended(1, text, is_error=is_error), ended(1, "Exit code 1"))
    assert found.commands == ()


def test_what_a_command_printed_counts_only_where_it_failed() -> None:
    other = asking(tool_use(1, command="go test ./... | tail -5"))
    assert evidence(other, ended(1, "FAIL\tshop/pay", is_error=False)).commands[0].error
    assert evidence(TESTS, ended(1, "FAIL\tshop/pay", is_error=False)).commands[0].error is None


@pytest.mark.parametrize(
    "other",
    [
        asking(tool_use(1, "Read", command="npm test")),
        asking(tool_use(1, command=5)),
        asking(tool_use(2, command="npm test")),
        progress_line(message={"type": "assistant", "message": message(content=[tool_use()])}),
    ],
)
def test_the_result_of_anything_else_is_no_run(other: bytes) -> None:
    assert evidence(other, ended(1, "Exit code 1")).commands == ()


def test_several_commands_of_one_message_have_a_result_each() -> None:
    both = asking(tool_use(1, command="npm test"), tool_use(2, command="make"))
    found = evidence(both, ended(2, "ok", is_error=False), ended(1, "Exit code 1\nError: a"))
    assert {(ran.key, ran.label, ran.error) for ran in found.commands} == {
        ("claude:toolu_1", "npm test", RAN.error),
        ("claude:toolu_2", "make", None),
    }


def test_a_copy_of_a_run_is_the_same_run_and_its_first_record_counts() -> None:
    copy = [asking(tool_use(1, command="npm test"), session="fork", requestSessionId="s-1")]
    copy.append(ended(1, "Exit code 1\nError: a", minutes=7, session="fork"))
    first = [TESTS, ended(1, "Exit code 1\nError: a")]
    assert evidence(*first, *copy).commands == (RAN,)
    assert evidence(*copy, *first).commands == (RAN,)


# Errors


def error(**changes: Any) -> ErrorSeen:
    plain = ErrorSeen(
        key="claude:y-1",
        session_id="s-1",
        turn_id="t-1",
        subagent_id="",
        at=at(1),
        is_retried=True,
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("fields", "is_retried"),
    [
        ({"retryAttempt": 1, "maxRetries": 10}, True),
        ({"retryAttempt": 10, "maxRetries": 10}, True),
        ({"retryAttempt": 11, "maxRetries": 10}, False),
        ({}, True),
    ],
)
def test_a_failed_request_is_an_error_that_is_retried_while_tries_are_left(
    fields: Json, is_retried: bool
) -> None:
    found = evidence(system_line("api_error", **fields))
    assert found.errors == (error(is_retried=is_retried),)


def test_the_last_failure_is_shown_as_an_answer_and_not_retried() -> None:
    shown = assistant_line(1, uuid="e-1", model="<synthetic>", isApiErrorMessage=True)
    assert evidence(shown).errors == (error(key="claude:e-1", is_retried=False),)
    assert evidence(assistant_line(1, isApiErrorMessage=False)).errors == ()


def test_a_subagents_error_is_its_own() -> None:
    failed = system_line("api_error", **in_subagent("a1"))
    assert evidence(failed).errors == (error(turn_id="", subagent_id="a1"),)


def test_other_system_records_are_no_errors() -> None:
    assert evidence(system_line("turn_duration"), system_line("informational")).errors == ()


# Settings


def settings(**changes: Any) -> SettingsSeen:
    plain = SettingsSeen(session_id="s-1", turn_id="t-1", version="2.1.330")
    return replace(plain, **changes)


def test_a_turn_is_described_once_by_its_prompt_and_its_calls() -> None:
    prompt = user_line("t-9", permissionMode="plan", entrypoint="cli")
    calls = [assistant_line(n, effort="high", entrypoint="cli") for n in (1, 2)]
    assert evidence(prompt, *calls).settings == (
        settings(turn_id="t-9", entrypoint="cli", effort="high", permission_mode="plan"),
    )


def test_of_two_values_the_larger_one_stays_in_either_order() -> None:
    lines = [assistant_line(1, effort="high"), assistant_line(2, effort="medium"), assistant_line()]
    for some in (lines, lines[::-1]):
        assert evidence(*some).settings == (settings(effort="medium"),)


def test_a_subagent_and_the_session_that_a_fork_copied_are_stretches_of_their_own() -> None:
    copy = assistant_line(1, session="fork", requestSessionId="s-0")
    assert evidence(copy, assistant_line(2, **in_subagent("a1"))).settings == (
        settings(session_id="s-0"),
        settings(turn_id="", subagent_id="a1"),
    )


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("<command-name>/review</command-name>\n<command-args>secret</command-args>", "/review"),
        ("<command-message>x</command-message>\n<command-name>/a:b</command-name>", "/a:b"),
        ("<command-name>init</command-name>", "/init"),
        ("<command-name>/mcp__x__y (MCP)</command-name>", "/mcp__x__y"),
        ("<command-name></command-name>", ""),
        ("<command-message>x</command-message>", ""),
        ("explain <command-name>/review</command-name>", ""),
        ("/review", ""),
        ([{"type": "text", "text": "<command-name>/review</command-name>"}], "/review"),
    ],
)  # fmt: skip
def test_a_prompt_that_is_a_command_gives_its_name_and_nothing_more(
    text: Any, command: str
) -> None:
    assert evidence(user_line("t-9", text=text)).settings == (
        settings(turn_id="t-9", command=command),
    )


def test_a_skill_is_the_turns_command_unless_the_prompt_names_one() -> None:
    call = assistant_line(1, attributionSkill="zen")
    typed = user_line("t-9", text="<command-name>/review</command-name>")
    assert evidence(user_line("t-9"), call).settings[0].command == "/zen"
    assert evidence(typed, call).settings[0].command == "/review"
    in_two = evidence(typed)
    rest = ClaudeEvidenceParser().parse(call, in_two.thread)
    assert rest.settings == (settings(turn_id="t-9"),)


def test_a_subagents_skill_is_not_what_the_prompt_was() -> None:
    assert evidence(assistant_line(1, attributionSkill="zen", **in_subagent("a1"))).settings == (
        settings(turn_id="", subagent_id="a1"),
    )


# Skills, copies, subagents


def test_a_call_made_for_a_skill_says_so() -> None:
    call = assistant_line(1, attributionSkill="dataviz")
    assert evidence(call, call).skills == (SkillSeen(event_key="claude:msg_1", skill="dataviz"),)
    assert evidence(assistant_line(1)).skills == ()


def test_a_fork_names_the_calls_that_it_copied() -> None:
    copy = assistant_line(1, session="fork", requestSessionId="s-1")
    assert evidence(copy, copy).copies == (CopySeen(session_id="fork", event_key="claude:msg_1"),)
    assert evidence(assistant_line(1), assistant_line(2, requestSessionId="s-1")).copies == ()


EXPLORER = SubagentSeen(session_id="s-1", subagent_id="a1", at=at(1), kind="Explore")


def test_a_subagents_own_log_says_its_kind() -> None:
    first, later = (
        assistant_line(n, attributionAgent="Explore", **in_subagent("a1")) for n in (1, 2)
    )
    for lines in ([first, later], [later, first]):
        assert evidence(*lines).subagents == (EXPLORER,)


def test_a_main_thread_is_no_subagent_whatever_it_is_called() -> None:
    assert evidence(assistant_line(1, attributionAgent="Explore")).subagents == ()
    assert evidence(assistant_line(1, **in_subagent("a1"))).subagents == ()


def test_older_clients_log_a_compaction_as_a_subagent() -> None:
    compaction = assistant_line(1, **in_subagent("acompact-12ab"))
    assert evidence(compaction).subagents == (
        replace(EXPLORER, subagent_id="acompact-12ab", kind="compact"),
    )


@pytest.mark.parametrize("tool", ["Task", "Agent"])
@pytest.mark.parametrize("together", [True, False])
def test_a_parents_log_says_the_kind_of_a_subagent_when_it_returns(
    tool: str, together: bool
) -> None:
    """It began when it was asked for, not when its result came."""
    asked = asking(tool_use(1, tool, subagent_type="Explore", prompt="secret"))
    returned = result_line(1, minutes=9, result={"agentId": "a1"}, promptId="p-1")
    expected = (replace(EXPLORER, prompt_id="p-1"),)
    if together:
        assert evidence(asked, returned).subagents == expected
        return
    first = evidence(asked)
    assert ClaudeEvidenceParser().parse(returned, first.thread).subagents == expected


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([result_line(1, result={"agentId": "a1"})], id="never asked for"),
        pytest.param([asking(tool_use(1, "Task", subagent_type="Plan"))], id="not back yet"),
        pytest.param(
            [asking(tool_use(1, "Bash", subagent_type="x")), result_line(result={"agentId": "a"})],
            id="another tool",
        ),
        pytest.param(
            [asking(tool_use(1, "Task")), result_line(result={"agentId": "a1"})], id="no kind"
        ),
        pytest.param(
            [asking(tool_use(1, "Task", subagent_type="Plan")), result_line(result="Error: no")],
            id="failed",
        ),
        pytest.param(
            [asking(tool_use(1, "Task", subagent_type="Plan")), result_line(result={})],
            id="no id",
        ),
        pytest.param(
            [
                asking(tool_use(1, "Task", subagent_type="Plan")),
                result_line(2, result={"agentId": "a1"}),
            ],
            id="another task's result",
        ),
    ],
)
def test_no_kind_is_guessed(lines: list[bytes]) -> None:
    assert evidence(*lines).subagents == ()


# What is billed and not logged


def hidden(kind: HiddenKind, key: str = "claude:y-1", **changes: Any) -> HiddenSeen:
    plain = HiddenSeen(key=key, session_id="s-1", at=at(1), kind="hook")
    return replace(plain, kind=kind, **changes)


@pytest.mark.parametrize(
    ("logged", "size"), [({"preTokens": 170_000}, 170_000), ({}, 0), (None, 0)]
)
def test_a_compaction_read_the_whole_conversation_once_more(logged: Any, size: int) -> None:
    found = evidence(system_line("compact_boundary", compactMetadata=logged))
    assert found.hidden == (hidden("compaction", context_tokens=size),)
    assert evidence(system_line("microcompact_boundary", compactMetadata=logged)).hidden == ()


@pytest.mark.parametrize(
    ("result", "is_search"),
    [
        ({"query": "q", "results": [], "durationSeconds": 1.5, "searchCount": 2}, True),
        ({"query": "q", "results": ["none"], "durationSeconds": 0}, True),  # older clients
        ({"query": "q", "results": []}, False),
        ({"query": "q", "durationSeconds": 1}, False),
        ({"stdout": "query results durationSeconds"}, False),
        ("Error: no search", False),
        ([{"query": "q"}], False),
        (None, False),
    ],
)
def test_the_search_tool_asks_a_model_of_its_own(result: Any, is_search: bool) -> None:
    found = evidence(result_line(1, minutes=1, result=result))
    assert found.hidden == ((hidden("web_search", "claude:r-1"),) if is_search else ())


@pytest.mark.parametrize(
    ("hooks", "asks"),
    [
        ([{"command": "make test", "durationMs": 5}], False),
        ([{"command": "http://127.0.0.1:8799/hook"}], False),
        ([{"command": "make test"}, {"command": "Verify. $ARGUMENTS"}], True),
        ([{"command": "Is it done?", "promptText": "Is it done?"}], True),
        ([{}], False),
        ([], False),
        (None, False),
    ],
)
def test_hooks_that_ask_a_model_are_told_from_those_that_run(hooks: Any, asks: bool) -> None:
    found = evidence(system_line("stop_hook_summary", hookInfos=hooks))
    assert found.hidden == ((hidden("hook"),) if asks else ())


@pytest.mark.parametrize(
    ("fields", "was_cut"),
    [
        ({"source": "connection_retry", "error": {"connection": {"code": "ECONNRESET"}}}, True),
        ({"source": "connection_retry", "error": {"connection": None}}, True),
        ({"source": "connection_retry", "error": {"connection": {"code": "ECONNREFUSED"}}}, False),
        ({"source": "connection_retry", "error": {"isNetworkDown": True}}, False),
        ({"source": "connection_retry"}, False),
        ({"source": "request_retry", "error": {"status": 529, "connection": None}}, False),
        ({"error": {}}, False),
    ],
)
def test_a_connection_that_broke_may_have_been_billed(fields: Json, was_cut: bool) -> None:
    found = evidence(system_line("api_error", **fields))
    assert found.hidden == ((hidden("cut_stream"),) if was_cut else ())


def test_an_answer_that_was_cut_short_is_billed_further_than_it_is_logged() -> None:
    stopped = assistant_line(1, isAbortedMidStream=True)
    assert evidence(stopped, stopped).hidden == (hidden("cut_stream", "claude:msg_1:cut"),)
    resumed = user_line(
        "u-1",
        minutes=1,
        text="Your response above was cut off mid-stream. Resume directly",
        isMeta=True,
    )
    assert evidence(resumed).hidden == (hidden("cut_stream", "claude:u-1"),)
    assert evidence(assistant_line(1, isAbortedMidStream=False)).hidden == ()
    assert evidence(user_line(text="Your response above was cut off mid-stream.")).hidden == ()


def test_a_link_to_a_pull_request_is_its_number() -> None:
    def link(**changes: object) -> bytes:
        plain = {
            "type": "pr-link",
            "sessionId": "s-1",
            "prNumber": 255,
            "prUrl": "https://github.com/acme/shop/pull/255",
            "prRepository": "acme/shop",
            "timestamp": "2026-11-22T10:05:00Z",
        }
        return line(plain | changes)

    (found,) = evidence(link(), link()).pull_requests
    assert (found.session_id, found.number, found.at) == ("s-1", 255, at(5))
    for broken in ({"prNumber": "255"}, {"prNumber": 0}, {"prNumber": 10**10}, {"sessionId": None}):
        assert evidence(link(**broken)).pull_requests == ()


def test_a_title_is_written_by_a_model_at_the_time_of_what_stands_before_it() -> None:
    title = line({"type": "ai-title", "aiTitle": "secret", "sessionId": "s-1"})
    first = evidence(title)
    assert first.hidden == ()  # nothing is known of its time
    expected = (hidden("title", "claude:s-1:title"),)
    assert evidence(assistant_line(1), title, assistant_line(2), title).hidden == expected
    before = evidence(assistant_line(1))
    assert ClaudeEvidenceParser().parse(title, before.thread).hidden == expected
    assert (
        evidence(assistant_line(1), line({"type": "custom-title", "sessionId": "s-1"})).hidden == ()
    )


# The client's totals


def cost_state(usd: float = 0.5, session: str = "s-1", **used: Any) -> bytes:
    usage = {"inputTokens": 7, "costUSD": usd} | used
    return line(
        {"type": "cost-state", "sessionId": session, "modelUsage": {"claude-test-1": usage}}
    )


def total(nusd: int) -> ClientTotal:
    tokens = TokenCounts(input_tokens=7)
    return ClientTotal(
        session_id="s-1", model="claude-test-1", tokens=tokens, web_searches=0, cost_nusd=nusd
    )


def test_of_the_clients_totals_the_largest_stays() -> None:
    states = [cost_state(0.25), cost_state(0.5), cost_state(0.5), cost_state(0.125)]
    assert evidence(*states).client_totals == (total(500_000_000),)
    assert len(evidence(cost_state(), cost_state(session="s-2")).client_totals) == 2
    assert evidence(cost_state(-1)).client_totals == ()


# Whose turn


@pytest.mark.parametrize(
    "between",
    [
        user_line("t-2"),
        user_line("x", isMeta=True),
        user_line("x", isCompactSummary=True),
        user_line("x", text="Caveat: no prompt"),
        user_line("x", text="[Request interrupted by user]"),
        user_line("x", **in_subagent("a1")),
        user_line("t-2", text=[{"type": "image"}]),
        user_line("x", text=[{"type": "text", "text": "x"}, {"type": "tool_result"}]),
        result_line(1),
    ],
)
@pytest.mark.parametrize("who", [{}, in_subagent("a1"), {"isSidechain": True}])
def test_both_readings_agree_whose_turn_it_is(between: bytes, who: Json) -> None:
    lines = [user_line("t-1"), between, assistant_line(1, effort="high", **who)]
    (call,) = ClaudeParser().parse(b"".join(lines), "").calls
    (stretch,) = (s for s in evidence(*lines).settings if s.effort)
    assert place(stretch) == place(call)


def place(fact: UsageEvent | SettingsSeen) -> tuple[str, str, str]:
    return fact.session_id, fact.turn_id, fact.subagent_id


# Anything at all


@pytest.mark.parametrize(
    "broken",
    [
        asking(tool_use())[:-20] + b"\n",
        b"\xff\xfe{}\n",
        b"[1, 2]\n",
        b'{"type":"assistant","message":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        assistant_line(9, timestamp="yesterday"),
        assistant_line(9, timestamp=None),
        assistant_line(9, timestamp="9999-12-31T23:59:59-10:00"),
        assistant_line(9, session="", attributionSkill="x"),
        assistant_line(9, message=5),
        asking({"type": "tool_use", "id": 5}),
        user_line(None),
        user_line(text=5),
        system_line("api_error", uuid=None),
        system_line("api_error", timestamp=None),
        system_line("compact_boundary", compactMetadata={"preTokens": -1}),
        line({"type": "ai-title"}),
        b"\n",
    ],
)
def test_a_broken_line_is_passed_over_and_never_counted(broken: bytes) -> None:
    good = [user_line("t-1"), asking(tool_use()), result_line(1)]
    assert evidence(good[0], broken, *good[1:]) == evidence(*good)


def test_nothing_that_anybody_wrote_is_kept() -> None:
    found = evidence(
        user_line("t-1", text="<command-name>/x</command-name><command-args>secret</command-args>"),
        asking(tool_use(1, "Task", subagent_type="Plan", prompt="secret"), text="secret"),
        asking(tool_use(3, command="npm test secret"), number=3),
        ended(3, "Exit code 1\nsecret"),
        asking(tool_use(2, command="curl secret"), {"type": "text", "text": "secret"}, number=2),
        result_line(2, result={"query": "secret", "results": ["secret"], "durationSeconds": 1}),
        system_line("stop_hook_summary", hookInfos=[{"command": "secret $ARGUMENTS"}]),
        system_line("api_error", error={"message": "secret", "formatted": "secret"}),
        line({"type": "ai-title", "aiTitle": "secret", "sessionId": "s-1"}),
    )
    assert found.tool_calls
    assert found.commands
    assert "secret" not in repr(found)


def once(found: Iterable[Parsed]) -> list[object]:
    """Return what a ledger keeps of some blocks: each fact under its key, by its rule."""
    blocks = list(found)
    tool_calls = {f.key: f for block in reversed(blocks) for f in reversed(block.tool_calls)}
    hints = {f.key: f for block in reversed(blocks) for f in reversed(block.hidden)}
    errors: dict[str, ErrorSeen] = {}  # of several sessions the lowest's, of those the first
    for error in (error for block in blocks for error in block.errors):
        held = errors.get(error.key)
        if held is None or error.session_id < held.session_id:
            errors[error.key] = error
    stretches: dict[tuple[str, ...], SettingsSeen] = {}
    kinds: dict[tuple[str, ...], SubagentSeen] = {}
    totals: dict[tuple[str, ...], ClientTotal] = {}
    for block in blocks:
        for new in block.settings:
            stretches[place(new)] = larger(stretches.get(place(new), new), new)
        for seen in block.subagents:
            key: tuple[str, ...] = (seen.session_id, seen.subagent_id, seen.kind)
            kinds[key] = min(kinds.get(key, seen), seen, key=lambda s: s.at)
        for one in block.client_totals:
            key = (one.session_id, one.model)
            known = totals.get(key, one)
            totals[key] = max(known, one, key=lambda t: t.size)
    sets = [{*block.skills, *block.copies} for block in blocks]
    return [tool_calls, hints, errors, stretches, kinds, totals, set().union(*sets)]


def larger(a: SettingsSeen, b: SettingsSeen) -> SettingsSeen:
    names = ("version", "entrypoint", "effort", "permission_mode", "command")
    return replace(a, **{name: max(getattr(a, name), getattr(b, name)) for name in names})


FAILED = system_line("api_error", source="connection_retry", error={})
LINES = (
    user_line("t-1", permissionMode="plan"),
    user_line("t-2", text="<command-name>/review</command-name>"),
    user_line("u-3", isMeta=True, text="Your response above was cut off mid-stream."),
    assistant_line(1, effort="high"),
    assistant_line(2, effort="low", attributionSkill="dataviz"),
    assistant_line(1, session="fork", requestSessionId="s-1", isAbortedMidStream=True),
    assistant_line(3, attributionAgent="Explore", **in_subagent("a1")),
    assistant_line(3, isSidechain=True, attributionAgent="Explore"),
    assistant_line(4, model="<synthetic>", isApiErrorMessage=True),
    asking(tool_use(1), tool_use(2, "Task", subagent_type="Explore"), number=5),
    asking(tool_use(3, "Agent", subagent_type="Plan"), number=6, minutes=2),
    result_line(2, result={"agentId": "a1"}),
    result_line(3, result={"query": 1, "results": 2, "durationSeconds": 3, "agentId": "a2"}),
    progress_line(7),
    FAILED,
    system_line("compact_boundary", compactMetadata={"preTokens": 9}, uuid="y-2"),
    system_line("stop_hook_summary", hookInfos=[{"command": "$ARGUMENTS"}], uuid="y-3"),
    cost_state(1),
    cost_state(2, outputTokens=5),
    line({"type": "ai-title", "sessionId": "s-1"}),
    line({"type": "pr-link", "sessionId": "s-1", "prNumber": 7}),
    b'{"type":"user"}{"type":"user"}\n',
    b"torn\n",
    b"\n",
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@st.composite
def nearly_records(draw: st.DrawFn) -> bytes:
    """A record in which one field, at any depth, is something else."""
    record = json.loads(draw(st.sampled_from(LINES[:-3])))
    place = record
    while True:
        key = draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key] or draw(st.booleans()):
            break
        place = place[key]
    place[key] = draw(VALUES)
    return line(record)


@given(
    st.lists(st.sampled_from(LINES) | nearly_records() | st.binary(max_size=20), max_size=8),
    st.lists(st.integers(0, 8), max_size=3),
    st.text(max_size=2),
)
@example([b'{"type":\n', b'"user"}\n'], [1], "")
@example([FAILED, user_line("t-1"), FAILED], [1], "")  # one record, in two turns
def test_any_lines_say_the_same_in_any_blocks(
    chunks: list[bytes], cuts: list[int], thread: str
) -> None:
    whole = [part + b"\n" for part in b"".join(chunks).split(b"\n")]
    parser, blocks, state = ClaudeEvidenceParser(), list[Parsed](), thread
    ends = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    for start, end in pairwise(ends):
        blocks.append(parser.parse(b"".join(whole[start:end]), state))
        state = blocks[-1].thread
    one = parser.parse(b"".join(whole), thread)
    assert once(blocks) == once([one])
    assert blocks[-1].thread == one.thread
    assert one.broken_lines == 0


# The real clients


def read_all(home: Path) -> list[tuple[Parsed, Parsed]]:
    """Read all logs of a home both ways."""
    logs = [log.read_bytes() for log in sorted(home.rglob("*.jsonl"))]
    return [(ClaudeParser().parse(log, ""), ClaudeEvidenceParser().parse(log, "")) for log in logs]


def tool_uses_in(home: Path) -> set[tuple[str, str, str]]:
    """Return (tool use, message, tool) of a home by the plainest reading there is."""
    found = set()
    for text in (log.read_text(errors="replace") for log in sorted(home.rglob("*.jsonl"))):
        for row in text.split("\n"):
            try:
                record = json.loads(row)
            except (ValueError, RecursionError):
                continue
            if record.get("type") == "progress":
                record = record["data"].get("message") or {}
            if record.get("type") == "assistant":
                answer = record["message"]
                uses = [block for block in answer["content"] if block["type"] == "tool_use"]
                found |= {(use["id"], answer["id"], use["name"]) for use in uses}
    return found


def by_fact(home: Path) -> dict[str, list[str]]:
    """Return the distinct facts of a home's logs by their kind, without ids and times."""
    found = [one for _, one in read_all(home)]
    return {
        "tools": [
            call.name for call in {f.key: f for one in found for f in one.tool_calls}.values()
        ],
        "retried": [str(f.is_retried) for one in found for f in one.errors],
        "kinds": sorted({f"{f.subagent_id[:8]} {f.kind}" for one in found for f in one.subagents}),
        "skills": [f.skill for one in found for f in one.skills],
        "copies": [f.event_key for one in found for f in one.copies],
        "hidden": [f.kind for one in found for f in one.hidden],
    }


def test_every_call_in_the_recorded_logs_has_its_settings(
    claude_lab: Mapping[str, Scenario], real_excerpt: Excerpt
) -> None:
    """So both readings agree whose call it is, in logs of all versions."""
    homes = [scenario.home for scenario in claude_lab.values()] + [real_excerpt.home]
    seen = 0
    for first, second in (pair for home in homes for pair in read_all(home)):
        versions = {place(stretch): stretch.version for stretch in second.settings}
        for call in first.calls:
            assert versions[place(call)].startswith("2.")
            seen += 1
    assert seen > 300


def test_every_tool_use_in_the_recorded_logs_is_a_tool_call(
    claude_lab: Mapping[str, Scenario], real_excerpt: Excerpt
) -> None:
    for home in [scenario.home for scenario in claude_lab.values()] + [real_excerpt.home]:
        found = {
            (call.key, call.event_key, call.name)
            for _, second in read_all(home)
            for call in second.tool_calls
        }
        assert found == {(f"claude:{a}", f"claude:{b}", name) for a, b, name in tool_uses_in(home)}


def test_the_recorded_scenarios_say_what_their_scripts_did(
    claude_lab: Mapping[str, Scenario],
) -> None:
    found = {name: by_fact(scenario.home) for name, scenario in claude_lab.items()}
    assert sorted(found["05_errors"]["retried"]) == ["False", *["True"] * 5]
    assert found["08_websearch"]["tools"] == ["WebSearch"]
    assert {kind.split()[1] for kind in found["04_subagent"]["kinds"]} == {
        "Explore",
        "general-purpose",
    }
    assert len(found["06_resume"]["copies"]) == 4
    assert found["20_hooks"]["skills"] == ["thing"]
    hints = {name: sorted(set(facts["hidden"])) for name, facts in found.items() if facts["hidden"]}
    assert hints == {
        "05_errors": ["cut_stream"],
        "08_websearch": ["web_search"],
        "10_compact": ["compaction"],
        "12_interrupt": ["cut_stream"],
        "20_hooks": ["compaction"],
        "22_status": ["compaction"],
        "25_httphooks": ["compaction"],
        "32b_autocompact_env": ["compaction"],
        "33_toolong": ["compaction"],
        "36_bg": ["title"],
        "40_prompthook": ["hook"],
    }


def test_older_clients_logs_say_what_their_subagents_were(real_excerpt: Excerpt) -> None:
    found = by_fact(real_excerpt.home)
    assert {kind.split()[1] for kind in found["kinds"]} == {
        "Explore",
        "Plan",
        "claude-code-guide",
        "compact",
        "general-purpose",
    }
    assert len(found["kinds"]) == len({kind.split()[0] for kind in found["kinds"]})
