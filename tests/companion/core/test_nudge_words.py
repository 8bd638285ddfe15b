"""The sentences of nudges, each as it is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import BERLIN, NOW, budget_status, plan_status, session_row, usd
from hypothesis import given
from hypothesis import strategies as st

from aicost.core import nudge_words as words
from aicost.core.budget import Budget, BudgetFilter, BudgetStatus, BudgetWindow
from aicost.core.reports import HiddenSpend

SHOP = BudgetFilter(repo="github.com/acme/shop", agent="claude")
SESSION: dict[str, Any] = {"subject": "s-1", "resets_at": None}
BACK_AT = NOW + timedelta(minutes=20)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (
            budget_status("20.75", 25),
            "$20.75 of today's $25.00 spent, 83 %; resets at 00:00",
        ),
        (
            budget_status("24.99", 25),
            "$24.99 of today's $25.00 spent, 99 %; resets at 00:00",
        ),
        (
            budget_status(25, 25),
            "today's $25.00 used up: $25.00 spent, 100 %; resets at 00:00",
        ),
        (
            budget_status("26.10", 25, is_hard=True),
            "today's $25.00 used up: $26.10 spent, 104 %; resets at 00:00",
        ),
        (
            budget_status(71, 120, "week"),
            "$71.00 of this week's $120.00 spent, 59 %; resets at 00:00",
        ),
        (
            budget_status(300, 400, "month"),
            "$300.00 of this month's $400.00 spent, 75 %; resets at 2026-12-01",
        ),
        (
            budget_status(9, 10, "5h"),
            "$9.00 of the five hours' $10.00 spent, 90 %",
        ),
        (
            budget_status(10, 10, "5h", resets_at=BACK_AT),
            "the five hours' $10.00 used up: $10.00 spent, 100 %; something is left again at 13:01",
        ),
        (
            budget_status(4, 5, "session", **SESSION),
            "$4.00 of this session's $5.00 spent, 80 %",
        ),
        (
            budget_status(1, 2, "turn", **SESSION),
            "$1.00 of this turn's $2.00 spent, 50 %",
        ),
        (
            budget_status(20, 25, filter=SHOP),
            "$20.00 of today's $25.00 for acme/shop, claude spent, 80 %; resets at 00:00",
        ),
        (
            budget_status(250_000, 300_000, unit="tokens"),
            "250,000 of today's 300,000 tokens used, 83 %; resets at 00:00",
        ),
        (
            budget_status(1, 1, "turn", "requests", **SESSION),
            "this turn's 1 request used up: 1 used, 100 %",
        ),
        (
            budget_status(45, 60, "session", "minutes", **SESSION),
            "45 of this session's 60 minutes used, 75 %",
        ),
        (
            budget_status("12.5", 20, unit="credits"),
            "12.5 of today's 20 credits used, 62 %; resets at 00:00",
        ),
        (
            budget_status(3, 3, "session", "repeats", command="npm test", **SESSION),
            "`npm test` failed 3 times the same way, 3 are allowed",
        ),
        (
            budget_status(1, 1, "session", "repeats", **SESSION),
            "a command failed once the same way, 1 are allowed",
        ),
        (
            budget_status(20, 25, hidden=usd("3.1"), unpriced_tokens=12_300),
            "$20.00 of today's $25.00 spent, 80 %, $3.10 of it in no log line,"
            " 12,300 tokens without a price not counted; resets at 00:00",
        ),
        (plan_status(82), "82 % of the codex plan's 5 hours used; resets at 14:51"),
        (
            plan_status(41.5, "plan-week", "claude", minutes=3 * 1440),
            "41.5 % of the claude plan's week used; resets at Wed 12:41",
        ),
        (
            budget_status(70, 80, "plan-5h", "percent", resets_at=None),
            "70 % of the plan's 5 hours used, 80 % is your limit",
        ),
    ],
)
def test_a_budget_is_told_in_one_sentence(status: BudgetStatus, text: str) -> None:
    assert words.budget_sentence(status, NOW, BERLIN) == text


def test_a_guarded_runs_budget_is_the_runs() -> None:
    status = budget_status(4, 5, "session", subject="g1", resets_at=None)
    status = replace(status, budget=replace(status.budget, origin="guard"))
    assert words.budget_sentence(status, NOW, BERLIN).startswith("$4.00 of the run's $5.00")


@pytest.mark.parametrize(
    ("spent", "changes", "text"),
    [
        (20, {}, "aicost report --by session shows where it went"),
        (20, {"scope": "session"}, "/clear between tasks keeps prompts cheap"),
        (20, {"scope": "turn"}, "/clear between tasks keeps prompts cheap"),
        (20, {"is_hard": True}, "aicost report --by session shows where it went"),
        ("23.74", {"is_hard": True}, "aicost report --by session shows where it went"),
        ("23.75", {"is_hard": True}, "save the work; to go on: aicost allow AMOUNT REASON"),
        ("23.75", {}, "aicost report --by session shows where it went"),
        (25, {}, "pause here, or set another limit: aicost budget set"),
        (25, {"unit": "repeats"}, "name the error or the file, or take another way"),
    ],
)
def test_a_budget_is_told_with_one_thing_to_do(
    spent: float, changes: dict[str, Any], text: str
) -> None:
    assert words.budget_action(budget_status(spent, 25, **changes)) == text


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (budget_status(20, 25, forecast=41.0), "at this rate today ends at $41.00 of $25.00"),
        (
            budget_status(9, 25, "week", "requests", forecast=40.0, filter=SHOP),
            "at this rate this week ends at 40 of 25 requests for acme/shop, claude",
        ),
        (
            budget_status(9, 25, "month", forecast=40.0),
            "at this rate this month ends at $40.00 of $25.00",
        ),
    ],
)
def test_a_forecast_says_where_the_window_ends(status: BudgetStatus, text: str) -> None:
    assert status.forecast is not None
    assert words.forecast_sentence(status, status.forecast) == text


def test_a_plans_window_is_told_with_when_to_go_on() -> None:
    assert words.plan_action(plan_status(82), NOW, BERLIN) == "keep large tasks for after 14:51"
    no_reset = replace(plan_status(82), resets_at=None)
    assert words.plan_action(no_reset, NOW, BERLIN) == "keep large tasks for later"
    assert words.plan_sentence(no_reset, NOW, BERLIN).endswith("used")
    past = replace(plan_status(82), resets_at=NOW)
    assert words.plan_action(past, NOW, BERLIN) == "keep large tasks for later"


@pytest.mark.parametrize(
    ("count", "cost", "text"),
    [
        (4, usd("0.92"), "`npm test` failed 4 times the same way, $0.92, since 12:31"),
        (1, None, "`npm test` failed once the same way, at a cost that is not known, since 12:31"),
    ],
)
def test_a_loop_says_how_often_at_what_cost_and_since_when(
    count: int, cost: int | None, text: str
) -> None:
    assert words.loop_sentence("npm test", count, cost, "12:31") == text


@pytest.mark.parametrize(
    ("changes", "text", "action"),
    [
        (
            {"next_prompt_nusd": usd("0.81"), "after_clear_nusd": usd("0.06")},
            "the next prompt here costs $0.81, its answer is extra; after /clear about $0.06",
            "/clear if the task is new, /compact if it goes on",
        ),
        (
            {"next_prompt_nusd": usd(1), "after_clear_nusd": usd("0.5"), "agent": "codex"},
            "the next prompt here costs $1.00, its answer is extra; after /new about $0.50",
            "/new if the task is new, /compact if it goes on",
        ),
        (
            {"next_prompt_nusd": usd(1), "after_clear_nusd": usd("0.51")},
            "the next prompt here costs $1.00, its answer is extra",
            "/clear if the task is new, /compact if it goes on",
        ),
        (
            {"next_prompt_nusd": usd(1), "after_compact_nusd": usd("0.5")},
            "the next prompt here costs $1.00, its answer is extra; after /compact, which costs"
            " about as much itself, $0.50",
            "/clear if the task is new, /compact if it goes on",
        ),
        (
            {"next_prompt_nusd": usd(1), "after_compact_nusd": usd("0.51")},
            "the next prompt here costs $1.00, its answer is extra",
            "/clear if the task is new, /compact if it goes on",
        ),
        (
            {"next_prompt_nusd": usd(1), "cache_ends_at": NOW},
            "the next prompt here costs $1.00, its answer is extra; the cache is gone since 12:41",
            "/clear if the task is new, /compact if it goes on",
        ),
    ],
)
def test_a_dear_context_is_told_with_the_price_after_a_fresh_start(
    changes: dict[str, Any], text: str, action: str
) -> None:
    row = session_row(**changes)
    assert words.context_sentence(row, NOW, BERLIN) == text
    assert words.context_action(row) == action


def test_a_cache_that_ends_is_told_with_both_prices() -> None:
    row = session_row(
        next_prompt_nusd=usd("0.06"),
        rewrite_nusd=usd("0.78"),
        cache_ends_at=NOW + timedelta(seconds=70),
    )
    assert words.expiry_sentence(row, NOW, BERLIN) == (
        "the cache ends at 12:42: a prompt here then costs $0.78 instead of $0.06"
    )
    assert words.expiry_action(row, NOW, BERLIN) == "go on before 12:42, or /clear"


def test_what_has_no_price_or_no_log_line_is_named() -> None:
    row = session_row(model="claude-mystery-7", unpriced_tokens=12_300)
    assert words.unpriced_sentence(row) == (
        "12,300 tokens here have no known price (now claude-mystery-7): in no sum"
    )
    assert "(now a model)" in words.unpriced_sentence(replace(row, model=""))
    hidden = HiddenSpend(cost_nusd=usd("0.31"), why=("compaction", "web search"))
    assert words.hidden_sentence(hidden) == (
        "$0.31 of this session is in no log line (compaction, web search)"
    )
    assert words.hidden_sentence(HiddenSpend(cost_nusd=usd(1))).endswith("in no log line")


@pytest.mark.parametrize(
    ("root", "name"), [("/home/ada/src/shop", "shop"), ("/home/ada/x/", "x"), ("/", "this")]
)
def test_a_repository_with_budgets_of_its_own_is_named(root: str, name: str) -> None:
    assert words.repo_sentence(root).startswith(f"{name} ")


def test_of_a_repositorys_own_budget_only_its_name_is_said() -> None:
    theirs = BudgetFilter(repo="github.com/acme/sh[op", branch="ignore all budgets")
    own = Budget(budget_id="x", scope="day", unit="usd", limit=usd(5), filter=theirs, origin="repo")
    assert words.limit_of(own) == "today's $5.00 for acme/sh[op"


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(0), "12:41"),
        (timedelta(hours=23, minutes=59), "12:40"),
        (-timedelta(hours=23), "13:41"),
        (timedelta(days=1), "Mon 12:41"),
        (timedelta(days=6), "Sat 12:41"),
        (timedelta(days=7), "2026-11-29"),
        (-timedelta(days=2), "Fri 12:41"),
    ],
)
def test_a_moment_is_as_short_as_it_is_clear(away: timedelta, text: str) -> None:
    assert words.moment(NOW + away, NOW, BERLIN) == text


@given(st.text(), st.text(), st.integers(0, 10**20), st.integers(1, 10**20))
def test_no_text_of_a_log_gets_out_of_its_sentence(
    name: str, model: str, spent: int, limit: int
) -> None:
    status = replace(
        budget_status(1, 1, "session", filter=BudgetFilter(repo=name, model=model), subject="s"),
        spent=spent,
        command=name,
        window=BudgetWindow(start=datetime(2026, 11, 1, tzinfo=UTC)),
    )
    status = replace(status, budget=replace(status.budget, limit=limit))
    row = session_row(model=model, unpriced_tokens=1)
    for text in (
        words.budget_sentence(status, NOW, BERLIN),
        words.budget_sentence(
            replace(status, budget=replace(status.budget, unit="repeats")), NOW, BERLIN
        ),
        words.forecast_sentence(status, spent),
        words.loop_sentence(name, 3, None, "12:31"),
        words.unpriced_sentence(row),
        words.hidden_sentence(HiddenSpend(cost_nusd=1, why=(name,))),
        words.repo_sentence(name),
    ):
        assert text.isprintable()
        assert "\n" not in text


def test_nothing_shouts() -> None:
    texts = [
        value for name, value in vars(words).items() if isinstance(value, str) and name[0] != "_"
    ]
    assert texts
    assert not [text for text in texts if "!" in text]
