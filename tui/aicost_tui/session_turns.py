"""The turns of a session as a table: the columns that have room, and what they say. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from aicost.core.money import cost_text_short
from aicost.core.outcome import LOST, MEANINGS, Outcome
from aicost.core.purpose import purpose_words
from aicost.core.session_page import PageTurn, SessionPage
from aicost.core.text import UNKNOWN, clean
from aicost.core.waste.hits import LOOPS, Hit
from aicost_tui import format as fmt
from aicost_tui.entries import CallsTarget, Entry, Listing
from aicost_tui.spans import Line, Role, Span, crop, glue, pad, plain

_SHORT_TASKS = {"dependency-upgrade": "dep-upgrade"}
_UNSURE_BELOW = 0.5
_SECOND_US = 1_000_000
_NARROW, _WIDE = 64, 100  # cells from which columns stand further apart


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """One turn with what its row needs besides."""

    number: int  # from 1; 0: calls before any prompt
    turn: PageTurn
    time: str
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column; the first in `_BY_IMPORTANCE` are shown first."""

    title: str
    width: int
    cell: Callable[[TurnFacts], Line]
    right: bool = False


def turn_listing(page: SessionPage, zone: tzinfo, width: int) -> Listing:
    """Return all turns of a session, the first one first."""
    rows = turn_facts(page, zone)
    time_cells = max([len(row.time) for row in rows], default=5)
    columns, gap = _fit(rows, width, time_cells), 1 if width < _WIDE else 2
    head = glue((pad((Span(c.title, "label"),), c.width, right=c.right) for c in columns), gap)
    return Listing(
        head=head if rows else (),
        entries=tuple(
            Entry(
                key=row.turn.turn_id or "before",
                lines=(
                    crop(
                        glue((pad(c.cell(row), c.width, right=c.right) for c in columns), gap),
                        width,
                    ),
                ),
                target=target_of(page, row),
                detail=detail_of(row),
            )
            for row in rows
        ),
    )


def turn_facts(page: SessionPage, zone: tzinfo) -> tuple[TurnFacts, ...]:
    """Return the turns with their numbers, times and what of them led nowhere."""
    style = time_style((turn.started_at for turn in page.turns), zone)
    found, number = list[TurnFacts](), 0
    for turn in page.turns:
        number += bool(turn.turn_id)
        at = turn.started_at
        found.append(
            TurnFacts(
                number=number if turn.turn_id else 0,
                turn=turn,
                time=UNKNOWN if at is None else f"{at.astimezone(zone):{style}}",
                hits=tuple(hit for hit in page.hits if hit.turn_id == turn.turn_id),
            )
        )
    return tuple(found)


def time_style(moments: Iterable[datetime | None], zone: tzinfo) -> str:
    """Return how times are written: with the day only if there are several."""
    days = {moment.astimezone(zone).date() for moment in moments if moment is not None}
    return "%H:%M" if len(days) < 2 else "%m-%d %H:%M"


def target_of(page: SessionPage, row: TurnFacts) -> CallsTarget | None:
    """Return what explains a turn; None: it has no call."""
    if not row.turn.requests:
        return None
    return CallsTarget(
        session_id=page.session_id,
        title=f"Turn {row.number}" if row.number else "Before any prompt",
        turns=frozenset((row.turn.turn_id,)),
    )


def detail_of(row: TurnFacts) -> tuple[Line, Line]:
    """Return a turn's whole prompt, and what it was for and why one thinks so."""
    turn = row.turn
    asked = clean(turn.prompt) or ("" if turn.turn_id else "calls before any prompt of this log")
    prompt: Line = (
        Span(f"{row.time}  ", "label"),
        Span(
            asked or "its log does not show the prompt (any more)", "figure" if asked else "label"
        ),
    )
    parts: list[Line] = []
    if turn.purpose is not None:
        parts.append((Span(clean(purpose_words(turn.purpose)), "text"),))
    if turn.tools:
        named = ", ".join(f"{clean(name)} {count:,}" for name, count in turn.tools)
        parts.append((Span("tools ", "label"), Span(named, "text")))
    if turn.outcome in MEANINGS:
        outcome = Outcome(turn.outcome)
        parts.append((Span(f"{outcome}: ", "label"), Span(MEANINGS[outcome], "text")))
    parts.append(notes_of(row))
    return prompt, glue(parts, 3) or (Span("no category yet", "label"),)


