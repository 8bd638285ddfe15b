"""The table of the history as text: its rows, their order, and the columns a width has room for.

Pure. Names come from logs: they are cleaned here, once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aicost.core.history import History, HistoryBy, SessionNote, days_of
from aicost.core.money import cost_text_short
from aicost.core.reports import UNALLOCATED, ReportRow
from aicost.core.repos import repo_label
from aicost.core.text import UNKNOWN, clean
from aicost_tui import format as fmt
from aicost_tui.columns import COLD_CACHE_BELOW, gap_for
from aicost_tui.export import Cell, Table, dollars, moment
from aicost_tui.history_place import GRAINS, HistorySort, Level, Unit, span_name
from aicost_tui.spans import Line, Span, crop, glue, pad

_HOUR_US, _MINUTE_US = 3_600_000_000, 60_000_000
_ID_CHARS = 8  # of a session without a name, as elsewhere


@dataclass(frozen=True, slots=True)
class Entry:
    """One row with what it is called, and its part of the whole."""

    row: ReportRow
    name: str  # cleaned
    share: float | None  # of the dollars or tokens of all rows; None: not known
    size: float | None  # the same beside the largest row's
    note: SessionNote | None = None
    at: datetime | None = None  # a session's last call, in the zone of the days

    @property
    def cache_share(self) -> float | None:
        """The part of the prompts that came from the cache; None without a prompt."""
        context = self.row.tokens.context_tokens
        return self.row.tokens.cache_read_tokens / context if context else None


@dataclass(frozen=True, slots=True)
class HistoryColumn:
    """One column. `cell` gets the entry and the column's width; what is too long is cropped."""

    title: str
    width: int  # cells; the least it needs
    cell: Callable[[Entry, int], Line]
    right: bool = True
    sort: HistorySort | None = None


def entries_of(history: History, unit: Unit) -> tuple[Entry, ...]:
    """Return the rows of an answer as they are shown, in the order of the answer."""
    names = _names(history)
    whole = _amount(history.total, unit)
    zone = _zone(history.timezone)
    largest = max((_amount(row, unit) or 0 for row in history.rows), default=0)
    entries = []
    for row in history.rows:
        amount, note = _amount(row, unit), history.sessions.get(row.key)
        share = amount / whole if whole and amount is not None else None
        size = amount / largest if largest and amount is not None else None
        at = note.last_at.astimezone(zone) if note else None
        entries.append(Entry(row, names[row.key], share, size, note, at))
    return tuple(entries)


def arranged(entries: Iterable[Entry], level: Level) -> tuple[Entry, ...]:
    """Return the entries that match a level's filter, in its order."""
    words = level.needle.casefold().split()
    kept = [one for one in entries if all(word in _searched(one) for word in words)]
    kept.sort(key=lambda one: (-(one.row.cost_nusd or 0), one.row.key))  # of equals
    order = level.order
    if order is HistorySort.NAME:
        by_time = level.by in GRAINS  # the newest first; names from a on
        kept.sort(
            key=lambda one: one.row.key if by_time else one.name.casefold(),
            reverse=by_time != level.is_flipped,
        )
    else:
        kept.sort(key=lambda one: _VALUES[order](one), reverse=not level.is_flipped)
    return tuple(kept)


@lru_cache(maxsize=64)  # asked for with every line that is drawn
def fit_history_columns(width: int, by: HistoryBy) -> tuple[HistoryColumn, ...]:
    """Return the columns for a table of `width` cells, in screen order, as wide as they will be."""
    gap = gap_for(width)
    title = "repo · branch" if by in ("session", "branch") else by
    least = 15 if width < 64 else 20 if width < 100 else 28
    name = replace(_NAME, title=title, width=max(1, min(width, least)))
    chosen, room = [name], width - name.width
    bar = _SIZE if by == "session" or by in GRAINS else _SHARE
    of_by = (bar, *_OF_ALL, *(_OF_SESSIONS if by == "session" else _OF_GROUPS))
    for column in sorted(of_by, key=lambda one: _IMPORTANCE.index(one.title)):
        if column.width + gap > room:
            break
        chosen.append(column)
        room -= column.width + gap
    chosen.sort(key=lambda one: -1 if one is name else _SCREEN_ORDER.index(one.title))
    return _grown(chosen, room)


def history_head(
    columns: Sequence[HistoryColumn], order: HistorySort, gap: int, *, is_flipped: bool
) -> Line:
    """Return the titles; the one that the table is ordered by carries an arrow."""
    arrow = Span("▴" if is_flipped else "▾", "accent")
    titles: list[Line] = []
    for column in columns:
        title: Line = (Span(column.title, "label"),)
        if column.sort is order:
            named = Span(column.title, "accent")
            title = (arrow, named) if column.right else (named, arrow)
        titles.append(pad(title, column.width, right=column.right))
    return glue(titles, gap)


