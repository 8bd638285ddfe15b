"""Codex's rollout lines for tests, as the clients write them, and what reading them finds."""

from typing import Any

from log_builders import Json, at, line, tokens

from aicost.core.facts import Parsed
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.sources.codex.evidence import CodexEvidenceParser
from aicost.sources.codex.parser import CodexParser

MODEL = "gpt-test-1"
OLD, NEW = "0.125.0", "0.169.0"  # without and with a usage record per response

Five = tuple[int, int, int, int, int]


def uuid7(minutes: float, serial: int = 0) -> str:
    """Return the id that a client makes at this moment; ids of one moment sort by `serial`."""
    ms = f"{round(at(minutes).timestamp() * 1000):012x}"
    return f"{ms[:8]}-{ms[8:]}-7{serial:03x}-8000-00000000000{serial % 10}"


THREAD, FORK = uuid7(0), uuid7(10)
TURN, LATER_TURN = uuid7(1), uuid7(2)


def stamp(minutes: float) -> str:
    moment = at(minutes)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def row(kind: str, payload: Json, minutes: float | None = 0, **changes: Any) -> bytes:
    """A line of any type."""
    time = {} if minutes is None else {"timestamp": stamp(minutes)}
    return line(time | {"type": kind, "payload": payload} | changes)


def event_row(kind: str, payload: Json, minutes: float | None = 0) -> bytes:
    return row("event_msg", {"type": kind} | payload, minutes)


def meta(thread: str = THREAD, *, minutes: float = 0, version: str = OLD, **changes: Any) -> bytes:
    """The line that says whose file it is (in a copy: whose lines follow)."""
    plain = {
        "id": thread,
        "timestamp": stamp(minutes),
        "cwd": "/src/shop",
        "originator": "codex_exec",
        "cli_version": version,
        "source": "exec",
        "git": {"branch": "main"},
    }
    return row("session_meta", plain | changes, minutes)


def fork_meta(thread: str = FORK, parent: str = THREAD, **changes: Any) -> bytes:
    return meta(thread, minutes=10, **({"forked_from_id": parent} | changes))


def subagent(parent: str = THREAD, **spawn: Any) -> Json:
    """What makes a `session_meta` a subagent's, as 0.98 wrote it."""
    spawned = {"parent_thread_id": parent, "depth": 1} | spawn
    return {"source": {"subagent": {"thread_spawn": spawned}}}


def started(turn: str = TURN, minutes: float = 1, **changes: Any) -> bytes:
    return event_row("task_started", {"turn_id": turn} | changes, minutes)


def context(turn: str | None = TURN, minutes: float = 1, **changes: Any) -> bytes:
    named = {} if turn is None else {"turn_id": turn}
    return row("turn_context", named | {"cwd": "/src/shop", "model": MODEL} | changes, minutes)


def prompt(minutes: float = 1) -> bytes:
    return event_row("user_message", {"message": "go", "kind": "plain"}, minutes)


def settings(tier: str | None = None, **changes: Any) -> bytes:
    named = {} if tier is None else {"service_tier": tier}
    return event_row("thread_settings_applied", {"thread_settings": named | changes}, 1)


def usage(counts: Five) -> Json:
    names = ("input", "cached_input", "cache_write_input", "output", "reasoning_output")
    named = {f"{name}_tokens": count for name, count in zip(names, counts)}
    return named | {"total_tokens": counts[0] + counts[3]}


def record(
    number: int = 1,
    *,
    thread: str = THREAD,
    turn: str = TURN,
    minutes: float = 3,
    counts: Five = (100, 0, 0, 10, 0),
    **changes: Any,
) -> bytes:
    """One response's usage: 100 tokens in, 10 out."""
    plain = {
        "thread_id": thread,
        "turn_id": turn,
        "session_id": thread,
        "root_turn_id": turn,
        "response_id": f"resp_{number}",
        "usage": usage(counts),
        "turn_token_usage": usage(counts),
        "thread_token_usage": usage(counts),
    }
    return row("token_usage_record", plain | changes, minutes)


def count(total: Five | None, last: Five | None = None, minutes: float = 3) -> bytes:
    """A running total; `None`: nothing is known yet."""
    info = None
    if total is not None:
        info = {"total_token_usage": usage(total), "last_token_usage": usage(last or total)}
    return event_row("token_count", {"info": info, "rate_limits": None}, minutes)


def io(input: int, output: int) -> Five:
    """Counts of a call that cached nothing."""
    return (input, 0, 0, output, 0)


def parsed(*lines: bytes, thread: str = "") -> Parsed:
    return CodexParser().parse(b"".join(lines), thread)


def call(number: int = 1, **changes: Any) -> UsageEvent:
    """What `record(number)` says in a thread's own log."""
    plain: Json = {
        "event_key": f"codex:{THREAD}:resp_{number}",
        "agent": "codex",
        "session_id": THREAD,
        "turn_id": TURN,
        "model": MODEL,
        "at": at(3),
        "tokens": tokens(100, 10),
        "cwd": "/src/shop",
        "branch": "main",
    }
    return UsageEvent(**(plain | changes))


def used(found: Parsed) -> list[tuple[int, int]]:
    """Return (input, output) of each call found."""
    return [(one.tokens.input_tokens, one.tokens.output_tokens) for one in found.calls]


def counted(tokens: TokenCounts) -> Five:
    """Return tokens as the API counts them: input with what was cached and written."""
    return (
        tokens.context_tokens,
        tokens.cache_read_tokens,
        tokens.cache_write_tokens,
        tokens.output_tokens,
        tokens.reasoning_tokens,
    )


# Tools, as the evidence reading takes them


def asks(call_id: str | None = "call_1", name: str = "exec_command", **changes: Any) -> bytes:
    """A response asks for a tool."""
    named = {} if call_id is None else {"call_id": call_id}
    plain = {"type": "function_call", "name": name, "arguments": "{}"} | named
    return row("response_item", plain | changes, 2)


def asks_script(call_id: str = "call_1") -> bytes:
    """A response asks for a script: code mode."""
    script = {"type": "custom_tool_call", "name": "exec", "input": "await tools.x()"}
    return row("response_item", script | {"call_id": call_id}, 2)


def answers(call_id: str = "call_1", kind: str = "function_call_output") -> bytes:
    return row("response_item", {"type": kind, "call_id": call_id, "output": "done"}, 4)


def item(kind: str, item_id: str, turn: str = TURN, /, **changes: Any) -> bytes:
    """Something was done."""
    done = {"type": kind, "id": item_id, "status": "completed"} | changes
    return event_row("item_completed", {"turn_id": turn, "item": done}, 3.5)


def ended(turn: str = TURN, minutes: float = 5, **changes: Any) -> bytes:
    return event_row("task_complete", {"turn_id": turn} | changes, minutes)


def evidence_of(*lines: bytes, thread: str = "") -> Parsed:
    return CodexEvidenceParser().parse(b"".join(lines), thread)
