"""A session's work for tests of detectors: minutes in, values out."""

from dataclasses import replace
from typing import Any

from log_builders import at, calls_read

from aicost.core.facts import CommandRan, FileRead, Parsed, StepTaken
from aicost.core.usage import TokenCounts
from aicost.core.waste.hits import Hit, WasteKind
from aicost.core.waste.work import Call, Compaction, Refusal, Step, Work

CENT = 10_000_000  # nano-dollars
READ_NUSD, WRITE_NUSD, LONG_NUSD, FRESH_NUSD = 1, 12, 20, 10  # for one token


def us(minutes: float) -> int:
    return round(minutes * 60_000_000)


def call(minutes: float, *, key: int = 0, **changes: Any) -> Call:
    """A call of one cent that asks for one tool; its key is its minute unless it is given."""
    plain: dict[str, Any] = {
        "key": key or round(minutes * 100),
        "at_us": us(minutes),
        "turn_id": "t-1",
        "thread": "",
        "model": "m",
        "context_tokens": 50_000,
        "cache_read_tokens": 49_000,
        "cache_write_tokens": 1_000,
        "is_long_cached": False,
        "output_tokens": 100,
        "cost_nusd": CENT,
        "tools": 1,
    }
    return Call(**(plain | changes))


def step(minutes: float, kind: str = "read", **changes: Any) -> Step:
    """A step of the call that was made at the same minute."""
    plain: dict[str, Any] = {
        "key": round(minutes * 100),
        "call": round(minutes * 100),
        "at_us": us(minutes),
        "turn_id": "t-1",
        "thread": "",
        "kind": kind,
        "target": 7,
        "label": "pay.py",
        "content": 1,
        "size_bytes": 900,
    }
    return Step(**(plain | changes))


def ran(minutes: float, error: int | None = None, **changes: Any) -> Step:
    """A run of the tests; None: they passed."""
    plain: dict[str, Any] = {
        "target": 5,
        "label": "npm test",
        "failed": error is not None,
        "error": error,
    }
    return step(minutes, **({"kind": "test"} | plain | changes))


def edit(minutes: float, **changes: Any) -> Step:
    return step(minutes, "edit", **changes)


def refused(minutes: float, status: int = 529, **changes: Any) -> Refusal:
    plain: dict[str, Any] = {
        "turn_id": "t-1",
        "thread": "",
        "wait_us": 2_000_000,
        "is_retried": True,
    }
    return Refusal(us(minutes), status=status, **(plain | changes))


def compacted(minutes: float, thread: str = "") -> Compaction:
    return Compaction(us(minutes), "t-1", thread)


def price(_call: Call, tokens: TokenCounts) -> int | None:
    return (
        READ_NUSD * tokens.cache_read_tokens
        + WRITE_NUSD * tokens.cache_write_5m_tokens
        + LONG_NUSD * tokens.cache_write_1h_tokens
        + FRESH_NUSD * tokens.input_tokens
    )


def work(**parts: Any) -> Work:
    """Work with the calls that its steps name, unless calls are given."""
    steps = parts.get("steps", ())
    keys = dict.fromkeys((one.call, one.at_us, one.turn_id, one.thread) for one in steps)
    calls = [
        call(at_us / 60_000_000, key=key, turn_id=turn, thread=thread)
        for key, at_us, turn, thread in keys
    ]
    plain: dict[str, Any] = {
        "agent": "claude",
        "calls": calls,
        "price": price,
        "window": lambda *_: 200_000,
    }
    return Work(**(plain | parts))


def hit(kind: WasteKind = "reread", **changes: Any) -> Hit:
    plain: dict[str, Any] = {
        "turn_id": "t-1",
        "count": 4,
        "since_us": us(1),
        "until_us": us(5),
        "cost_nusd": CENT,
    }
    return Hit(kind=kind, **(plain | changes))


def brief(hits: Any) -> list[tuple[str, str, int]]:
    """Return (kind, label, count) of each hit."""
    return [(hit.kind, hit.label, hit.count) for hit in hits if isinstance(hit, Hit)]


# Facts, as a ledger takes them


def read(path: str = "s-1.jsonl", **facts: Any) -> FileRead:
    return replace(calls_read(path=path), stage="evidence", parsed=(Parsed(**facts),))


def failure(number: int, error: int | None = 5) -> FileRead:
    """A failing test that the call of this number asked for."""
    key, asked = f"claude:tool_{number}", f"claude:msg_{number}"
    step = StepTaken(
        key=key, event_key=asked, at=at(number), kind="test", target=3, label="npm test",
        failed=error is None,
    )  # fmt: skip
    run = CommandRan(
        key=key, event_key=asked, at=at(number), command=3, label="npm test", error=error
    )
    return read(f"{number}.jsonl", steps=(step,), commands=(run,))
