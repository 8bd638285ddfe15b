"""Nudges as text: one line of the first, a panel of the most serious, a list of all. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from aicost.core.money import dollars
from aicost.core.nudge import SIGNS, Nudge, NudgeKind, Severity
from aicost.core.nudging import by_weight, first_of
from aicost.core.session import session_name
from aicost.core.text import clean, wrapped
from aicost.core.view import DashboardView
from aicost_tui.spans import Line, Part, Role, Span, arrange, crop, pad, width_of

KINDS: dict[NudgeKind, str] = {
    "budget": "budget",
    "forecast": "forecast",
    "plan": "plan",
    "loop": "loop",
    "edit-test": "loop",
    "reread": "reread",
    "search": "search",
    "retry-storm": "retries",
    "stalled": "stalled",
    "dump": "dump",
    "thrash": "compact",
    "cache": "cache",
    "subagent": "subagent",
    "context": "context",
    "unpriced": "unpriced",
    "hidden": "hidden",
    "budgets-file": "file",
    "repo-budgets": "repo",
}
_ROLES: dict[Severity, Role] = {"info": "label", "warning": "warn", "serious": "bad"}
_KIND_CELLS = 8
_TIME_CELLS = 6
_KEYS = (  # a command that is told, and the key that does the same here
    ("aicost allow AMOUNT REASON", "a on its row"),
    ("another limit: aicost budget set", "another limit: b"),
    ("aicost top, sorted by $/h, shows", "the table by $/h (s) shows"),
    ("aicost report --by session shows", "the history (h) shows"),
)
_NAME_CELLS = 24  # of a session, where there is room for a column
_WIDE = 100  # cells from which there is


@dataclass(frozen=True, slots=True)
class NudgeFacts:
    """What the panels of nudges show, at a moment, in the zone its times are told in."""

    nudges: tuple[Nudge, ...]  # the newest first
    names: Mapping[str, str]  # of sessions, by id
    now: datetime
    zone: tzinfo


def nudge_facts(view: DashboardView, now: datetime, zone: tzinfo) -> NudgeFacts:
    """Return the nudges of a view with the names of their sessions."""
    told = {nudge.session_id for nudge in view.nudges}  # (asked four times a second)
    names = {row.session_id: session_name(row) for row in view.sessions if row.session_id in told}
    return NudgeFacts(view.nudges, names, now, zone)


def first_line(facts: NudgeFacts, width: int) -> Line:
    """Return the one that matters most, and how many there are; nothing if there is none."""
    first = first_of(facts.nudges)
    if first is None:
        return ()
    name = _name(facts, first)
    more: Line = (Span("n", "accent"), Span(f" all {len(facts.nudges)}", "label"))
    head: Line = (Span("nudges   ", "label"), _sign(first), Span(" "))
    named: Line = (*head, Span(f"{name}: ", "figure")) if name else head
    sentence = Span(clean(first.sentence), "text")
    whole: Line = (*named, sentence, Span(f" → {_action(first)}", "label"))
    room = max(0, width - width_of(more) - 2)
    forms = [form for form in (whole, (*named, sentence)) if width_of(form) <= room]
    line = forms[0] if forms else crop((*head, sentence), room)
    return crop((*pad(line, room + 2), *more), width)


def panel_lines(facts: NudgeFacts, width: int, most: int) -> tuple[Line, ...]:
    """Return the most serious, then the newest, in at most `most` lines.

    An action that does not fit has its own line.
    """
    lines: list[Line] = []
    for number, nudge in enumerate(by_weight(facts.nudges)):
        own = _row(facts, nudge, width)
        is_last = number == len(facts.nudges) - 1
        if len(lines) + len(own) > most - (0 if is_last else 1):
            left = len(facts.nudges) - number
            lines.append((Span(f"{left} more, ", "label"), Span("n", "accent"), Span(" shows all")))
            break
        lines += own
    return tuple(crop(line, width) for line in lines)


def _row(facts: NudgeFacts, nudge: Nudge, width: int) -> Sequence[Line]:
    head = _head(facts, nudge, width)
    sentence, action = clean(nudge.sentence), f"→ {_action(nudge)}"
    one: Line = (*head, Span(sentence, "text"), Span(f"  {action}", "label"))
    if width_of(one) <= width:
        return (one,)
    if width < _WIDE:
        return tuple(_block(facts, nudge, width))
    indent = width_of(head)
    lines: list[Line] = [
        (Span(" " * indent), Span(part, role))
        for text, role in _texts(nudge)
        for part in wrapped(text, width - indent)
    ]
    return ((*head, *lines[0][1:]), *lines[1:])


def _head(facts: NudgeFacts, nudge: Nudge, width: int) -> Line:
    """Return when, how serious, what kind, and in which session."""
    line, name = _when(facts, nudge), _name(facts, nudge)
    if width < _WIDE:
        return (*line, Span(f"{name}: ", "figure")) if name else line
    if not any(one.session_id for one in facts.nudges):
        return line
    return (*line, *pad((Span(name, "figure"),), _NAME_CELLS), Span("  "))


def _when(facts: NudgeFacts, nudge: Nudge) -> Line:
    return (
        Span(f"{_time(facts, nudge.at):<{_TIME_CELLS}} ", "label"),
        _sign(nudge),
        *pad((Span(f" {KINDS[nudge.kind]}", "text"),), _KIND_CELLS + 2),
    )


def list_lines(facts: NudgeFacts, width: int) -> tuple[Line, ...]:
    """Return all of each nudge, wrapped."""
    if not facts.nudges:
        return (
            (Span("Nothing to tell", "figure"),),
            (Span("Budgets, loops and dear contexts are told here.", "label"),),
        )
    lines: list[Line] = []
    for nudge in facts.nudges:
        if lines:
            lines.append(())
        lines += _block(facts, nudge, width)
    return tuple(crop(line, width) for line in lines)


def _block(facts: NudgeFacts, nudge: Nudge, width: int) -> Iterable[Line]:
    cost = "" if nudge.cost_nusd is None else f"{dollars(nudge.cost_nusd)} so far"
    head: Line = (*_when(facts, nudge), Span(_name(facts, nudge), "figure"))
    yield arrange([Part(0, (head,))], [Part(1, ((Span(cost, "label"),), ()))], width)
    for text, role in _texts(nudge):
        for part in wrapped(text, max(10, width - 2)):
            yield (Span("  "), Span(part, role))


def _texts(nudge: Nudge) -> tuple[tuple[str, Role], ...]:
    return ((clean(nudge.sentence), "text"), (f"→ {_action(nudge)}", "label"))


def _action(nudge: Nudge) -> str:
    """Return what to do, by a key where the screen has one."""
    text = clean(nudge.action)
    for command, key in _KEYS:
        text = text.replace(command, key)
    return text


def _sign(nudge: Nudge) -> Span:
    return Span(SIGNS[nudge.severity], _ROLES[nudge.severity])


def _name(facts: NudgeFacts, nudge: Nudge) -> str:
    if not nudge.session_id:
        return ""
    return facts.names.get(nudge.session_id) or clean(nudge.session_id)[:8]


def _time(facts: NudgeFacts, at: datetime) -> str:
    """Return when something began, in six cells; of another day its date."""
    local = at.astimezone(facts.zone)
    is_today = local.date() == facts.now.astimezone(facts.zone).date()
    return f"{local:%H:%M}" if is_today else f"{local:%d %b}"
