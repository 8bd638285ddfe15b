"""What stands in the dialogs. Pure: values and a width in cells to lines."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Literal

from aicost.core.at_hand import CurrentTurn, SessionAtHand
from aicost.core.budget_page import BudgetChange
from aicost.core.errors import AicostError
from aicost.core.money import cost_text
from aicost.core.session import session_name
from aicost.core.text import UNKNOWN, cells_of, clean, cut, wrapped
from aicost.core.view import SessionRow
from aicost_tui.columns import STATE_ROLES
from aicost_tui.rows import STATES
from aicost_tui.spans import Line, Role, Span, crop, pad

Phase = Literal["looking", "gone", "asking", "sent", "still", "ending", "ended", "stopped"]
_LABEL = 10  # cells
_MOST_CHANGES = 12  # lines of a change that are shown
_MOST_COMMAND = 3  # lines
_AFTERMATH = {
    "claude": "Claude Code saves its log, ends, and can be resumed.",
    "codex": "Codex ends at once; its log is kept, and it can be resumed.",
}
_PHASES: dict[Phase, tuple[str, Role]] = {
    "looking": ("Looking at its process …", "label"),
    "gone": ("No process has it open: there is nothing to interrupt.", "text"),
    "sent": ("SIGINT is sent. Waiting for the turn to end …", "warn"),
    "still": ("It still works. SIGTERM ends the process; what it was doing is cut short.", "warn"),
    "ending": ("SIGTERM is sent. Waiting for the process to end …", "warn"),
    "stopped": ("✓ The turn has ended; the agent waits for you.", "good"),
}


def wrapped_hard(text: str, width: int) -> Iterator[str]:
    """Yield cleaned text in lines of at most `width` cells; longer words are cut, none is lost."""
    for line in wrapped(text, max(1, width)):
        rest = line
        while cells_of(rest) > width > 0:
            head = cut(rest, width) or rest[:1]
            yield head
            rest = rest[len(head) :].lstrip()
        if rest:
            yield rest


def fact(name: str, value: str, width: int, role: Role = "text", most: int = 99) -> list[Line]:
    """Return a name and a value, which goes on below itself; at most so many lines of it."""
    lines = list(wrapped_hard(clean(value) or UNKNOWN, width - _LABEL))
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1] + " …"]
    heads = [name, *[""] * (len(lines) - 1)]
    return [
        crop((*pad((Span(head, "label"),), _LABEL), Span(line, role)), width)
        for head, line in zip(heads, lines)
    ]


def said(text: str, width: int, role: Role = "text") -> list[Line]:
    """Return a sentence in as many lines as it takes."""
    return [(Span(line, role),) for line in wrapped_hard(clean(text), width)]


def error_lines(error: AicostError, width: int) -> list[Line]:
    """Return what went wrong, why, and what to try."""
    lines = said(f"✕ {error.what}", width, "bad")
    if error.why:
        lines += said(error.why, width, "label")
    if error.hint:
        lines += said(f"try: {error.hint}", width, "label")
    return lines


def interrupt_lines(
    row: SessionRow, hand: SessionAtHand | None, phase: Phase, zone: tzinfo, width: int
) -> Sequence[Line]:
    """Return whom a signal would reach, what it does, and what came of it."""
    process = hand.process if hand else None
    lines = fact("session", session_name(row), width, "figure")
    lines += fact("id", row.session_id, width)
    lines += fact("spent", cost_text(row.cost_nusd, row.unpriced_tokens), width, "figure")
    if process is not None:
        lines += fact("process", f"pid {process.pid}{_since(process.started_at, zone)}", width)
        lines += fact("command", " ".join(process.command), width, most=_MOST_COMMAND)
    look = STATES[process.state if process else row.state]
    if phase in ("asking", "sent", "still", "ending"):
        lines += fact("state", f"{look.sign} {look.meaning}", width, STATE_ROLES[row.state])
    lines.append(())
    return [*lines, *_phase_lines(row, hand, phase, width)]


def _phase_lines(
    row: SessionRow, hand: SessionAtHand | None, phase: Phase, width: int
) -> Sequence[Line]:
    if phase == "asking":
        return said(f"SIGINT interrupts what it does. {_AFTERMATH[row.agent]}", width)
    if phase == "ended":
        lines = said("✓ The agent has ended. To go on:", width, "good")
        return [*lines, *said(hand.resume if hand else "", width, "accent")]
    if phase == "gone" and row.pid is not None:
        return said(f"Its process, pid {row.pid}, is gone: there is nothing to interrupt.", width)
    text, role = _PHASES[phase]
    return said(text, width, role)


def _since(at: datetime | None, zone: tzinfo) -> str:
    return "" if at is None else f", since {at.astimezone(zone):%H:%M:%S}"


def tag_lines(
    row: SessionRow, turn: CurrentTurn | None, zone: tzinfo, width: int, *, is_whole: bool
) -> Sequence[Line]:
    """Return which turn is corrected, and what is thought of it so far."""
    lines = fact("session", session_name(row), width, "figure")
    if is_whole:
        lines += fact("for", "all its turns that have no word of their own", width)
        return lines
    if turn is None:
        return [*lines, *fact("for", "this session: its turn is not known yet", width)]
    began = f", begun {turn.started_at.astimezone(zone):%H:%M}" if turn.started_at else ""
    cost = f", {cost_text(turn.cost_nusd, 0)}" if turn.cost_nusd is not None else ""
    lines += fact("for", f"the turn {turn.turn_id[:8]}{began}{cost}", width)
    thought = turn.category or "not known yet"
    whose = "you said so" if turn.is_corrected else turn.why
    return [*lines, *fact("so far", f"{thought}: {whose}" if whose else thought, width)]


def change_lines(change: BudgetChange, width: int) -> Sequence[Line]:
    """Return what a change of the settings does: the sentence, the file, its lines."""
    lines = said(change.text, width, "figure")
    verb = "written to" if change.is_made else "this changes in"
    lines += said(f"{verb} {change.file}", width, "label")
    roles: dict[str, Role] = {"+": "good", "-": "bad"}
    shown = change.lines[:_MOST_CHANGES]
    lines += [crop((Span(_source(line), roles.get(line[:1], "label")),), width) for line in shown]
    if left := len(change.lines) - len(shown):
        lines += said(f"  … {left} more lines", width, "label")
    if not change.lines:
        lines += said("  nothing: it is so already", width, "label")
    return lines


def _source(line: str) -> str:
    """Return a line of a file as it is typed, without what a terminal would act on."""
    shown = "".join(char if char.isprintable() else "�" for char in line)
    return f"{shown[:1]} {shown[1:]}"
