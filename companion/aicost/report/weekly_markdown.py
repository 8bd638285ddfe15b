"""A weekly report as Markdown: to paste into a chat or a wiki."""

import re
from collections.abc import Iterable, Iterator, Sequence

from aicost.core.weekly import WeeklyReport
from aicost.report.weekly_page import Block, Chart, Items, Lines, Steps, Table, weekly_page

# All that begins a construct anywhere in a line; `:` and `.` where they make an address a link, and
# `$` where it may begin a formula. Amounts stay as they are: not every chat knows the backslash.
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&!]|:(?=//)|(?<=www)\.|\$(?!\d)", re.IGNORECASE)
_LEADING = re.compile(r"^([-+=]|\d+(?=[.)]))")
_MENTION = str.maketrans("@", "＠")  # no backslash keeps a chat from calling whoever is named


def weekly_markdown(report: WeeklyReport) -> str:
    """Return the report as Markdown."""
    page = weekly_page(report)
    lines = [f"# {escape(page.title)}", "", escape(" ".join(page.headline))]
    for section in page.sections:
        lines += ["", f"## {escape(section.heading)}"]
        for block in section.blocks:
            lines += ["", *_block(block)]
    lines += ["", f"_{escape(page.footer)}_"]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Return cleaned text that Markdown shows as it is, on whatever line it stands."""
    return _LEADING.sub(lambda found: _not_leading(found[1]), _inline(text))


def _inline(text: str) -> str:
    return _ACTIVE.sub(r"\\\g<0>", text.translate(_MENTION))


def _not_leading(begin: str) -> str:
    """Return what may begin a list or a line, so that it does not."""
    return f"\\{begin}" if not begin.isdigit() else f"{begin}\u2060"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Lines():
            yield from (f"- {escape(line)}" for line in block.lines)
        case Steps():
            for number, (what, why, amount) in enumerate(block.steps, start=1):
                yield f"{number}. **{escape(what)}** {escape(why)} ({escape(amount)})"
        case Items():
            has_place = any(where for _, where, _ in block.items)
            headings = ("What", "Where", "Cost") if has_place else ("What", "Cost")
            rows = [[cell for cell in item if cell or has_place] for item in block.items]
            yield from _table(headings, rows, frozenset(range(len(headings) - 1)))
        case Table():
            yield from _table(block.headings, block.rows, block.texts)
        case Chart():
            names = ["", block.name, *filter(None, [block.usual])]
            cells = [[one.label, one.text, one.usual_text][: len(names)] for one in block.bars]
            yield from _table(names, cells, frozenset((0,)))


def _table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], texts: frozenset[int]
) -> Iterator[str]:
    yield _row(headings)
    yield _row_of("---" if at in texts else "--:" for at in range(len(headings)))
    for row in rows:
        yield _row(row)


def _row(cells: Iterable[str]) -> str:
    return _row_of(map(_inline, cells))


def _row_of(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
