"""The lines below Claude Code's prompt: what a session is told of itself, for every width. Pure.

The daemon keeps them in a file a session, of which `statusline.sh` prints the widest that fits. A
text in it is of a closed ALPHABET, so that nothing a log brought can be more than letters; `~` and
one letter stand for a sign or a colour.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aicost.core.badge import SIGN_OF, BadgeLevel, level_of
from aicost.core.budget import BudgetStatus, Scope
from aicost.core.money import cost_text_short, dollars, dollars_short
from aicost.core.nudge import SIGNS, Nudge, Severity
from aicost.core.nudge_words import amount, moment
from aicost.core.text import clean

FOLDER, LINES, TOLD, UNTIL = "statusline", "line", "in", "until"  # in the run folder
HOLDS_S = 20.0  # how far ahead of the clock the time of UNTIL is set: then the lines are too old
RENEW_S = 5.0  # how often that is done
ALPHABET = re.compile(r"[0-9A-Za-z $.,:;%/<>()+=_#@'?*&~!-]*")  # of a text, as statusline.sh has it
MOST_CELLS, MOST_VARIANTS, MOST_CHARS = 400, 40, 600

_CODES = {"▲": "~w", "■": "~s", "○": "~i", "·": "~m", "≥": "~g", "→": "~a", "…": "~e"}
_LIKE = {"`": "'", '"': "'", "’": "'", "—": "-", "–": "-", "−": "-", "~": "-", "|": "/", "\\": "/"}
_CODE = re.compile(r"~[a-z0-9]")
_SIGN = re.compile("|".join(_CODES.values()))
_RED, _YELLOW, _PLAIN = "~r", "~y", "~0"
_COLOUR: dict[BadgeLevel, str] = {"ok": "", "warn": _YELLOW, "serious": _RED, "over": _RED}
_LEVEL: dict[Severity, BadgeLevel] = {"info": "ok", "warning": "warn", "serious": "serious"}
_BETWEEN = " ~m "
_MOST_PERCENT = 999
_LABELS: dict[Scope, str] = {
    "turn": "turn",
    "session": "session",
    "5h": "5 hours",
    "day": "day",
    "week": "week",
    "month": "month",
    "plan-5h": "5h",
    "plan-week": "week",
}
_CUTS = (160, 140, 120, 100, 90, 80, 70, 60, 50, 40, 30)  # cells that advice is cut to
_LEAST_ADVICE = 20  # fewer cells of it say nothing
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLine:
    """What a session is told of itself at a moment. None is not known."""

    now: datetime  # UTC
    zone: ZoneInfo
    cost_nusd: int | None  # of the session; None if nothing of it is priced
    unpriced_tokens: int = 0
    today_nusd: int | None = 0  # of all sessions
    today_unpriced_tokens: int = 0
    used: BudgetStatus | None = None  # the strictest budget that bears on the session
    plans: Sequence[BudgetStatus] = ()  # the plan's windows
    context_share: float | None = None  # 0..1
    next_prompt_nusd: int | None = None
    nusd_per_hour: int = 0
    cache_ends_at: datetime | None = None  # UTC
    nudge: Nudge | None = None  # of what the figures do not say


@dataclass(frozen=True, slots=True)
class Variant:
    """One text for one of the two lines."""

    line: int  # 1 or 2
    text: str  # coded

    @property
    def cells(self) -> int:
        """How many cells a terminal needs for it."""
        return cells_of(self.text)


def prepared(status: StatusLine) -> str:
    """Return the file of a session: both lines in all widths, the widest first."""
    found = [*_unlike(1, _first_lines(status)), *_unlike(2, _second_lines(status))]
    return "".join(f"{one.line} {one.cells} {one.text}\n" for one in found[:MOST_VARIANTS])


def lines_for(status: StatusLine, cells: int) -> tuple[str, ...]:
    """Return what is shown in so many cells, coded: the first variant of each line that fits."""
    shown: dict[int, str] = {}
    for line in prepared(status).splitlines():
        number, need, text = line.split(" ", 2)
        if int(need) <= cells:
            shown.setdefault(int(number), text)
    return tuple(text for _, text in sorted(shown.items()))


def coded(text: str) -> str:
    """Return any text in the alphabet: signs as codes, quotes as one kind, the rest as `?`."""
    return "".join(map(_coded_sign, clean(text)))


def _coded_sign(char: str) -> str:
    char = _LIKE.get(char, char)
    if char in _CODES:
        return _CODES[char]
    return char if ALPHABET.fullmatch(char) else "?"


def cells_of(text: str) -> int:
    """Return how many cells a coded text takes; colours take none."""
    return len(_CODE.sub("", text)) + len(_SIGN.findall(text))


def _unlike(line: int, texts: Iterable[str]) -> list[Variant]:
    """Return the texts as variants, each narrower than those before it."""
    found: list[Variant] = []
    for text in texts:
        variant = Variant(line, text.strip())
        is_usable = text and variant.cells <= MOST_CELLS and len(text) <= MOST_CHARS
        if is_usable and (not found or variant.cells < found[-1].cells):
            found.append(variant)
    return found


# The first line: money and context


def _first_lines(status: StatusLine) -> Iterator[str]:
    cost = coded(cost_text_short(status.cost_nusd, status.unpriced_tokens))
    budget = [_budget(status, words) for words in (2, 1, 0)]
    context = [_context(status, words) for words in (2, 1, 0)]
    burn = f"{dollars_short(status.nusd_per_hour)}/h" if status.nusd_per_hour > 0 else ""
    cache = _cache(status)
    yield _joined(f"session {cost}", *budget[0], context[0], burn and f"burn {burn}", cache)
    yield _joined(cost, *budget[1], context[1], burn, cache)
    yield _joined(cost, *budget[1], context[1], cache)
    yield _joined(cost, *budget[1], context[1])
    yield _joined(cost, *budget[1], context[2])
    yield _joined(cost, *budget[2], context[2])
    yield _joined(cost, *budget[2])
    yield cost


def _budget(status: StatusLine, words: int) -> list[str]:
    """Return today's spend, and how the strictest budget stands: one part if that is today's."""
    today = coded(cost_text_short(status.today_nusd, status.today_unpriced_tokens))
    used = status.used
    if used is None:
        return [f"today {today}"]
    part = _percent(used)
    if words == 0:
        return [part]
    label = "run" if used.budget.origin == "guard" else _LABELS[used.budget.scope]
    limit = amount(used.budget, used.budget.limit)
    spent = amount(used.budget, used.spent).removesuffix(limit.lstrip("$0123456789.,"))
    between = " of " if words == 2 else "/"
    if used.budget.unit == "usd" and used.budget.scope == "day" and used.budget.filter.is_open:
        return [f"today {spent}{between}{limit} {part}"]
    own = f"{label} {spent}{between}{limit} {part}" if words == 2 else f"{label} {part}"
    return [f"today {today}", own]


def _percent(used: BudgetStatus) -> str:
    return _marked(used.spent * 100 // used.budget.limit)


def _marked(percent: int) -> str:
    """Return a share with its level: a sign and a colour from 80 % on."""
    level, shown = level_of(percent), min(percent, _MOST_PERCENT)
    return _coloured(level, f"{coded(SIGN_OF[level])}{shown}%")


def _coloured(level: BadgeLevel, text: str) -> str:
    colour = _COLOUR[level]
    return f"{colour}{text}{_PLAIN}" if colour else text


def _context(status: StatusLine, words: int) -> str:
    share, price = status.context_share, status.next_prompt_nusd
    parts = []
    if share is not None:
        parts.append(f"{'context' if words == 2 else 'ctx'} {_marked(int(share * 100))}")
    if price and words:
        parts.append(f"{'next prompt' if words == 2 else 'next'} {dollars(price)}")
    return (", " if words == 2 else " ").join(parts)


def _cache(status: StatusLine) -> str:
    """Return how long the provider keeps the context."""
    if status.cache_ends_at is None:
        return ""
    left = status.cache_ends_at - status.now
    if left <= timedelta(0):
        return "cache cold"
    if left < _MINUTE:
        return "cache <1m"
    return f"cache {left // _MINUTE}m" if left < 2 * _HOUR else f"cache {left // _HOUR}h"


# The second line: the plan, and what is worth a word


def _second_lines(status: StatusLine) -> Iterator[str]:
    plans = [[_plan(one, status, words) for one in status.plans] for words in (1, 0)]
    if status.nudge is not None:
        sign, sentence, whole = _advice(status.nudge)
        yield _joined(*plans[0], f"{sign} {whole}")
        yield _joined(*plans[1], f"{sign} {whole}")
        yield _joined(*plans[1], f"{sign} {sentence}")
        for cells in _CUTS:
            room = cells - cells_of(_joined(*plans[1], f"{sign} "))
            if room >= _LEAST_ADVICE:
                yield _joined(*plans[1], f"{sign} {_cut(sentence, room)}")
    yield _joined(*plans[0])
    yield _joined(*plans[1])
    if status.plans:
        yield _plan(max(status.plans, key=lambda one: one.share), status, 0)


def _plan(one: BudgetStatus, status: StatusLine, words: int) -> str:
    """Return how much of a plan's window is used, by the provider's own word."""
    text = f"{_LABELS[one.budget.scope]} {_percent(one)}"
    if words and one.resets_at is not None and one.resets_at > status.now:
        text += f" until {coded(moment(one.resets_at, status.now, status.zone))}"
    return text


def _advice(nudge: Nudge) -> tuple[str, str, str]:
    """Return the sign, the sentence, and the sentence with what to do."""
    sign = _coloured(_LEVEL[nudge.severity], coded(SIGNS[nudge.severity]))
    sentence = coded(nudge.sentence)
    return sign, sentence, f"{sentence} ~a {coded(nudge.action)}"


def _cut(text: str, cells: int) -> str:
    """Return the beginning of a coded text without colours, with `…` where something is cut off."""
    if cells_of(text) <= cells:
        return text
    parts, used = [], 1
    for part in re.findall(r"~.|.", text):
        if used == cells:
            break
        parts.append(part)
        used += 1
    return "".join(parts).rstrip() + "~e"


def _joined(*parts: str) -> str:
    return _BETWEEN.join(filter(None, parts))
