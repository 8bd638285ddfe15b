"""A session's page for tests of its screen: a morning with subagents, loops, a compaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from builders import NOW, usd

from aicost.core.categories import TaskCategory
from aicost.core.days import to_us
from aicost.core.outcome import Outcome, Verdict
from aicost.core.purpose import Purpose
from aicost.core.session_page import (
    CommandRuns,
    ContextPart,
    ContextPoint,
    PageSubagent,
    PageTurn,
    Rebuild,
    SessionPage,
    ToolResult,
)
from aicost.core.tasks import Task
from aicost.core.usage import TokenCounts
from aicost.core.waste.hits import Hit
from aicost.core.waste.progress import Progress

SESSION = "3f2a91c4-5b6d-4e0e-9d1f-1234567890ab"
MODEL = "claude-opus-5-5-20261001"
HOSTILE = "\x1b]0;pwned\x07[bold red]x[/] \x1b[31m$(rm -rf) \u202eevil\u2066 [@click=app.quit]q[/]"
PROMPTS = (
    "The cart counts an item twice when it is added from two tabs",
    "Now write a test for it, please",
    "Why is the order of the discounts random?",
    "Sort them by name, and run everything again",
)


def at(minutes: float) -> datetime:
    """Return a moment of the session, in minutes after its start."""
    return NOW - timedelta(minutes=99) + timedelta(minutes=minutes)


def tokens(total: int) -> TokenCounts:
    return TokenCounts(input_tokens=10, cache_read_tokens=total - 510, output_tokens=500)


def purpose(category: str, confidence: float = 0.82, **changes: Any) -> Purpose:
    fields: dict[str, Any] = {"evidence": "it edited code (3); its prompt says “twice”"}
    return Purpose(category=TaskCategory(category), confidence=confidence, **(fields | changes))


def turn(number: int = 1, **changes: Any) -> PageTurn:
    fields: dict[str, Any] = {
        "turn_id": f"t-{number}",
        "started_at": at(20 * (number - 1)),
        "prompt": PROMPTS[(number - 1) % len(PROMPTS)],
        "purpose": purpose("bugfix"),
        "requests": 31,
        "tokens": tokens(3_600_000),
        "cost_nusd": usd(1.25),
        "duration_us": 890_000_000,
        "active_us": 600_000_000,
        "tools": (("Bash", 16), ("Edit", 6), ("Read", 5)),
    }
    return PageTurn(**(fields | changes))


def subagent(name: str = "a1", **changes: Any) -> PageSubagent:
    fields: dict[str, Any] = {
        "turn_id": "t-1",
        "kind": "Explore",
        "model": "claude-haiku-5-5",
        "started_at": at(2),
        "last_at": at(5),
        "requests": 16,
        "tokens": tokens(640_000),
        "cost_nusd": usd(0.16),
        "context_tokens": 42_000,
    }
    return PageSubagent(subagent_id=name, **(fields | changes))


def hit(kind: str = "repeat", **changes: Any) -> Hit:
    fields: dict[str, Any] = {
        "turn_id": "t-4",
        "label": "npm test",
        "count": 4,
        "since_us": to_us(at(70)),
        "until_us": to_us(at(82)),
        "cost_nusd": usd(0.92),
    }
    return Hit(**({"kind": kind} | fields | changes))


def rebuild(**changes: Any) -> Rebuild:
    fields: dict[str, Any] = {
        "at": at(40),
        "turn_id": "t-3",
        "thread": "",
        "cause": "pause",
        "idle_s": 1_260.0,
        "tokens": 86_400,
        "cost_nusd": usd(0.49),
    }
    return Rebuild(**(fields | changes))


def result(label: str = "cart.py", size_bytes: int = 47_899, **changes: Any) -> ToolResult:
    fields: dict[str, Any] = {
        "at": at(3),
        "turn_id": "t-1",
        "thread": "",
        "source": "files",
        "tokens": round(size_bytes / 2.6),
        "is_in_context": True,
    }
    return ToolResult(label=label, size_bytes=size_bytes, **(fields | changes))


def points() -> tuple[ContextPoint, ...]:
    """Return calls that fill the context twice, with a compaction between."""
    sizes = [*range(21_000, 165_000, 4_800), *range(34_000, 124_001, 3_000)]
    return tuple(
        ContextPoint(
            at=at(number * 97 / len(sizes)),
            tokens=size,
            turn_id="t-1",
            is_compacted=size == 34_000,
        )
        for number, size in enumerate(sizes)
    )


def session_page(**changes: Any) -> SessionPage:
    """A session of four turns in which everything happened that a screen shows."""
    fields: dict[str, Any] = {
        "timezone": "Europe/Berlin",
        "homes": ("/home/ada/.claude",),
        "transcript": f"/home/ada/.claude/projects/-home-ada-src-shop/{SESSION}.jsonl",
        "cwd": "/home/ada/src/shop",
        "repo": "shop",
        "branch": "fix/dedup",
        "models": (MODEL, "claude-haiku-5-5"),
        "version": "2.1.330",
        "started_at": at(0),
        "last_at": at(97),
        "requests": 140,
        "tokens": tokens(15_040_000),
        "cost_nusd": usd(5.40),
        "context_tokens": 124_000,
        "context_window_tokens": 200_000,
        "turns": (
            turn(1, subagents=2, outcome="committed"),
            turn(2, purpose=purpose("test-writing", 0.93), cost_nusd=usd(0.41), requests=9,
                 outcome="test-fixed", tools=(("Edit", 3), ("Bash", 2))),
            turn(3, purpose=purpose("exploration", 0.44), cost_nusd=usd(0.97), requests=12,
                 outcome="answered", tools=(("Grep", 7), ("Read", 4)), compactions=1),
            turn(4, purpose=purpose("bugfix", 1.0, is_corrected=True, evidence="by the user"),
                 cost_nusd=usd(2.77), requests=66, api_errors=3, retries=2, subagents=1),
        ),
        "purpose": purpose("bugfix", 0.71, evidence=""),
        "subagents": (
            subagent(),
            subagent("a2", kind="Plan", requests=5, cost_nusd=usd(0.04), model="claude-haiku-5-5"),
            subagent("a3", turn_id="t-4", kind="", requests=8, cost_nusd=usd(0.31), model=MODEL),
        ),
        "points": points(),
        "parts": (
            ContextPart(source="files", tokens=41_000),
            ContextPart(source="commands", tokens=27_300),
            ContextPart(source="start", tokens=21_000),
            ContextPart(source="answers", tokens=18_200),
            ContextPart(source="summary", tokens=13_000),
            ContextPart(source="prompts", tokens=3_500),
        ),
        "bytes_per_token": 2.61,
        "results": (
            result(),
            result("npm test", 38_304, source="commands", turn_id="t-4"),
            result("orders.sql", 20_542, is_in_context=False),
            result("", 14_020, source="searches", thread="a1", is_in_context=False),
        ),
        "rebuilds": (rebuild(), rebuild(at=at(61), cause="model switch", idle_s=40.0,
                                        tokens=51_200, cost_nusd=usd(0.29))),
        "hits": (
            hit(),
            hit("reread", label="cart.py", count=5, cost_nusd=usd(0.11), turn_id="t-1"),
        ),
        "progress": Progress(
            edits=12, kept_edits=11, files=4, turned_green=1, commits=1, answers=3
        ),
        "outcome": Verdict(Outcome.COMMITTED, commits=1, files=4, commit="1f2e3d4"),
        "commands": (
            CommandRuns(kind="test", label="npm test", runs=9, failed=5, last_failed=False,
                        last_at=at(95)),
            CommandRuns(kind="build", label="npm run lint", runs=2, failed=1, last_failed=True,
                        last_at=at(60)),
        ),
        "tasks": (
            Task(category=TaskCategory.BUGFIX, turn_ids=("t-1",), cost_nusd=usd(1.25)),
            Task(category=TaskCategory.TEST_WRITING, turn_ids=("t-2",), cost_nusd=usd(0.41)),
            Task(category=TaskCategory.BUGFIX, turn_ids=("t-3", "t-4"), cost_nusd=usd(3.74)),
        ),
    }  # fmt: skip
    return SessionPage(session_id=SESSION, **({"agent": "claude"} | fields | changes))


def bare_page(**changes: Any) -> SessionPage:
    """A session whose calls are known, but not what they were for."""
    only = (turn(1, purpose=None, tools=(), active_us=0), turn(2, purpose=None, tools=()))
    plain: dict[str, Any] = {
        "turns": only, "has_evidence": False, "purpose": None, "subagents": (), "results": (),
        "rebuilds": (), "hits": (), "progress": None, "outcome": None, "commands": (), "tasks": (),
        "parts": (ContextPart(source="start", tokens=124_000, is_estimated=False),),
        "bytes_per_token": None,
    }  # fmt: skip
    return session_page(**(plain | changes))


def codex_page() -> SessionPage:
    """A Codex session without a cache that is written, a version or a window."""
    return session_page(
        agent="codex", models=("gpt-6-sol",), version="0.169.0", subagents=(), hits=(),
        rebuilds=(rebuild(cause="", cost_nusd=None),), context_window_tokens=None,
        turns=(turn(1, cost_nusd=None, unpriced_tokens=3_600_000, tools=(("exec_command", 4),)),),
        cost_nusd=None, unpriced_tokens=3_600_000, outcome=None,
    )  # fmt: skip


def hostile_page() -> SessionPage:
    """A session in which every name that a log may hold tries to act on the screen."""
    page = session_page(branch=HOSTILE, repo=HOSTILE, cwd=HOSTILE, models=(HOSTILE,))
    return replace(
        page,
        version=HOSTILE,
        turns=tuple(
            replace(
                one,
                prompt=HOSTILE,
                tools=((HOSTILE, 2),),
                outcome=HOSTILE,
                purpose=purpose("bugfix", evidence=HOSTILE),
            )
            for one in page.turns
        ),
        subagents=tuple(replace(one, kind=HOSTILE, model=HOSTILE) for one in page.subagents),
        results=tuple(replace(one, label=HOSTILE) for one in page.results),
        hits=tuple(replace(one, label=HOSTILE, cause=HOSTILE) for one in page.hits),
        commands=tuple(replace(one, label=HOSTILE) for one in page.commands),
    )


def answer(page: SessionPage) -> dict[str, Any]:
    """Return a page as the daemon answers it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(page))
    return found


def call_fields(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return one call of an explanation, in its document's words."""
    return {
        "event_key": f"claude:msg_{number}",
        "at": at(number).isoformat(),
        "model": MODEL,
        "session_id": SESSION,
        "prompt_uuid": "t-1",
        "subagent_id": "",
        "input_tokens": 10,
        "cache_read_tokens": 139_584,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 1_200,
        "output_tokens": 136,
        "cost_usd": 0.08755,
        "why_unpriced": None,
        "price": {"model": "claude-opus-5-5", "from": None, "source": "list prices"},
    } | changes


def explanation(*calls: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer to `explain` in JSON."""
    document = {"schema": 1, "price_book": "1440103efb7a", "calls": list(calls)}
    return {"text": msgspec.json.encode(document).decode()}
