"""Values for tests: sensible defaults, overridden by name. Money is given in dollars."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from aicost.core.budget import (
    STEPS,
    Budget,
    BudgetFilter,
    BudgetStatus,
    BudgetWindow,
    Scope,
    Unit,
    budget_id,
    window_of,
)
from aicost.core.money import nusd
from aicost.core.nudge import Nudge
from aicost.core.session_glance import SessionGlance, SubagentGlance
from aicost.core.session_page import ContextPart, ContextPoint, Source
from aicost.core.status_line import StatusLine
from aicost.core.usage import TokenCounts
from aicost.core.view import (
    BurnMinutes,
    BurnRate,
    DashboardView,
    SessionRow,
    TaskTotal,
    Totals,
)
from aicost.core.waste.hits import Hit

NOW = datetime(2026, 11, 22, 11, 41, 7, tzinfo=UTC)  # a Sunday
BERLIN = ZoneInfo("Europe/Berlin")


def usd(amount: float | str) -> int:
    """Return dollars as nano-dollars, exact for what is written."""
    return nusd(Decimal(str(amount)))


def burn(usd_per_hour: float = 0, tokens_per_minute: float = 0) -> BurnRate:
    return BurnRate(tokens_per_minute=tokens_per_minute, nusd_per_hour=usd(usd_per_hour))


def session_row(
    session_id: str = "3f2a91c4-5b6d-4e0e-9d1f-1234567890ab", **changes: Any
) -> SessionRow:
    """A busy Claude Code session with every field known."""
    fields: dict[str, Any] = {
        "agent": "claude",
        "repo": "shop",
        "branch": "fix/dedup",
        "cwd": "/home/ada/src/shop",
        "model": "claude-opus-5-5-20261001",
        "state": "busy",
        "pid": 4411,
        "started_at": NOW - timedelta(minutes=99),
        "last_at": NOW - timedelta(seconds=3),
        "requests": 412,
        "context_tokens": 124_000,
        "context_window_tokens": 200_000,
        "burn": burn(4.10, 52_100),
        "cost_nusd": usd(3.20),
        "next_prompt_nusd": usd(0.41),
        "cache_share": 0.91,
    }
    return SessionRow(session_id=session_id, **(fields | changes))


def subagent_glance(subagent_id: str = "a1b2c3d4e5f6", **changes: Any) -> SubagentGlance:
    """A small helper, at work eleven seconds ago."""
    fields: dict[str, Any] = {
        "kind": "Explore",
        "model": "claude-haiku-5-5",
        "requests": 9,
        "context_tokens": 18_000,
        "context_window_tokens": 200_000,
        "cost_nusd": usd(0.04),
        "unpriced_tokens": 0,
        "last_at": NOW - timedelta(seconds=11),
    }
    return SubagentGlance(subagent_id=subagent_id, **(fields | changes))


def session_glance(session_id: str, *subagents: SubagentGlance, **changes: Any) -> SessionGlance:
    """A context that grew for an hour, was compacted once, and grew again."""
    sizes = [24_000 + 2_600 * n for n in range(52)] + [31_000 + 3_100 * n for n in range(31)]
    points = tuple(
        ContextPoint(
            at=NOW - timedelta(seconds=60 * (len(sizes) - n)),
            tokens=size,
            turn_id=f"t-{n // 9}",
            is_compacted=n == 52,
        )
        for n, size in enumerate(sizes)
    )
    shares: dict[Source, int] = {
        "start": 24,
        "files": 47,
        "commands": 18,
        "answers": 23,
        "other": 12,
    }
    parts = tuple(
        ContextPart(source=source, tokens=count * 1000)
        for source, count in sorted(shares.items(), key=lambda part: -part[1])
    )
    fields: dict[str, Any] = {"points": points, "parts": parts, "subagents": subagents}
    return SessionGlance(session_id=session_id, **(fields | changes))


def burn_minutes() -> BurnMinutes:
    """An hour with two busy stretches and a pause between them."""
    steps = [max(0, round(40 - abs(n - 14) * 2.4 + n % 3 * 4)) for n in range(34)]
    steps += [0, 3, 0, 0, 5, 0] + [6 + n * 2 + n % 4 * 5 for n in range(20)]
    return BurnMinutes(
        since=NOW.replace(second=0) - timedelta(minutes=59),
        tokens=tuple(step * 3_100 for step in steps),
        nusd=tuple(step * usd(0.0041) + step % 3 * usd(0.03) for step in steps),
    )


def tasks_of_today() -> tuple[TaskTotal, ...]:
    """What the money of the made-up day was for; adds up to it."""
    parts = (("bugfix", 8.10), ("test-repair", 6.02), ("dependency-upgrade", 2.11))
    rest = (("exploration", 1.29), ("docs", 0.41), ("", 0.49))
    return tuple(
        TaskTotal(category=name, requests=9, tokens=round(cost * 160_000), cost_nusd=usd(cost))
        for name, cost in (*parts, *rest)
    )


def view(*sessions: SessionRow, **changes: Any) -> DashboardView:
    """A view of these sessions, built two seconds ago on a day that cost $18.42."""
    tokens = TokenCounts(input_tokens=10_000, cache_read_tokens=3_000_000, output_tokens=130_000)
    fields: dict[str, Any] = {
        "at": NOW - timedelta(seconds=2),
        "day": "2026-11-22",
        "timezone": "Europe/Berlin",
        "today": Totals(requests=900, sessions=6, tokens=tokens, cost_nusd=usd(18.42)),
        "burn": burn(6.10, 84_100),
        "homes": ("/home/ada/.claude", "/home/ada/.config/claude"),
        "log_files": 128,
    }
    return DashboardView(sessions=sessions, **(fields | changes))


def budget_status(
    spent: float | str,
    limit: float | str,
    scope: Scope = "day",
    unit: Unit = "usd",
    **changes: Any,
) -> BudgetStatus:
    """How a budget stands; amounts are in its unit. Its window is that of NOW in Berlin."""
    is_hard, filter = changes.pop("is_hard", False), changes.pop("filter", BudgetFilter())
    window = window_of(scope, NOW, BERLIN)
    budget = Budget(
        budget_id=budget_id(scope, unit, filter, is_hard=is_hard),
        scope=scope,
        unit=unit,
        limit=int(Decimal(str(limit)) * STEPS[unit]),
        is_hard=is_hard,
        filter=filter,
    )
    if isinstance(forecast := changes.get("forecast"), float):
        changes["forecast"] = int(Decimal(str(forecast)) * STEPS[unit])
    fields: dict[str, Any] = {"window": window, "resets_at": window.end}
    return BudgetStatus(
        budget=budget, spent=int(Decimal(str(spent)) * STEPS[unit]), **(fields | changes)
    )


def plan_status(
    percent: float, scope: Scope = "plan-5h", agent: str = "codex", minutes: float = 130
) -> BudgetStatus:
    """How much of a plan's window is used, and when it resets."""
    resets_at = NOW + timedelta(minutes=minutes)
    only = BudgetFilter(agent=agent)
    return budget_status(
        percent, 100, scope, "percent", filter=only, window=BudgetWindow(), resets_at=resets_at
    )


