"""The few drawings of a weekly report: SVG for one page, in the colours that the page names.

No script, no font, no address: the page stands for itself. Each drawing says what it shows to who
cannot see it; the page has a table beside it.
"""

from collections.abc import Iterator, Sequence
from html import escape

from aicost.report.weekly_page import Bar, Chart

_HEIGHT, _TOP, _FOOT = 220, 26, 30  # of the drawing; above the bars, below them
_STEP_MAX, _WIDTH = 92, 640
_BAR_SHARE = 0.56  # of its step
_LEAST_BAR = 1.5  # a cent can be seen


def chart_svg(chart: Chart) -> str:
    """Return the drawing of a chart."""
    ceiling = max((max(one.value or 0, one.usual or 0) for one in chart.bars), default=0)
    step = _WIDTH / max(1, len(chart.bars))
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(_told(chart))}">',
        f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{_HEIGHT - _FOOT}" y2="{_HEIGHT - _FOOT}"/>',
    ]
    for number, bar in enumerate(chart.bars):
        middle = step * (number + 0.5)
        parts += _bar(bar, middle, min(step, _STEP_MAX) * _BAR_SHARE, ceiling)
    parts.append("</svg>")
    return "".join(parts)


def _told(chart: Chart) -> str:
    """Return the chart in words."""
    said = (f"{one.label} {one.text or 'not yet'}" for one in chart.bars)
    return f"{chart.name}: {', '.join(said)}"


def _bar(bar: Bar, middle: float, width: float, ceiling: int) -> Iterator[str]:
    base = _HEIGHT - _FOOT
    room = base - _TOP
    x = middle - width / 2
    top = float(base)
    if bar.value:
        height = max(_LEAST_BAR, room * bar.value / ceiling)
        top = base - height
        kind = "this" if bar.is_this else "other"
        yield (
            f'<rect class="bar {kind}" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}"'
            f' height="{height:.1f}" rx="3"/>'
        )
    if bar.usual:
        y = base - room * bar.usual / ceiling
        yield (
            f'<line class="usual" x1="{x - 7:.1f}" x2="{x + width + 7:.1f}" y1="{y:.1f}"'
            f' y2="{y:.1f}"/>'
        )
        top = min(top, y) if y > top - 26 else top
    yield _text("amount", middle, top - 7, bar.text)
    yield _text("label", middle, _HEIGHT - 9, bar.label)


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def share_bars(shares: Sequence[float]) -> Iterator[str]:
    """Yield a small bar for each share of a whole (0 to 1)."""
    for share in shares:
        percent = round(100 * min(1.0, max(0.0, share)), 1)
        yield f'<span class="share" aria-hidden="true"><i style="width:{percent}%"></i></span>'
