"""What worker processes read, on its way to the one that writes: each name once in a run of calls.

The calls of a turn differ by little, so they take a fifth of the bytes, and are faster to compare
and to look up once they share their names again.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import msgspec

from aicost.core.drafts import drafts_of
from aicost.core.facts import FileRead
from aicost.core.usage import Agent, TokenCounts, UsageEvent

_Counts = tuple[int, int, int, int, int, int]
_Call = tuple[str, datetime, _Counts, int, tuple[_Counts, ...]]
_Names = tuple[Agent, str, str, str, str, str, str, str, str, str, int, str]
_Run = tuple[_Names, list[_Call]]

_encoder = msgspec.msgpack.Encoder()
_decode = msgspec.msgpack.Decoder(list[tuple[FileRead, list[list[_Run]]]]).decode
_ARRAY = b"\xdd"  # in msgpack, before the number of values (4 bytes) and the values
_new_event, _new_counts = drafts_of(UsageEvent), drafts_of(TokenCounts)


def packed(reads: Iterable[FileRead]) -> bytearray:
    """Return what was read as bytes, for `unpacked` in a process of the same version.

    Each file is packed when it is taken from `reads`, while it is still in the processor's cache.
    """
    content, files = bytearray(_ARRAY + bytes(4)), 0
    for read in reads:
        calls = [_runs(parsed.calls) for parsed in read.parsed]
        rest = tuple([replace(parsed, calls=()) for parsed in read.parsed])
        _encoder.encode_into((replace(read, parsed=rest), calls), content, -1)
        files += 1
    content[1:5] = files.to_bytes(4, "big")
    return content


def unpacked(content: bytes | bytearray) -> list[FileRead]:
    """Return what was read, equal to what was packed."""
    return [
        replace(
            read,
            parsed=tuple([
                replace(rest, calls=_events(runs)) for rest, runs in zip(read.parsed, calls)
            ]),
        )
        for read, calls in _decode(content)
    ]  # fmt: skip


def _runs(calls: Iterable[UsageEvent]) -> list[_Run]:
    """Cut calls into runs that share all of their names."""
    runs, first = list[_Run](), None
    for call in calls:
        if first is None or not _are_alike(call, first):
            first, run = call, list[_Call]()
            runs.append((_names_of(call), run))
        parts = tuple([part.counts() for part in call.parts]) if call.parts else ()
        run.append((call.event_key, call.at, call.tokens.counts(), call.web_searches, parts))
    return runs


def _are_alike(a: UsageEvent, b: UsageEvent) -> bool:
    """Say whether two calls share all of their names: faster than to compare `_names_of`."""
    return (
        a.turn_id == b.turn_id
        and a.model == b.model
        and a.subagent_id == b.subagent_id
        and a.service_tier == b.service_tier
        and a.cwd == b.cwd
        and a.session_id == b.session_id
        and a.branch == b.branch
        and a.speed == b.speed
        and a.inference_geo == b.inference_geo
        and a.source_rank == b.source_rank
        and a.stand_in_for == b.stand_in_for
        and a.agent == b.agent
    )


def _names_of(call: UsageEvent) -> _Names:
    return (
        call.agent, call.session_id, call.turn_id, call.subagent_id, call.model, call.speed,
        call.service_tier, call.inference_geo, call.cwd, call.branch, call.source_rank,
        call.stand_in_for,
    )  # fmt: skip


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
