"""What a daemon answers to the questions of dialogs and of the budgets screen, made up."""

from dataclasses import replace
from typing import Any

import msgspec
from builders import NOW, budget_status, guarded_day, usd

from aicost.core.at_hand import AgentProcess, CurrentTurn, SessionAtHand
from aicost.core.budget import OF_A_PLAN, BudgetFilter
from aicost.core.budget_page import BudgetChange, BudgetEntry, BudgetPage

CONFIG = "/home/ada/.config/aicost/config.toml"
SHOP, API = "3f2a91c4-5b6d-4e0e-9d1f-1234567890ab", "019ab4c2-7d10-7aa1-b6d3-5f1e2d3c4b5a"
PROCESS = AgentProcess(
    pid=4411,
    mark="2384957",
    command=("claude", "--permission-mode", "acceptEdits"),
    started_at=NOW.replace(hour=10, minute=2),
    state="busy",
)
TURN = CurrentTurn(
    turn_id="6f93eca8-1111-4222-8333-444455556666",
    started_at=NOW.replace(hour=11, minute=12),
    category="bugfix",
    why="it edited code (3); its prompt says “crash”",
    cost_nusd=usd("0.84"),
)
HAND = SessionAtHand(
    process=PROCESS,
    turn=TURN,
    transcript=f"/home/ada/.claude/projects/-home-ada-src-shop/{SHOP}.jsonl",
    resume=f"cd /home/ada/src/shop && claude --resume {SHOP}",
)
ADDED = ("+[[budgets]]", '+scope = "day"', "+amount = 25")


def on_wire(value: object) -> dict[str, Any]:
    """Return a value as a client gets it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


def budget_page(**changes: Any) -> BudgetPage:
    """The budgets of `guarded_day`, one of a repository, and one that nobody is under."""
    entries = [
        BudgetEntry(
            budget=one.budget,
            standing=(one,),
            would_stop=3 if one.budget.scope == "week" else 0,
            bearers=(SHOP, API) if one.budget.filter.is_open else (),
        )
        for one in guarded_day().budgets
        if one.budget.scope not in OF_A_PLAN
    ]
    turn = budget_status(0, 3, "turn", "repeats", is_hard=True).budget
    entries.append(BudgetEntry(budget=turn))
    fields: dict[str, Any] = {"entries": tuple(entries), "config_file": CONFIG, "is_flat": True}
    return BudgetPage(**(fields | changes))


def repository_budget() -> BudgetEntry:
    """A budget that a checkout brings and nobody trusted."""
    status = budget_status(12, 20, "week", filter=BudgetFilter(repo="shop", is_repo_exact=True))
    own = replace(status.budget, origin="repo", root="/home/ada/src/shop")
    return BudgetEntry(budget=own, standing=(replace(status, budget=own),), is_untrusted=True)


def changed(params: Any) -> dict[str, Any]:
    """Return what `budget.set` and `budget.remove` answer."""
    row = params.get("row")
    lines = ADDED if row else ("-[[budgets]]", '-scope = "day"', "-amount = 25")
    text = "day: $25.00 a day; it tells, and stops nothing" if row else "day is taken away"
    is_made = not params.get("dry")
    return on_wire(BudgetChange(text=text, file=CONFIG, lines=lines, is_made=is_made))


def answers() -> dict[str, Any]:
    """Return all of them by method."""
    return {
        "session.hand": on_wire(HAND),
        "session.interrupt": {"sent": "SIGINT", "pid": 4411},
        "allow": {"text": "shop · fix/dedup may spend $5.00 more until 14:41"},
        "tag": {"text": "turn 6f93eca8: docs", "tag": {}},
        "budget.page": on_wire(budget_page()),
        "budget.set": changed,
        "budget.remove": changed,
    }
