"""The session table as text: which columns a width has room for, and what stands in them. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from aicost.core.money import cost_text_short
from aicost.core.session import session_name
from aicost.core.session_glance import SubagentGlance
from aicost.core.text import UNKNOWN, clean
from aicost.core.view import SessionRow, SessionState
from aicost_tui import format as fmt
from aicost_tui.rows import STATES, Sort
from aicost_tui.spans import Line, Role, Span, crop, glue, pad, width_of

FULL_AT, CROWDED_AT = 0.85, 0.6  # context shares from which a bar is red, yellow
COLD_CACHE_BELOW = 0.5  # cache share under which prompts get expensive
STATE_ROLES: dict[SessionState, Role] = {
    "busy": "good",
    "waiting": "warn",
    "idle": "label",
    "ended": "label",
}
FLAGS = "flags"
FOLD = "fold"  # what a click on a session's subagents does
FOLD_SIGN = "▸"
_SHORT_TASKS = {"dependency-upgrade": "dep-upgrade"}
_Cell = Callable[[SessionRow, int, datetime], Line]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `cell` gets the row, the column's width and now; what is too long is cropped."""

    title: str
    width: int  # cells; the least it needs
    cell: _Cell
    right: bool = False
    sort: Sort | None = None
    says: str = ""  # for who chooses columns
    full: str = ""  # a title that says more, where it has room


@lru_cache(maxsize=64)  # asked for with every line that is drawn
def fit_columns(width: int, wanted: frozenset[str] | None = None) -> tuple[Column, ...]:
    """Return the columns for a table of `width` cells, in screen order, as wide as they will be.

    Taken by importance until one has no room: money and context are there at 48 cells. `wanted`
    names those that may be shown; the sign of the state and the name always are.
    """
    gap = gap_for(width)
    least_name = 14 if width < 64 else 23 if width < 110 else 32
    chosen = [replace(_NAME, width=max(1, min(width, least_name)))]
    room = width - chosen[0].width
    for column in _BY_IMPORTANCE:
        if wanted is not None and column.title and column.title not in wanted:
            continue
        if column.width + gap > room:
            break
        chosen.append(column)
        room -= column.width + gap
    if any(column.title == FLAGS for column in chosen):
        chosen[0] = replace(chosen[0], cell=_name_alone)
    chosen.sort(key=lambda column: _SCREEN_ORDER.index(column.title))
    return _grown(chosen, room)


def gap_for(width: int) -> int:
    """Return the cells between columns of a table of `width` cells."""
    return 1 if width < 100 else 2


def head_line(
    columns: Sequence[Column], sort: Sort, gap: int, *, is_reversed: bool = False
) -> Line:
    """Return the titles; the one that the table is sorted by carries an arrow."""
    titles: list[Line] = []
    arrow = "▴" if is_reversed else "▾"
    for column in columns:
        if column.sort is sort:
            title: Line = (Span(_heading(column, 1), "accent"), Span(arrow, "accent"))
            title = tuple(reversed(title)) if column.right else title
        else:
            title = (Span(_heading(column), "label"),)
        titles.append(pad(title, column.width, right=column.right))
    return glue(titles, gap)


def _heading(column: Column, beside: int = 0) -> str:
    has_room = len(column.full) + beside <= column.width
    return column.full if column.full and has_room else column.title


def row_line(columns: Sequence[Column], row: SessionRow, now: datetime, gap: int) -> Line:
    """Return a session as one line. Ended sessions are dim, what they cost is not."""
    cells = []
    for column in columns:
        cell = pad(column.cell(row, column.width, now), column.width, right=column.right)
        if row.state == "ended":
            keep = column.sort is Sort.COST
            cell = tuple(_dim(span, to="text" if keep else "label") for span in cell)
        cells.append(cell)
    return glue(cells, gap)


def unfolded(line: Line) -> Line:
    """Return a session's line with the sign that its subagents are shown."""
    return tuple(
        span._replace(text=span.text.replace("▸", "▾")) if span.action == FOLD else span
        for span in line
    )


