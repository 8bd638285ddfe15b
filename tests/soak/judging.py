"""When a long run was a good one: memory and descriptors stay flat, nothing is lost. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

WARM_UP = 1 / 3  # of the samples: caches fill, modules load, the first sessions begin
GROWTH_SHARE = 0.05  # of the median, over all samples after the warm-up …
GROWTH_MB = 4.0  # … and this much, which an allocator takes and gives back
MORE_FILES = 8  # descriptors: a look at logs opens some, and they are closed again
MORE_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSample:
    """What one process holds."""

    rss_mb: float
    files: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A moment of the run. Counts are taken while nobody writes."""

    minute: float
    lines: int
    sessions: int
    daemon: ProcessSample
    dashboard: ProcessSample
    lag_s: float  # until the ledger has all that is written
    screen_s: float  # until the screen shows the day's cost as the ledger has it
    calls_written: int
    calls_counted: int
    tokens_written: int
    tokens_counted: int


def growth_mb(minutes: Sequence[float], values_mb: Sequence[float]) -> float:
    """Return how much a series rises over its span, by the median of all slopes between two.

    A peak or a dip changes nothing; a leak changes every slope.
    """
    slopes = [
        (after - before) / (to - at)
        for (at, before), (to, after) in combinations(zip(minutes, values_mb), 2)
        if to > at
    ]
    return median(slopes) * (minutes[-1] - minutes[0]) if slopes else 0.0


def faults(samples: Sequence[Sample], *, spare_mb: float = GROWTH_MB) -> list[str]:
    """Return what is wrong with a run; nothing where it was good.

    `spare_mb` may be added to what memory may grow by.
    """
    return [*_counts(samples), *_memory(samples, spare_mb), *_handles(samples)]


def _counts(samples: Sequence[Sample]) -> Iterator[str]:
    if not samples or not samples[-1].lines:
        yield "nothing was written"
    for one in samples:
        if one.calls_counted != one.calls_written:
            yield (
                f"minute {one.minute:.1f}: {one.calls_counted:,} calls counted of"
                f" {one.calls_written:,} written"
            )
        elif one.tokens_counted != one.tokens_written:
            yield (
                f"minute {one.minute:.1f}: {one.tokens_counted:,} tokens counted of"
                f" {one.tokens_written:,} written"
            )


def _settled(samples: Sequence[Sample]) -> Sequence[Sample]:
    return samples[int(len(samples) * WARM_UP) :]


def _memory(samples: Sequence[Sample], spare_mb: float) -> Iterator[str]:
    settled = _settled(samples)
    minutes = [one.minute for one in settled]
    for name in ("daemon", "dashboard"):
        values = [getattr(one, name).rss_mb for one in settled]
        if len(values) < 2:
            yield f"{name}: too few samples to tell whether its memory is flat"
            continue
        grown, allowed = growth_mb(minutes, values), GROWTH_SHARE * median(values) + spare_mb
        if grown > allowed:
            yield f"{name}: memory grew by {grown:.1f} MB, {allowed:.1f} MB is flat"


def _handles(samples: Sequence[Sample]) -> Iterator[str]:
    settled = _settled(samples)
    half = len(settled) // 2
    if not half:
        return
    for name in ("daemon", "dashboard"):
        for what, more in (("files", MORE_FILES), ("threads", MORE_THREADS)):
            values = [getattr(getattr(one, name), what) for one in settled]
            before, after = max(values[:half]), median(values[half:])
            if after > before + more:
                yield f"{name}: {after:g} {what} are open, {before:g} were before"


HEADINGS = (
    "minute", "lines", "sessions", "daemon MB", "files", "threads", "top MB", "files", "threads",
    "lag s", "screen s", "calls", "lost",
)  # fmt: skip


def row(one: Sample) -> tuple[str, ...]:
    """Return a sample as a line of the table has it."""
    return (
        f"{one.minute:.1f}", f"{one.lines:,}", f"{one.sessions:,}", f"{one.daemon.rss_mb:.1f}",
        str(one.daemon.files), str(one.daemon.threads), f"{one.dashboard.rss_mb:.1f}",
        str(one.dashboard.files), str(one.dashboard.threads), f"{one.lag_s:.2f}",
        f"{one.screen_s:.2f}", f"{one.calls_counted:,}",
        str(one.calls_written - one.calls_counted),
    )  # fmt: skip


def line_of(cells: Sequence[str]) -> str:
    """Return cells in columns."""
    widths = [max(9, len(name)) for name in HEADINGS]
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths))
