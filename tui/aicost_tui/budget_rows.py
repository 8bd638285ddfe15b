"""The rows of the budgets screen, and all that is to be said of the one selected. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aicost.core.budget import OF_A_PLAN, OF_ONE, STEPS, Budget, BudgetStatus
from aicost.core.budget_page import BudgetEntry, BudgetPage
from aicost.core.money import cost_text
from aicost.core.nudge_words import amount, percent
from aicost.core.session import session_name
from aicost.core.text import clean
from aicost.core.view import SessionRow
from aicost_tui import format as fmt
from aicost_tui.dialog_lines import fact, said
from aicost_tui.export import Cell, Table, moment
from aicost_tui.gauges import BudgetFacts, budget_name, reset_text
from aicost_tui.spans import Line, Span

_HEADERS = (
    "budget", "id", "scope", "unit", "limit", "spent", "share", "forecast", "hard", "origin",
    "session_id", "resets_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A budget on the screen. `entry` is None for what nobody set: the windows of plans."""

    status: BudgetStatus
    entry: BudgetEntry | None = None
    is_used: bool = True  # False: of each turn or session, and none is under it now

    @property
    def budget(self) -> Budget:
        """The limit itself."""
        return self.status.budget

    @property
    def key(self) -> str:
        """What names the row while amounts change."""
        budget = self.budget
        return "\0".join(
            (budget.budget_id, budget.origin, budget.root, budget.guard_id, self.status.subject)
        )


def rows_of(budgets: Sequence[BudgetStatus], page: BudgetPage | None) -> tuple[BudgetRow, ...]:
    """Return a row for each standing budget of a view, then those that stand for nobody now."""
    entries = {_of(entry.budget): entry for entry in page.entries} if page else {}
    rows = [BudgetRow(status, entries.get(_of(status.budget))) for status in budgets]
    shown = {_of(status.budget) for status in budgets}
    for name, entry in entries.items():
        if name not in shown:
            standing = entry.standing or (BudgetStatus(budget=entry.budget),)
            rows += [BudgetRow(one, entry, bool(entry.standing)) for one in standing]
    return tuple(rows)


def _of(budget: Budget) -> tuple[str, str, str, str]:
    """Name a budget, also while its limit is another one in one of two answers."""
    return (budget.budget_id, budget.origin, budget.root, budget.guard_id)


def fixed_because(row: BudgetRow) -> str:
    """Return why a budget cannot be changed here; "" if it can."""
    budget = row.budget
    if row.entry is None and budget.scope in OF_A_PLAN:
        return (
            "The plan's own window, as its provider counts. n, then"
            f" {budget.scope}, sets a limit below it."
        )
    match budget.origin:
        case "repo":
            return "Read-only: its repository sets it, in .aicost.toml. Edit it there."
        case "guard":
            return "Read-only: the limit of a guarded run, given to aicost guard."
        case "config":
            return "" if row.entry is not None else "Read-only until the daemon has told of it."


def detail_of(  # noqa: PLR0913 - all that it tells of
    facts: BudgetFacts,
    row: BudgetRow,
    sessions: Mapping[str, SessionRow],
    config_file: str,
    most: int,
    width: int,
) -> Sequence[Line]:
    """Return what a gauge has no room for: what is left, the forecast, what it stops, for whom.

    At most so many sessions are named.
    """
    lines = fact("used", _used(row), width, "figure")
    if ahead := _ahead(facts, row):
        lines += fact("ahead", ahead, width)
    lines += fact("at 100 %", _effect(row), width, "accent" if row.budget.is_hard else "text")
    lines += _bearers(row, sessions, most, width)
    why = fixed_because(row)
    if why:
        lines += fact("set in", why, width, "label")
    else:
        name = f"{row.budget.budget_id} in {config_file}"
        lines += fact("set in", name, width, "label")
    return lines


def _used(row: BudgetRow) -> str:
    if not row.is_used:
        return f"{amount(row.budget, row.budget.limit)}; no session is under it now"
    status, budget = row.status, row.budget
    used, limit = amount(budget, status.spent), amount(budget, budget.limit)
    parts = [f"{used} of {limit}, {percent(status.spent, budget.limit)}"]
    left, so = status.left, ""
    if status.reserved:
        parts.append(f"{amount(budget, status.reserved)} kept for calls under way")
        so = "with them "
    parts.append(so + (f"{amount(budget, abs(left))} " + ("left" if left > 0 else "over")))
    if status.hidden:
        parts.append(f"{amount(budget, status.hidden)} of it is in no log line")
    if status.unpriced_tokens:
        parts.append(f"{status.unpriced_tokens:,} tokens without a price count as nothing")
    return "; ".join(parts)


