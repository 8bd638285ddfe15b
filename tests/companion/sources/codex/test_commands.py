"""Which command a rollout asks for, and how it ended."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from codex_logs import (
    FORK,
    NEW,
    THREAD,
    answers,
    asks,
    asks_script,
    context,
    evidence_of,
    fork_meta,
    item,
    meta,
    record,
    row,
    started,
)
from corpora import Scenario
from hypothesis import given
from hypothesis import strategies as st
from log_builders import at

from aicost.core.commands import command_key, to_number
from aicost.core.endings import PASSED, command_of, error_key
from aicost.core.errors import LogFormatError
from aicost.core.facts import CommandRan
from aicost.sources.codex.commands import (
    MOST_WAITING,
    Ended,
    Runs,
    RunsState,
    answer_in,
    command_in,
    ended_in,
    ran_in,
)
from aicost.sources.codex.evidence import CodexEvidenceParser
from aicost.sources.codex.paths import find_logs

START = [meta(version=NEW), started(), context()]
RESPONSE = f"codex:{THREAD}:resp_1"
RAN = CommandRan(
    key=f"{RESPONSE}:call_1",
    event_key=RESPONSE,
    at=at(4),
    command=to_number(command_key("npm test")),
    label="npm test",
    error=to_number(error_key("error: a")),
)
TOLD = "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 1\nOutput:\nerror: a\n"


def shell(
    call_id: str = "call_1", command: object = "npm test", name: str = "exec_command"
) -> bytes:
    field = "cmd" if name == "exec_command" else "command"
    return asks(call_id, name, arguments=json.dumps({field: command}))


def told(output: object = TOLD, call_id: str = "call_1") -> bytes:
    plain = {"type": "function_call_output", "call_id": call_id, "output": output}
    return row("response_item", plain, 4)


def executed(item_id: str = "call_1", **changes: Any) -> bytes:
    plain: dict[str, Any] = {
        "command": ["/bin/bash", "-lc", "npm test"],
        "source": "unified_exec_startup",
        "status": "failed",
        "exit_code": 1,
        "aggregated_output": "error: a\n",
    }
    return item("CommandExecution", item_id, **(plain | changes))


def runs(*lines: bytes) -> tuple[CommandRan, ...]:
    return evidence_of(*START, *lines).commands


@pytest.mark.parametrize(
    "lines",
    [
        [shell(), record(), told()],
        [shell(), told(), record()],  # clients 0.133 to 0.152
        [shell(name="shell", command=["bash", "-lc", "npm test"]), record(), told()],
        [shell(name="shell_command", command="npm test 2>&1 | tail -5"), record(), told()],
        [shell(), record(), told(json.dumps({"output": "error: a", "metadata": {"exit_code": 1}}))],
        [shell(), record(), told({"content": TOLD, "success": False})],
        [shell(), record(), told("Exit code: 1\nWall time: 1 seconds\nOutput:\nerror: a")],
        [shell(), record(), told(), told(TOLD.replace("code 1", "code 0"))],
    ],
)
def test_of_older_clients_the_answer_says_how_a_command_ended(lines: list[bytes]) -> None:
    assert runs(*lines) == (RAN,)


def test_a_local_shell_call_names_its_command_as_an_action() -> None:
    action = {"type": "exec", "command": ["npm", "test"]}
    call = {"type": "local_shell_call", "call_id": "call_1", "action": action}
    answer = {"type": "local_shell_call_output", "call_id": "call_1", "output": TOLD}
    lines = [row("response_item", call, 2), record(), row("response_item", answer, 4)]
    assert runs(*lines) == (RAN,)


@pytest.mark.parametrize(
    "lines",
    [
        [shell(), record(), executed(), told()],
        [shell(), executed(), record(), told()],
        [shell(), executed(), told(), record()],
        [shell(), record(), told("Process running with session ID 5\nOutput:\n"), executed()],
    ],
)
def test_an_item_says_it_before_the_answer_does(lines: list[bytes]) -> None:
    assert runs(*lines) == (replace(RAN, at=at(3.5)),)


def test_what_a_script_ran_has_items_of_its_own() -> None:
    lines = [asks_script(), record(), executed("exec-1"), executed("exec-2", exit_code=0)]
    first = replace(RAN, key=f"{RESPONSE}:exec-1", at=at(3.5))
    second = replace(first, key=f"{RESPONSE}:exec-2", error=None)
    assert runs(*lines, answers(kind="custom_tool_call_output")) == (first, second)


@pytest.mark.parametrize(
    "lines",
    [
        [shell(), record(), told("Command blocked by PreToolUse hook: no. Command: npm test")],
        [shell(), record(), told("unsupported call: exec_command")],
        [shell(), record(), told("aborted by user after 3.2s")],
        [shell(), record(), told("Process exited with code 130\nOutput:\n")],
        [shell(), record(), told(["Process exited with code 1"])],
        [shell(), record(), told(" " * 600 + TOLD)],  # printed by the command itself
        [shell(), told()],  # no response asked for it
        [record(), told()],
        [asks(name="view_image", arguments='{"cmd": "npm test"}'), record(), told()],
        [shell(command=5), record(), told()],
        [shell(command=[]), record(), told()],
        [asks(arguments="not JSON"), record(), told()],
        [shell(), record(), executed(status="declined")],
        [shell(), record(), executed(exit_code=-1)],
        [shell(), record(), executed(exit_code=None)],
        [shell(), record(), executed(source="user_shell")],
        [shell(), record(), executed(source="unified_exec_interaction")],
        [shell(), record(), executed(command=None)],
        [shell("x" * 201), record(), executed("x" * 201)],
    ],
)
def test_a_command_that_did_not_run_to_its_end_is_none(lines: list[bytes]) -> None:
    assert runs(*lines) == ()


def test_a_search_that_found_nothing_did_not_fail() -> None:
    found = runs(shell(command="grep x y"), record(), executed(command=["sh", "-c", "grep x y"]))
    assert [ran.error for ran in found] == [None]


def test_an_older_clients_event_says_how_a_command_ended() -> None:
    event = {"type": "exec_command_end", "call_id": "call_1", "command": ["npm", "test"]}
    line = row("event_msg", event | {"exit_code": 1, "aggregated_output": "error: a"}, 4)
    assert runs(shell(), record(), line, told()) == (RAN,)
    expected = Ended("call_1", at(4), command_of("npm test"), _failed("error: a"), 8)
    assert ended_in(line) == expected


def test_a_command_is_a_step_of_the_work_too() -> None:
    (step,) = evidence_of(meta(), context(), shell(), record(), told()).steps
    assert (step.kind, step.target, step.label) == ("test", RAN.command, "npm test")
    assert (step.key, step.at, step.failed) == (RAN.key, RAN.at, True)
    assert step.size_bytes == len(TOLD.partition("Output:\n")[2])


def _failed(output: str) -> Any:
    return PASSED._replace(failed=True, error=error_key(output))


def test_a_copied_run_is_the_one_of_the_thread_that_made_it() -> None:
    copied = [record(thread=THREAD), shell(), told()]
    own = [started(turn="t-9"), context(turn="t-9")]
    found = evidence_of(fork_meta(), meta(version=NEW), started(), context(), *copied, *own)
    assert {ran.event_key for ran in found.commands} <= {RESPONSE}
    assert FORK not in repr(found.commands)


@pytest.mark.parametrize("read", [command_in, answer_in, ran_in, ended_in])
@pytest.mark.parametrize("line", [b"", b"{", b'{"payload":5}', b"[]"])
def test_a_line_of_another_shape_is_refused(read: Callable[[bytes], object], line: bytes) -> None:
    with pytest.raises(LogFormatError):
        read(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(JSON, JSON, JSON, JSON)
def test_any_fields_cost_no_more_than_the_line(
    arguments: object, output: object, command: object, code: object
) -> None:
    lines = [asks(arguments=arguments), record(), told(output)]
    lines.append(executed(command=command, exit_code=code, aggregated_output=output))
    assert len(runs(*lines)) <= 1
    good = [shell("call_2"), record(2), told(call_id="call_2")]
    assert runs(*lines, *good)[-1].key == f"codex:{THREAD}:resp_2:call_2"


def test_of_too_many_commands_the_oldest_is_forgotten() -> None:
    state = RunsState()
    waiting = Runs(state)
    for number in range(MOST_WAITING + 1):
        waiting.ask(f"call_{number}", command_of("npm test"))
    assert len(state.waiting) == MOST_WAITING
    assert not waiting.waits_for("call_0")
    run = Ended(f"call_{MOST_WAITING}", at(1), command_of("npm test"), PASSED)
    assert [*waiting.end(run), *waiting.end(run)] == []
    assert len([*waiting.pay(run.id, "codex:t:r"), *waiting.pay(run.id, "codex:t:r")]) == 1


def test_of_all_that_the_lab_asked_for_only_what_ended_ran(
    codex_lab: Mapping[str, Scenario],
) -> None:
    unended = {}
    for name, scenario in codex_lab.items():
        ran, asked = set[str](), set[str]()
        for path, _ in find_logs(scenario.home):
            if path.endswith(".jsonl"):
                found = CodexEvidenceParser().parse(Path(path).read_bytes(), "")
                ran |= {one.key for one in found.commands}
                asked |= {tool.key for tool in found.tool_calls if tool.name == "Bash"}
        assert ran <= asked
        if left := len(asked - ran):
            unended[name] = left
    assert unended == {
        "hooks_block": 3,  # refused by hooks
        "hooks_model": 1,
        "tui_blocked": 1,
        "killed": 2,
        "old_0_63_0": 2,  # a tool that these clients did not know
        "old_0_87_0": 5,
    }
