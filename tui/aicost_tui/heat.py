"""The calendar of a year: a column for each week, a sign for each day. Pure.

A sign says how much it was, so that it reads without colour: `·` nothing, `░ ▒ ▓ █` the quarters of
the days with usage, `?` tokens whose price is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from aicost.core.history import CALENDAR_WEEKS, Day, calendar_start
from aicost.core.money import cost_text_short
from aicost_tui import format as fmt
from aicost_tui.history_place import Unit, span_name
from aicost_tui.spans import Line, Part, Role, Span, arrange, crop

SIGNS = "░▒▓█"
NOTHING, UNPRICED, CHOSEN = "·", "?", "◆"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HEIGHT = 10  # months, seven weekdays, the legend, the chosen day
_LEFT = 4  # cells of a weekday's name and its gap
_MONTH = 4  # cells of a month's name and its gap


@dataclass(frozen=True, slots=True)
class Heat:
    """What the calendar shows. `days` has those with usage."""

    today: date
    days: Mapping[date, Day]
    unit: Unit
    chosen: date | None = None

    @property
    def start(self) -> date:
        """Its first day, a Monday."""
        return calendar_start(self.today)

    def amount(self, day: date) -> int | None:
        """How much a day used; None if there is no price for it."""
        used = self.days.get(day)
        if used is None:
            return 0
        return used.tokens if self.unit == "tokens" else used.cost_nusd


def limits_of(heat: Heat) -> tuple[int, int, int]:
    """Return the largest amount of each sign but the last: the quartiles of days with usage."""
    amounts = sorted(
        amount for day in heat.days if heat.start <= day and (amount := heat.amount(day))
    )
    if not amounts:
        return 0, 0, 0
    first, second, third = (amounts[(len(amounts) - 1) * part // 4] for part in (1, 2, 3))
    return first, second, third


def sign_of(amount: int | None, limits: tuple[int, int, int]) -> str:
    """Return the sign of an amount."""
    if amount is None:
        return UNPRICED
    return SIGNS[sum(amount > limit for limit in limits)] if amount > 0 else NOTHING


def heat_lines(heat: Heat, width: int) -> tuple[Line, ...]:
    """Return the calendar in at most `width` cells: as many of the last weeks as have room."""
    cells, first = _place(heat, width)
    limits = limits_of(heat)
    lines = [_months(heat, width)]
    for weekday, name in enumerate(WEEKDAYS):
        spans = [Span(name.ljust(_LEFT), "label" if weekday % 2 == 0 else "faint")]
        for week in range(first, CALENDAR_WEEKS):
            day = heat.start + timedelta(weeks=week, days=weekday)
            spans.append(_cell(heat, day, limits, cells))
        lines.append(crop(tuple(spans), width))
    return (*lines, _legend(heat, limits, width), crop(_told(heat), width))


def day_at(heat: Heat, width: int, x: int, y: int) -> date | None:
    """Return the day at a place of the calendar; None beside all, and for days to come."""
    cells, first = _place(heat, width)
    week, weekday = first + (x - _LEFT) // cells, y - 1
    if x < _LEFT or not 0 <= weekday < 7 or week >= CALENDAR_WEEKS:
        return None
    day = heat.start + timedelta(weeks=week, days=weekday)
    return day if day <= heat.today else None


def moved(heat: Heat, days: int) -> date:
    """Return the day so many days from the chosen one, today at first; inside the calendar."""
    if heat.chosen is None:
        return heat.today
    return min(heat.today, max(heat.start, heat.chosen + timedelta(days=days)))


def _place(heat: Heat, width: int) -> tuple[int, int]:
    """Return the cells of a day, and the first week that has room."""
    cells = 2 if width >= _LEFT + 2 * CALENDAR_WEEKS else 1
    first = max(0, CALENDAR_WEEKS - max(1, (width - _LEFT) // cells))
    if heat.chosen is not None:  # it is seen, wherever it is
        first = min(first, (heat.chosen - heat.start).days // 7)
    return cells, first


def _cell(heat: Heat, day: date, limits: tuple[int, int, int], cells: int) -> Span:
    if day > heat.today:
        return Span(" " * cells)
    if day == heat.chosen:
        return Span(CHOSEN.ljust(cells), "figure")
    sign = sign_of(heat.amount(day), limits)
    if sign in (NOTHING, UNPRICED):
        return Span(sign.ljust(cells), "faint" if sign == NOTHING else "warn")
    return Span(sign * cells, "accent")


def _months(heat: Heat, width: int) -> Line:
    """Return the months' names above the weeks in which they begin."""
    cells, first = _place(heat, width)
    text = " " * _LEFT
    for week in range(first, CALENDAR_WEEKS):
        monday = heat.start + timedelta(weeks=week)
        at = _LEFT + (week - first) * cells
        begins = monday.day <= 7
        if begins and len(text) <= at and at + _MONTH <= max(width, _LEFT + _MONTH):
            text = text.ljust(at) + f"{monday:%b} "
    return crop((Span(text.rstrip(), "label"),), width)


def _legend(heat: Heat, limits: tuple[int, int, int], width: int) -> Line:
    write = fmt.money if heat.unit == "dollars" else fmt.tokens
    indent, nothing = Span(" " * _LEFT), (Span(NOTHING, "faint"), Span(" nothing", "label"))
    unknown = any(heat.amount(day) is None for day in heat.days if day >= heat.start)
    tail: Line = (Span(f"  {UNPRICED}", "warn"), Span(" no price", "label")) if unknown else ()
    if not any(limits):
        return crop((indent, *nothing, *tail), width)
    steps: list[Span] = []
    for sign, limit in zip(SIGNS, (*limits, None)):
        says = f" ≤{write(limit)} " if limit is not None else " more"
        steps += [Span(sign, "accent"), Span(says, "label")]
    signs = (Span("less ", "label"), Span(SIGNS, "accent"), Span(" more", "label"))
    forms = ((indent, *nothing, Span("  "), *steps, *tail), (indent, *steps, *tail))
    return arrange([Part(0, (*forms, (indent, *signs, *tail)))], [], width)


def _told(heat: Heat) -> Line:
    """Return what the chosen day used, in words."""
    if heat.chosen is None:
        return (Span(" " * _LEFT), Span("a click or ← → ↑ ↓ chooses a day", "label"))
    name = (Span(" " * _LEFT), Span(f"{CHOSEN} {span_name(heat.chosen, heat.chosen)}  ", "figure"))
    used = heat.days.get(heat.chosen)
    if used is None:
        return (*name, Span("nothing used", "label"))
    role: Role = "warn" if used.unpriced_tokens else "figure"
    return (
        *name,
        Span(cost_text_short(used.cost_nusd, used.unpriced_tokens), role),
        Span(f" · {fmt.tokens(used.tokens)} tokens", "label"),
        Span(f" · {fmt.plural(used.requests, 'call')}", "label"),
    )