def nudge(kind: str = "budget", **changes: Any) -> Nudge:
    """A piece of advice that holds since three minutes."""
    fields: dict[str, Any] = {
        "kind": kind,
        "key": f"{kind}:1",
        "severity": "warning",
        "at": NOW - timedelta(minutes=3),
        "sentence": "$20.00 of today's $25.00 spent, 80 %",
        "action": "aicost report --by session shows where it went",
    }
    return Nudge(**(fields | changes))


def status_line(**changes: Any) -> StatusLine:
    """What a session is told of itself, with every part of it."""
    fields: dict[str, Any] = {
        "now": NOW,
        "zone": BERLIN,
        "cost_nusd": usd(3.20),
        "today_nusd": usd(18.42),
        "used": budget_status("20.42", 25),
        "plans": (
            plan_status(42, agent="claude"),
            plan_status(83, "plan-week", "claude", minutes=4000),
        ),
        "context_share": 0.62,
        "next_prompt_nusd": usd(0.41),
        "nusd_per_hour": usd(6.10),
        "cache_ends_at": NOW + timedelta(minutes=4, seconds=3),
        "nudge": nudge(
            "loop",
            sentence="`npm test` failed 5 times the same way, $0.40, since 12:31",
            action="stop it, or narrow the task: name the error or the file",
        ),
    }
    return StatusLine(**(fields | changes))