def history_line(columns: Sequence[HistoryColumn], entry: Entry, gap: int) -> Line:
    """Return an entry as one line."""
    cells = [column.cell(entry, column.width) for column in columns]
    padded = [pad(cell, one.width, right=one.right) for one, cell in zip(columns, cells)]
    return glue(padded, gap)


def export_of(entries: Sequence[Entry], by: HistoryBy) -> Table:
    """Return all that the table has, whatever its width, in its order."""
    rows = [(entry.row.key, *(value(entry) for value in _EXPORTED.values())) for entry in entries]
    return Table(f"history-by-{by}", (by, *_EXPORTED), tuple(rows))


def active_text(active_us: int | None) -> str:
    """Return a stretch of work in at most 6 cells: `<1m`, `34m`, `1.2h`, `123h`; None is `—`."""
    if active_us is None:
        return UNKNOWN
    if active_us < _MINUTE_US:
        return "<1m" if active_us else "0m"
    if active_us < _HOUR_US:
        return f"{active_us // _MINUTE_US}m"
    hours = active_us / _HOUR_US
    return f"{hours:.1f}h" if hours < 99.95 else f"{hours:,.0f}h"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # e.g. "": no zone of this machine
        return ZoneInfo("UTC")


def _amount(row: ReportRow, unit: Unit) -> int | None:
    return row.tokens.total_tokens if unit == "tokens" else row.cost_nusd


def _names(history: History) -> Mapping[str, str]:
    """Return what each row is called: short, but in full where two would read the same."""
    short = {row.key: _short_name(history, row.key) for row in history.rows}
    if history.by == "session":
        return short
    count = Counter(short.values())
    return {key: name if count[name] == 1 else clean(key) for key, name in short.items()}


def _short_name(history: History, key: str) -> str:
    if key == UNALLOCATED:
        return key
    match history.by:
        case "day" | "week" | "month":
            return _time_name(history, key)
        case "session":
            return _session_name(history.sessions.get(key), key)
        case "repo":
            return repo_label(clean(key))
        case "branch":
            repo, dot, branch = clean(key).rpartition(" · ")
            return f"{repo_label(repo)}{dot}{branch}"
        case "model":
            return fmt.short_model(key)
        case _:
            return clean(key)


def _time_name(history: History, key: str) -> str:
    first, last = days_of(history.by, key)
    if first == history.today:
        return "today"
    return span_name(first, last)


def _session_name(note: SessionNote | None, key: str) -> str:
    if note is None or not note.repo:
        return clean(key)[:_ID_CHARS]
    branch = clean(note.branch)
    return repo_label(clean(note.repo)) + (f" · {branch}" if branch else "")


def _searched(entry: Entry) -> str:
    note = entry.note
    known = (note.agent, note.task) if note else ()
    models = (clean(model) for model in entry.row.models)
    return "\n".join((entry.name, clean(entry.row.key), *known, *models)).casefold()


_VALUES: Mapping[HistorySort, Callable[[Entry], float]] = {
    HistorySort.COST: lambda one: one.row.cost_nusd or 0,
    HistorySort.TOKENS: lambda one: one.row.tokens.total_tokens,
    HistorySort.CALLS: lambda one: one.row.requests,
    HistorySort.SESSIONS: lambda one: one.row.sessions,
    HistorySort.CACHE: lambda one: -1.0 if one.cache_share is None else one.cache_share,
    HistorySort.ACTIVE: lambda one: -1 if one.row.active_us is None else one.row.active_us,
}


def _name(entry: Entry, width: int) -> Line:
    if entry.row.key == UNALLOCATED:
        return (Span(UNALLOCATED, "label"),)
    head, dot, tail = entry.name.partition(" · ")
    return crop((Span(head, "figure"), Span(dot + tail, "label")), width)


def _share_bar(entry: Entry, width: int) -> Line:
    return _bar(entry.share, width)


def _size_bar(entry: Entry, width: int) -> Line:
    return _bar(entry.size, width)


def _bar(part: float | None, width: int) -> Line:
    full, rest = fmt.bar(part or 0, width)
    return (Span(full, "accent"), Span(rest, "faint"))


def _share(entry: Entry, _width: int) -> Line:
    return (Span(fmt.percent(entry.share), "label" if entry.share is None else "text"),)


def _cost(entry: Entry, _width: int) -> Line:
    row = entry.row
    text = cost_text_short(row.cost_nusd, row.unpriced_tokens)
    return (Span(text, "warn" if row.unpriced_tokens else "figure"),)


def _tokens(entry: Entry, _width: int) -> Line:
    return (Span(fmt.tokens(entry.row.tokens.total_tokens), "text"),)