def duration(microseconds: float | None) -> str:
    """Return a span of time in at most 6 cells: `0s`, `42s`, `12m`, `1h39m`, `2d3h`."""
    if microseconds is None:
        return UNKNOWN
    seconds = int(microseconds // _SECOND_US)
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 60:
        return f"{seconds}s"
    if minutes < 60:
        return f"{minutes}m"
    if hours < 24:
        return f"{hours}h{minutes % 60:02}m" if minutes % 60 else f"{hours}h"
    return f"{hours // 24}d{hours % 24}h" if hours % 24 and hours < 2400 else f"{hours // 24}d"


def task_line(turn: PageTurn) -> Line:
    """Return a category with how sure it is; `?` behind a guess, `#` before the user's word."""
    purpose = turn.purpose
    if purpose is None:
        return (Span(UNKNOWN, "label"),)
    name = _SHORT_TASKS.get(purpose.category, str(purpose.category))
    if purpose.is_corrected:
        return (Span(f"#{name}", "text"),)
    is_sure = purpose.confidence >= _UNSURE_BELOW
    return (
        Span(name, "text" if is_sure else "label"),
        Span(f" {fmt.percent(purpose.confidence)}", "label"),
    )


def notes_of(row: TurnFacts) -> Line:
    """Return what was not as it should be, in words."""
    turn, parts = row.turn, list[Line]()
    if any(hit.kind in LOOPS for hit in row.hits):
        parts.append((Span("LOOP", "bad"),))
    elif row.hits:
        parts.append((Span("waste", "warn"),))
    final = turn.api_errors - turn.retries
    if final > 0:
        parts.append((Span(f"{final} failed", "bad"),))
    if turn.retries:
        parts.append((Span(f"{turn.retries} retried", "warn"),))
    if turn.compactions:
        times = "" if turn.compactions == 1 else f" {turn.compactions}×"
        parts.append((Span(f"compact{times}", "warn"),))
    return glue(parts, 1)


def outcome_line(outcome: str) -> Line:
    """Return what came of a turn; what is lost stands out."""
    if not outcome:
        return (Span(UNKNOWN, "label"),)
    if outcome not in MEANINGS:
        return (Span(clean(outcome), "text"),)
    known = Outcome(outcome)
    good = (Outcome.MERGED, Outcome.COMMITTED, Outcome.TEST_FIXED)
    role: Role = "warn" if known in LOST else "good" if known in good else "label"
    return (Span(known.value, role),)


def _prompt(row: TurnFacts) -> Line:
    turn = row.turn
    if turn.prompt:
        return (Span(clean(turn.prompt), "text"),)
    return (Span("before any prompt" if not turn.turn_id else "(prompt not in its log)", "label"),)


def _flagged_prompt(row: TurnFacts) -> Line:
    """Return the prompt where what was wrong has no column of its own."""
    notes = notes_of(row)
    return (*notes[:1], Span(" "), *_prompt(row)) if notes else _prompt(row)


def _tools(row: TurnFacts) -> Line:
    spans: list[Span] = []
    for name, count in row.turn.tools:
        spans += [Span(f"{clean(name)} ", "label"), Span(f"{count} ", "text")]
    return tuple(spans)


def _number(row: TurnFacts) -> Line:
    return (Span(str(row.number) if row.number else "", "label"),)


def _cost(row: TurnFacts) -> Line:
    turn = row.turn
    return (Span(cost_text_short(turn.cost_nusd, turn.unpriced_tokens), "figure"),)


def _agents(row: TurnFacts) -> Line:
    return (Span(str(row.turn.subagents) if row.turn.subagents else "", "text"),)


_PROMPT = Column("prompt", 14, _prompt)
_TIME = Column("time", 5, lambda row: (Span(row.time, "label"),))
_BY_IMPORTANCE = (
    Column("cost", 8, _cost, right=True),
    _TIME,
    Column("calls", 5, lambda row: (Span(f"{row.turn.requests:,}", "text"),), right=True),
    Column("task, how sure", 16, lambda row: task_line(row.turn)),
    Column("took", 6, lambda row: (Span(duration(row.turn.duration_us), "text"),), right=True),
    Column(
        "tokens",
        6,
        lambda row: (Span(fmt.tokens(row.turn.tokens.total_tokens), "text"),),
        right=True,
    ),
    Column("notes", 16, notes_of),
    Column("outcome", 15, lambda row: outcome_line(row.turn.outcome)),
    Column("tools", 22, _tools),
    Column("#", 3, _number, right=True),
    Column("agents", 6, _agents, right=True),
)
_ORDER = (
    "#", "time", "prompt", "task, how sure", "calls", "tokens", "cost", "took", "agents", "tools",
    "notes", "outcome",
)  # fmt: skip
_MAY_BE_EMPTY = frozenset(("notes", "outcome", "tools", "agents"))
_LEAST_PROMPT = ((64, 14), (100, 22), (150, 30), (10_000, 44))


def _fit(rows: Sequence[TurnFacts], width: int, time_cells: int) -> Sequence[Column]:
    """Return the columns that have room, in screen order; the prompt gets what is left.

    One in which nothing would stand is left out.
    """
    gap = 1 if width < _WIDE else 2
    least = next(cells for below, cells in _LEAST_PROMPT if width < below)
    chosen, room = [_PROMPT], width - min(least, width)
    for column in _BY_IMPORTANCE:
        if column is _TIME:
            column = replace(_TIME, width=time_cells)
        if column.title in _MAY_BE_EMPTY and not any(_says(column.cell(row)) for row in rows):
            continue
        if column.width + gap > room:
            if width < _NARROW:  # the prompt needs it more than what comes after
                break
            continue
        chosen.append(column)
        room -= column.width + gap
    has_notes = any(column.title == "notes" for column in chosen)
    cell = _prompt if has_notes else _flagged_prompt
    chosen[0] = replace(_PROMPT, width=max(1, min(least, width) + room), cell=cell)
    return sorted(chosen, key=lambda column: _ORDER.index(column.title))


def _says(cell: Line) -> bool:
    return plain(cell).strip() not in ("", UNKNOWN)