def busy_day() -> DashboardView:
    """A made-up day with every state, long names, unknown prices and subagents. It adds up."""
    rows = (*_live_sessions(), *_ended_sessions())
    day = view(*rows)
    total = BurnRate(
        tokens_per_minute=sum(row.burn.tokens_per_minute for row in rows),
        nusd_per_hour=sum(row.burn.nusd_per_hour for row in rows),
    )
    today = replace(day.today, unpriced_tokens=sum(row.unpriced_tokens for row in rows))
    assert abs(sum(row.cost_nusd or 0 for row in rows) - (today.cost_nusd or 0)) < usd("0.005")
    return replace(
        day,
        today=today,
        burn=total,
        skipped_lines=3,
        last_hour=burn_minutes(),
        today_by_task=tasks_of_today(),
    )


def guarded_day() -> DashboardView:
    """The same day with budgets of every scope, forecasts, plans, and advice of most kinds."""
    loop = {"session_id": "019ab4c2-7d10-7aa1-b6d3-5f1e2d3c4b5a"}
    shop, waiting = "3f2a91c4-5b6d-4e0e-9d1f-1234567890ab", "8c1b0d7e-2a45-4c9f-8e21-0c4d5e6f7a81"
    day = budget_status("18.42", 25, forecast=41.2)
    budgets = (
        budget_status("6.02", "6.25", "session", is_hard=True, subject=loop["session_id"]),
        plan_status(82),
        day,
        budget_status(71, 120, "week", forecast=96.0),
        budget_status(9, 40, "day", "requests", filter=BudgetFilter(repo="billing*")),
        plan_status(12, "plan-week", minutes=5 * 1440),
        budget_status(230, 400, "month", forecast=388.0),
    )
    nudges = (
        nudge(
            "context",
            severity="info",
            at=_ago(48),
            session_id=waiting,
            sentence="the cache ends at 12:44: a prompt here then costs $0.78 instead of $0.07",
            action="go on before 12:44, or /clear",
            cost_nusd=usd("0.88"),
        ),
        nudge(
            "budget",
            severity="serious",
            at=_ago(71),
            sentence="$6.02 of this session's $6.25 spent, 96 %",
            action="save the work; to go on: aicost allow AMOUNT REASON",
            cost_nusd=usd("6.02"),
            **loop,
        ),
        nudge(
            "loop",
            at=_ago(600),
            sentence="`pytest tests` failed 4 times the same way, $0.92, since 12:31",
            action="stop it, or narrow the task: name the error or the file",
            cost_nusd=usd("0.92"),
            **loop,
        ),
        nudge(
            "plan",
            at=_ago(900),
            sentence="82 % of the codex plan's 5 hours used; resets at 14:51",
            action="keep large tasks for after 14:51",
        ),
        nudge(
            "forecast",
            at=_ago(1500),
            sentence="at this rate today ends at $41.20 of $25.00",
            action="aicost top, sorted by $/h, shows what burns most",
            cost_nusd=usd("18.42"),
        ),
        nudge(
            "hidden",
            severity="info",
            at=_ago(4000),
            session_id=shop,
            sentence="$0.31 of this session is in no log line (compaction)",
            action="aicost reconcile shows the difference",
            cost_nusd=usd("0.31"),
        ),
    )
    return replace(busy_day(), budgets=budgets, nudges=nudges)