def subagent_line(columns: Sequence[Column], one: SubagentGlance, now: datetime, gap: int) -> Line:
    """Return a subagent as a line below its session, in the columns that it has something for."""
    row = SessionRow(
        session_id=one.subagent_id,
        agent="claude",
        model=one.model,
        context_tokens=one.context_tokens,
        context_window_tokens=one.context_window_tokens,
        requests=one.requests,
        cost_nusd=one.cost_nusd,
        unpriced_tokens=one.unpriced_tokens,
        last_at=one.last_at,
    )
    cells = []
    for column in columns:
        cell: Line = ()
        if column.title == _NAME.title:
            kind, id = clean(one.kind) or "subagent", clean(one.subagent_id)[:8]
            cell = (Span("  └ ", "faint"), Span(kind, "text"), Span(f" {id}", "label"))
        elif column.title in _OF_SUBAGENTS:
            cell = column.cell(row, column.width, now)
        cells.append(pad(cell, column.width, right=column.right))
    return glue(cells, gap)


def context_role(share: float) -> Role:
    """Return what a filled share of the context window (0..1) means."""
    return "bad" if share >= FULL_AT else "warn" if share >= CROWDED_AT else "good"


def age_text(row: SessionRow, now: datetime) -> str:
    """Return the time since the last answer; the only text of a row that goes on by itself."""
    if row.last_at is None:
        return UNKNOWN
    return fmt.age((now - row.last_at).total_seconds())


def burn_text(row: SessionRow) -> str:
    """Return dollars an hour; `?` when tokens flow whose price is not known."""
    if row.burn.nusd_per_hour == 0 and row.burn.tokens_per_minute > 0:
        return "?"
    return fmt.money(row.burn.nusd_per_hour)


def _state_sign(row: SessionRow, _width: int, _now: datetime) -> Line:
    return (Span(STATES[row.state].sign, STATE_ROLES[row.state]),)


def _state_word(row: SessionRow, _width: int, _now: datetime) -> Line:
    return (Span(STATES[row.state].word, STATE_ROLES[row.state]),)


def _agent(row: SessionRow, _width: int, _now: datetime) -> Line:
    return (Span(row.agent, "text"),)


def _name(row: SessionRow, width: int, _now: datetime) -> Line:
    """The repo is bright, the branch quiet; a loop and the number of subagents are never cut."""
    loop: Line = (Span(" LOOP", "bad"),) if row.loop is not None else ()
    return _named(row, width, loop)


def _name_alone(row: SessionRow, width: int, _now: datetime) -> Line:
    """Return the name where a loop has a column of its own."""
    return _named(row, width, ())


def _named(row: SessionRow, width: int, suffix: Line) -> Line:
    if row.subagents:
        words = fmt.plural(row.subagents, "agent") if width >= 40 else f"{row.subagents}"
        suffix = (*suffix, Span(f" {FOLD_SIGN}{words}", "accent", FOLD))
    head, dot, tail = session_name(row).partition(" · ")
    name = crop((Span(head, "figure"), Span(dot + tail, "label")), width - width_of(suffix))
    return (*name, *suffix)


def _model(row: SessionRow, _width: int, _now: datetime) -> Line:
    return (Span(fmt.short_model(row.model) or UNKNOWN, "text"),)


def _task(row: SessionRow, width: int, _now: datetime) -> Line:
    name = row.task if len(row.task) <= width else _SHORT_TASKS.get(row.task, row.task)
    return (Span(name, "text") if name else Span(UNKNOWN, "label"),)


def _context(row: SessionRow, width: int, _now: datetime) -> Line:
    share = row.context_share
    if share is None:
        return (Span(fmt.tokens(row.context_tokens).rjust(width), "label"),)
    full, rest = fmt.bar(share, width - 5)
    role = context_role(share)
    return (Span(full, role), Span(rest, "faint"), Span(fmt.percent(share).rjust(5), role))


def _window(row: SessionRow, _width: int, _now: datetime) -> Line:
    if row.context_tokens is None:
        return (Span(UNKNOWN, "label"),)
    limit = fmt.tokens(row.context_window_tokens) if row.context_window_tokens else "?"
    return (Span(fmt.tokens(row.context_tokens), "text"), Span(f" of {limit}", "label"))


def _tokens_per_minute(row: SessionRow, _width: int, _now: datetime) -> Line:
    rate = row.burn.tokens_per_minute
    return (Span(fmt.tokens(rate), "text" if rate else "label"),)


def _burn(row: SessionRow, _width: int, _now: datetime) -> Line:
    text = burn_text(row)
    if row.state == "ended" and not row.burn.tokens_per_minute:
        return ()  # only what still burns is to be seen
    return (Span(text, "warn" if text == "?" else "figure" if row.burn.nusd_per_hour else "label"),)