def _calls(entry: Entry, _width: int) -> Line:
    return (Span(f"{entry.row.requests:,}", "text"),)


def _sessions(entry: Entry, _width: int) -> Line:
    return (Span(f"{entry.row.sessions:,}", "text"),)


def _turns(entry: Entry, _width: int) -> Line:
    return (Span(f"{entry.row.turns:,}", "text"),)


def _cache(entry: Entry, _width: int) -> Line:
    share = entry.cache_share
    cold = share is not None and share < COLD_CACHE_BELOW
    return (Span(fmt.percent(share), "label" if share is None else "warn" if cold else "text"),)


def _active(entry: Entry, _width: int) -> Line:
    known = entry.row.active_us is not None
    return (Span(active_text(entry.row.active_us), "text" if known else "label"),)


def _tools(entry: Entry, _width: int) -> Line:
    count = entry.row.tool_calls
    return (Span(UNKNOWN, "label") if count is None else Span(f"{count:,}", "text"),)


def _agent(entry: Entry, _width: int) -> Line:
    return (Span(entry.note.agent if entry.note else UNKNOWN, "text"),)


def _task(entry: Entry, _width: int) -> Line:
    task = clean(entry.note.task) if entry.note else ""
    return (Span(task, "text") if task else Span(UNKNOWN, "label"),)


def _last(entry: Entry, _width: int) -> Line:
    return (Span(f"{entry.at:%H:%M}" if entry.at else UNKNOWN, "label"),)


def _models(entry: Entry, width: int) -> Line:
    names = ", ".join(dict.fromkeys(map(fmt.short_model, entry.row.models)))
    return crop((Span(names or UNKNOWN, "label"),), width)


_NAME = HistoryColumn("name", 15, _name, right=False, sort=HistorySort.NAME)
_OF_ALL = (
    HistoryColumn("%", 4, _share),
    HistoryColumn("cost", 8, _cost, sort=HistorySort.COST),
    HistoryColumn("tokens", 7, _tokens, sort=HistorySort.TOKENS),
    HistoryColumn("calls", 7, _calls, sort=HistorySort.CALLS),
    HistoryColumn("turns", 6, _turns),
    HistoryColumn("tools", 7, _tools),
    HistoryColumn("cache", 6, _cache, sort=HistorySort.CACHE),
    HistoryColumn("active", 7, _active, sort=HistorySort.ACTIVE),
    HistoryColumn("models", 16, _models, right=False),
)
_SHARE = HistoryColumn("share", 8, _share_bar, right=False)
_SIZE = HistoryColumn("size", 8, _size_bar, right=False)  # of many rows each is a small share
_OF_GROUPS = (HistoryColumn("sessions", 9, _sessions, sort=HistorySort.SESSIONS),)
_OF_SESSIONS = (
    HistoryColumn("agent", 6, _agent, right=False),
    HistoryColumn("task", 12, _task, right=False),
    HistoryColumn("last", 5, _last),
)
_IMPORTANCE = (
    "cost", "share", "size", "last", "tokens", "calls", "sessions", "cache", "active", "task",
    "models", "%", "agent", "turns", "tools",
)  # fmt: skip
_SCREEN_ORDER = (
    "agent", "task", "models", "share", "size", "%", "cost", "tokens", "calls", "sessions", "turns",
    "tools", "cache", "active", "last",
)  # fmt: skip
_GROWTH = (
    ("name", 26),
    ("share", 16),
    ("size", 16),
    ("models", 24),
    ("name", 44),
    ("share", 30),
    ("size", 30),
)
_EXPORTED: Mapping[str, Callable[[Entry], Cell]] = {
    "name": lambda one: one.name,
    "cost_usd": lambda one: dollars(one.row.cost_nusd),
    "unpriced_tokens": lambda one: one.row.unpriced_tokens,
    "share": lambda one: one.share,
    "tokens": lambda one: one.row.tokens.total_tokens,
    "requests": lambda one: one.row.requests,
    "sessions": lambda one: one.row.sessions,
    "turns": lambda one: one.row.turns,
    "tool_calls": lambda one: one.row.tool_calls,
    "cache_share": lambda one: one.cache_share,
    "active_s": lambda one: None if one.row.active_us is None else one.row.active_us / 10**6,
    "models": lambda one: " ".join(one.row.models),
    "last_at": lambda one: moment(one.at),
}


def _grown(columns: list[HistoryColumn], room: int) -> tuple[HistoryColumn, ...]:
    """Hand out the room that is left."""
    widths = [column.width for column in columns]
    titles = ["name", *(column.title for column in columns[1:])]
    for title, most in _GROWTH:
        if title in titles:
            at = titles.index(title)
            more = max(0, min(room, most - widths[at]))
            widths[at], room = widths[at] + more, room - more
    return tuple(replace(column, width=width) for column, width in zip(columns, widths))
