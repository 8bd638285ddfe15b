"""Budgets as text: what each is called, how it stands, in the header, a panel and a list."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import (
    BERLIN,
    NOW,
    budget_status,
    guarded_day,
    plan_status,
    session_row,
    usd,
    view,
)
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.budget import BudgetFilter, BudgetStatus
from aicost_tui.gauges import (
    BudgetFacts,
    budget_facts,
    budget_name,
    forecast_text,
    header_parts,
    list_lines,
    percent_text,
    reset_text,
    summary_line,
    table_lines,
    used_text,
    word_of,
)
from aicost_tui.spans import Line, plain, width_of

DAY = guarded_day()
SHOP = BudgetFilter(repo="shop", agent="claude")


def facts(*budgets: BudgetStatus, **names: str) -> BudgetFacts:
    return BudgetFacts(budgets, names, NOW, BERLIN)


def text(lines: tuple[Line, ...]) -> str:
    return "\n".join(plain(line).rstrip() for line in lines)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (budget_status(1, 25), "today"),
        (budget_status(1, 25, "week"), "this week"),
        (budget_status(1, 25, "month"), "this month"),
        (budget_status(1, 25, "5h"), "last 5 hours"),
        (budget_status(1, 25, filter=SHOP), "today, shop, claude"),
        (budget_status(1, 25, "session", subject="s1"), "session shop · main"),
        (budget_status(1, 25, "turn", subject="s1 t1"), "turn shop · main"),
        (budget_status(1, 25, "turn", subject="s1", filter=SHOP), "turn shop · main, shop, claude"),
        (budget_status(1, 25, "session", subject="0123456789"), "session 01234567"),
        (plan_status(1), "codex 5 h limit"),
        (plan_status(1, "plan-week", "claude"), "claude week limit"),
        (budget_status(1, 80, "plan-5h", "percent"), "5 h limit"),
    ],
)  # fmt: skip
def test_each_budget_has_a_name(status: BudgetStatus, name: str) -> None:
    assert budget_name(facts(status, s1="shop · main"), status) == name


def test_a_guarded_run_is_called_so() -> None:
    status = budget_status(1, 5, "session", subject="g-1")
    status = replace(status, budget=replace(status.budget, origin="guard"))
    assert budget_name(facts(status), status) == "guarded run"


@pytest.mark.parametrize(
    ("status", "used"),
    [
        (budget_status("18.42", 25), "$18.42 of $25"),
        (budget_status(0, "12.5"), "$0 of $12.50"),
        (budget_status(12_345, 99_999), "$12,345 of $99,999"),
        (budget_status(250_000, 300_000, unit="tokens"), "250k of 300k tokens"),
        (budget_status(999, 1000, unit="requests"), "999 of 1.0k requests"),
        (budget_status("7.5", 20, unit="minutes"), "7.5 of 20 minutes"),
        (budget_status(2, 3, unit="repeats"), "2 of 3 repeats"),
        (budget_status("12.5", 20, unit="credits"), "12.5 of 20 credits"),
        (budget_status(70, 80, "plan-5h", "percent"), "70 of 80 %"),
        (plan_status(82), ""),
    ],
)
def test_amounts_are_short(status: BudgetStatus, used: str) -> None:
    assert used_text(status) == used


@pytest.mark.parametrize(
    ("spent", "forecast", "percent", "word"),
    [
        (0, None, "0%", "ok"),
        ("12.49", None, "49%", "ok"),
        ("12.5", None, "50%", "half used"),
        ("12.5", 25.0, "50%", "half used"),
        ("12.5", 25.1, "50%", "too fast"),
        (1, 25.1, "4%", "too fast"),
        ("19.99", None, "79%", "half used"),
        (20, 99.0, "80%", "mostly used"),
        ("23.74", None, "94%", "mostly used"),
        ("23.75", None, "95%", "almost used"),
        ("24.99", None, "99%", "almost used"),
        (25, None, "100%", "used up"),
        (10**6, None, "9999%", "used up"),
    ],
)
def test_what_a_colour_says_a_word_says_too(
    spent: Any, forecast: float | None, percent: str, word: str
) -> None:
    status = budget_status(spent, 25, forecast=forecast)
    assert (percent_text(status), word_of(status)) == (percent, word)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (None, ""),
        (timedelta(0), ""),
        (timedelta(minutes=1), "↺ 12:42"),
        (timedelta(hours=23), "↺ 11:41"),
        (timedelta(days=1), "↺ Mon 12:41"),
        (timedelta(days=7), "↺ 29 Nov"),
    ],
)
def test_a_reset_is_told_as_shortly_as_it_is_clear(away: timedelta | None, words: str) -> None:
    status = budget_status(1, 2, resets_at=None if away is None else NOW + away)
    assert reset_text(facts(status), status) == words


def test_a_forecast_is_told_in_the_budgets_unit() -> None:
    assert forecast_text(budget_status(1, 25)) == ""
    assert forecast_text(budget_status(1, 25, forecast=41.2)) == "→ $41.20"
    assert forecast_text(budget_status(1, 25, unit="requests", forecast=4100.0)) == "→ 4.1k"


# The header


def header(*budgets: BudgetStatus) -> tuple[list[str], list[str]]:
    """Return the longest forms of the parts of both lines."""
    first, second = header_parts(facts(*budgets))
    return [plain(part.forms[0]) for part in first], [plain(part.forms[0]) for part in second]


def test_the_header_has_today_week_month_and_plans() -> None:
    first, second = header(*DAY.budgets)
    assert first == ["━━━━━━━╸── $25 73% ▲", "week $71 of $120", "month $230 of $400"]
    assert second == ["codex 5 h limit 82% ▲ ↺ 2h10", "codex week limit 12% ↺ 5d 0h"]


def test_of_several_budgets_of_a_day_the_header_has_the_most_used_that_covers_all() -> None:
    one, most = budget_status(5, 25), budget_status(5, 10, is_hard=True)
    shop, tokens = budget_status(9, 10, filter=SHOP), budget_status(9, 10, unit="tokens")
    first, _ = header(shop, tokens, one, most)
    assert first == ["━━━━━───── $10 50%"]


def test_without_budgets_the_header_has_no_gauge() -> None:
    assert header() == ([], [])
    assert header(budget_status(1, 2, "session", subject="s"), budget_status(1, 2, "5h")) == (
        [],
        [],
    )


@pytest.mark.parametrize(
    ("spent", "gauge"),
    [
        (0, "────────── $25 0%"),
        ("0.01", "╸───────── $25 0%"),
        (24, "━━━━━━━━━╸ $25 96% ■"),
        (25, "━━━━━━━━━━ $25 100% ■"),
        (99, "━━━━━━━━━━ $25 396% ■"),
    ],
)
def test_the_gauge_is_full_only_when_the_budget_is_used_up(spent: Any, gauge: str) -> None:
    assert header(budget_status(spent, 25))[0] == [gauge]


@pytest.mark.parametrize(
    ("minutes", "words"), [(59, "↺ 59m"), (60, "↺ 1h00"), (1440, "↺ 1d 0h"), (0.5, "↺ 0m")]
)
def test_a_plans_window_says_in_how_long_it_resets(minutes: float, words: str) -> None:
    assert header(plan_status(12, minutes=minutes))[1] == [f"codex 5 h limit 12% {words}"]


def test_a_plans_window_without_a_reset_says_none() -> None:
    assert header(replace(plan_status(12), resets_at=None))[1] == ["codex 5 h limit 12%"]


# Panels


def test_one_line_holds_as_many_as_fit_the_most_used_first() -> None:
    lines = {
        width: plain(summary_line(budget_facts(DAY, NOW, BERLIN), width)) for width in (48, 80, 140)
    }
    assert lines[48] == "budgets  ■ session api · feat/export 9…  b all 7"
    assert "96% hard  ▲ codex 5 h limit 82%" in lines[80]
    assert "▲ today 73%  ○ this week 59%" in lines[140]
    for width, line in lines.items():
        assert line.endswith("b all 7")
        assert len(line) <= width


def test_one_budget_alone_says_its_amounts() -> None:
    line = plain(summary_line(facts(budget_status("18.42", 25)), 60))
    assert line.startswith("budgets  ○ today $18.42 of $25 73%  ")


def test_the_panel_has_a_line_for_each_and_counts_what_has_no_room() -> None:
    lines = table_lines(budget_facts(DAY, NOW, BERLIN), 138, 6)
    assert len(lines) == 6
    assert plain(lines[-1]) == "  2 more, b shows all"
    assert "session api · feat/export hard" in plain(lines[0])
    assert "almost used" in plain(lines[0])
    assert plain(lines[2]).split()[-4:] == ["→", "$41.20", "↺", "00:00"]
    assert len(table_lines(budget_facts(DAY, NOW, BERLIN), 138, 7)) == 7


@pytest.mark.parametrize("width", [20, 38, 46, 60, 78, 90, 100, 138, 200])
def test_columns_stand_below_each_other_and_fit(width: int) -> None:
    lines = table_lines(budget_facts(DAY, NOW, BERLIN), width)
    assert {width_of(line) for line in lines} <= {width_of(lines[0])}
    assert width_of(lines[0]) <= width


def test_narrow_panels_keep_name_share_and_amount() -> None:
    text_46 = text(table_lines(budget_facts(DAY, NOW, BERLIN), 46))
    for words in ("hard  96%", "$6.02 of $6.25", "today", "73%"):
        assert words in text_46


@pytest.mark.parametrize("width", [46, 74, 120])
def test_the_list_says_all_of_each(width: int) -> None:
    shown = text(list_lines(budget_facts(DAY, NOW, BERLIN), width))
    for words in ("too fast", "1 Dec", "9 of 40 requests", "API-equivalent", "hard stops"):
        assert words in shown
    assert ("→ $41.20" in shown) is (width > 46)
    assert max(map(width_of, list_lines(budget_facts(DAY, NOW, BERLIN), width))) <= width


def test_the_list_explains_only_what_it_shows() -> None:
    shown = text(list_lines(facts(budget_status(1, 25)), 74))
    assert "API-equivalent" not in shown
    assert "at this rate" not in shown
    assert "hard stops" not in shown
    assert "aicost budget set" in shown


def test_without_budgets_one_line_says_how_to_set_one() -> None:
    wanted = "no budgets; aicost budget set day 25 sets one"
    by_key = "no budgets; b to set one"  # on the screen
    assert plain(summary_line(facts(), 80)) == by_key
    assert text(table_lines(facts(), 80, 3)) == by_key
    assert text(table_lines(facts(), 80)) == wanted
    assert text(list_lines(facts(), 80)).startswith(wanted)


def test_names_of_sessions_come_from_the_view() -> None:
    own = budget_status(1, 2, "session", subject="s1")
    rows = (session_row("s1", repo="api"), session_row("of no budget"))
    shown = budget_facts(view(*rows, budgets=(own,)), NOW, BERLIN)
    assert shown.names == {"s1": "api · fix/dedup"}


@given(st.text(), st.text(), st.integers(0, 10**19), st.integers(1, 10**19), st.integers(0, 150))
def test_any_text_and_amount_stays_in_its_line(
    repo: str, session_id: str, spent: int, limit: int, width: int
) -> None:
    status = budget_status(1, 1, "session", filter=BudgetFilter(repo=repo), subject=session_id)
    status = replace(
        status,
        spent=spent,
        budget=replace(status.budget, limit=limit, is_hard=True),
        forecast=usd(1),
    )
    shown = facts(status)
    lines = [summary_line(shown, width), *table_lines(shown, width), *list_lines(shown, width)]
    for line in lines:
        assert width_of(line) <= width
        assert plain(line).isprintable()
