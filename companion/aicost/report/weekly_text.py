"""A weekly report for the terminal."""

from collections.abc import Iterator, Sequence

from aicost.core.text import cells_of, fit, wrapped
from aicost.core.weekly import WeeklyReport
from aicost.report.tables import Column, Style, as_table
from aicost.report.weekly_page import Block, Chart, Items, Lines, Steps, Table, weekly_page

_MOST_CELLS = 100  # longer lines are hard to read
_BAR_CELLS = 30
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def weekly_text(report: WeeklyReport, style: Style) -> str:
    """Return the report as text."""
    page = weekly_page(report)
    look = Style(min(style.width, _MOST_CELLS), style.colour)
    lines = [_styled(page.title, _BOLD, look), *_folded(" ".join(page.headline), look.width)]
    for section in page.sections:
        lines += ["", _styled(section.heading, _BOLD, look)]
        for block in section.blocks:
            lines += _block(block, look)
    lines += ["", *(_styled(line, _DIM, look) for line in _folded(page.footer, look.width))]
    return "\n".join(lines) + "\n"


def _block(block: Block, style: Style) -> Iterator[str]:
    match block:
        case Lines():
            for line in block.lines:
                yield from _folded(line, style.width)
        case Steps():
            yield from _steps(block, style)
        case Items():
            yield from _items(block, style)
        case Table():
            yield from _table(block, style)
        case Chart():
            yield from _chart(block, style)


def _steps(steps: Steps, style: Style) -> Iterator[str]:
    for number, (what, why, amount) in enumerate(steps.steps, start=1):
        yield from _set_in(f"{number}. {what}", style.width, 3)
        for line in _set_in(f"   {why} ({amount})", style.width, 3):
            yield _styled(line, _DIM, style)


def _items(items: Items, style: Style) -> Iterator[str]:
    cells = max(cells_of(amount) for _, _, amount in items.items)
    for what, where, amount in items.items:
        first = " " * (cells - cells_of(amount)) + amount
        for line in wrapped(what, style.width - cells - 2):
            yield f"{first}  {line}"
            first = " " * cells
        if where:
            yield _styled(f"{first}  {fit(where, style.width - cells - 2)}", _DIM, style)


def _table(table: Table, style: Style) -> Iterator[str]:
    ranks = table.ranks or (0,) * len(table.headings)
    columns = [
        Column(
            (heading, *(row[at] for row in table.rows)),
            is_text=at in table.texts,
            rank=ranks[at],
        )
        for at, heading in enumerate(table.headings)
    ]
    if columns:
        yield from as_table(columns, style).splitlines()


def _chart(chart: Chart, style: Style) -> Iterator[str]:
    key = f"{chart.name} (in brackets: {chart.usual})" if chart.usual else chart.name
    yield from (_styled(line, _DIM, style) for line in _folded(key, style.width))
    usuals = [f"({one.usual_text})" if one.usual_text else "" for one in chart.bars]
    cells = [
        [_filled(text, column) for text in column]
        for column in ([one.label for one in chart.bars], [one.text for one in chart.bars], usuals)
    ]
    most = max((one.value or 0 for one in chart.bars), default=0)
    for one, label, amount, usual in zip(chart.bars, *cells):
        begin = f"{label}  {amount}  {usual}" if any(usuals) else f"{label}  {amount}"
        bar = _bar(one.value or 0, most, min(_BAR_CELLS, style.width - cells_of(begin) - 2))
        line = f"{begin}  {bar}".rstrip()
        yield _styled(line, _BOLD, style) if one.is_this and not chart.usual else line


def _filled(text: str, column: Sequence[str]) -> str:
    """Return a text that ends where the others of its column do."""
    return " " * (max(map(cells_of, column)) - cells_of(text)) + text


def _bar(value: int, most: int, cells: int) -> str:
    eighths = round(value * max(0, cells) * 8 / most) if most else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _folded(text: str, width: int) -> Iterator[str]:
    yield from wrapped(text, width)


def _set_in(text: str, width: int, by: int) -> Iterator[str]:
    """Yield text in lines; what begins with blanks keeps them, and goes on set in as far."""
    first = text[: len(text) - len(text.lstrip())]
    for number, line in enumerate(wrapped(text, width - by)):
        yield (first if number == 0 else " " * by) + line


def _styled(text: str, code: str, style: Style) -> str:
    return f"{code}{text}{_PLAIN}" if style.colour and text else text