def _ahead(facts: BudgetFacts, row: BudgetRow) -> str:
    status = row.status
    parts = []
    if status.forecast is not None:
        over = status.forecast - row.budget.limit
        how = f", {amount(row.budget, over)} over" if over > 0 else ""
        parts.append(f"{amount(row.budget, status.forecast)} at this rate{how}")
    if reset := reset_text(facts, status):
        parts.append(f"starts anew {reset.removeprefix('↺ ')}")
    return "; ".join(parts)


def _effect(row: BudgetRow) -> str:
    budget, entry = row.budget, row.entry
    if budget.is_hard:
        return "hard: stops agents that have the hooks (aicost hooks status)"
    if entry is not None and entry.is_untrusted:
        return "only tells until you trust the repository: aicost trust"
    often = entry.would_stop if entry else 0
    if often:
        return f"only tells; a hard one would have stopped {often}× in the last 7 days"
    return "only tells"


def _bearers(
    row: BudgetRow, sessions: Mapping[str, SessionRow], most: int, width: int
) -> Iterator[Line]:
    """Yield a line for each session that counts for it: its name, what it spent and burns."""
    if row.budget.scope in OF_ONE and row.status.subject:
        ids = [row.status.subject.partition(" ")[0]]
    else:
        ids = list(row.entry.bearers) if row.entry else []
    if not ids:
        yield from fact("counts", "no session now" if row.entry else "all of that agent", width)
        return
    named = [
        _named(sessions.get(one), one) for one in ids[: most if len(ids) <= most else most - 1]
    ]
    if left := len(ids) - len(named):
        named.append(f"and {left} more")
    for head, name in zip(("counts", *[""] * len(named)), named):
        yield from fact(head, name, width, most=1)


def _named(row: SessionRow | None, session_id: str) -> str:
    if row is None:
        return clean(session_id)[:8]
    burn = f"{fmt.money(row.burn.nusd_per_hour)}/h now"
    parts = (row.agent, cost_text(row.cost_nusd, row.unpriced_tokens), burn)
    return f"{session_name(row)}: {', '.join(parts)}"


def notes_of(page: BudgetPage | None, width: int) -> Sequence[Line]:
    """Return what holds for all of them, and what is in the way."""
    return list(_notes(page, width))


def _notes(page: BudgetPage | None, width: int) -> Iterator[Line]:
    if page is None:
        return
    for trouble in page.troubles:
        yield from said(f"▲ {trouble}", width, "warn")
    if not page.complete:
        yield from said("The logs are not all read yet: more may be spent.", width, "warn")
    if page.is_flat:
        text = "On a plan dollars are API-equivalent: less saves quota, not money."
        yield from said(text, width, "label")


def blank_of(page: BudgetPage | None, width: int) -> Sequence[Line]:
    """Return what stands where there is no budget."""
    if page is None:
        return said("Asking the daemon …", width, "figure")
    return (
        (Span("No budgets yet", "figure"),),
        *said("A budget is a limit on a day, a session, a week, a plan's window …", width, "label"),
        *said("It tells at 50, 80, 95 and 100 %; a hard one stops agents there.", width, "label"),
        (),
        (Span("n", "accent"), Span(" sets the first one", "label")),
    )


def table_of(facts: BudgetFacts, rows: Sequence[BudgetRow]) -> Table | None:
    """Return the rows for a file; amounts are in the budget's unit."""
    if not rows:
        return None
    return Table("budgets", _HEADERS, tuple(_cells(facts, row) for row in rows))


def _cells(facts: BudgetFacts, row: BudgetRow) -> tuple[Cell, ...]:
    status, budget = row.status, row.budget
    step = STEPS[budget.unit]
    return (
        budget_name(facts, status), budget.budget_id, budget.scope, budget.unit,
        budget.limit / step, status.spent / step if row.is_used else None,
        status.share if row.is_used else None,
        None if status.forecast is None else status.forecast / step, budget.is_hard, budget.origin,
        status.subject.partition(" ")[0] or None,
        moment(status.resets_at),
    )  # fmt: skip
