"""Claude Code log lines, what reading them finds, and ledgers in memory to record it in."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from price_examples import book, model_price, rates

from aicost.core.facts import FileRead, Parsed
from aicost.core.prices import PriceBook
from aicost.core.tailing import Cursor
from aicost.core.tariffs import PriceEntry, Tariff
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.sources.claude.parser import ClaudeParser
from aicost.store.ledger import Ledger

MODEL = "claude-test-1"
START = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOME = "/home/ada/.claude"

Json = dict[str, Any]


def at(minutes: float) -> datetime:
    """Return a moment of the test's morning, in minutes after its start."""
    return START + timedelta(minutes=minutes)


def flat_book(usd_per_mtok: str = "4", *models: str, **changes: Any) -> PriceBook:
    """A book in which every token of these models costs the same, since ever."""
    flat = Tariff(rates=rates(*[usd_per_mtok] * 5))
    entry = PriceEntry(standard=flat, web_search_kcount=Decimal(10))
    return book(*(model_price(name, entries=(entry,)) for name in models or (MODEL,)), **changes)


BOOK = flat_book()


# Values


def tokens(input: int = 0, output: int = 0, **changes: int) -> TokenCounts:
    return TokenCounts(input_tokens=input, output_tokens=output, **changes)


def event(number: int = 1, **changes: Any) -> UsageEvent:
    """One call of the main thread: 100 tokens in, 10 out."""
    fields: Json = {
        "event_key": f"claude:msg_{number}",
        "agent": "claude",
        "session_id": "s-1",
        "turn_id": "t-1",
        "model": MODEL,
        "at": at(number),
        "tokens": tokens(100, 10),
        "cwd": "/src/shop",
        "branch": "main",
    }
    return UsageEvent(**(fields | changes))


# Lines, each with its newline


def line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def usage(**changes: Any) -> Json:
    """What the API said one call used: 100 tokens in, 10 out, nothing cached."""
    plain: Json = {
        "input_tokens": 100,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 10,
        "service_tier": "standard",
    }
    return plain | changes


def message(number: int = 1, **changes: Any) -> Json:
    plain: Json = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": "ok"}],
        "usage": usage(),
    }
    return plain | changes


def _envelope(minutes: float, session: str) -> Json:
    return {
        "sessionId": session,
        "timestamp": f"{at(minutes):%Y-%m-%dT%H:%M:%S}.{at(minutes).microsecond // 1000:03}Z",
        "isSidechain": False,
        "userType": "external",
        "cwd": "/src/shop",
        "gitBranch": "main",
        "version": "2.1.330",
    }


def assistant(
    number: int = 1, *, session: str = "s-1", minutes: float | None = None, **changes: Any
) -> Json:
    """A call's record; `usage` and `model` go to its message, other changes to the record."""
    inner = {name: changes.pop(name) for name in ("usage", "model", "id") if name in changes}
    plain = _envelope(number if minutes is None else minutes, session) | {
        "type": "assistant",
        "uuid": f"a-{number}",
        "requestId": f"req_{number}",
        "message": message(number, **inner),
    }
    return plain | changes


def assistant_line(number: int = 1, **changes: Any) -> bytes:
    return line(assistant(number, **changes))


def user_line(
    uuid: str | None = "t-1",
    *,
    session: str = "s-1",
    minutes: float = 0,
    text: Any = "go",
    **changes: Any,
) -> bytes:
    """A prompt; `text` may be a list of content blocks."""
    plain = _envelope(minutes, session) | {
        "type": "user",
        "message": {"role": "user", "content": text},
        "uuid": uuid,
        "promptId": f"p-{uuid}",
    }
    return line(plain | changes)


def in_subagent(agent_id: str) -> Json:
    """What marks a record as a subagent's."""
    return {"isSidechain": True, "agentId": agent_id}


def progress_line(
    number: int = 1, *, agent_id: str = "a1", session: str = "s-1", **changes: Any
) -> bytes:
    """A subagent's call as older clients nested it in the log of its parent, a bit later."""
    nested = assistant(number, session=session, **changes)
    data = {"type": "agent_progress", "agentId": agent_id, "message": nested}
    plain = _envelope(changes.get("minutes", number) + 0.25, session)
    return line(plain | {"type": "progress", "uuid": f"pr-{number}", "data": data})


# What reading finds


def parsed(*lines: bytes, thread: str = "") -> Parsed:
    return ClaudeParser().parse(b"".join(lines), thread)


def file_read(
    *lines: bytes, path: str = "s-1.jsonl", home: str = HOME, cursor: Cursor | None = None
) -> FileRead:
    """One reading of a log, from `cursor` on."""
    before = cursor or Cursor(device=1, inode=zlib.crc32(f"{home}/{path}".encode()))
    facts = parsed(*lines, thread=before.thread)
    offset = before.offset + sum(map(len, lines))
    after = before._replace(
        offset=offset,
        seen_bytes=offset,
        thread=facts.thread,
        broken_lines=before.broken_lines + facts.broken_lines,
    )
    place = f"{home}/projects/-src-shop/{path}"
    return FileRead(path=place, home=home, agent="claude", cursor=after, parsed=(facts,))


def readings(lines: Sequence[bytes], cuts: Iterable[int], **place: str) -> list[FileRead]:
    """Read a log in several goes, cut before these lines."""
    inside = (cut for cut in cuts if 0 < cut < len(lines))
    ends = sorted({0, len(lines), *inside})
    reads: list[FileRead] = []
    for start, end in pairwise(ends):
        cursor = reads[-1].cursor if reads else None
        reads.append(file_read(*lines[start:end], cursor=cursor, **place))
    return reads


def calls_read(*events: UsageEvent, path: str = "s-1.jsonl", home: str = HOME) -> FileRead:
    """A reading that found just these calls."""
    return replace(file_read(path=path, home=home), parsed=(Parsed(calls=events),))


# Ledgers


def open_ledger(
    path: Path | str = ":memory:", *, book: PriceBook = BOOK, zone: str = "UTC"
) -> Ledger:
    return Ledger(path, book=book, zone=ZoneInfo(zone))


def recorded(*reads: FileRead, together: bool = False, **options: Any) -> Ledger:
    """A new ledger that was told of these readings, one by one or in one go."""
    ledger = open_ledger(**options)
    for batch in [reads] if together else [[read] for read in reads]:
        ledger.record(batch)
    ledger.settle()
    return ledger
