"""The dashboard's charts as values: a context, the last hour, today by task. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from aicost.core.session_glance import SessionGlance
from aicost.core.text import UNKNOWN, clean
from aicost.core.view import BurnMinutes, SessionRow, TaskTotal
from aicost_tui import format as fmt
from aicost_tui.charts import Chart, Series
from aicost_tui.session_context import SOURCE_WORDS
from aicost_tui.spans import Line, Part, Span, arrange, crop, glue, pad

NOT_KNOWN_TASK = "not known yet"
_NANO = 1_000_000_000
_WINDOW_FROM = 0.25  # filled share from which a chart's scale ends at the model's window
_NAME_CELLS = 18  # as long as the longest category
_MONEY_CELLS = 8
_SHARE_CELLS = 5


def context_chart(row: SessionRow, glance: SessionGlance, zone: tzinfo) -> Chart:
    """Return how a session's context grew, call by call, with its compactions."""
    points = glance.points
    sizes = tuple(float(point.tokens) for point in points)
    window = float(row.context_window_tokens or 0)
    top = window if sizes and max(sizes) >= window * _WINDOW_FROM else 0.0
    marks = [
        (float(at), f"▲ compacted {_clock(point.at, zone)}")
        for at, point in enumerate(points)
        if point.is_compacted
    ]
    ends = [(float(at), _clock(points[at].at, zone)) for at in {0, len(points) - 1} if points]
    return Chart(
        Series(sizes, fmt.tokens, "accent"),
        ticks=tuple(sorted(ends)),
        marks=tuple(reversed(marks)),  # the last one is the first to be told
        top=top,
    )


def context_line(row: SessionRow, now: datetime, zone: tzinfo, width: int) -> Line:
    """Return what the next prompt of a session costs, and what would make it cheaper."""
    parts = [
        Part(
            0, (_priced("next prompt", row.next_prompt_nusd), _priced("next", row.next_prompt_nusd))
        )
    ]
    if row.after_compact_nusd is not None:
        parts.append(Part(3, (_priced("after /compact ~", row.after_compact_nusd), ())))
    if row.after_clear_nusd is not None:
        parts.append(Part(2, (_priced("after /clear ~", row.after_clear_nusd), ())))
    if row.cache_ends_at is not None and row.state != "ended":
        if row.cache_ends_at <= now:
            cache: Line = (Span("cache ended", "warn"),)
        else:
            cache = (Span("cache until ", "label"), Span(_clock(row.cache_ends_at, zone), "text"))
        parts.append(Part(4, (cache, ())))
    return arrange(parts, [], width)


def parts_line(glance: SessionGlance, width: int) -> Line:
    """Return what fills a context, the largest first, as far as there is room; `~` is estimated."""
    whole = sum(part.tokens for part in glance.parts)
    words = []
    for rank, part in enumerate(glance.parts, start=1):
        share = fmt.percent(part.tokens / whole) if whole else UNKNOWN
        sign = "~" if part.is_estimated else ""
        name = SOURCE_WORDS[part.source]
        words.append(Part(rank, ((Span(f"{name} ", "label"), Span(f"{sign}{share}", "text")), ())))
    return arrange(words, [], width)


def burn_chart(hour: BurnMinutes, zone: tzinfo) -> Chart:
    """Return dollars an hour upward and tokens a minute downward, minute by minute."""
    last = len(hour.nusd) - 1
    ticks = [(at, _clock(hour.since + timedelta(minutes=at), zone)) for at in (0, last)]
    ticks += [(at, _clock(hour.since + timedelta(minutes=at), zone)) for at in range(15, last, 15)]
    return Chart(
        Series(tuple(nusd * 60 / _NANO for nusd in hour.nusd), _dollars, "money"),
        Series(tuple(float(count) for count in hour.tokens), fmt.tokens, "tokens"),
        ticks=tuple((float(at), text) for at, text in ticks),
    )