def _cost(row: SessionRow, _width: int, _now: datetime) -> Line:
    text = cost_text_short(row.cost_nusd, row.unpriced_tokens)
    return (Span(text, "warn" if row.unpriced_tokens else "figure"),)


def _next(row: SessionRow, _width: int, _now: datetime) -> Line:
    return (Span(fmt.money(row.next_prompt_nusd), "text" if row.next_prompt_nusd else "label"),)


def _cache(row: SessionRow, _width: int, _now: datetime) -> Line:
    share = row.cache_share
    cold = share is not None and share < COLD_CACHE_BELOW
    return (Span(fmt.percent(share), "label" if share is None else "warn" if cold else "text"),)


def _calls(row: SessionRow, _width: int, _now: datetime) -> Line:
    return (Span(f"{row.requests:,}", "text"),)


def _last(row: SessionRow, _width: int, now: datetime) -> Line:
    return (Span(age_text(row, now), "label"),)


def _flags(row: SessionRow, _width: int, now: datetime) -> Line:
    """What is wrong with a session, the dearest first."""
    flags: list[Line] = []
    if row.loop is not None:
        flags.append((Span(f"⟳ loop ×{row.loop.count}", "bad"),))
    is_cold = row.cache_ends_at is not None and row.cache_ends_at <= now
    if is_cold and row.state != "ended":
        flags.append((Span("cold cache", "warn"),))
    return glue(flags, 2)


_NAME = Column("repo · branch", 14, _name, sort=Sort.NAME)
_BY_IMPORTANCE = (
    Column("", 1, _state_sign),
    Column("context", 10, _context, sort=Sort.CONTEXT, says="share of the model's window"),
    Column(
        "cost",
        8,
        _cost,
        right=True,
        sort=Sort.COST,
        full="cost so far",
        says="list price of the whole session, not only of today",
    ),
    Column("$/h", 7, _burn, right=True, sort=Sort.BURN, says="dollars an hour, last 10 minutes"),
    Column("model", 10, _model, sort=Sort.MODEL, says="of the last call"),
    Column(
        "next",
        6,
        _next,
        right=True,
        sort=Sort.NEXT,
        full="next prompt",
        says="price of one more prompt",
    ),
    Column("cache", 6, _cache, right=True, sort=Sort.CACHE, says="share read from the cache"),
    Column("task", 12, _task, sort=Sort.TASK, says="what the turn is for"),
    Column("agent", 6, _agent, sort=Sort.AGENT, says="Claude Code or Codex"),
    Column("last", 5, _last, right=True, sort=Sort.ACTIVITY, says="time since the last answer"),
    Column("state", 7, _state_word, says="busy, waiting, idle or ended"),
    Column(FLAGS, 12, _flags, says="loops, and caches that have ended"),
    Column("tok/min", 7, _tokens_per_minute, right=True, says="tokens a minute"),
    Column("tokens", 13, _window, right=True, says="the context in tokens, and its window"),
    Column("calls", 6, _calls, right=True, says="answers of a model"),
)
_OF_SUBAGENTS = frozenset({"model", "context", "tokens", "cost", "calls", "last"})
CHOICES = tuple((column.title, column.says) for column in _BY_IMPORTANCE if column.title)
_GROWTH = (  # who gets the room that is left, up to how many cells, one after the other
    ("repo · branch", 24),
    ("next", 12),
    ("context", 17),
    ("model", 13),
    ("cost", 12),
    ("repo · branch", 44),
    ("task", 18),
    ("model", 16),
    (FLAGS, 24),
    ("context", 30),
    ("repo · branch", 60),
)
_SCREEN_ORDER = (
    "",
    "state",
    "agent",
    "repo · branch",
    "model",
    "task",
    "context",
    "tokens",
    "tok/min",
    "$/h",
    "cost",
    "next",
    "cache",
    "calls",
    "last",
    FLAGS,
)


def _grown(columns: list[Column], room: int) -> tuple[Column, ...]:
    """Hand out the room that is left."""
    widths = {column.title: column.width for column in columns}
    whole = {column.title for column in columns if column.full}  # more room only for all its words
    for title, most in _GROWTH:
        if title in widths:
            more = max(0, min(room, most - widths[title]))
            if title in whole and widths[title] + more < most:
                continue
            widths[title], room = widths[title] + more, room - more
    return tuple(replace(column, width=widths[column.title]) for column in columns)


def _dim(span: Span, *, to: Role) -> Span:
    return span if span.role == "faint" else span._replace(role=to)
