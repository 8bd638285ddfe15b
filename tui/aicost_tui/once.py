"""One screen of the dashboard as text, for `aicost top --once`. Loads no Textual."""

from datetime import datetime

from aicost.core.view import DashboardView
from aicost_tui import advice, gauges
from aicost_tui import columns as cols
from aicost_tui.rows import Sort, ordered
from aicost_tui.spans import Line, Role, plain
from aicost_tui.summary import HeaderFacts, blank_lines, header_lines, reading_line, zone_of

_ALL = 10_000  # lines

_SGR: dict[Role, str] = {
    "label": "2",
    "faint": "2",
    "figure": "1",
    "good": "32",
    "warn": "33",
    "bad": "31",
    "accent": "36",
}


def render_once(
    view: DashboardView,
    width: int,
    colour: bool,  # noqa: FBT001 - the terminal's nature, known by the caller
    *,
    now: datetime | None = None,
) -> str:
    """Return the screen in lines of at most `width` cells, with a newline after each.

    `colour` adds the 16-colour escapes. `now` defaults to the moment the view was built.
    """
    now = now or view.at
    lines: list[Line] = list(header_lines(HeaderFacts(view=view, now=now), width))
    if view.reading is not None:
        lines.append(reading_line(view.reading, width))
    lines.append(())
    rows = ordered(view.sessions, Sort.BURN)
    if rows:
        columns, gap = cols.fit_columns(width), cols.gap_for(width)
        lines.append(cols.head_line(columns, Sort.BURN, gap))
        lines.extend(cols.row_line(columns, row, now, gap) for row in rows)
    else:
        lines.extend(blank_lines(view, lost=None, needle="", shown=0))
    lines.extend(_panels(view, now, width))
    return "".join(f"{_painted(line, colour=colour)}\n" for line in lines)


def _panels(view: DashboardView, now: datetime, width: int) -> list[Line]:
    """Return all budgets and all advice, each below an empty line; or how to set a budget."""
    lines: list[Line] = []
    zone = zone_of(view, now)
    if view.budgets or view.sessions:
        lines += [(), *gauges.table_lines(gauges.budget_facts(view, now, zone), width)]
    if view.nudges:
        nudges = advice.nudge_facts(view, now, zone)
        lines += [(), *advice.panel_lines(nudges, width, _ALL)]
    return lines


def _painted(line: Line, *, colour: bool) -> str:
    if not colour:
        return plain(line).rstrip()
    return "".join(
        f"\x1b[{_SGR[span.role]}m{span.text}\x1b[0m"
        if span.role in _SGR and span.text.strip()
        else span.text
        for span in line
    ).rstrip()
