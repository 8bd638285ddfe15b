"""`aicost budget list`: each budget with what is spent of it, as a table or as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from aicost.core.budget import OF_ONE, Budget, BudgetStatus
from aicost.core.nudge_words import amount, moment, percent
from aicost.core.spending import Evaluation
from aicost.core.text import UNKNOWN, clean
from aicost.report.documents import Document, limit_fields, standing_fields
from aicost.report.documents import moment as instant
from aicost.report.tables import Column, Style, as_table, notes_text

_BAR_CELLS = 10
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NONE = "No budgets. To set one: aicost budget set day 25\n"
_QUOTA = (
    "A plan with a flat price is in use: dollars are API-equivalent, they save quota, not money."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetList:
    """All budgets, and how they stand."""

    at: datetime  # UTC
    zone: ZoneInfo
    budgets: Sequence[Budget]
    evaluation: Evaluation
    would_stops: Mapping[str, int] = field(default_factory=dict)  # by soft budget, of seven days
    troubles: Sequence[str] = ()  # of files that set budgets
    untrusted: Sequence[str] = ()  # folders with hard budgets that nobody trusted
    is_flat: bool = False  # a plan with a fixed price is in use
    complete: bool = True  # all logs are read


def budgets_document(found: BudgetList) -> Document:
    """Return the budgets as JSON has them; amounts are in the budget's unit."""
    return {
        "schema": 1,
        "generated_at": instant(found.at),
        "timezone": found.zone.key,
        "complete": found.complete,
        "api_equivalent": found.is_flat,
        "budgets": [
            {
                **limit_fields(budget),
                "would_stop": None
                if budget.is_hard
                else found.would_stops.get(budget.budget_id, 0),
                "standing": [standing_fields(one) for one in _statuses(found, budget)],
            }
            for budget in found.budgets
        ],
        "untrusted": list(found.untrusted),
        "troubles": list(found.troubles),
    }


def budgets_table(found: BudgetList, style: Style) -> str:
    """Return the budgets as text, and below what is to be said of them."""
    notes = notes_text(_notes(found), style)
    if not found.budgets:
        return f"{_NONE}{notes}"
    rows = [(budget, one) for budget in found.budgets for one in _rows(found, budget)]
    columns = [
        Column(("Budget", *(clean(budget.budget_id) for budget, _ in rows)), is_text=True),
        Column(("Of", *(_whose(one) for _, one in rows)), is_text=True, rank=3),
        Column(("At 100 %", *(_effect(budget, found) for budget, _ in rows)), is_text=True, rank=4),
        Column(("Spent", *(_cell(one, one.spent if one else None) for _, one in rows))),
        Column(("Limit", *(amount(budget, budget.limit) for budget, _ in rows))),
        Column(("Used", *(_bar(one) for _, one in rows)), is_text=True, rank=2),
        Column(
            ("Forecast", *(_cell(one, one.forecast if one else None) for _, one in rows)), rank=5
        ),
        Column(("Resets", *(_reset(one, found) for _, one in rows)), is_text=True, rank=1),
    ]
    return as_table(columns, style) + notes


def _statuses(found: BudgetList, budget: Budget) -> list[BudgetStatus]:
    """Return how a budget stands: once for a window, for each session of its own otherwise."""
    evaluation = found.evaluation
    if budget.scope not in OF_ONE and budget.origin != "guard":
        return [one for one in evaluation.shared if one.budget == budget]
    of_sessions = (
        one
        for statuses in evaluation.by_session.values()
        for one in statuses
        if one.budget == budget
    )
    return list({one.subject: one for one in of_sessions}.values())


def _rows(found: BudgetList, budget: Budget) -> Sequence[BudgetStatus | None]:
    return _statuses(found, budget) or [None]


def _whose(status: BudgetStatus | None) -> str:
    if status is None:
        return UNKNOWN
    if status.budget.origin == "guard":
        return "its run"
    session_id, _, turn_id = status.subject.partition(" ")
    return f"{clean(session_id)[:8]}{' turn' if turn_id else ''}" or "all"


def _effect(budget: Budget, found: BudgetList) -> str:
    if budget.is_hard:
        return "stops"
    often = found.would_stops.get(budget.budget_id, 0)
    return f"tells (7 d: {often} stops)" if often else "tells"


def _cell(status: BudgetStatus | None, steps: int | None) -> str:
    return UNKNOWN if status is None or steps is None else amount(status.budget, steps)


def _bar(status: BudgetStatus | None) -> str:
    if status is None:
        return UNKNOWN
    eighths = min(_BAR_CELLS * 8, status.spent * _BAR_CELLS * 8 // status.budget.limit)
    full, part = divmod(max(0, eighths), 8)
    bar = "█" * full + (_EIGHTHS[part] if part else "")
    return f"{bar:<{_BAR_CELLS}} {percent(status.spent, status.budget.limit):>5}"


def _reset(status: BudgetStatus | None, found: BudgetList) -> str:
    if status is None or status.resets_at is None:
        return UNKNOWN
    return moment(status.resets_at, found.at, found.zone)


def _notes(found: BudgetList) -> Iterator[str]:
    statuses = [one for budget in found.budgets for one in _statuses(found, budget)]
    if found.is_flat and any(budget.unit == "usd" for budget in found.budgets):
        yield _QUOTA
    unpriced = max((one.unpriced_tokens for one in statuses), default=0)
    if unpriced:
        yield f"{unpriced:,} tokens have no known price and count as nothing: aicost prices set"
    if not found.complete:
        yield "The logs are not all read: more may be spent."
    for root in found.untrusted:
        yield f"{clean(root)} brings budgets that would stop: aicost trust {clean(root)}"
    for trouble in found.troubles:
        yield f"trouble: {clean(trouble)}"