def burn_line(hour: BurnMinutes, zone: tzinfo, width: int) -> Line:
    """Return the peak of the last hour, and its sums."""
    top = max(hour.nusd, default=0)
    money, tokens = sum(hour.nusd), sum(hour.tokens)
    sums: Line = (
        Span("sum ", "label"),
        Span(fmt.money(money), "money"),
        Span("  ", "text"),
        Span(fmt.tokens(tokens), "tokens"),
        Span(" tokens", "label"),
    )
    parts = [Part(0, (sums, sums[:2]))]
    if top:
        at = hour.since + timedelta(minutes=hour.nusd.index(top))
        peak: Line = (
            Span("peak ", "label"),
            Span(f"{fmt.money(top * 60)}/h", "figure"),
            Span(f" at {_clock(at, zone)}", "label"),
        )
        parts.append(Part(2, (peak, peak[:2], ())))
    return arrange(parts, [], width)


def task_lines(tasks: Sequence[TaskTotal], width: int, height: int) -> tuple[Line, ...]:
    """Return what today went for, a bar for each; what has no room is one line at the end."""
    if not tasks:
        return (crop((Span("no calls yet today", "label"),), width),)
    whole, top = _measure(tasks), max(_weight(task) for task in tasks)
    fits = len(tasks) <= height
    shown = tasks if fits else tasks[: max(0, height - 1)]
    lines = list[Line]()
    for task in shown:
        lines += [_task_line(task, width, top, whole), *[()] * (_step(tasks, height) - 1)]
    if not fits and height > 0:
        rest = tasks[len(shown) :]
        cost = sum(task.cost_nusd or 0 for task in rest)
        lines.append((Span(f"{len(rest)} more  ", "label"), Span(fmt.money(cost), "text")))
    return tuple(crop(line, width) for line in lines)


def task_at(tasks: Sequence[TaskTotal], line: int, height: int) -> TaskTotal | None:
    """Return the task that stands in a line of those, None for what is none."""
    shown = len(tasks) if len(tasks) <= height else height - 1
    at, between = divmod(line, _step(tasks, height))
    return tasks[at] if 0 <= at < shown and not between else None


def tasks_line(tasks: Sequence[TaskTotal], width: int) -> Line:
    """Return the dearest in one line."""
    whole = _measure(tasks)
    parts = [
        Part(
            n,
            (
                (
                    Span(f"{_name(task)} ", "text"),
                    Span(fmt.money(task.cost_nusd), "figure"),
                    Span(f" {fmt.percent(_weight(task) / whole) if whole else UNKNOWN}", "label"),
                ),
                (Span(f"{_name(task)} ", "text"), Span(fmt.money(task.cost_nusd), "figure")),
                (),
            ),
        )
        for n, task in enumerate(tasks, start=1)
    ]
    head = Part(0, ((Span("tasks   ", "label"),),))
    return arrange([head, *parts], [], width)


def _task_line(task: TaskTotal, width: int, top: float, whole: float) -> Line:
    name_cells = _NAME_CELLS if width >= 38 else 12
    cells = width - name_cells - _MONEY_CELLS - _SHARE_CELLS - 2
    full, rest = fmt.bar(_weight(task) / top if top else 0.0, max(0, cells))
    name = _name(task) if len(_name(task)) <= name_cells else _name(task)[: name_cells - 1] + "…"
    return glue(
        (
            pad((Span(name, "text" if task.category else "label"),), name_cells),
            (Span(full, "money"), Span(rest, "faint")) if cells > 3 else (),
            (
                *pad((Span(fmt.money(task.cost_nusd), "figure"),), _MONEY_CELLS, right=True),
                *pad(
                    (Span(fmt.percent(_weight(task) / whole if whole else None), "label"),),
                    _SHARE_CELLS,
                    right=True,
                ),
            ),
        ),
        1,
    )


def _step(tasks: Sequence[TaskTotal], height: int) -> int:
    """Return the lines from one task to the next: a free one between where there is room."""
    return 2 if len(tasks) * 2 <= height else 1


def _weight(task: TaskTotal) -> float:
    return task.cost_nusd or 0


def _measure(tasks: Sequence[TaskTotal]) -> float:
    return sum(_weight(task) for task in tasks)


def _name(task: TaskTotal) -> str:
    return clean(task.category) or NOT_KNOWN_TASK


def _dollars(value: float) -> str:
    return f"${value:,.2f}".removesuffix("0").removesuffix(".0") if value < 10 else f"${value:,.0f}"


def _priced(words: str, nusd: int | None) -> Line:
    gap = "" if words.endswith("~") else " "
    return (Span(words + gap, "label"), Span(fmt.money(nusd), "figure"))


def _clock(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"
