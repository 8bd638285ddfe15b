"""Reports as text tables: aligned, as wide as the terminal at most, colours only when asked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import count, pairwise
from zoneinfo import ZoneInfo

from aicost.core.mismatch import Mismatch, mismatch_words
from aicost.core.money import NANO, cost_text, dollars, more_text
from aicost.core.reports import GroupBy, OutcomeSums, ReportRow, TurnRow, UsageReport
from aicost.core.repos import repo_label
from aicost.core.text import UNKNOWN, cells_of, clean, fit, wrapped
from aicost.core.view import SessionRow

_GAP = "  "
_MIN_TEXT = 8  # cells: a column of names is not cut below this
_FAIR_TEXT = 30  # cells: names are cut to this before a whole column goes
_SHORT_ID = 8  # characters at least: enough for most ids; those of one minute may share them
_MOST_MISMATCHES = 3
_ID_CHARS = 80  # of one that was typed
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_HEADINGS: dict[GroupBy, str] = {
    "day": "Day",
    "week": "Week",
    "month": "Month",
    "session": "Session",
    "model": "Model",
    "repo": "Repository",
    "branch": "Repository · branch",
    "category": "Task",
    "agent": "Agent",
    "environment": "Environment",
    "workflow": "Workflow",
    "version": "Agent version",
    "subagent": "Subagent",
    "skill": "Skill",
    "mcp": "MCP server",
    "ticket": "Ticket",
    "mode": "Mode",
    "outcome": "Outcome",
}


@dataclass(frozen=True, slots=True)
class Style:
    """Where a table is shown."""

    width: int  # terminal cells
    colour: bool = False


@dataclass(frozen=True)  # no slots: its width is asked for at each cell, and kept
class Column:
    """One column: all its cells, the first of them the heading."""

    cells: tuple[str, ...]
    is_text: bool = False  # text stands left, numbers right
    rank: int = 0  # the highest goes first when the table is too wide; 0 never goes
    short: tuple[str, ...] = ()  # the same cells, for where the table is too wide

    @cached_property
    def width(self) -> int:
        """Cells of the widest entry."""
        return max(map(cells_of, self.cells))


def report_table(report: UsageReport, style: Style) -> str:
    """Return `aicost report` as text, with its totals and what could not be priced."""
    notes = notes_text(_notes(report), style)
    if not report.rows:
        return f"{_nothing(report)}\n{notes}"
    rows = (*report.rows, report.total)
    cells = [_usage_cells(row) for row in rows]
    columns = [
        _keys(report),
        *(
            Column((heading, *(row[at] for row in cells)), rank=rank)
            for at, (heading, rank) in enumerate(_USAGE_COLUMNS)
        ),
    ]
    if report.total.ncredits is not None:
        columns.append(Column(("Credits", *map(_credits, rows)), rank=3))
    return as_table(columns, style, has_total=True) + notes


def _keys(report: UsageReport) -> Column:
    names = (clean(row.key) or "(none)" for row in report.rows)
    cells = (_HEADINGS[report.query.by], *names, "Total")
    return id_column(cells) if report.query.by == "session" else Column(cells, is_text=True)


def _nothing(report: UsageReport) -> str:
    query = report.query
    when = " in this range" if query.since or query.until else ""
    where = f" (looked in {', '.join(map(clean, query.homes))})" if query.homes else ""
    return f"No usage{when}{where}."


_USAGE_COLUMNS = (
    ("Requests", 2),
    ("Input", 4),
    ("Output", 1),
    ("Cache write", 5),
    ("Cache read", 3),
    ("Cost", 0),
)


def _usage_cells(row: ReportRow) -> tuple[str, ...]:
    tokens = row.tokens
    written = tokens.cache_write_5m_tokens + tokens.cache_write_1h_tokens
    counts = (row.requests, tokens.input_tokens, tokens.output_tokens, written)
    cost = cost_text(row.cost_nusd, row.unpriced_tokens)
    return (*map(_count, counts), _count(tokens.cache_read_tokens), cost)


def _credits(row: ReportRow) -> str:
    """Return the credits of a plan; `~` where some may be another number."""
    if row.ncredits is None:
        return UNKNOWN
    return f"{'~' if row.uncertain_ncredits else ''}{row.ncredits / NANO:,.2f}"


def _notes(report: UsageReport) -> list[str]:
    notes = []
    a_day = report.nusd_per_active_day
    if report.active_days > 1 and a_day is not None:
        cost = cost_text(a_day, report.total.unpriced_tokens)
        notes.append(f"{report.active_days} active days, {cost} a day")
    if report.unpriced_models:
        models = ", ".join(map(clean, report.unpriced_models))
        notes.append(f"unpriced: {_count(report.total.unpriced_tokens)} tokens ({models})")
    notes += _outcome_notes(report.outcomes)
    notes += map(_mismatch_note, (report.mismatches or ())[:_MOST_MISMATCHES])
    if report.skipped_lines:
        lines = "line" if report.skipped_lines == 1 else "lines"
        notes.append(f"skipped: {_count(report.skipped_lines)} log {lines} that could not be read")
    if report.hidden and report.hidden.cost_nusd != 0:
        more = more_text(report.hidden.cost_nusd)
        notes.append(f"hidden: {more}, in no row ({'; '.join(report.hidden.why)})")
    elif report.hidden and report.hidden.why:
        notes.append("; ".join(report.hidden.why))
    elif report.hidden is None and report.rows:
        notes.append("hidden: not known yet; aicost reconcile looks for it")
    if not report.complete:
        notes.append(left_text(report.pending_bytes))
    return notes


def _mismatch_note(one: Mismatch) -> str:
    saving, cost = (cost_text(nusd, 0) for nusd in (one.saving_nusd, one.cost_nusd))
    return f"model mismatch: {clean(mismatch_words(one))}: {saving} of {cost} less"


def _outcome_notes(sums: OutcomeSums | None) -> list[str]:
    """Say what one commit, branch, test and ticket cost on average, and what came to nothing."""
    if sums is None:
        return []
    named = (
        ("commit", "commits", sums.commits),
        ("merged branch", "merged branches", sums.merged_branches),
        ("fixed test", "fixed tests", sums.fixed_tests),
        ("ticket", "tickets", sums.tickets),
        ("closed ticket", "closed tickets", sums.closed_tickets),
    )
    notes = [
        f"{_count(each.count)} {one if each.count == 1 else more}, {dollars(each.nusd_each)} each"
        for one, more, each in named
        if each.nusd_each is not None
    ]
    for what, each in (("abandoned", sums.abandoned), ("reverted", sums.reverted)):
        if each.cost_nusd is not None:
            sessions = "session" if each.count == 1 else "sessions"
            notes.append(f"{what}: {dollars(each.cost_nusd)} in {_count(each.count)} {sessions}")
    return notes


def left_text(pending_bytes: int) -> str:
    """Say that logs are left; without a byte of them, folders that cannot be read or evidence."""
    if not pending_bytes:
        return "not all is read yet; aicost status tells more"
    return f"not all is read yet: {_count(pending_bytes)} bytes of logs are left"


def sessions_table(rows: Sequence[SessionRow], style: Style, zone: ZoneInfo) -> str:
    """Return `aicost sessions` as text."""
    if not rows:
        return "No sessions.\n"
    columns = [
        id_column(("Session", *(row.session_id for row in rows))),
        Column(("Agent", *(row.agent for row in rows)), is_text=True, rank=7),
        Column(("State", *map(_state, rows)), is_text=True, rank=1),
        Column(("Where", *map(_where, rows)), is_text=True, rank=3),
        Column(("Model", *(clean(row.model) or UNKNOWN for row in rows)), is_text=True, rank=5),
        Column(("Last", *(_moment(row.last_at, zone) for row in rows)), is_text=True, rank=4),
        Column(("Context", *(_share(row.context_share) for row in rows)), rank=2),
        Column(("Requests", *(_count(row.requests) for row in rows)), rank=6),
        Column(("Cost", *(cost_text(row.cost_nusd, row.unpriced_tokens) for row in rows))),
    ]
    return as_table(columns, style)


def _state(row: SessionRow) -> str:
    return row.state if row.loop is None else f"{row.state} LOOP"


def turns_table(rows: Sequence[TurnRow], style: Style, zone: ZoneInfo) -> str:
    """Return `aicost turns` as text."""
    if not rows:
        return "No turns.\n"
    columns = [
        Column(("Started", *(_moment(row.started_at, zone) for row in rows)), is_text=True),
        id_column(("Session", *(row.session_id for row in rows)), rank=2),
        id_column(("Prompt", *(row.prompt_uuid or UNKNOWN for row in rows)), rank=5),
        Column(("Requests", *(_count(row.requests) for row in rows)), rank=1),
        Column(("Output", *(_count(row.tokens.output_tokens) for row in rows)), rank=4),
        Column(("Context read", *(_count(row.tokens.context_tokens) for row in rows)), rank=3),
        Column(("Cost", *(cost_text(row.cost_nusd, row.unpriced_tokens) for row in rows))),
    ]
    return as_table(columns, style)


def nothing_of(what: str, session: str) -> str:
    """Return what is said where a session was asked for that is none, or has nothing to show."""
    begins = clean(session)[:_ID_CHARS]
    return f"No {what} of a session whose id begins with {begins!r}; aicost sessions lists all.\n"


def as_table(columns: Sequence[Column], style: Style, *, has_total: bool = False) -> str:
    """Return columns as text under their headings; what does not fit is cut or left out."""
    kept = _fitting(list(columns), style.width)
    lines = []
    for number in range(len(kept[0].cells)):
        cells = [_padded(column, number) for column in kept]
        line = _GAP.join(cells).rstrip()
        if number == 0:
            line = _styled(line, _DIM, style)
        elif has_total and number == len(kept[0].cells) - 1:
            line = _styled(line, _BOLD, style)
        lines.append(line + "\n")
    if has_total:
        lines.insert(-1, _styled("─" * _total(kept), _DIM, style) + "\n")
    return "".join(lines)


def _fitting(columns: list[Column], width: int) -> list[Column]:
    """Shorten ids, cut long names, leave out columns, the least needed first, cut all names."""
    if _total(columns) > width:
        columns = [replace(one, cells=one.short or one.cells) for one in columns]
    for number, column in enumerate(columns):
        room = max(_FAIR_TEXT, column.width - max(0, _total(columns) - width))
        if column.is_text and column.width > room:
            columns[number] = _narrowed(column, room)
    while (too_much := _total(columns) - width) > 0:
        least = max(columns, key=lambda column: column.rank)
        if least.rank > 0:
            columns.remove(least)
            continue
        texts = [column for column in columns if column.is_text and column.width > _MIN_TEXT]
        if not texts:
            break
        longest = max(texts, key=lambda column: column.width)
        cells = max(_MIN_TEXT, longest.width - too_much)
        columns[columns.index(longest)] = _narrowed(longest, cells)
    return columns


def _narrowed(column: Column, cells: int) -> Column:
    return replace(column, cells=tuple(fit(cell, cells) for cell in column.cells))


def id_column(cells: Iterable[str], rank: int = 0) -> Column:
    """Return a column of ids, with its heading: whole, or as much as no other begins with.

    Ids that tell their time, as Codex's do, begin alike when they were given in one minute.
    """
    heading, *ids = map(clean, cells)
    different = sorted(set(ids))
    needed = dict.fromkeys(different, _SHORT_ID)
    for one, next_one in pairwise(different):
        chars = next(n for n in count(_SHORT_ID) if one[:n] != next_one[:n])
        needed[one], needed[next_one] = max(needed[one], chars), max(needed[next_one], chars)
    short = (heading, *(text[: needed[text]] for text in ids))
    return Column((heading, *ids), is_text=True, rank=rank, short=short)


def notes_text(notes: Iterable[str], style: Style) -> str:
    """Return what is said above or below a table; what is too long goes on below, set in."""
    return "".join(f"{line}\n" for note in notes for line in _folded(note, style.width))


def _folded(note: str, width: int) -> Iterator[str]:
    if cells_of(note) <= width:
        yield note
        return
    indent = note[: len(note) - len(note.lstrip())]
    first, *more = wrapped(note, width - len(indent) - len(_GAP))
    yield indent + first
    yield from (f"{indent}{_GAP}{line}" for line in more)


def _total(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _padded(column: Column, number: int) -> str:
    cell = column.cells[number]
    space = " " * (column.width - cells_of(cell))
    return cell + space if column.is_text else space + cell


def _styled(text: str, style: str, shown: Style) -> str:
    return f"{style}{text}{_PLAIN}" if shown.colour else text


def _count(number: int) -> str:
    return f"{number:,}"


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.0%}"


def _where(row: SessionRow) -> str:
    return " · ".join(filter(None, map(clean, (repo_label(row.repo), row.branch)))) or UNKNOWN


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return UNKNOWN if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
