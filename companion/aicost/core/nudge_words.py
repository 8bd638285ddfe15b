"""The sentences of nudges: what, how much, since when, and one thing to do. Pure, plain text.

Whatever a log brought is cleaned here; no sentence blames, none shouts.
"""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aicost.core.budget import STEPS, Budget, BudgetFilter, BudgetStatus, Scope
from aicost.core.money import dollars
from aicost.core.repos import repo_label
from aicost.core.text import clean, fit

if TYPE_CHECKING:  # a report starts without them
    from aicost.core.reports import HiddenSpend
    from aicost.core.view import SessionRow

_WHOSE: dict[Scope, str] = {  # of whom or what a limit is, as a sentence says it
    "turn": "this turn's",
    "session": "this session's",
    "5h": "the five hours'",
    "day": "today's",
    "week": "this week's",
    "month": "this month's",
    "plan-5h": "the plan's 5 hours",
    "plan-week": "the plan's week",
}
_ENDS: dict[Scope, str] = {"day": "today", "week": "this week", "month": "this month"}
QUOTA = " (API-equivalent: on a flat plan this saves quota, not money)"
_NEXT_DAY, _NEXT_WEEK = timedelta(days=1), timedelta(days=7)
_MOST_CELLS = 40  # of a name from a log, within a sentence


def percent(part: int, whole: int) -> str:
    """Return a share of something that is not 0 in whole percent, rounded down: `83 %`."""
    return f"{part * 100 // whole} %"


def amount(budget: Budget, steps: int) -> str:
    """Return an amount in a budget's unit: `$12.50`, `300,000 tokens`, `41 %`, `1 request`."""
    if budget.unit == "usd":
        return dollars(steps) if steps >= 0 else f"-{dollars(-steps)}"
    if budget.unit == "percent":
        return f"{_number(budget, steps)} %"
    number = _number(budget, steps)
    return f"{number} {budget.unit[:-1] if number == '1' else budget.unit}"


def _number(budget: Budget, steps: int) -> str:
    """Return an amount without its unit: dollars with their sign, the rest as numbers."""
    if budget.unit == "usd":
        return dollars(steps)
    whole, rest = divmod(steps, STEPS[budget.unit])
    return (
        f"{whole:,}"
        if not rest or budget.unit == "minutes"
        else f"{steps / STEPS[budget.unit]:,.1f}"
    )


def moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a moment as shortly as it is clear from `now`: `14:50`, `Sat 14:50`, `2026-12-01`."""
    local, away = at.astimezone(zone), abs(at - now)
    if away < _NEXT_DAY:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if away < _NEXT_WEEK else f"{local:%Y-%m-%d}"


def covers(budget: Budget) -> str:
    """Return what a budget is confined to: ` for shop, claude`; "" if everything counts.

    Of a repository's own budget only its name is said: the rest is text that it brings.
    """
    wanted = budget.filter
    if budget.origin == "repo":
        wanted = BudgetFilter(repo=wanted.repo)
    names = (
        repo_label(wanted.repo),
        wanted.branch,
        wanted.model,
        wanted.agent,
        wanted.environment,
        wanted.category,
    )
    parts = [fit(clean(name), _MOST_CELLS) for name in names if name]
    return f" for {', '.join(parts)}" if parts else ""


def limit_of(budget: Budget) -> str:
    """Return a limit with what it is of: `today's $25.00 for shop`, `this turn's 40 requests`."""
    whose = "the run's" if budget.origin == "guard" else _WHOSE[budget.scope]
    return f"{whose} {amount(budget, budget.limit)}{covers(budget)}"


def budget_sentence(status: BudgetStatus, now: datetime, zone: ZoneInfo) -> str:
    """Return how much of a budget is used, and when it starts anew."""
    budget = status.budget
    if budget.unit == "repeats":
        command = f"`{clean(status.command)}`" if status.command else "a command"
        return f"{command} failed {_times(status.spent)} the same way, {budget.limit} are allowed"
    if budget.unit == "percent":
        return plan_sentence(status, now, zone)
    verb = "spent" if budget.unit == "usd" else "used"
    used, part = _number(budget, status.spent), percent(status.spent, budget.limit)
    if status.spent >= budget.limit:
        text = f"{limit_of(budget)} used up: {used} {verb}, {part}"
    else:
        text = f"{used} of {limit_of(budget)} {verb}, {part}"
    return text + _unseen(status) + _reset(status, now, zone)


def plan_sentence(status: BudgetStatus, now: datetime, zone: ZoneInfo) -> str:
    """Return how much of a plan's window is used, as the provider says, and when it resets."""
    budget, agent = status.budget, clean(status.budget.filter.agent)
    whose = f"the {agent} {_WHOSE[budget.scope][4:]}" if agent else _WHOSE[budget.scope]
    is_own = budget.limit < 100 * STEPS["percent"]
    limit = f", {amount(budget, budget.limit)} is your limit" if is_own else ""
    return f"{amount(budget, status.spent)} of {whose} used{limit}{_reset(status, now, zone)}"


def _unseen(status: BudgetStatus) -> str:
    budget, parts = status.budget, list[str]()
    if status.hidden:
        parts.append(f"{_number(budget, status.hidden)} of it in no log line")
    if status.unpriced_tokens:
        parts.append(f"{status.unpriced_tokens:,} tokens without a price not counted")
    return "".join(f", {part}" for part in parts)


