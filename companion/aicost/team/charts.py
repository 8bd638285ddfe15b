"""Charts as SVG inside a page: drawn by pygal, coloured by the page's own style sheet.

What pygal adds for pages of its own (scripts, fonts, styles, random names) is taken out, so that
the page's policy can forbid all of that, and so that a chart follows light, dark and print.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pygal
from pygal.style import Style

# pygal's finder of plug-ins, which we do not use, warns at each import that Python 3.11 fails.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

USUAL_PX, WIDE_PX = 440, 1100  # of a chart in half the page, and in all of it
_LABEL_PX = 13
_STEPS = (1, 2, 5, 10)  # of an axis, times a power of ten
_LYING_TICKS = 4  # their labels stand side by side
_MOST_LABELS = 7  # of weeks below a chart of usual width
_LAST_TICK_PX = 26  # half of what stands below the right edge
_ROW_PX, _ROWS_EDGE_PX = 30, 50  # of a bar that lies, and of what is around all of them
_DROPPED = ("script", "style", "desc")
_LOOK = Style(label_font_size=_LABEL_PX, major_label_font_size=_LABEL_PX, font_family="sans-serif")

Amount = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one name; None leaves a gap."""

    name: str
    values: Sequence[float | None]


def bars(labels: Sequence[str], series: Series, amount: Amount, said: str, width: int) -> str:
    """Return bars that stand side by side. `said` is what the chart is to who cannot see it."""
    return _drawn(_framed(pygal.Bar, labels, [series], amount, width), said)


def lines(
    labels: Sequence[str], series: Sequence[Series], amount: Amount, said: str, width: int
) -> str:
    """Return lines over the same labels."""
    return _drawn(_framed(pygal.Line, labels, series, amount, width), said)


def lying_bars(labels: Sequence[str], series: Series, amount: Amount, said: str) -> str:
    """Return bars below one another, the first on top."""
    backwards = Series(series.name, list(reversed(series.values)))  # pygal starts at the bottom
    rows = list(reversed(labels))
    chart = _framed(pygal.HorizontalBar, rows, [backwards], amount, USUAL_PX)
    chart.height = _ROWS_EDGE_PX + _ROW_PX * len(labels)
    return _drawn(chart, said)


def ticks(most: float, parts: int = 5) -> list[float]:
    """Return round values from 0 on, the last not below `most`; at most so many steps."""
    if most <= 0:
        return [0, 1]
    power = 1.0
    while power * 10 <= most / parts:
        power *= 10
    while power > most / parts:
        power /= 10
    step = next(power * one for one in _STEPS if power * one * parts >= most)
    count = next(number for number in range(1, parts + 1) if step * number >= most)
    return [step * number for number in range(count + 1)]


def _tick(value: float, axis: Sequence[float]) -> str:
    is_whole = all(one == int(one) for one in axis)
    return f"${value:,.0f}" if is_whole else f"${value:,.2f}"


def _framed(
    kind: Any,  # noqa: ANN401 - pygal has no types
    labels: Sequence[str],
    series: Sequence[Series],
    amount: Amount,
    width: int,
) -> Any:  # noqa: ANN401
    known = [value for one in series for value in one.values if value is not None]
    is_lying = kind is pygal.HorizontalBar
    axis = ticks(max(known, default=0), _LYING_TICKS if is_lying else 5)
    chart = kind(
        js=(), css=(), style=_LOOK, width=width, height=240, margin=8, spacing=6, zero=0,
        margin_right=8 if kind is pygal.Bar else _LAST_TICK_PX,
        show_legend=False, dots_size=3, truncate_label=-1, range=(0, axis[-1]),
        value_formatter=amount, allow_interruptions=True, disable_xml_declaration=True,
    )  # fmt: skip
    chart.x_labels = list(labels)
    chart.y_labels = [{"value": value, "label": _tick(value, axis)} for value in axis]
    every = -(-len(labels) * USUAL_PX // (width * _MOST_LABELS))
    if every > 1 and not is_lying:
        chart.x_labels_major = list(labels[::-1][::every])
        chart.show_minor_x_labels = False
    for one in series:
        chart.add(one.name, list(one.values))
    return chart


def _drawn(chart: Any, said: str) -> str:  # noqa: ANN401
    root = chart.render_tree()
    for node in tuple(root.iter()):
        _cleaned(node)
    root.attrib.pop("id", None)
    root.attrib |= {"role": "img", "aria-label": said, "class": f"chart {type(chart).__name__}"}
    return ElementTree.tostring(root, encoding="unicode")


def _cleaned(node: ElementTree.Element) -> None:
    """Take out what the page does not allow; what a mark stands for becomes its title."""
    node.attrib.pop("style", None)
    said = {child.get("class"): child.text for child in node if child.tag == "desc"}
    for child in tuple(_unwanted(node)):
        node.remove(child)
    if "value" in said:
        title = ElementTree.Element("title")
        title.text = f"{said.get('x_label') or ''}: {said['value']}".removeprefix(": ")
        node.insert(0, title)


def _unwanted(node: ElementTree.Element) -> Iterator[ElementTree.Element]:
    for child in node:
        is_comment = not isinstance(child.tag, str)
        is_overlay = "tooltip-overlay" in child.get("class", "")
        if is_comment or is_overlay or child.tag in (*_DROPPED, "title"):
            yield child
