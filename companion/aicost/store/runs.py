"""Calls made ready for the ledger by whoever reads them: priced, counted by day, rows but for ids.

Whether the ledger has a call already, only it can say: of those that it has, `events_of` gives
back what was read, to be merged by the one rule (`core.usage.merged`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from aicost.core.days import LocalDays, from_us, to_us
from aicost.core.facts import CallValues, FileRead, Ready, Run, RunNames
from aicost.core.prices import PriceBook
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.store.calls import credits_of, new_key_of, parts_of, parts_text

KEY: Final = 0  # where it stands in the values of a call
_NO_CREDITS = (None, 0)  # of agents that do not pay in credits


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
        day, alike, times = 0, list[UsageEvent](), list[int]()
        for call in calls:
            at_us = to_us(call.at)
            its_day = day_of(at_us)
            if alike and (its_day != day or not _are_alike(call, alike[0])):
                found.append(self._run(day, alike, times))
                alike, times = [], []
            day = its_day
            alike.append(call)
            times.append(at_us)
        if alike:
            found.append(self._run(day, alike, times))
        return found

    def _run(self, day: int, calls: Sequence[UsageEvent], times: Iterable[int]) -> Run:
        """Make a run of calls of one day that share their names."""
        values = [
            (
                new_key_of(call.event_key), call.event_key, at_us, *call.tokens.counts(),
                call.web_searches, parts_text(call.parts) if call.parts else None, nusd,
                *(credits_of(self._book, call) if call.agent == "codex" else _NO_CREDITS),
            )
            for call, at_us, nusd in zip(calls, times, self._book.nusd_of_alike(calls))
        ]  # fmt: skip
        return run_of(_names_of(calls[0]), day, values)


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
