"""Charts as lines of text: values over time, with a scale. Pure; plotext draws.

plotext is imported with the first chart, so that the first picture of a screen does not wait for
it. Its colours are only tags here: they become roles, and a theme says how a role looks. So a chart
reads with sixteen colours and with none.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, log10
from sys import float_info

from aicost.core.text import cells_of
from aicost_tui.spans import ROLES, Line, Role, Span

LEAST_WIDTH, LEAST_HEIGHT = 20, 4  # cells; nothing is drawn in less
_BLOCKS_FROM = 7  # rows from which blocks are fine enough; braille has twice as many steps
_HALF_FROM = 6  # rows from which half of the scale is written too
_ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_AXIS = re.compile(r"([─│┌┐└┘├┤┬┴┼]+)")
_ESCAPE = re.compile(r"\x1b\[([\d;]*)m")


@dataclass(frozen=True, slots=True)
class Series:
    """Values from left to right; None and 0 draw nothing. `text` writes a value at the scale."""

    values: tuple[float | None, ...]
    text: Callable[[float], str]
    role: Role = "accent"


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. Positions are places in `up.values`; what has no room is left out.

    `down` grows from the same zero line to the bottom, on a scale of its own, and has as many
    values. `marks` are upright lines, and are told before `ticks`. `bars` keeps a gap between
    values. `top` is the least that the scale of `up` reaches. `blocks` draws solid, however few
    rows there are.
    """

    up: Series
    down: Series | None = None
    ticks: tuple[tuple[float, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    bars: bool = False
    top: float = 0.0
    blocks: bool = False


def round_up(value: float) -> float:
    """Return the next round number for the end of a scale; 1 for nothing, or next to nothing."""
    if value < float_info.min:  # (less has no power of ten)
        return 1.0
    unit = 10.0 ** floor(log10(value))
    return next(unit * step for step in _ROUND if unit * step >= value * (1 - 1e-9))


@lru_cache(maxsize=8)  # the same chart many times a minute; it may have thousands of values
def chart_lines(chart: Chart, width: int, height: int) -> tuple[Line, ...]:
    """Return the chart in exactly `height` lines of `width` cells; () where that is too little."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT or not chart.up.values:
        return ()
    from textual_plotext import Plot

    rows = height - (2 if chart.ticks or chart.marks else 1)  # the axis, and what is under it
    scale = _scale(chart, rows)
    columns = width - max(cells_of(text) for _, text in scale) - 1
    steps = columns * 2  # a cell has two steps across, in blocks as in braille
    plot = Plot()
    plot.theme("clear")
    plot._set_size(width, height)  # plotsize() would stop at the size of the terminal
    plot.xaxes(True, False)
    plot.yaxes(True, False)
    plot.xlim(0, steps - 1)
    plot.ylim(-1 if chart.down else 0, 1)
    plot.yticks([at for at, _ in scale], [text for _, text in scale])
    labels = list(_labels(chart, columns))
    plot.xticks([column * 2 for column, _, _ in labels], [text for _, _, text in labels])
    marked = {_step_of(position, chart, steps) // 2 for position, _ in chart.marks}
    for column in marked:
        plot.vline(column * 2, color=_tag("warn"))
    marker = "hd" if chart.blocks or rows >= _BLOCKS_FROM else "braille"
    for series, sign, end in _drawn(chart):
        points = _points(series.values, steps, bars=chart.bars)
        shown = [(step, value) for step, value in points if step // 2 not in marked]
        if shown:
            places, values = zip(*shown)
            heights = [sign * min(1.0, value / end) for value in values]
            plot.scatter(list(places), heights, marker=marker, color=_tag(series.role), fillx=True)
    lines = _parsed(plot.build(), height)
    if not labels:
        return lines
    # plotext moves or drops labels that are close to each other, in an order that is not ours.
    left = width - columns
    return (*lines[:-2], _axis_line(labels, left, width), _label_line(labels, left, width))


def _drawn(chart: Chart) -> Iterator[tuple[Series, int, float]]:
    """Yield each series, its direction (1 up, -1 down), and the end of its scale."""
    yield chart.up, 1, _end(chart.up, chart.top)
    if chart.down is not None:
        yield chart.down, -1, _end(chart.down)


def _end(series: Series, least: float = 0.0) -> float:
    return round_up(max(least, *(value or 0.0 for value in series.values), 0.0))


def _scale(chart: Chart, rows: int) -> list[tuple[float, str]]:
    """Return what stands at the left: how high from -1 to 1, and what."""
    scale = [(0.0, chart.up.text(0))]
    for series, sign, end in _drawn(chart):
        has_half = rows >= _HALF_FROM * (2 if chart.down else 1)
        for share in (0.5, 1.0) if has_half else (1.0,):
            scale.append((sign * share, series.text(end * share)))
    return scale


def _step_of(position: float, chart: Chart, steps: int) -> int:
    """Return the step that lies in the middle of a value."""
    return max(0, min(steps - 1, floor((position + 0.5) * steps / len(chart.up.values))))


def _points(
    values: Sequence[float | None], steps: int, *, bars: bool
) -> Iterator[tuple[int, float]]:
    """Yield what to draw at which step; where a step has several values, the largest."""
    count = len(values)
    cell = 2 if bars and steps >= 4 * count else 1  # a gap is a whole cell, or there is none
    places = steps // cell
    for place in range(places):
        first = floor(place * count / places)
        after = floor((place + 1) * count / places)
        if cell == 2 and after > first and place + 1 < places:
            continue
        largest = max(value or 0.0 for value in values[first : max(after, first + 1)])
        for step in range(place * cell, (place + 1) * cell) if largest > 0 else ():
            yield step, largest


def _labels(chart: Chart, columns: int) -> Iterator[tuple[int, int, str]]:
    """Yield the column, the first cell and the text of each label that has room under the axis."""
    taken: list[tuple[int, int]] = []
    for position, text in (*chart.marks, *chart.ticks):
        column = _step_of(position, chart, columns * 2) // 2
        width = cells_of(text)
        start = max(0, min(columns - width, column - width // 2))
        if width <= columns and all(start + width < a or start > b for a, b in taken):
            taken.append((start, start + width))
            yield column, start, text


def _axis_line(labels: Sequence[tuple[int, int, str]], left: int, width: int) -> Line:
    """Return the axis with a tick above each label; the columns begin after `left` cells."""
    named = {column for column, _, _ in labels}
    axis = "".join("┬" if column in named else "─" for column in range(width - left))
    return (Span(" " * (left - 1), "label"), Span(f"└{axis}", "faint"))


def _label_line(labels: Sequence[tuple[int, int, str]], left: int, width: int) -> Line:
    """Return the line of labels, which begins `left` cells before their first column."""
    text = ""
    for _, start, label in sorted(labels, key=lambda one: one[1]):
        text += " " * (left + start - cells_of(text)) + label
    return (Span(text + " " * (width - cells_of(text)), "label"),)


def _tag(role: Role) -> tuple[int, int, int]:
    return (ROLES.index(role) + 1, 0, 0)


def _parsed(drawn: str, height: int) -> tuple[Line, ...]:
    """Return plotext's text as lines: colours are our roles, the rest is axes and labels."""
    lines = []
    for line in drawn.splitlines()[:height]:
        spans: list[Span] = []
        role: Role | None = None
        for at, piece in enumerate(_ESCAPE.split(line)):
            if at % 2:
                code = piece.split(";")
                role = ROLES[int(code[2]) - 1] if len(code) == 5 else None
            elif piece:
                spans.extend([Span(piece, role)] if role else _axis(piece))
        lines.append(tuple(spans))
    return tuple(lines)


def _axis(text: str) -> Iterator[Span]:
    for at, piece in enumerate(_AXIS.split(text)):
        if piece:
            yield Span(piece, "faint" if at % 2 else "label")
