"""Bars of days, weeks or months: what was used in each, as a chart one can point at. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from aicost.core.history import Day
from aicost.core.money import cost_text_short
from aicost.core.text import cells_of
from aicost_tui import format as fmt
from aicost_tui.charts import Chart, Series, chart_lines
from aicost_tui.history_place import GRAINS, Grain, Unit
from aicost_tui.spans import Line, Part, Role, Span, arrange, plain

_SCALE = 8  # cells that the scale takes at most, its axis included
_PLURALS = {"day": "days", "week": "weeks", "month": "months"}
_FEW = 14  # bars: each is named; of more days the Mondays, of more weeks where months begin
_GAP_FROM = 2  # cells of a bar, from which one of them is a gap
CHOSEN = "▲"
_AXIS = "└"
_DRAWN: Role = "label"
_CHOSEN_ROLE: Role = "accent"


@dataclass(frozen=True, slots=True)
class Bar:
    """What was used from one day to another, both included."""

    first: date
    last: date
    requests: int = 0
    tokens: int = 0
    cost_nusd: int | None = None  # of the priced calls; None if none is priced
    unpriced_tokens: int = 0

    def amount(self, unit: Unit) -> int | None:
        """What the bar shows; None where there is no price."""
        if unit == "tokens":
            return self.tokens
        return 0 if self.cost_nusd is None and not self.tokens else self.cost_nusd

    def words(self, unit: Unit) -> str:
        """The amount as text."""
        if unit == "tokens":
            return f"{fmt.tokens(self.tokens)} tokens"
        if not self.requests:
            return fmt.money(0)
        return cost_text_short(self.cost_nusd, self.unpriced_tokens)


@dataclass(frozen=True, slots=True)
class BarFacts:
    """All that the bars show."""

    bars: tuple[Bar, ...]
    grain: Grain
    unit: Unit
    chosen: tuple[date, date] | None = None  # the days that are marked
    asked: Grain | None = None  # what bars were asked for, where those have no room

    @property
    def chosen_at(self) -> int | None:
        """The place of the bar that is marked."""
        if self.chosen is None:
            return None
        since, until = self.chosen
        places = (n for n, bar in enumerate(self.bars) if bar.first <= until and since <= bar.last)
        return next(places, None)


def bars_of(days: Iterable[Day], since: date, until: date, grain: Grain) -> tuple[Bar, ...]:
    """Return a bar for each day, week or month of a span, also for those without usage."""
    spans = list(_spans(since, until, grain))
    kept: dict[date, list[Day]] = {first: [] for first, _ in spans}
    starts = {since: since} if spans else {}
    for day in days:
        if since <= day.day <= until:
            start = starts.setdefault(day.day, max(since, _start(day.day, grain)))
            kept[start].append(day)
    return tuple(_bar(first, last, kept[first]) for first, last in spans)


def fitting(grain: Grain, since: date, until: date, width: int) -> Grain:
    """Return the finest grain, not finer than `grain`, whose bars have a cell each."""
    for one in GRAINS[GRAINS.index(grain) :]:
        if sum(1 for _ in _spans(since, until, one)) <= max(1, width - _SCALE):
            return one
    return GRAINS[-1]


def chart_of(facts: BarFacts) -> Chart:
    """Return the bars as a chart."""
    values = tuple(float(bar.amount(facts.unit) or 0) for bar in facts.bars)
    write = _dollars if facts.unit == "dollars" else _tokens
    return Chart(Series(values, write, _DRAWN), ticks=tuple(_ticks(facts)), bars=True, blocks=True)


def bar_lines(facts: BarFacts, width: int, height: int) -> tuple[Line, ...]:
    """Return a title and the chart below it in `height` lines; the chosen bar stands out."""
    if not facts.bars or height < 2:
        return ()
    even = _even(facts, width, height)
    lines = chart_lines(chart_of(facts), even, height - 1)
    at, left = facts.chosen_at, _axis(lines)
    if at is not None and left is not None:
        each, count = even - left, len(facts.bars)
        first = left - (-each * at // count)  # only whole cells: bars may meet inside of one
        after = max(first + 1, left + each * (at + 1) // count)
        rows = sum(1 for line in lines if _AXIS not in plain(line)) - 1
        drawn = tuple(_marked(line, first, after) for line in lines[:rows])
        lines = (*drawn, *lines[rows:])
    return (title_line(facts, width), *lines)


def bar_at(facts: BarFacts, width: int, height: int, x: int) -> Bar | None:
    """Return the bar in column `x`; None beside all."""
    if not facts.bars or height < 2:
        return None
    even = _even(facts, width, height)
    left = _axis(chart_lines(chart_of(facts), even, height - 1))
    if left is None or not left <= x < even:
        return None
    return facts.bars[min(len(facts.bars) - 1, (x - left) * len(facts.bars) // (even - left))]


def _marked(line: Line, first: int, after: int) -> Line:
    """Return a line of the chart with what is drawn in these columns in the accent."""
    spans: list[Span] = []
    column = 0
    for span in line:
        if span.role != _DRAWN:
            spans.append(span)
            column += cells_of(span.text)
            continue
        start, end = max(0, first - column), max(0, after - column)
        column += len(span.text)  # (a chart's signs have one cell)
        parts = ((span.text[:start], span.role), (span.text[start:end], _CHOSEN_ROLE))
        spans += [Span(text, role) for text, role in (*parts, (span.text[end:], span.role)) if text]
    return tuple(spans)


def title_line(facts: BarFacts, width: int) -> Line:
    """Return what the bars are, the largest of them, and how many have no price."""
    bars, unit = facts.bars, facts.unit
    parts = [Part(0, ((Span(f"{unit.capitalize()} a {facts.grain}", "figure"),),))]
    largest = max(bars, key=lambda bar: bar.amount(unit) or 0)
    if largest.amount(unit):
        known = (Span("most ", "label"), Span(largest.words(unit), "text"))
        where = Span(f" {'on' if facts.grain == 'day' else 'in'} {_name(largest)}", "label")
        parts.append(Part(2, ((*known, where), known, ())))
    if facts.asked not in (None, facts.grain):
        why = Span(f"more {_PLURALS[facts.asked]} than columns", "label")
        parts.append(Part(3, ((why,), ())))
    unknown = sum(1 for bar in bars if bar.unpriced_tokens)
    if unit == "dollars" and unknown:
        words = f"? {unknown} {_PLURALS[facts.grain] if unknown > 1 else facts.grain}"
        long, short = f"{words} with tokens without a price", f"{words} not all priced"
        parts.append(Part(1, ((Span(long, "warn"),), (Span(short, "warn"),))))
    return arrange(parts, [], width)


def _spans(since: date, until: date, grain: Grain) -> Iterator[tuple[date, date]]:
    first = since
    while first <= until:
        last = min(until, _end(first, grain))
        yield first, last
        first = last + timedelta(days=1)


def _start(day: date, grain: Grain) -> date:
    if grain == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if grain == "week" else day


def _end(day: date, grain: Grain) -> date:
    if grain == "month":
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return day + timedelta(days=6 - day.weekday()) if grain == "week" else day


def _bar(first: date, last: date, days: Sequence[Day]) -> Bar:
    priced = [day.cost_nusd for day in days if day.cost_nusd is not None]
    return Bar(
        first,
        last,
        requests=sum(day.requests for day in days),
        tokens=sum(day.tokens for day in days),
        cost_nusd=sum(priced) if priced else None,
        unpriced_tokens=sum(day.unpriced_tokens for day in days),
    )


def _ticks(facts: BarFacts) -> Iterator[tuple[float, str]]:
    """Yield what stands under which bar; what is named first has the room."""
    bars = facts.bars
    if (chosen := facts.chosen_at) is not None:
        yield float(chosen), f"{CHOSEN} {_name(bars[chosen])}"
    names = [
        (float(at), _tick(bar, bars[at - 1] if at else None, facts.grain))
        for at, bar in enumerate(bars)
    ]
    yield from ((at, name) for at, name in names if " " in name)  # where a month or year begins
    few = len(bars) <= _FEW or facts.grain == "month"
    yield from (
        (at, name)
        for (at, name), bar in zip(names, bars)
        if few or (facts.grain == "day" and bar.first.weekday() == 0)
    )


def _tick(bar: Bar, before: Bar | None, grain: Grain) -> str:
    """Return a bar's short name: a month or a year only where it begins."""
    if grain == "month":
        is_first = before is None or before.first.year != bar.first.year
        return f"{bar.first:%b %Y}" if is_first else f"{bar.first:%b}"
    is_first = before is None or before.first.month != bar.first.month
    return f"{bar.first.day} {bar.first:%b}" if is_first else f"{bar.first.day}"


def _name(bar: Bar) -> str:
    first, last = bar.first, bar.last
    if first == last:
        return f"{first:%a} {first.day} {first:%b}"
    if first.month == last.month:
        if (last - first).days > 6:
            return f"{first:%b %Y}"
        return f"{first.day}–{last.day} {last:%b}"
    return f"{first.day} {first:%b}–{last.day} {last:%b}"


def _even(facts: BarFacts, width: int, height: int) -> int:
    """Return the cells of a chart whose bars are all as wide, gaps included; all without gaps."""
    left = _axis(chart_lines(chart_of(facts), width, height - 1))
    if left is None or (each := (width - left) // len(facts.bars)) < _GAP_FROM:
        return width
    return left + each * len(facts.bars)


def _axis(lines: Sequence[Line]) -> int | None:
    """Return the first column to the right of the axis."""
    places = [place for line in lines if (place := plain(line).find(_AXIS)) >= 0]
    return places[0] + 1 if places else None


def _dollars(nusd: float) -> str:
    return fmt.money(round(nusd)).removesuffix(".00")


def _tokens(count: float) -> str:
    return fmt.tokens(count)