def _ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def _live_sessions() -> list[SessionRow]:
    sonnet, haiku = "claude-sonnet-5-5", "claude-haiku-5-5"
    loop = Hit(
        kind="repeat", turn_id="t-4", label="pytest tests", count=4, since_us=0, until_us=1,
        cost_nusd=usd("0.92"),
    )  # fmt: skip
    return [
        session_row(task="bugfix"),
        session_row(
            "8c1b0d7e-2a45-4c9f-8e21-0c4d5e6f7a81",
            branch="main",
            task="exploration",
            state="waiting",
            model=sonnet,
            subagents=2,
            context_tokens=36_000,
            burn=burn(1.90, 31_400),
            cost_nusd=usd(0.88),
            next_prompt_nusd=usd(0.07),
            cache_share=0.96,
            last_at=_ago(48),
        ),
        session_row(
            "019ab4c2-7d10-7aa1-b6d3-5f1e2d3c4b5a",
            repo="api",
            branch="feat/export",
            task="test-repair",
            loop=loop,
            agent="codex",
            model="gpt-6-sol",
            context_tokens=240_000,
            context_window_tokens=272_000,
            burn=burn(0.10, 900),
            cost_nusd=usd(6.02),
            next_prompt_nusd=usd(0.93),
            cache_share=0.40,
            last_at=_ago(71),
        ),
        session_row(
            "51e7c0aa-93b2-47d8-a1f4-6b7c8d9e0f12",
            repo="billing-service",
            branch="feature/PAY-2214-retry-webhooks-with-backoff",
            task="feature",
            model=sonnet,
            context_tokens=158_000,
            burn=burn(0.004, 120),
            cost_nusd=usd(2.57),
            next_prompt_nusd=usd(0.003),
            last_at=_ago(9),
            subagents=1,
        ),
        session_row(
            "a0b1c2d3-e4f5-4061-8273-8495a6b7c8d9",
            repo="infra",
            branch="chore/terraform-6",
            task="dependency-upgrade",
            cache_ends_at=_ago(960),
            model="claude-mystery-7",
            state="idle",
            burn=burn(),
            context_tokens=62_000,
            cost_nusd=None,
            unpriced_tokens=12_300,
            next_prompt_nusd=None,
            last_at=_ago(1260),
        ),
        session_row(
            "b7d2f1a9-0c3e-4b58-9a67-1d2e3f4a5b6c",
            repo="notes",
            branch="",
            model=haiku,
            state="idle",
            burn=burn(),
            context_tokens=9_400,
            cost_nusd=usd(0.004),
            next_prompt_nusd=usd(0.002),
            cache_share=None,
            last_at=_ago(3900),
        ),
    ]


def _ended_sessions() -> list[SessionRow]:
    ended = {"state": "ended", "pid": None, "burn": burn()}
    return [
        session_row(
            f"{number:08x}-1111-4222-8333-444455556666",
            repo=repo,
            branch=branch,
            agent="codex" if model.startswith("gpt-") else "claude",
            model=model,
            cost_nusd=usd(cost_usd),
            context_tokens=context_tokens,
            last_at=NOW - timedelta(hours=hours),
            started_at=NOW - timedelta(hours=hours + 1),
            **ended,
        )
        for number, (repo, branch, model, cost_usd, context_tokens, hours) in enumerate(
            [
                ("docs", "main", "claude-sonnet-5-5", 0.41, 44_000, 1.2),
                ("shop", "spike/search-index", "claude-opus-5-5", 3.24, 171_000, 2.1),
                ("api", "main", "claude-opus-4-5", 1.13, 88_000, 3.4),
                ("mobile", "release/4.2", "gpt-5.5", 0.97, 52_000, 5.0),
            ],
            start=1,
        )
    ]
