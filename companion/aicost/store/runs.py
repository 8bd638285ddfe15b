"""Calls made ready for the ledger by whoever reads them: priced, counted by day, rows but for ids.

Whether the ledger has a call already, only it can say: of those that it has, `events_of` gives
back what was read, to be merged by the one rule (`core.usage.merged`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from aicost.core.days import LocalDays, from_us, to_us
from aicost.core.facts import CallValues, FileRead, Ready, Run, RunNames
from aicost.core.prices import PriceBook
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.store.calls import credits_of, key_of, parts_of, parts_text

KEY: Final = 0  # where it stands in the values of a call


class Counting:
    """How calls are counted: at whose prices, in whose days."""

    def __init__(self, book: PriceBook, zone: ZoneInfo) -> None:
        self._book, self._zone = book, zone
        self._days = LocalDays(zone)

    def __reduce__(self) -> "tuple[type[Counting], tuple[PriceBook, ZoneInfo]]":
        """Go to another process, without what is only remembered."""
        return Counting, (self._book, self._zone)

    def readied(self, read: FileRead) -> FileRead:
        """Return the same facts with the calls made ready."""
        calls = [call for parsed in read.parsed for call in parsed.calls]
        if not calls or len(read.parsed) > 1 or any([call.stand_in_for for call in calls]):
            return read
        parsed = tuple([replace(parsed, calls=()) for parsed in read.parsed])
        ready = Ready(self._book.book_id, self._zone.key, self._runs(calls))
        return replace(read, parsed=parsed, ready=ready)

    def _runs(self, calls: Iterable[UsageEvent]) -> list[Run]:
        found, day_of = list[Run](), self._days.day_of
        first: UsageEvent | None = None
        day, values = 0, list[CallValues]()
        for call in calls:
            at_us = to_us(call.at)
            its_day = day_of(at_us)
            if first is None or its_day != day or not _are_alike(call, first):
                if first is not None:
                    found.append(run_of(_names_of(first), day, values))
                first, day, values = call, its_day, []
            values.append(self._values(call, at_us))
        if first is not None:
            found.append(run_of(_names_of(first), day, values))
        return found

    def _values(self, call: UsageEvent, at_us: int) -> CallValues:
        event_key = call.event_key
        return (
            key_of(event_key), event_key, at_us, *call.tokens.counts(), call.web_searches,
            parts_text(call.parts) if call.parts else None,
            self._book.nusd_of(call), *credits_of(self._book, call),
        )  # fmt: skip


def run_of(names: RunNames, day: int, calls: list[CallValues]) -> Run:
    """Return calls that share their names and their day, with what they come to."""
    (
        keys, _, times, fresh, read, write_5m, write_1h, output, reasoning, searches, _, costs,
        ncredits, uncertain,
    ) = zip(*calls)  # fmt: skip
    priced = [cost for cost in costs if cost is not None]
    credited = [part for part in ncredits if part is not None]
    unpriced = 0
    if len(priced) < len(calls):
        counts = zip(costs, fresh, read, write_5m, write_1h, output)
        unpriced = sum([sum(billed) for cost, *billed in counts if cost is None])
    sums = (
        len(calls), sum(fresh), sum(read), sum(write_5m), sum(write_1h), sum(output),
        sum(reasoning), sum(searches), sum(priced), len(priced), unpriced,
        sum(credited), len(credited), sum(uncertain),
    )  # fmt: skip
    return Run(names, day, calls, sums, min(times), *max(zip(times, keys)))


def events_of(names: RunNames, calls: Iterable[CallValues]) -> Iterator[UsageEvent]:
    """Yield the calls of a run as they were read."""
    for (
        _, event_key, at_us, fresh, read, write_5m, write_1h, output, reasoning, searches, parts,
        _, _, _,
    ) in calls:  # fmt: skip
        yield UsageEvent(
            event_key=event_key,
            agent=names.agent,
            session_id=names.session_id,
            turn_id=names.turn_id,
            subagent_id=names.subagent_id,
            model=names.model,
            at=from_us(at_us),
            tokens=TokenCounts(
                input_tokens=fresh,
                cache_read_tokens=read,
                cache_write_5m_tokens=write_5m,
                cache_write_1h_tokens=write_1h,
                output_tokens=output,
                reasoning_tokens=reasoning,
            ),
            web_searches=searches,
            speed=names.speed,
            service_tier=names.service_tier,
            inference_geo=names.inference_geo,
            parts=parts_of(parts),
            cwd=names.cwd,
            branch=names.branch,
            source_rank=names.source_rank,
        )


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
        and a.agent == b.agent
    )


def _names_of(call: UsageEvent) -> RunNames:
    return RunNames(
        call.agent, call.session_id, call.turn_id, call.subagent_id, call.model, call.cwd,
        call.branch, call.speed, call.service_tier, call.inference_geo, call.source_rank,
    )  # fmt: skip
