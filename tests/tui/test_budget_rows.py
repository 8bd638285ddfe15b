"""The rows of the budgets screen, and what is said of each."""

from dataclasses import replace

import pytest
from action_answers import API, CONFIG, SHOP, budget_page, repository_budget
from builders import BERLIN, NOW, budget_status, guarded_day, plan_status, usd

from aicost.core.budget import BudgetStatus
from aicost.core.budget_page import BudgetEntry, BudgetPage
from aicost_tui.budget_rows import (
    BudgetRow,
    blank_of,
    detail_of,
    fixed_because,
    notes_of,
    rows_of,
    table_of,
)
from aicost_tui.gauges import BudgetFacts
from aicost_tui.spans import plain

DAY = guarded_day()
SESSIONS = {row.session_id: row for row in DAY.sessions}
FACTS = BudgetFacts(DAY.budgets, {SHOP: "shop · fix/dedup"}, NOW, BERLIN)


def said_of(row: BudgetRow, width: int = 100, most: int = 4) -> str:
    lines = detail_of(FACTS, row, SESSIONS, CONFIG, most, width)
    return "\n".join(plain(line) for line in lines)


def row_of(status: BudgetStatus, **changes: object) -> BudgetRow:
    entry = BudgetEntry(budget=status.budget, standing=(status,))
    return BudgetRow(status, replace(entry, **changes))  # type: ignore[arg-type]


def test_before_the_daemon_told_all_there_is_what_the_view_has() -> None:
    rows = rows_of(DAY.budgets, None)
    assert [row.status for row in rows] == list(DAY.budgets)
    assert all(fixed_because(row) for row in rows)


def test_what_nobody_is_under_comes_last_and_each_budget_once() -> None:
    rows = rows_of(DAY.budgets, budget_page())
    assert len(rows) == len(DAY.budgets) + 1
    assert (rows[-1].is_used, rows[-1].budget.scope) == (False, "turn")
    assert len({row.key for row in rows}) == len(rows)


def test_a_row_keeps_its_key_while_it_is_used() -> None:
    before, after = budget_status(1, 25), budget_status(2, 30)
    assert BudgetRow(before).key == BudgetRow(after).key
    assert BudgetRow(before).key != BudgetRow(budget_status(1, 25, is_hard=True)).key


def test_only_ones_own_budgets_can_be_changed() -> None:
    assert fixed_because(row_of(budget_status(1, 25))) == ""
    repo = repository_budget()
    assert ".aicost.toml" in fixed_because(BudgetRow(repo.standing[0], repo))
    guard = replace(budget_status(1, 25).budget, origin="guard")
    run = BudgetRow(BudgetStatus(budget=guard), BudgetEntry(budget=guard))
    assert "aicost guard" in fixed_because(run)
    assert "plan-5h" in fixed_because(BudgetRow(plan_status(40)))


def test_it_says_what_is_left_and_what_is_kept() -> None:
    status = replace(
        budget_status("18.42", 25, forecast=41.2),
        reserved=usd("0.41"),
        hidden=usd("0.31"),
        unpriced_tokens=12_300,
    )
    text = " ".join(said_of(row_of(status), 300).split())
    assert "$18.42 of $25.00, 73 %; $0.41 kept for calls under way; with them $6.17 left" in text
    assert "$0.31 of it is in no log line; 12,300 tokens without a price" in text
    assert "$41.20 at this rate, $16.20 over; starts anew 00:00" in text
    assert "$2.00 over" in said_of(row_of(budget_status(27, 25)), 300)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (row_of(budget_status(1, 2, is_hard=True)), "hard: stops agents"),
        (row_of(budget_status(1, 2), would_stop=3), "would have stopped 3×"),
        (row_of(budget_status(1, 2), is_untrusted=True), "until you trust the repository"),
        (row_of(budget_status(1, 2)), "only tells"),
        (BudgetRow(budget_status(0, 3, "turn", "repeats"), None, False), "no session is under it"),
    ],
)
def test_it_says_what_it_stops(row: BudgetRow, expected: str) -> None:
    assert expected in said_of(row)


def test_it_says_who_bears_on_it() -> None:
    text = said_of(row_of(budget_status(1, 2), bearers=(SHOP, API)))
    assert "counts    shop · fix/dedup: claude, $3.20, $4.10/h now" in text
    assert "api · feat/export: codex, $6.02, $0.10/h now" in text
    many = row_of(budget_status(1, 2), bearers=tuple(SESSIONS)[:6])
    assert "and 3 more" in said_of(many)
    assert "more" not in said_of(many, most=6)
    assert "no session now" in said_of(row_of(budget_status(1, 2)))
    own = budget_status(1, 2, "session", subject=SHOP)
    assert "counts    shop · fix/dedup" in said_of(row_of(own))
    assert "counts    gone" in said_of(row_of(budget_status(1, 2), bearers=("gone",)))


def test_notes_say_what_is_in_the_way() -> None:
    page = budget_page(troubles=("\x1b[2Jno scope (config.toml:3)",), complete=False)
    text = "\n".join(plain(line) for line in notes_of(page, 100))
    assert "▲ no scope (config.toml:3)" in text
    assert "not all read" in text
    assert "quota, not money" in text
    assert notes_of(None, 100) == []


def test_where_there_is_none_it_says_how_to_set_one() -> None:
    text = "\n".join(plain(line) for line in blank_of(BudgetPage(), 60))
    assert "n sets the first one" in text
    assert "Asking" in plain(blank_of(None, 60)[0])


def test_a_table_is_in_the_units_of_each_budget() -> None:
    rows = rows_of(DAY.budgets, budget_page())
    table = table_of(FACTS, rows)
    assert table is not None
    found = [dict(zip(table.headers, row)) for row in table.rows]
    day = next(row for row in found if row["id"] == "day")
    assert (day["limit"], day["spent"], day["forecast"], day["hard"]) == (25, 18.42, 41.2, False)
    assert (found[-1]["spent"], found[-1]["budget"]) == (None, "each turn")
    assert table_of(FACTS, ()) is None