def _reset(status: BudgetStatus, now: datetime, zone: ZoneInfo) -> str:
    at = status.resets_at
    if at is None or at <= now:
        return ""
    again = "something is left again at" if status.budget.scope == "5h" else "resets at"
    return f"; {again} {moment(at, now, zone)}"


def budget_action(status: BudgetStatus) -> str:
    """Return what to do about a budget at its level."""
    budget, level = status.budget, status.level
    if budget.unit == "repeats":
        return "name the error or the file, or take another way"
    if budget.is_hard and level >= 95:
        return "save the work; to go on: aicost allow AMOUNT REASON"
    if level >= 100:
        return "pause here, or set another limit: aicost budget set"
    if budget.scope in ("turn", "session"):
        return "/clear between tasks keeps prompts cheap"
    return "aicost report --by session shows where it went"


def forecast_sentence(status: BudgetStatus, forecast: int) -> str:
    """Return where a budget's window ends at this rate."""
    budget = status.budget
    ends = _ENDS.get(budget.scope, "the window")
    end = amount(budget, forecast).removesuffix(f" {budget.unit}")
    return f"at this rate {ends} ends at {end} of {amount(budget, budget.limit)}{covers(budget)}"


FORECAST_ACTION = "aicost top, sorted by $/h, shows what burns most"


def plan_action(status: BudgetStatus, now: datetime, zone: ZoneInfo) -> str:
    """Return what to do while a plan's window is nearly used."""
    if status.resets_at is None or status.resets_at <= now:
        return "keep large tasks for later"
    return f"keep large tasks for after {moment(status.resets_at, now, zone)}"


def loop_sentence(label: str, count: int, cost_nusd: int | None, since: str) -> str:
    """Return that a command fails again and again; `since` is a moment in words."""
    cost = "at a cost that is not known" if cost_nusd is None else dollars(cost_nusd)
    return f"`{clean(label)}` failed {_times(count)} the same way, {cost}, since {since}"


LOOP_ACTION = "stop it, or narrow the task: name the error or the file"


def context_sentence(row: "SessionRow", now: datetime, zone: ZoneInfo) -> str:
    """Return what the next prompt costs in a session that has a price for it."""
    price = dollars(row.next_prompt_nusd or 0)
    text = f"the next prompt here costs {price}, its answer is extra"
    if row.after_clear_nusd is not None and row.after_clear_nusd * 2 <= (row.next_prompt_nusd or 0):
        text += f"; after {_fresh(row)} about {dollars(row.after_clear_nusd)}"
    compacted = row.after_compact_nusd
    if compacted is not None and compacted * 2 <= (row.next_prompt_nusd or 0):
        text += f"; after /compact, which costs about as much itself, {dollars(compacted)}"
    if row.cache_ends_at is not None and row.cache_ends_at <= now:
        text += f"; the cache is gone since {moment(row.cache_ends_at, now, zone)}"
    return text


def context_action(row: "SessionRow") -> str:
    """Return what to do about a dear context."""
    return f"{_fresh(row)} if the task is new, /compact if it goes on"


def expiry_sentence(row: "SessionRow", now: datetime, zone: ZoneInfo) -> str:
    """Return when the cache goes, and what the next prompt costs before and after that."""
    assert row.cache_ends_at is not None  # asked only of sessions with a cache
    before, after = dollars(row.next_prompt_nusd or 0), dollars(row.rewrite_nusd or 0)
    ends = moment(row.cache_ends_at, now, zone)
    return f"the cache ends at {ends}: a prompt here then costs {after} instead of {before}"


def expiry_action(row: "SessionRow", now: datetime, zone: ZoneInfo) -> str:
    """Return what to do before the cache goes."""
    assert row.cache_ends_at is not None
    return f"go on before {moment(row.cache_ends_at, now, zone)}, or {_fresh(row)}"


def _fresh(row: "SessionRow") -> str:
    """Return the agent's own command for a new context."""
    return "/new" if row.agent == "codex" else "/clear"


def unpriced_sentence(row: "SessionRow") -> str:
    """Return how many of a session's tokens no price is known for."""
    model = fit(clean(row.model), _MOST_CELLS) or "a model"
    return f"{row.unpriced_tokens:,} tokens here have no known price (now {model}): in no sum"


UNPRICED_ACTION = "say what they cost: aicost prices set"


def hidden_sentence(hidden: "HiddenSpend") -> str:
    """Return what a session cost beside its log; `why` names the causes in a word or two each."""
    why = f" ({', '.join(map(clean, hidden.why))})" if hidden.why else ""
    return f"{dollars(hidden.cost_nusd or 0)} of this session is in no log line{why}"


HIDDEN_ACTION = "aicost reconcile shows the difference"


def repo_sentence(root: str) -> str:
    """Return that a folder's repository has budgets of its own, which nobody trusted yet."""
    name = fit(clean(re.split(r"[/\\]", root.rstrip("/"))[-1]), _MOST_CELLS) or "this repository"
    return f"{name} brings budgets of its own; they tell, and stop nothing before you trust them"


FILE_ACTION = "correct it; aicost budget list shows what holds"
REPO_ACTION = "read its .aicost.toml, then run aicost trust in it"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
