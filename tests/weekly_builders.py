"""Weeks for tests of the weekly report: dollars and days in, values out."""

from datetime import date, timedelta
from typing import Any

from aicost.core.categories import TaskCategory
from aicost.core.mismatch import Mismatch
from aicost.core.reports import Each, HiddenSpend, OutcomeSums
from aicost.core.usage import TokenCounts
from aicost.core.waste.hits import Hit, WasteKind
from aicost.core.weekly import (
    BudgetEvents,
    DayUse,
    LargeContexts,
    Loss,
    OutcomeUse,
    WeeklyFacts,
    WeeklyReport,
    build_weekly,
)
from aicost.core.weekly_use import Use

NUSD = 1_000_000_000
MONDAY = date(2026, 11, 16)  # of 2026-W47
AFTER = date(2026, 11, 25)  # when that week is over
OPUS, HAIKU = "claude-opus-4-5", "claude-haiku-4-5"
RATES = {OPUS: 5_000, HAIKU: 1_000}  # nano-dollars a token, of whatever kind


def price(model: str, tokens: TokenCounts) -> int | None:
    """The list prices of these tests."""
    rate = RATES.get(model)
    return None if rate is None else rate * tokens.total_tokens


def use(dollars: float | None = 1, calls: int = 10, *, a_call: int = 1000, **changes: Any) -> Use:
    """Some calls; `a_call`: tokens that each read from the cache."""
    plain: dict[str, Any] = {
        "requests": calls,
        "tokens": TokenCounts(cache_read_tokens=a_call * calls, output_tokens=10 * calls),
        "cost_nusd": None if dollars is None else round(dollars * NUSD),
    }
    return Use(**(plain | changes))


def day_use(day: int = 0, *, ago: int = 0, spent: Use | None = None, **changes: Any) -> DayUse:
    """Use on a day of the week (0: Monday), or of the one so many weeks before."""
    plain: dict[str, Any] = {
        "day": MONDAY + timedelta(days=day, weeks=-ago),
        "category": "feature",
        "model": OPUS,
        "use": spent or use(),
    }
    return DayUse(**(plain | changes))


def hit(kind: WasteKind = "repeat", dollars: float | None = 2, **changes: Any) -> Hit:
    """Something that led nowhere."""
    plain: dict[str, Any] = {
        "kind": kind,
        "turn_id": "t-1",
        "label": "npm test",
        "cause": "pause" if kind == "cache" else "",
        "count": 7,
        "since_us": 1,
        "until_us": 2,
        "cost_nusd": None if dollars is None else round(dollars * NUSD),
    }
    return Hit(**(plain | changes))


def loss(kind: WasteKind = "repeat", dollars: float | None = 2, **changes: Any) -> Loss:
    """The same, and where."""
    place = {
        name: changes.pop(name) for name in ("session_id", "repo", "branch") if name in changes
    }
    known = {"session_id": "6f93eca8-5a14", "repo": "shop", "branch": "main"} | place
    return Loss(hit=hit(kind, dollars, **changes), **known)


def mismatch(**changes: Any) -> Mismatch:
    """Work that a cheaper model did as well."""
    plain: dict[str, Any] = {
        "agent": "claude",
        "category": TaskCategory.DOCS,
        "size": "up to 5 calls",
        "model": OPUS,
        "turns": 24,
        "good": 22,
        "cost_nusd": 20 * NUSD,
        "cheaper_model": HAIKU,
        "cheaper_turns": 30,
        "cheaper_good": 29,
        "saving_nusd": 15 * NUSD,
    }
    return Mismatch(**(plain | changes))


def sums(**changes: Each) -> OutcomeSums:
    """What came of sessions; nothing unless it is given."""
    names = OutcomeSums._fields
    return OutcomeSums(**({name: Each(0, None) for name in names} | changes))


def facts(*uses: DayUse, **changes: Any) -> WeeklyFacts:
    """What is known of the week of MONDAY, after it was over."""
    plain: dict[str, Any] = {
        "monday": MONDAY,
        "today": AFTER,
        "timezone": "Europe/Berlin",
        "first_day": date(2026, 1, 1),
        "uses": uses,
        "sessions": 3,
        "turns": 9,
        "mismatches": (),
        "sums": sums(),
        "hidden": HiddenSpend(cost_nusd=0),
    }
    return WeeklyFacts(**(plain | changes))


def report(*uses: DayUse, **changes: Any) -> WeeklyReport:
    """The report of it."""
    return build_weekly(facts(*uses, **changes), price)


