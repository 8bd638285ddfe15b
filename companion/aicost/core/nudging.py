"""Which advice holds at a moment, which of it comes first, and how often it is given. Pure.

What holds is shown on screens for as long as it holds. Elsewhere a nudge is given once, or again
after its COOL_DOWN; the same advice has the same key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aicost.core import nudge_words as words
from aicost.core.budget import (
    OF_A_PLAN,
    OF_ONE,
    Budget,
    BudgetStatus,
)
from aicost.core.limits import PlanLimits
from aicost.core.loops import Repeat
from aicost.core.money import NANO
from aicost.core.nudge import Nudge, NudgeKind, Severity
from aicost.core.plans import plan_windows
from aicost.core.reports import HiddenSpend
from aicost.core.spending import Evaluation
from aicost.core.text import clean
from aicost.core.view import SessionRow
from aicost.core.waste.hits import Hit
from aicost.core.waste_nudges import LOOP_COUNTS, waste_nudge

CONTEXT_NUSD = NANO // 2  # a prompt that costs so much is worth a word
HIDDEN_NUSD = NANO // 10  # so is so much in no log
COOL_DOWN: dict[NudgeKind, timedelta | None] = {  # None: once
    "budget": None,
    "forecast": None,
    "plan": None,
    "loop": None,
    "edit-test": None,
    "reread": None,
    "search": None,
    "retry-storm": None,
    "stalled": None,
    "dump": None,
    "thrash": None,
    "cache": None,
    "subagent": None,
    "context": timedelta(hours=1),
    "unpriced": timedelta(hours=1),
    "hidden": timedelta(hours=1),
    "budgets-file": None,
    "repo-budgets": None,
}
_RANK: dict[Severity, int] = {"info": 0, "warning": 1, "serious": 2}
_OF_LEVEL: dict[int, Severity] = {50: "info", 80: "warning", 95: "serious", 100: "serious"}
_MOST_NOTICE = timedelta(minutes=5)  # before a cache ends; of a short one a quarter of its time
_HALF_AN_HOUR, _FIVE_HOURS = timedelta(minutes=30), timedelta(hours=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that advice is made of, at one moment."""

    now: datetime  # UTC
    zone: ZoneInfo
    budgets: Sequence[BudgetStatus] = ()  # see `standing`
    sessions: Sequence[SessionRow] = ()
    repeats: Mapping[str, Repeat | None] = field(default_factory=dict)  # by session
    waste: Mapping[str, Sequence[Hit]] = field(default_factory=dict)  # of present turns, by session
    hidden: Mapping[str, HiddenSpend] = field(default_factory=dict)  # by session
    untrusted: Sequence[str] = ()  # folders of repositories whose budgets nobody trusted
    troubles: Sequence[str] = ()  # why files that set budgets cannot be used
    context_nusd: int = CONTEXT_NUSD
    since: Mapping[str, datetime] = field(default_factory=dict)  # key -> when it began to hold


def standing(
    evaluation: Evaluation, limits: Iterable[PlanLimits], now: datetime
) -> tuple[BudgetStatus, ...]:
    """Return every budget that a screen shows, the most used first; plans' windows among them."""
    found = {(one.budget.budget_id, one.subject, one.budget.root): one for one in evaluation.shared}
    for statuses in evaluation.by_session.values():
        for one in statuses:
            if one.budget.scope in OF_ONE:
                found[one.budget.budget_id, one.subject, one.budget.root] = one
    own = [one.budget for one in found.values() if one.budget.scope in OF_A_PLAN]
    plans = [
        one
        for one in plan_windows(limits, now)
        if not any(_is_of_plan(budget, one.budget) for budget in own)
    ]
    return tuple(sorted([*found.values(), *plans], key=_used_most))


def _is_of_plan(budget: Budget, plan: Budget) -> bool:
    return budget.scope == plan.scope and budget.filter.agent in ("", plan.filter.agent)


def _used_most(status: BudgetStatus) -> tuple[float, str, str]:
    return -status.share, status.budget.budget_id, status.subject


def nudges_of(situation: Situation) -> tuple[Nudge, ...]:
    """Return the advice that holds, the newest first; of one moment the most serious first."""
    found: list[Nudge] = []
    for status in situation.budgets:
        found += _of_budget(status, situation)
    for row in situation.sessions:
        if row.state != "ended":
            found += _of_session(row, situation)
    found += [_of_repo(root, situation) for root in situation.untrusted]
    found += [_of_file(trouble, situation) for trouble in situation.troubles]
    return tuple(sorted(found, key=lambda one: (-one.at.timestamp(), -_RANK[one.severity])))


