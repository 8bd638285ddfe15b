"""Values to the words and figures of a screen. Pure text: no Textual, no clock, no colour.

Everything an agent's log brought (repo, branch, model, folder) goes through `clean` first: such
text is under somebody else's control and must neither move the cursor nor break a column.
"""

import math
import re
import unicodedata
from functools import lru_cache

from aicost.core.model_ids import parse_model_id
from aicost.core.money import NANO

UNKNOWN = "—"
_CENT_NUSD = NANO // 100
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)"  # OSC, DCS, …: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]?",  # the short ones
    re.DOTALL,
)
_HANGUL_TAIL = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")  # joins the syllable before it
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAX_MARKS = 2  # accents on one letter; more would paint over the lines above and below
_MAX_CHARS = 400  # nothing on a screen is longer; keeps a megabyte of "branch" cheap


def clean(text: str) -> str:
    """Return `text` as one line of visible characters; escape sequences and controls are gone.

    Bidirectional overrides, joiners and variation selectors go too: terminals disagree on their
    width. Any white space becomes one space.
    """
    return _clean(text[:_MAX_CHARS])


@lru_cache(maxsize=4096)  # the same few names are drawn several times a second
def _clean(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in _ESCAPES.sub("", text):
        if char.isspace():
            char = " "
        elif unicodedata.category(char) in _INVISIBLE or "\ufe00" <= char <= "\ufe0f":
            continue
        marks = marks + 1 if char_cells(char) == 0 else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return " ".join("".join(kept).split())


def char_cells(char: str) -> int:
    """Return the terminal cells of one cleaned character: 0, 1 or 2."""
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Mc") or _HANGUL_TAIL.match(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def cells(text: str) -> int:
    """Return the terminal cells that cleaned text takes."""
    return len(text) if text.isascii() else sum(map(char_cells, text))


def fit(text: str, width: int) -> str:
    """Return cleaned text in at most `width` cells, with `…` where something was cut off."""
    if cells(text) <= width:
        return text
    return cut(text, width - 1) + "…" if width > 0 else ""


def cut(text: str, width: int) -> str:
    """Return the beginning of cleaned text that takes at most `width` cells."""
    kept, used = "", 0
    for char in text:
        used += char_cells(char)
        if used > width:
            break
        kept += char
    return kept.rstrip()


def money(nusd: int | None) -> str:
    """Return an amount in at most 7 cells: `$0.00`, `<$0.01`, `$18.42`, `$1,235`, `$123k`, `—`."""
    if nusd is None:
        return UNKNOWN
    if 0 < nusd < _CENT_NUSD:
        return "<$0.01"
    cents = _round_div(nusd, _CENT_NUSD)
    if cents < 1_000_00:
        return f"${cents // 100}.{cents % 100:02}"
    dollars = _round_div(nusd, NANO)
    return f"${dollars:,}" if dollars < 100_000 else f"${tokens(dollars)}"


def money_exact(nusd: int) -> str:
    """Return an amount to the cent, however large: `$12,345.67`; `<$0.01` for less than a cent."""
    if 0 < nusd < _CENT_NUSD:
        return "<$0.01"
    cents = _round_div(nusd, _CENT_NUSD)
    return f"${cents // 100:,}.{cents % 100:02}"


def cost(nusd: int | None, unpriced_tokens: int) -> str:
    """Return a cost in at most 8 cells that says what it does not know.

    `≥$3.20` when some tokens have no price, `unpriced` when none has, `—` when nothing was used.
    """
    if nusd is None:
        return "unpriced" if unpriced_tokens else UNKNOWN
    return f"≥{money(nusd)}" if unpriced_tokens else money(nusd)


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


def plural(count: int, word: str) -> str:
    """Return `1 file`, `2 files`, `1,234 files`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _round_div(value: int, by: int) -> int:
    """Divide, rounded half up, in whole numbers."""
    return (value + by // 2) // by
