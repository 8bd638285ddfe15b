"""`aicost budget list` as it is read, by people and by scripts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import BERLIN, NOW, budget_status

from aicost.core.budget import BudgetStatus
from aicost.core.spending import Evaluation
from aicost.report.budget_list import BudgetList, budgets_document, budgets_table
from aicost.report.tables import Style

WIDE = Style(160)
DAY = budget_status("20.75", 25, forecast=41.0)
SESSION = budget_status(3, 10, "session", is_hard=True, subject="3f2a91c4-5b6d", resets_at=None)


def a_list(*statuses: BudgetStatus, **changes: Any) -> BudgetList:
    shared = tuple(one for one in statuses if not one.subject)
    own = {one.subject.partition(" ")[0]: (*shared, one) for one in statuses if one.subject}
    fields: dict[str, Any] = {
        "budgets": tuple(dict.fromkeys(one.budget for one in statuses)),
        "evaluation": Evaluation(shared=shared, by_session=own),
    }
    return BudgetList(at=NOW, zone=BERLIN, **(fields | changes))


def rows(found: BudgetList, style: Style = WIDE) -> list[list[str]]:
    lines = budgets_table(found, style).splitlines()
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def test_a_row_says_spent_limit_forecast_and_reset() -> None:
    heading, day, session = rows(a_list(DAY, SESSION, would_stops={"day": 2}))
    assert heading == ["Budget", "Of", "At 100 %", "Spent", "Limit", "Used", "Forecast", "Resets"]
    assert day == [
        "day", "all", "tells (7 d: 2 stops)", "$20.75", "$25.00", "████████▎", "83 %", "$41.00",
        "00:00",
    ]  # fmt: skip
    assert session == [
        "session-hard",
        "3f2a91c4",
        "stops",
        "$3.00",
        "$10.00",
        "███",
        "30 %",
        "—",
        "—",
    ]


@pytest.mark.parametrize(
    ("spent", "bar"),
    [
        (0, "0 %"),
        ("0.01", "0 %"),
        ("0.32", "▏ 1 %"),
        (25, "██████████ 100 %"),
        (99, "██████████ 396 %"),
    ],
)
def test_a_bar_is_as_full_as_the_budget(spent: float | str, bar: str) -> None:
    _, row = rows(a_list(budget_status(spent, 25)))
    assert " ".join(row[5:-2]) == bar


def test_a_budget_of_nobody_who_runs_has_a_row_all_the_same() -> None:
    (_, row) = rows(a_list(budgets=[SESSION.budget]))
    assert row == ["session-hard", "—", "stops", "—", "$10.00", "—", "—", "—"]


def test_a_turn_is_told_from_its_session() -> None:
    turn = budget_status(3, 9, "turn", "repeats", subject="3f2a91c4-5b6d t-1")
    _, row = rows(a_list(turn))
    assert row[1] == "3f2a91c4 turn"


def test_two_sessions_of_one_guard_are_one_row() -> None:
    one = replace(SESSION, subject="g1", budget=replace(SESSION.budget, origin="guard"))
    evaluation = Evaluation(by_session={"s-1": (one,), "s-2": (one,)})
    assert len(rows(a_list(budgets=[one.budget], evaluation=evaluation))) == 2


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"is_flat": True}, "API-equivalent"),
        ({"complete": False}, "The logs are not all read: more may be spent."),
        ({"untrusted": ["/src/shop"]}, "/src/shop brings budgets that would stop: aicost trust"),
        ({"troubles": ["no \x1b[31mTOML"]}, "trouble: no "),
    ],
)
def test_what_is_to_be_said_stands_below(changes: dict[str, Any], note: str) -> None:
    assert note not in budgets_table(a_list(DAY), WIDE)
    text = budgets_table(a_list(DAY, **changes), WIDE)
    assert note in text
    assert "\x1b" not in text


def test_on_a_flat_plan_only_dollars_are_equivalents() -> None:
    tokens = budget_status(1, 9, unit="tokens")
    assert "API-equivalent" not in budgets_table(a_list(tokens, is_flat=True), WIDE)


def test_tokens_without_a_price_are_named() -> None:
    text = budgets_table(a_list(replace(DAY, unpriced_tokens=12_300)), WIDE)
    assert "12,300 tokens have no known price" in text


def test_without_budgets_it_says_how_to_set_one_and_what_is_wrong() -> None:
    text = budgets_table(a_list(troubles=["not valid TOML (/c:1)"]), WIDE)
    assert (
        text == "No budgets. To set one: aicost budget set day 25\ntrouble: not valid TOML (/c:1)\n"
    )


@pytest.mark.parametrize("width", [48, 80, 160])
def test_it_fits_the_terminal_and_keeps_what_is_spent(width: int) -> None:
    text = budgets_table(a_list(DAY, SESSION, budget_status(1, 9, "week")), Style(width))
    assert max(map(len, text.splitlines())) <= width
    assert "$20.75" in text
    assert "$25.00" in text


def test_the_document_has_all_of_it_in_the_budgets_unit() -> None:
    minutes = budget_status(90, 120, "session", "minutes", subject="s-1", resets_at=None)
    status = replace(DAY, hidden=10**9, reserved=2 * 10**9)
    found = budgets_document(a_list(status, minutes, would_stops={"day": 2}))
    day, session = found["budgets"]
    assert (found["schema"], found["complete"], found["api_equivalent"]) == (1, True, False)
    assert (day["id"], day["unit"], day["limit"], day["would_stop"]) == ("day", "usd", 25.0, 2)
    assert (day["hard"], day["origin"], day["filter"]) == (False, "config", {})
    assert day["standing"] == [
        {
            "session_id": None,
            "turn_id": None,
            "spent": 20.75,
            "hidden": 1.0,
            "reserved": 2.0,
            "left": 2.25,
            "share": 0.83,
            "level": 80,
            "severity": "warning",
            "forecast": 41.0,
            "unpriced_tokens": 0,
            "resets_at": (NOW + timedelta(seconds=40_733)).isoformat().replace("+00:00", "Z"),
        }
    ]
    assert (session["limit"], session["standing"][0]["spent"]) == (120, 90)
    assert session["standing"][0]["session_id"] == "s-1"
    assert session["standing"][0]["forecast"] is None