def first_of(nudges: Iterable[Nudge]) -> Nudge | None:
    """Return the one to show where there is room for one: the most serious, then the newest."""
    return max(nudges, key=lambda one: (_RANK[one.severity], one.at), default=None)


def by_weight(nudges: Iterable[Nudge]) -> tuple[Nudge, ...]:
    """Return the most serious first, then the newest."""
    return tuple(sorted(nudges, key=lambda one: (-_RANK[one.severity], -one.at.timestamp())))


def shown_key(nudge: Nudge, now: datetime) -> str:
    """Return the key under which it is noted that a nudge was given: a new one each COOL_DOWN."""
    pause = COOL_DOWN[nudge.kind]
    return nudge.key if pause is None else f"{nudge.key}@{(now - _EPOCH) // pause}"


def is_cool(nudge: Nudge, given_at: datetime | None, now: datetime) -> bool:
    """Say whether a nudge that was last given at some moment may be given (again)."""
    pause = COOL_DOWN[nudge.kind]
    return given_at is None or (pause is not None and now - given_at >= pause)


def keys_of(statuses: Iterable[BudgetStatus]) -> frozenset[str]:
    """Return the keys of all nudges that these budgets may lead to now."""
    return frozenset(key for one in statuses for key in (_budget_key(one), _forecast_key(one)))


def severity_of(status: BudgetStatus) -> Severity:
    """Return how serious it is how a budget stands; a forecast over the limit is a warning."""
    at_level = _OF_LEVEL.get(status.level, "info")
    is_ahead = status.forecast is not None and status.forecast > status.budget.limit
    return "warning" if at_level == "info" and is_ahead else at_level


def _budget_key(status: BudgetStatus) -> str:
    return f"{_place(status)}:{status.level}"


def _forecast_key(status: BudgetStatus) -> str:
    return f"{_place(status)}:forecast"


def _place(status: BudgetStatus) -> str:
    """Name one window of one budget."""
    budget = status.budget
    return f"budget:{budget.budget_id}:{budget.root}:{status.subject}:{_begins(status)}"


