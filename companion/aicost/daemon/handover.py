"""What worker processes read, on its way to the one that writes: each name once in a run of calls.

The calls of a turn differ by little, so they take a fifth of the bytes, and are faster to compare
and to look up once they share their names again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

import msgspec

from aicost.core.drafts import drafts_of
from aicost.core.facts import FileRead
from aicost.core.usage import Agent, TokenCounts, UsageEvent

_Counts = tuple[int, int, int, int, int, int]
_Call = tuple[str, datetime, _Counts, int, tuple[_Counts, ...]]
_Names = tuple[Agent, str, str, str, str, str, str, str, str, str, int, str]
_Run = tuple[_Names, list[_Call]]

_names_of = attrgetter(
    "agent", "session_id", "turn_id", "subagent_id", "model", "speed", "service_tier",
    "inference_geo", "cwd", "branch", "source_rank", "stand_in_for",
)  # fmt: skip
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[FileRead], list[list[_Run]]]).decode
_new_event, _new_counts = drafts_of(UsageEvent), drafts_of(TokenCounts)


def packed(reads: Iterable[FileRead]) -> bytes:
    """Return what was read as bytes, for `unpacked` in a process of the same version."""
    others, calls = list[FileRead](), list[list[_Run]]()
    for read in reads:
        calls += [_runs(parsed.calls) for parsed in read.parsed]
        rest = tuple([replace(parsed, calls=()) for parsed in read.parsed])
        others.append(replace(read, parsed=rest))
    return _encode((others, calls))


def unpacked(content: bytes) -> list[FileRead]:
    """Return what was read, equal to what was packed."""
    others, calls = _decode(content)
    runs = iter(calls)
    return [
        replace(
            read,
            parsed=tuple([replace(rest, calls=_events(next(runs))) for rest in read.parsed]),
        )
        for read in others
    ]


def _runs(calls: Sequence[UsageEvent]) -> list[_Run]:
    """Cut calls into runs that share all of their names."""
    runs, last = list[_Run](), None
    for call in calls:
        names: _Names = _names_of(call)
        if names != last:
            last, run = names, list[_Call]()
            runs.append((names, run))
        parts = tuple([part.counts() for part in call.parts])
        run.append((call.event_key, call.at, call.tokens.counts(), call.web_searches, parts))
    return runs


def _events(runs: Iterable[_Run]) -> tuple[UsageEvent, ...]:
    return tuple([_event(names, call) for names, calls in runs for call in calls])


def _event(names: _Names, call: _Call) -> UsageEvent:
    event = _new_event()
    (
        event.agent, event.session_id, event.turn_id, event.subagent_id, event.model,
        event.speed, event.service_tier, event.inference_geo, event.cwd, event.branch,
        event.source_rank, event.stand_in_for,
    ) = names  # fmt: skip
    event.event_key, event.at, counts, event.web_searches, parts = call
    event.tokens = _tokens(counts)
    event.parts = tuple([_tokens(part) for part in parts]) if parts else ()
    event.__class__ = UsageEvent
    made: UsageEvent = event
    return made


def _tokens(counts: _Counts) -> TokenCounts:
    tokens = _new_counts()
    (
        tokens.input_tokens, tokens.cache_read_tokens, tokens.cache_write_5m_tokens,
        tokens.cache_write_1h_tokens, tokens.output_tokens, tokens.reasoning_tokens,
    ) = counts  # fmt: skip
    tokens.__class__ = TokenCounts
    made: TokenCounts = tokens
    return made