def busy_week(**changes: Any) -> WeeklyReport:
    """A week in which everything happened."""
    before = [day_use(day, ago=ago, spent=use(4)) for ago in (1, 2, 3, 4) for day in range(5)]
    week = [day_use(day, spent=use(9.5, 25)) for day in range(5)]
    docs = [day_use(1, ago=ago, category="docs", model=HAIKU, spent=use(1.2)) for ago in range(5)]
    plain: dict[str, Any] = {
        "losses": (loss(), loss("cache", 3.25, label=""), loss("reread", 0.6, label="pay.py")),
        "large": LargeContexts(
            threshold_tokens=100_000, calls=212, extra_tokens=9_000_000, nusd=4 * NUSD
        ),
        "mismatches": (mismatch(),),
        "sums": sums(commits=Each(4, 30 * NUSD), abandoned=Each(1, 2 * NUSD)),
        "outcomes": (
            OutcomeUse(outcome="merged", sessions=2, cost_nusd=30 * NUSD),
            OutcomeUse(outcome="unallocated", sessions=1, cost_nusd=None),
        ),
        "events": BudgetEvents(stopped=1, refused=2, would_stop=3, allowed=1),
        "unpriced_models": ("acme-private-7b",),
        "hidden": HiddenSpend(cost_nusd=NUSD // 2, why=("compaction is in no log line",)),
        "skipped_lines": 4,
    }
    mystery = day_use(2, model="acme-private-7b", spent=use(None, 3, unpriced_tokens=3030))
    return report(*before, *week, *docs, mystery, **(plain | changes))


_STORY = {  # task -> model, dollars and calls of a usual day, and of each day of the week
    "feature": (OPUS, 3.1, 34, (3.4, 4.2, 2.6, 5.1, 3.0)),
    "bugfix": (OPUS, 1.4, 16, (2.9, 3.8, 4.4, 3.1, 2.2)),
    "test-repair": (OPUS, 0.6, 9, (0.4, 1.3, 2.1, 0.5, 0.4)),
    "exploration": (HAIKU, 0.5, 14, (0.6, 0.4, 0.5, 0.7, 0.3)),
    "docs": (OPUS, 0.7, 8, (0.9, 0.6, 0.4, 1.1, 0.8)),
    "review": (HAIKU, 0.2, 5, (0.2, 0.3, 0.1, 0.4, 0.2)),
}


def _story_use(dollars: float, calls: int, a_call: int) -> Use:
    tokens = TokenCounts(
        cache_read_tokens=calls * a_call * 94 // 100,
        cache_write_5m_tokens=calls * a_call * 6 // 100,
        output_tokens=calls * 400,
    )
    return use(dollars, calls, tokens=tokens)


def story_week() -> WeeklyReport:
    """A week as a developer may have it: for pictures."""
    uses = []
    for task, (model, usual, calls, days) in _STORY.items():
        for day, dollars in enumerate(days):
            a_call = 118_000 if task == "bugfix" else 64_000
            spent = _story_use(dollars, round(calls * (dollars / usual) ** 0.5), a_call)
            uses.append(day_use(day, spent=spent, category=task, model=model))
            for ago in range(1, 5):
                spent = _story_use(usual * (0.6 + 0.07 * ((day + 3 * ago) % 11)), calls, 62_000)
                uses.append(day_use(day, ago=ago, spent=spent, category=task, model=model))
    uses.append(day_use(5, spent=_story_use(1.2, 11, 64_000)))
    rounds = loss("edit-test", 2.31, label="pytest", cause="cart.py", count=6, branch="fix/vat")
    cache = loss("cache", 1.84, label="", count=4, repo="api", branch="main")
    return report(
        *uses,
        sessions=31,
        turns=164,
        losses=(
            loss("repeat", 3.12, count=9, branch="fix/vat", session_id="4b7c19e0"),
            rounds,
            cache,
            loss("reread", 0.44, label="settings.py", count=8, repo="api", branch="main"),
        ),
        large=LargeContexts(
            threshold_tokens=100_000, calls=208, extra_tokens=11_400_000, nusd=round(5.7 * NUSD)
        ),
        mismatches=(mismatch(saving_nusd=round(9.4 * NUSD)),),
        sums=sums(
            commits=Each(23, 41 * NUSD),
            merged_branches=Each(6, 30 * NUSD),
            fixed_tests=Each(9, 12 * NUSD),
            abandoned=Each(2, round(4.1 * NUSD)),
        ),
        outcomes=(
            OutcomeUse(outcome="merged", sessions=14, cost_nusd=round(30.2 * NUSD)),
            OutcomeUse(outcome="committed", sessions=6, cost_nusd=round(9.8 * NUSD)),
            OutcomeUse(outcome="answered", sessions=9, cost_nusd=round(5.1 * NUSD)),
            OutcomeUse(outcome="abandoned", sessions=2, cost_nusd=round(4.1 * NUSD)),
        ),
        events=BudgetEvents(stopped=1, allowed=1),
        hidden=HiddenSpend(
            cost_nusd=round(0.4 * NUSD), why=("titles and compactions are in no log line",)
        ),
    )
