"""Budgets as text: a gauge in the header, a line in a panel, a block in a list. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from aicost.core.budget import OF_A_PLAN, OF_ONE, STEPS, Budget, BudgetStatus, Scope
from aicost.core.money import dollars_short
from aicost.core.nudge import SIGNS, Severity
from aicost.core.nudge_words import covers
from aicost.core.nudging import severity_of
from aicost.core.session import session_name
from aicost.core.text import clean, wrapped
from aicost.core.view import DashboardView
from aicost_tui import format as fmt
from aicost_tui.spans import Line, Part, Role, Span, arrange, crop, glue, pad, width_of

ROLES_OF: dict[Severity, Role] = {"info": "good", "warning": "warn", "serious": "bad"}
SET_ONE = "aicost budget set day 25"
_WORDS = {0: "ok", 50: "half used", 80: "mostly used", 95: "almost used", 100: "used up"}
_AHEAD = "too fast"  # below 80 %, and over the limit at this rate
_NAMES: dict[Scope, str] = {
    "turn": "turn",
    "session": "session",
    "5h": "last 5 hours",
    "day": "today",
    "week": "this week",
    "month": "this month",
    "plan-5h": "5 h limit",
    "plan-week": "week limit",
}
_BLOCK_BELOW = 92  # cells: narrower, a list has two lines for each budget
_HEADER_BAR = 10
_MOST_IN_LINE = 4
_GAP = 2  # cells between budgets in one line
_HOUR_S, _DAY_S, _WEEK_S = 3600, 86_400, 604_800


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """What the panels of budgets show, at a moment, in the zone its times are told in."""

    budgets: tuple[BudgetStatus, ...]
    names: Mapping[str, str]  # of sessions, by id
    now: datetime
    zone: tzinfo


def budget_facts(view: DashboardView, now: datetime, zone: tzinfo) -> BudgetFacts:
    """Return the budgets of a view with the names of their sessions."""
    told = {status.subject for status in view.budgets}  # (asked four times a second)
    names = {row.session_id: session_name(row) for row in view.sessions if row.session_id in told}
    return BudgetFacts(view.budgets, names, now, zone)


def budget_name(facts: BudgetFacts, status: BudgetStatus) -> str:
    """Return what a budget is called: `today, shop`, `session shop · main`, `codex 5 h limit`."""
    budget = status.budget
    if budget.scope in OF_A_PLAN:
        return f"{clean(budget.filter.agent)} {_NAMES[budget.scope]}".lstrip()
    if budget.origin == "guard":
        return "guarded run"
    name = _NAMES[budget.scope]
    if budget.scope in OF_ONE:
        session_id = status.subject.partition(" ")[0]
        whose = facts.names.get(session_id) or clean(session_id)[:8]
        name = f"{name} {whose}" if session_id else f"each {name}"
    return name + covers(budget).replace(" for ", ", ", 1)


def used_text(status: BudgetStatus) -> str:
    """Return how much of a limit is used: `$18.42 of $25`, `250k of 300k tokens`, `70 of 80 %`.

    Of a limit of 100 % the percentage says it all: "".
    """
    budget = status.budget
    if budget.unit == "usd":
        return f"{_money(status.spent)} of {_money(budget.limit)}"
    if budget.unit == "percent":
        if budget.limit == 100 * STEPS["percent"]:
            return ""
        return f"{_units(budget, status.spent)} of {_units(budget, budget.limit)} %"
    return f"{_units(budget, status.spent)} of {_units(budget, budget.limit)} {budget.unit}"


def percent_text(status: BudgetStatus) -> str:
    """Return the used share in whole percent, rounded down as levels are."""
    return f"{min(9999, status.spent * 100 // status.budget.limit)}%"


def word_of(status: BudgetStatus) -> str:
    """Return in a word or two what the colour of a gauge says."""
    is_ahead = severity_of(status) == "warning" and status.level < 80
    return _AHEAD if is_ahead else _WORDS[status.level]


def forecast_text(status: BudgetStatus) -> str:
    """Return where the window ends at this rate, e.g. `→ $41.20`; "" if that is not known."""
    if status.forecast is None:
        return ""
    budget = status.budget
    if budget.unit == "usd":
        return f"→ {_money(status.forecast)}"
    return f"→ {_units(budget, status.forecast)}"


def reset_text(facts: BudgetFacts, status: BudgetStatus) -> str:
    """Return when a budget starts anew, e.g. `↺ 00:00`, `↺ Mon 00:00`, `↺ 1 Dec`; "" if never."""
    if status.resets_at is None or status.resets_at <= facts.now:
        return ""
    local = status.resets_at.astimezone(facts.zone)
    away_s = (status.resets_at - facts.now).total_seconds()
    if away_s < _DAY_S:
        return f"↺ {local:%H:%M}"
    return f"↺ {local:%a %H:%M}" if away_s < _WEEK_S else f"↺ {local.day} {local:%b}"


def header_parts(facts: BudgetFacts) -> tuple[list[Part], list[Part]]:
    """Return the gauge of today's budget with the week's and the month's, and the plans' windows.

    Of several the most used one.
    """
    day = _strictest(facts, "day")
    first = [_today_part(day)] if day else []
    for scope, name in (("week", "week"), ("month", "month")):
        status = _strictest(facts, scope)
        if status is not None:
            first.append(Part(5, (_short_gauge(name, status), ())))
    plans = [one for one in facts.budgets if one.budget.scope in OF_A_PLAN]
    return first, [_plan_part(facts, one, rank) for rank, one in enumerate(plans[:2], start=4)]


def _strictest(facts: BudgetFacts, scope: str) -> BudgetStatus | None:
    """Return the most used budget of dollars for all that is done in a window."""
    found = [
        one
        for one in facts.budgets
        if one.budget.scope == scope and one.budget.unit == "usd" and one.budget.filter.is_open
    ]
    return max(found, key=lambda one: one.share, default=None)


def _today_part(status: BudgetStatus) -> Part:
    sign, role = _sign(status)
    bar = _bar(status, _HEADER_BAR)
    share: Line = (Span(f" {percent_text(status)}", role),)
    mark: Line = (Span(f" {sign}", role),) if severity_of(status) != "info" else ()
    limit: Line = (Span(f" {_money(status.budget.limit)}", "text"),)
    of: Line = (Span("of", "label"), *limit)
    return Part(2, ((*bar, *limit, *share, *mark), (*of, *share, *mark), share[:1] + mark))


def _short_gauge(name: str, status: BudgetStatus) -> Line:
    sign, role = _sign(status)
    mark = f" {sign}" if severity_of(status) != "info" else ""
    amounts = f"{_money(status.spent)} of {_money(status.budget.limit)}"
    return (Span(f"{name} ", "label"), Span(f"{amounts}{mark}", role if mark else "text"))


def _plan_part(facts: BudgetFacts, status: BudgetStatus, rank: int) -> Part:
    sign, role = _sign(status)
    name = f"{budget_name(facts, status)} "
    mark = f" {sign}" if severity_of(status) != "info" else ""
    share = Span(f"{percent_text(status)}{mark}", role if mark else "text")
    reset = _in_text(facts, status)
    short: Line = (Span(name, "label"), share)
    return Part(rank, ((*short, Span(f" {reset}", "label")) if reset else short, short, ()))


def _in_text(facts: BudgetFacts, status: BudgetStatus) -> str:
    """Return in how long a budget starts anew: `↺ 2h10`, `↺ 3d 4h`, `↺ 12m`."""
    if status.resets_at is None or status.resets_at <= facts.now:
        return ""
    minutes = int((status.resets_at - facts.now).total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"↺ {days}d {hours}h"
    return f"↺ {hours}h{minutes:02}" if hours else f"↺ {minutes}m"


def quiet_line(*, by_key: bool = False) -> Line:
    """Return what stands where there is no budget: a command, or the key on the screen."""
    how = (Span("b", "accent"), Span(" to set one", "label"))
    by_command = (Span(SET_ONE, "accent"), Span(" sets one", "label"))
    return (Span("no budgets; ", "label"), *(how if by_key else by_command))


def summary_line(facts: BudgetFacts, width: int) -> Line:
    """Return the most used budgets in one line, as many as fit, and how many there are."""
    every = facts.budgets
    if not every:
        return crop(quiet_line(by_key=True), width)
    more: Line = (Span("b", "accent"), Span(f" all {len(every)}", "label"))
    room = width - width_of(more) - _GAP
    for count in range(min(len(every), _MOST_IN_LINE), 0, -1):
        for is_full in (True, False):
            line = _some(facts, every[:count], is_full=is_full)
            if width_of(line) <= room:
                return (*pad(line, room + _GAP), *more)
    return crop((*pad(line, max(0, room)), Span(" " * _GAP), *more), width)


def _some(facts: BudgetFacts, budgets: Sequence[BudgetStatus], *, is_full: bool) -> Line:
    line: Line = (Span("budgets", "label"),)
    for status in budgets:
        sign, role = _sign(status)
        amounts = f" {used_text(status)}".rstrip() if is_full else ""
        line += (
            Span(f"{'':{_GAP}}{sign} ", role),
            Span(budget_name(facts, status), "text"),
            *((Span(amounts, "label"),) if amounts else ()),
            Span(f" {percent_text(status)}", role),
            *_hard(status),
        )
    return line


def table_lines(facts: BudgetFacts, width: int, most: int | None = None) -> tuple[Line, ...]:
    """Return a line for each budget, at most `most`; what has no room is counted in the last."""
    if not facts.budgets:
        return (crop(quiet_line(by_key=most is not None), width),)
    shown = _cut(facts.budgets, most)
    lines = [gauge_line(facts, status, width) for status in shown]
    if left := len(facts.budgets) - len(shown):
        lines.append((Span(f"  {left} more, ", "label"), Span("b", "accent"), Span(" shows all")))
    return tuple(crop(line, width) for line in lines)


def list_lines(facts: BudgetFacts, width: int) -> tuple[Line, ...]:
    """Return all that is known of each budget, and how to set another."""
    lines: list[Line] = []
    if not facts.budgets:
        lines.append(quiet_line())
    elif width >= _BLOCK_BELOW:
        lines += table_lines(facts, width)
    else:
        for status in facts.budgets:
            lines += [*_block(facts, status, width)]
    lines.append(())
    for hint in _hints(facts.budgets):
        lines += [(Span(part, "label"),) for part in wrapped(hint, max(10, width))]
    return tuple(crop(line, width) for line in lines)


def _hints(budgets: Iterable[BudgetStatus]) -> Iterator[str]:
    """Yield what explains these budgets, and how to set others."""
    budgets = tuple(budgets)
    if any(one.budget.scope in OF_A_PLAN for one in budgets):
        yield "On a plan dollars are API-equivalent: less saves quota, not money."
    if any(one.forecast is not None for one in budgets):
        yield "→ is where the window ends at this rate, ↺ when it starts anew."
    if any(one.budget.is_hard for one in budgets):
        yield "hard stops the agent; the others only tell."
    yield "aicost budget set SCOPE AMOUNT sets one, aicost budget rm takes one away."


def _cut(budgets: Sequence[BudgetStatus], most: int | None) -> Sequence[BudgetStatus]:
    return budgets if most is None or len(budgets) <= most else budgets[: most - 1]


def _block(facts: BudgetFacts, status: BudgetStatus, width: int) -> Iterable[Line]:
    """Yield two lines: what it is and how it stands; the gauge."""
    sign, role = _sign(status)
    name: Line = (Span(f"{sign} ", role), Span(budget_name(facts, status), "figure"))
    yield arrange(
        [Part(0, ((*name, *_hard(status)),))],
        [Part(1, ((Span(word_of(status), role),), ()))],
        width,
    )
    bar = _bar(status, max(6, min(20, width // 4)))
    yield arrange(
        [
            Part(0, ((Span("  "), *bar, Span(f" {percent_text(status):>4}", role)),)),
            Part(1, ((Span(used_text(status), "figure"),),)),
            Part(3, ((Span(forecast_text(status), "text"),), ())),
        ],
        [Part(2, ((Span(reset_text(facts, status), "label"),), ()))],
        width,
    )


_Cell = Callable[[BudgetFacts, BudgetStatus, int], Line]


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    width: int  # the least it needs
    cell: _Cell
    right: bool = False


def _sign_cell(_facts: BudgetFacts, status: BudgetStatus, _width: int) -> Line:
    return (Span(*_sign(status)),)


def _name_cell(facts: BudgetFacts, status: BudgetStatus, width: int) -> Line:
    """Return the name; that a budget is hard is never cut off."""
    hard, name = _hard(status), (Span(budget_name(facts, status), "text"),)
    return (*crop(name, width - width_of(hard)), *hard)


def _word_cell(_facts: BudgetFacts, status: BudgetStatus, _width: int) -> Line:
    return (Span(word_of(status), _sign(status)[1]),)


def _bar_cell(_facts: BudgetFacts, status: BudgetStatus, width: int) -> Line:
    return _bar(status, width)


def _percent_cell(_facts: BudgetFacts, status: BudgetStatus, _width: int) -> Line:
    return (Span(percent_text(status), _sign(status)[1]),)


def _used_cell(_facts: BudgetFacts, status: BudgetStatus, _width: int) -> Line:
    return (Span(used_text(status), "figure"),)


def _forecast_cell(_facts: BudgetFacts, status: BudgetStatus, _width: int) -> Line:
    return (Span(forecast_text(status), _ahead_role(status)),)


def _reset_cell(facts: BudgetFacts, status: BudgetStatus, _width: int) -> Line:
    return (Span(reset_text(facts, status), "label"),)


_BY_IMPORTANCE = (
    _Column("sign", 1, _sign_cell),
    _Column("name", 14, _name_cell),
    _Column("percent", 4, _percent_cell, right=True),
    _Column("used", 16, _used_cell, right=True),
    _Column("bar", 10, _bar_cell),
    _Column("reset", 11, _reset_cell),
    _Column("word", 11, _word_cell),
    _Column("forecast", 9, _forecast_cell),
)
_ORDER = ("sign", "name", "word", "bar", "percent", "used", "forecast", "reset")
_GROWTH = (("name", 24), ("used", 19), ("bar", 14), ("name", 36), ("bar", 30))


def _fit(width: int) -> tuple[_Column, ...]:
    """Return the columns that `width` cells have room for, as wide as they will be."""
    gap = _gap(width)
    chosen, room = list[_Column](), width + gap
    for column in _BY_IMPORTANCE:
        if column.width + gap > room:
            break
        chosen.append(column)
        room -= column.width + gap
    widths = {column.name: column.width for column in chosen}
    for name, limit in _GROWTH:
        if name in widths:
            more = max(0, min(room, limit - widths[name]))
            widths[name], room = widths[name] + more, room - more
    chosen.sort(key=lambda column: _ORDER.index(column.name))
    return tuple(replace(column, width=widths[column.name]) for column in chosen)


def _gap(width: int) -> int:
    return 1 if width < 100 else 2


def gauge_line(facts: BudgetFacts, status: BudgetStatus, width: int) -> Line:
    """Return one budget in a line of columns, as many as fit."""
    cells = (
        pad(column.cell(facts, status, column.width), column.width, right=column.right)
        for column in _fit(width)
    )
    return glue(cells, _gap(width))


def _ahead_role(status: BudgetStatus) -> Role:
    ahead = status.forecast is not None and status.forecast > status.budget.limit
    return "warn" if ahead else "label"


def _sign(status: BudgetStatus) -> tuple[str, Role]:
    severity = severity_of(status)
    return SIGNS[severity], ROLES_OF[severity]


def _hard(status: BudgetStatus) -> Line:
    return (Span(" hard", "accent"),) if status.budget.is_hard else ()


def _bar(status: BudgetStatus, width: int) -> Line:
    full, rest = fmt.bar(min(1.0, status.share), width)
    return (Span(full, ROLES_OF[severity_of(status)]), Span(rest, "faint"))


def _money(nusd: int) -> str:
    """Return an amount without cents where it has none."""
    text = dollars_short(nusd)
    return text.removesuffix(".00") if nusd else "$0"


def _units(budget: Budget, steps: int) -> str:
    number = steps / STEPS[budget.unit]
    return fmt.tokens(number) if number >= 1000 else f"{number:.1f}".removesuffix(".0")