def _begins(status: BudgetStatus) -> str:
    """Tell one window from the next; "" where there is but one.

    Hours that roll are taken five by five. A plan's end is told a few seconds differently each
    time: to the hour it is the same.
    """
    scope, start = status.budget.scope, status.window.start
    if scope in OF_A_PLAN:
        ends = status.resets_at
        return f"{ends + _HALF_AN_HOUR:%Y-%m-%dT%H}" if ends else ""
    if start is None:
        return ""
    if scope == "5h":
        return str((start - _EPOCH) // _FIVE_HOURS)
    return f"{start:%Y-%m-%dT%H:%M}"


def _of_budget(status: BudgetStatus, situation: Situation) -> list[Nudge]:
    """Return the highest level that is reached, and the forecast while the limit is not."""
    budget, now, zone = status.budget, situation.now, situation.zone
    is_plan = budget.scope in OF_A_PLAN
    least = 80 if is_plan else 100 if budget.unit == "repeats" else 50
    session_id = status.subject.partition(" ")[0] if budget.scope in OF_ONE else ""
    spent = status.spent if budget.unit == "usd" else None
    quota = words.QUOTA if budget.unit == "usd" and _is_on_plan(budget, situation) else ""
    found = []
    if status.level >= least:
        key = _budget_key(status)
        found.append(
            Nudge(
                kind="plan" if is_plan else "budget",
                key=key,
                severity=_OF_LEVEL[status.level],
                at=situation.since.get(key, now),
                sentence=words.budget_sentence(status, now, zone) + quota,
                action=(
                    words.plan_action(status, now, zone) if is_plan else words.budget_action(status)
                ),
                session_id="" if budget.origin == "guard" else session_id,
                cost_nusd=spent,
            )
        )
    ahead = status.forecast
    if ahead is not None and ahead > budget.limit and status.level < 100:
        key = _forecast_key(status)
        found.append(
            Nudge(
                kind="forecast",
                key=key,
                severity="warning",
                at=situation.since.get(key, now),
                sentence=words.forecast_sentence(status, ahead) + quota,
                action=words.FORECAST_ACTION,
                cost_nusd=spent,
            )
        )
    return found


def _is_on_plan(budget: Budget, situation: Situation) -> bool:
    """Say whether a budget counts an agent that a plan with a fixed price is known of."""
    agents = (one.budget.filter.agent for one in situation.budgets if one.budget.scope in OF_A_PLAN)
    return any(budget.filter.agent in ("", agent) for agent in agents)


def _of_session(row: SessionRow, situation: Situation) -> list[Nudge]:
    found = [
        _of_loop(row, situation),
        _of_context(row, situation),
        _of_unpriced(row, situation),
        _of_hidden(row, situation),
    ]
    hits = situation.waste.get(row.session_id, ())
    now, zone = situation.now, situation.zone
    wasted = [waste_nudge(row.session_id, hit, now, zone) for hit in hits if hit.kind != "repeat"]
    return [*(one for one in found if one is not None), *wasted]


def _of_loop(row: SessionRow, situation: Situation) -> Nudge | None:
    repeat = situation.repeats.get(row.session_id)
    if repeat is None or repeat.count < LOOP_COUNTS[0]:
        return None
    hits = situation.waste.get(row.session_id, ())
    if any(hit.kind == "edit-test" and hit.label == repeat.label for hit in hits):
        return None  # that says more
    step = max(count for count in LOOP_COUNTS if count <= repeat.count)
    since = words.moment(repeat.since, situation.now, situation.zone)
    return Nudge(
        kind="loop",
        key=f"loop:{row.session_id}:{repeat.turn_id}:{repeat.command_key}:{step}",
        severity="warning" if step == LOOP_COUNTS[0] else "serious",
        at=repeat.since,
        sentence=words.loop_sentence(repeat.label, repeat.count, repeat.cost_nusd, since),
        action=words.LOOP_ACTION,
        session_id=row.session_id,
        cost_nusd=repeat.cost_nusd,
    )


def _of_context(row: SessionRow, situation: Situation) -> Nudge | None:
    """Return what is to be said of a context; a cache that ends soon comes first."""
    now, zone, key = situation.now, situation.zone, f"context:{row.session_id}"
    if _ends_soon(row, situation):
        sentence = words.expiry_sentence(row, now, zone)
        action = words.expiry_action(row, now, zone)
    elif row.next_prompt_nusd is not None and row.next_prompt_nusd >= situation.context_nusd:
        sentence, action = words.context_sentence(row, now, zone), words.context_action(row)
    else:
        return None
    return Nudge(
        kind="context",
        key=key,
        severity="info",
        at=situation.since.get(key, now),
        sentence=sentence,
        action=action,
        session_id=row.session_id,
        cost_nusd=row.cost_nusd,
    )


def _ends_soon(row: SessionRow, situation: Situation) -> bool:
    """Say whether a dear context that nobody works on is about to leave the cache."""
    ends, last, now = row.cache_ends_at, row.last_at, situation.now
    if row.state == "busy" or ends is None or last is None or ends <= now:
        return False
    if row.rewrite_nusd is None or row.next_prompt_nusd is None:
        return False
    is_dear = row.rewrite_nusd - row.next_prompt_nusd >= situation.context_nusd
    return is_dear and ends - now <= min(_MOST_NOTICE, (ends - last) / 4)


def _of_unpriced(row: SessionRow, situation: Situation) -> Nudge | None:
    if not row.unpriced_tokens:
        return None
    key = f"unpriced:{row.session_id}"
    return Nudge(
        kind="unpriced",
        key=key,
        severity="info",
        at=situation.since.get(key, situation.now),
        sentence=words.unpriced_sentence(row),
        action=words.UNPRICED_ACTION,
        session_id=row.session_id,
        cost_nusd=row.cost_nusd,
    )


def _of_hidden(row: SessionRow, situation: Situation) -> Nudge | None:
    hidden = situation.hidden.get(row.session_id)
    if hidden is None or (hidden.cost_nusd or 0) < HIDDEN_NUSD:
        return None
    key = f"hidden:{row.session_id}"
    return Nudge(
        kind="hidden",
        key=key,
        severity="info",
        at=situation.since.get(key, situation.now),
        sentence=words.hidden_sentence(hidden),
        action=words.HIDDEN_ACTION,
        session_id=row.session_id,
        cost_nusd=hidden.cost_nusd,
    )


def _of_file(trouble: str, situation: Situation) -> Nudge:
    key = f"budgets-file:{trouble}"
    return Nudge(
        kind="budgets-file",
        key=key,
        severity="warning",
        at=situation.since.get(key, situation.now),
        sentence=clean(trouble),
        action=words.FILE_ACTION,
    )


def _of_repo(root: str, situation: Situation) -> Nudge:
    key = f"repo-budgets:{root}"
    return Nudge(
        kind="repo-budgets",
        key=key,
        severity="info",
        at=situation.since.get(key, situation.now),
        sentence=words.repo_sentence(root),
        action=words.REPO_ACTION,
    )
