"""Values to the words and figures of a screen. Pure text: no Textual, no clock, no colour."""

import math
import re
from functools import lru_cache

from aicost.core.model_ids import parse_model_id
from aicost.core.money import dollars_short
from aicost.core.text import UNKNOWN, clean


def money(nusd: int | None) -> str:
    """Return an amount in at most 7 cells; None is `—`."""
    return UNKNOWN if nusd is None else dollars_short(nusd)


def tokens(count: float | None) -> str:
    """Return a count in at most 5 cells: `999`, `1.0k`, `12.3k`, `123k`, `1.2M`; None is `—`."""
    if count is None:
        return UNKNOWN
    if 0 < count < 0.5:
        return "<1"
    whole = round(count)
    if whole < 1000:
        return str(whole)
    value = float(whole)
    for unit in ("k", "M", "B"):
        value /= 1000
        if value < 99.95:
            return f"{value:.1f}{unit}"
        if value < 999.5:
            return f"{value:.0f}{unit}"
    return f"{value:.0f}B"


def percent(share: float | None) -> str:
    """Return a share (0..1, or over) as `62%`; `<1%`, `99%` where rounding would say 0 or all."""
    if share is None:
        return UNKNOWN
    if 0 < share < 0.01:
        return "<1%"
    if share < 1:
        return f"{min(99, round(share * 100))}%"
    return f"{min(999, round(share * 100))}%"


def age(seconds: float) -> str:
    """Return how long ago in at most 4 cells: `now`, `12s`, `5m`, `3h`, `9d`; rounded down."""
    if seconds < 1:
        return "now"  # clocks of writers may run ahead of ours
    for size, unit, limit in ((1, "s", 60), (60, "m", 3600), (3600, "h", 86400)):
        if seconds < limit:
            return f"{int(seconds // size)}{unit}"
    return f"{min(999, int(seconds // 86400))}d"


def time_left(seconds: float | None) -> str:
    """Return an estimate in words: `under a minute left`, `4 min left`, `1 h 20 min left`."""
    if seconds is None:
        return "time left not known yet"
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return "under a minute left"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min left" if hours else f"{minutes} min left"


def size(count: int) -> str:
    """Return bytes in powers of 1000: `999 B`, `1.0 kB`, `2.9 GB`."""
    if count < 1000:
        return f"{count} B"
    value, units = count / 1000, ["TB", "GB", "MB", "kB"]
    while value >= 999.5 and len(units) > 1:
        value, _ = value / 1000, units.pop()
    return f"{value:.1f} {units[-1]}" if value < 99.95 else f"{value:.0f} {units[-1]}"


def bar(share: float, width: int) -> tuple[str, str]:
    """Return the full and the empty part of a bar of `width` cells, in steps of half a cell.

    Anything above 0 shows, and only 1 or more fills it: `("━━╸", "─────")`.
    """
    halves = round(share * width * 2)
    if share > 0:
        halves = max(1, halves)
    halves = min(halves, 2 * width if share >= 1 else 2 * width - 1)
    full = "━" * (halves // 2) + "╸" * (halves % 2)
    return full, "─" * (width - len(full))


_OLD_CLAUDE = re.compile(r"^(\d+(?:-\d)?)-([a-z]+)$")


def short_model(model: str) -> str:
    """Return a model id without maker and date: `claude-opus-5-5-20261001` is `opus-5.5`."""
    return _short_model(clean(model))


@lru_cache(maxsize=256)
def _short_model(model: str) -> str:
    name = parse_model_id(model).id.removeprefix("claude-")
    name = _OLD_CLAUDE.sub(r"\2-\1", name)  # claude-3-5-sonnet
    return re.sub(r"(?<=\d)-(?=\d)", ".", name)


def copyable(text: str) -> str:
    """Return text without what a terminal that it is pasted into would act on."""
    return "".join(char for char in text if char.isprintable())


def plural(count: int, word: str) -> str:
    """Return `1 file`, `2 files`, `1,234 files`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
