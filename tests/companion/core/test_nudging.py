"""Which advice holds, which comes first, and how often it is given."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from builders import BERLIN, NOW, budget_status, nudge, plan_status, session_row, usd
from hypothesis import given
from hypothesis import strategies as st
from waste_builders import hit

from aicost.core.budget import BudgetFilter, BudgetStatus, BudgetWindow, Unit
from aicost.core.limits import LimitWindow, PlanLimits, RateLimits
from aicost.core.loops import Repeat
from aicost.core.nudge import SIGNS, Nudge
from aicost.core.nudging import (
    COOL_DOWN,
    Situation,
    by_weight,
    first_of,
    is_cool,
    keys_of,
    nudges_of,
    severity_of,
    shown_key,
    standing,
)
from aicost.core.reports import HiddenSpend
from aicost.core.spending import Evaluation

HOUR_10 = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def advice(**parts: Any) -> tuple[Nudge, ...]:
    return nudges_of(Situation(now=NOW, zone=BERLIN, **parts))


def of_budget(status: BudgetStatus) -> tuple[Nudge, ...]:
    return advice(budgets=[status])


def of_session(**changes: Any) -> tuple[Nudge, ...]:
    return advice(sessions=[session_row("s-1", **changes)])


def shown(nudges: Iterable[Nudge]) -> list[tuple[str, str]]:
    return [(one.kind, one.severity) for one in nudges]


# Budgets


@pytest.mark.parametrize(
    ("agent", "unit", "is_said"),
    [
        ("", "usd", True),
        ("codex", "usd", True),
        ("claude", "usd", False),  # of no plan of its
        ("", "tokens", False),
    ],
)
def test_on_a_plan_dollars_are_said_to_be_quota(agent: str, unit: Unit, is_said: bool) -> None:
    of = BudgetFilter(agent=agent)
    status = budget_status(20, 25, unit=unit, forecast=41.0, filter=of)
    plan = budget_status(10, 100, "plan-week", "percent", filter=BudgetFilter(agent="codex"))
    for one in advice(budgets=[status, plan]):
        assert ("API-equivalent: on a flat plan this saves quota" in one.sentence) is is_said
    assert all("API-equivalent" not in one.sentence for one in of_budget(status))


@pytest.mark.parametrize(
    ("spent", "level", "severity"),
    [
        ("12.50", 50, "info"),
        ("19.99", 50, "info"),
        ("20", 80, "warning"),
        ("23.74", 80, "warning"),
        ("23.75", 95, "serious"),
        ("24.99", 95, "serious"),
        ("25", 100, "serious"),
        ("400", 100, "serious"),
    ],
)
def test_only_the_highest_level_that_is_reached_is_told(
    spent: str, level: int, severity: str
) -> None:
    [one] = of_budget(budget_status(spent, 25))
    assert (one.kind, one.severity) == ("budget", severity)
    assert one.key == f"budget:day:::2026-11-21T23:00:{level}"
    assert one.cost_nusd == usd(spent)
    assert one.session_id == ""


def test_below_half_there_is_nothing_to_tell() -> None:
    assert of_budget(budget_status("12.49", 25)) == ()


def test_the_next_window_and_another_budget_are_told_anew() -> None:
    today = budget_status(20, 25)
    tomorrow = replace(today, window=BudgetWindow(start=NOW + timedelta(hours=12)))
    shop = budget_status(20, 25, filter=BudgetFilter(repo="shop"))
    of_a_repo = replace(shop, budget=replace(shop.budget, origin="repo", root="/src/shop"))
    keys = {of_budget(one)[0].key for one in (today, tomorrow, shop, of_a_repo)}
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("minutes", "is_same"), [(0, True), (60, True), (239, True), (240, False), (300, False)]
)
def test_five_hours_that_roll_are_told_once_in_five_hours(minutes: float, is_same: bool) -> None:
    first = replace(budget_status(9, 10, "5h"), window=BudgetWindow(start=HOUR_10))
    later = replace(first, window=BudgetWindow(start=HOUR_10 + timedelta(minutes=minutes)))
    assert (of_budget(first)[0].key == of_budget(later)[0].key) is is_same


@pytest.mark.parametrize(("scope", "subject"), [("session", "s-1"), ("turn", "s-1 t-9")])
def test_a_sessions_own_budget_names_the_session(scope: Any, subject: str) -> None:
    [one] = of_budget(budget_status(4, 5, scope, subject=subject))
    assert one.session_id == "s-1"
    assert subject in one.key


def test_a_guarded_runs_budget_is_of_no_one_session() -> None:
    status = budget_status(4, 5, "session", subject="g-1")
    status = replace(status, budget=replace(status.budget, origin="guard"))
    assert of_budget(status)[0].session_id == ""


@pytest.mark.parametrize(("count", "told"), [(2, []), (3, [("budget", "serious")])])
def test_repeats_are_told_only_when_they_are_used_up(
    count: int, told: list[tuple[str, str]]
) -> None:
    status = budget_status(count, 3, "session", "repeats", subject="s-1", command="npm test")
    assert shown(of_budget(status)) == told


@pytest.mark.parametrize(
    ("spent", "forecast", "told"),
    [
        (5, 25.0, []),
        (5, 25.01, [("forecast", "warning")]),
        (20, 41.0, [("budget", "warning"), ("forecast", "warning")]),
        (25, 41.0, [("budget", "serious")]),
        (20, None, [("budget", "warning")]),
    ],
)
def test_a_forecast_is_told_while_the_limit_is_not_reached(
    spent: float, forecast: float | None, told: list[tuple[str, str]]
) -> None:
    assert sorted(shown(of_budget(budget_status(spent, 25, forecast=forecast)))) == told


def test_the_forecasts_key_is_one_for_its_window() -> None:
    first, second = (budget_status(5, 25, forecast=forecast) for forecast in (30.0, 41.0))
    assert of_budget(first)[0].key == of_budget(second)[0].key
    assert of_budget(first)[0].key in keys_of([first])


@pytest.mark.parametrize("spent", [13, 20, 24, 30])
def test_the_keys_of_a_budget_are_those_of_its_nudges(spent: float) -> None:
    status = budget_status(spent, 25, forecast=41.0)
    assert {one.key for one in of_budget(status)} <= keys_of([status])


# Plans


@pytest.mark.parametrize(
    ("percent", "told"),
    [(79.9, []), (80, [("plan", "warning")]), (95, [("plan", "serious")])],
)
def test_a_plans_window_is_told_when_it_is_nearly_used(
    percent: float, told: list[tuple[str, str]]
) -> None:
    assert shown(of_budget(plan_status(percent))) == told


@pytest.mark.parametrize(
    ("minutes", "is_same"), [(0, True), (0.5, True), (-0.5, True), (300, False), (10_080, False)]
)
def test_a_plans_next_window_is_told_anew_but_not_the_same_one_told_a_bit_later(
    minutes: float, is_same: bool
) -> None:
    first, second = plan_status(82, minutes=120), plan_status(82, minutes=120 + minutes)
    assert (of_budget(first)[0].key == of_budget(second)[0].key) is is_same
    assert of_budget(replace(first, resets_at=None))[0].key.endswith(":80")


def window(percent: float, minutes: int | None = 300, resets_in: float = 60) -> LimitWindow:
    return LimitWindow(
        used_percent=percent,
        window_minutes=minutes,
        resets_at=NOW + timedelta(minutes=resets_in),
    )


def limits(*windows: LimitWindow, limit_id: str = "codex", home: str = "/h") -> PlanLimits:
    primary, secondary = (*windows, None, None)[:2]
    said = RateLimits(limit_id=limit_id, primary=primary, secondary=secondary)
    return PlanLimits(home=home, at=NOW, limits=said)


# What stands


def test_what_a_screen_shows_is_shared_budgets_own_ones_and_plans_the_most_used_first() -> None:
    day, own = budget_status(5, 25), budget_status(4, 5, "session", subject="s-1")
    evaluation = Evaluation(shared=(day,), by_session={"s-1": (day, own), "s-2": (day,)})
    found = standing(evaluation, [limits(window(41))], NOW)
    assert [(one.budget.scope, one.share) for one in found] == [
        ("session", 0.8),
        ("plan-5h", 0.41),
        ("day", 0.2),
    ]


@pytest.mark.parametrize(
    ("agent", "plans"), [("", 1), ("codex", 1), ("claude", 2)], ids=["any", "same", "other"]
)
def test_a_budget_of_ones_own_stands_for_the_plans_window(agent: str, plans: int) -> None:
    own = budget_status(41, 80, "plan-5h", "percent", filter=BudgetFilter(agent=agent))
    found = standing(Evaluation(shared=(own,)), [limits(window(41))], NOW)
    assert len(found) == plans


# Loops


def repeat(count: int, cost: int | None = usd("0.92")) -> dict[str, Repeat]:
    since = NOW - timedelta(minutes=10)
    return {"s-1": Repeat(count, "npm test", "00ff", "t-1", since, cost)}


@pytest.mark.parametrize(
    ("count", "step", "severity"),
    [
        (3, 3, "warning"),
        (4, 3, "warning"),
        (5, 5, "serious"),
        (9, 5, "serious"),
        (10, 10, "serious"),
    ],
)
def test_a_loop_is_told_again_as_it_goes_on(count: int, step: int, severity: str) -> None:
    [one] = advice(sessions=[session_row("s-1")], repeats=repeat(count))
    assert (one.kind, one.severity, one.session_id) == ("loop", severity, "s-1")
    assert one.key == f"loop:s-1:t-1:00ff:{step}"
    assert one.at == NOW - timedelta(minutes=10)
    assert one.cost_nusd == usd("0.92")
    assert "since 12:31" in one.sentence


def test_twice_is_no_loop_and_what_has_ended_is_none_any_more() -> None:
    assert advice(sessions=[session_row("s-1")], repeats=repeat(2)) == ()
    assert advice(sessions=[session_row("s-1", state="ended")], repeats=repeat(9)) == ()
    assert advice(sessions=[session_row("s-1")], repeats={"s-1": None}) == ()


# Contexts


@pytest.mark.parametrize(("price", "told"), [("0.499", 0), ("0.50", 1), ("3", 1)])
def test_a_dear_prompt_is_told_from_the_limit_on(price: str, told: int) -> None:
    found = of_session(next_prompt_nusd=usd(price))
    assert shown(found) == [("context", "info")] * told


def test_the_limit_of_a_dear_prompt_can_be_set() -> None:
    row = session_row(next_prompt_nusd=usd("0.20"))
    assert len(advice(sessions=[row], context_nusd=usd("0.20"))) == 1
    assert advice(sessions=[row], context_nusd=usd("0.21")) == ()


@pytest.mark.parametrize(
    ("ends_in_s", "changes", "told"),
    [
        (76, {}, False),
        (75, {}, True),  # a quarter of five minutes
        (1, {}, True),
        (0, {}, False),
        (-10, {}, False),
        (75, {"state": "busy"}, False),
        (75, {"rewrite_nusd": usd("0.55")}, False),
        (75, {"rewrite_nusd": usd("0.56")}, True),
        (75, {"rewrite_nusd": None}, False),
        (75, {"next_prompt_nusd": None}, False),
        (75, {"last_at": None}, False),
        (75, {"cache_ends_at": None}, False),
    ],
)
def test_a_dear_cache_that_ends_soon_is_told_while_nobody_works(
    ends_in_s: float, changes: dict[str, Any], told: bool
) -> None:
    ends_at = NOW + timedelta(seconds=ends_in_s)
    fields: dict[str, Any] = {
        "state": "waiting",
        "next_prompt_nusd": usd("0.06"),
        "rewrite_nusd": usd("0.78"),
        "cache_ends_at": ends_at,
        "last_at": ends_at - timedelta(minutes=5),
    }
    found = of_session(**(fields | changes))
    assert ["the cache ends at" in one.sentence for one in found] == [True] * told


def test_an_hour_of_cache_is_told_five_minutes_before() -> None:
    fields: dict[str, Any] = {
        "state": "idle", "next_prompt_nusd": usd("0.06"), "rewrite_nusd": usd("0.78"),
    }  # fmt: skip
    for seconds, told in ((300, 1), (301, 0)):
        ends_at = NOW + timedelta(seconds=seconds)
        found = of_session(cache_ends_at=ends_at, last_at=ends_at - HOUR, **fields)
        assert len(found) == told


def test_a_session_is_told_one_thing_of_its_context() -> None:
    fields: dict[str, Any] = {"state": "idle", "next_prompt_nusd": usd(1), "rewrite_nusd": usd(9)}
    soon = of_session(cache_ends_at=NOW + SECOND, last_at=NOW - HOUR, **fields)
    later = of_session(cache_ends_at=NOW + HOUR, last_at=NOW, **fields)
    assert [one.key for one in soon] == [one.key for one in later] == ["context:s-1"]
    assert "the cache ends" in soon[0].sentence
    assert "the next prompt" in later[0].sentence


# What is not known


def test_tokens_without_a_price_are_told_of_sessions_that_run() -> None:
    [one] = of_session(unpriced_tokens=10)
    assert (one.kind, one.severity, one.key) == ("unpriced", "info", "unpriced:s-1")
    assert of_session(unpriced_tokens=10, state="ended") == ()


@pytest.mark.parametrize(("cost", "told"), [(None, 0), ("0.099", 0), ("0.10", 1)])
def test_hidden_spend_is_told_from_a_dime_on(cost: str | None, told: int) -> None:
    hidden = HiddenSpend(cost_nusd=None if cost is None else usd(cost))
    found = advice(sessions=[session_row("s-1")], hidden={"s-1": hidden})
    assert shown(found) == [("hidden", "info")] * told


def test_budgets_that_nobody_trusted_are_told_by_their_folder() -> None:
    [one] = advice(untrusted=["/src/shop"])
    assert (one.kind, one.key) == ("repo-budgets", "repo-budgets:/src/shop")


def test_a_file_of_budgets_that_cannot_be_used_is_told() -> None:
    [one] = advice(troubles=["not valid TOML (/c:1)"])
    assert (one.kind, one.severity) == ("budgets-file", "warning")
    assert (one.key, one.sentence) == (
        "budgets-file:not valid TOML (/c:1)",
        "not valid TOML (/c:1)",
    )


# Order, and how often


def test_what_began_last_comes_first_and_of_one_moment_the_most_serious() -> None:
    since = {"context:s-1": NOW - HOUR}
    row = session_row("s-1", next_prompt_nusd=usd(1), unpriced_tokens=1)
    found = advice(
        budgets=[budget_status(20, 25)], sessions=[row], repeats=repeat(3), since=since
    )  # fmt: skip
    assert [one.kind for one in found] == ["budget", "unpriced", "loop", "context"]
    assert found[-1].at == NOW - HOUR


def test_for_one_line_the_most_serious_counts_then_the_newest() -> None:
    old = nudge(severity="serious", key="old", at=NOW - HOUR)
    new = nudge(severity="serious", key="new", at=NOW)
    info = nudge(severity="info", key="info", at=NOW + HOUR)
    assert first_of([info, old, new]) == new
    assert [one.key for one in by_weight([info, old, new])] == ["new", "old", "info"]
    assert first_of([]) is None


class Given(NamedTuple):
    """A nudge that was given before."""

    kind: Any
    after: timedelta | None  # since it was last given; None: never
    may: bool


@pytest.mark.parametrize(
    "given_",
    [
        Given("budget", None, True),
        Given("budget", timedelta(days=9), False),
        Given("forecast", HOUR, False),
        Given("plan", HOUR, False),
        Given("loop", HOUR, False),
        Given("repo-budgets", HOUR, False),
        Given("context", HOUR - SECOND, False),
        Given("context", HOUR, True),
        Given("unpriced", HOUR - SECOND, False),
        Given("unpriced", HOUR, True),
        Given("hidden", HOUR - SECOND, False),
        Given("hidden", HOUR, True),
    ],
)
def test_each_kind_is_given_once_or_again_after_its_pause(given_: Given) -> None:
    given_at = None if given_.after is None else NOW - given_.after
    assert is_cool(nudge(given_.kind), given_at, NOW) is given_.may


def test_a_key_is_noted_for_ever_or_for_the_length_of_its_pause() -> None:
    for kind, pause in COOL_DOWN.items():
        one, later = nudge(kind), NOW + HOUR
        assert (shown_key(one, NOW) == shown_key(one, later)) is (pause is None)
        assert shown_key(one, NOW).startswith(one.key)


@pytest.mark.parametrize(
    ("spent", "forecast", "severity"),
    [
        (1, None, "info"),
        (1, 26.0, "warning"),
        (13, 25.0, "info"),
        (20, None, "warning"),
        (24, 26.0, "serious"),
    ],
)
def test_how_serious_a_budget_is_counts_its_forecast(
    spent: float, forecast: float | None, severity: str
) -> None:
    assert severity_of(budget_status(spent, 25, forecast=forecast)) == severity


def test_each_severity_has_a_sign_of_its_own() -> None:
    assert len(set(SIGNS.values())) == 3


@given(
    st.integers(0, 10**16),
    st.integers(1, 10**16),
    st.sampled_from(["day", "week", "month", "5h", "session", "turn", "plan-5h"]),
    st.none() | st.integers(0, 10**17),
)
def test_any_status_leads_to_at_most_two_nudges_with_their_own_keys(
    spent: int, limit: int, scope: Any, forecast: int | None
) -> None:
    status = budget_status(1, 1, scope, subject="s-1 t-1")
    budget = replace(status.budget, limit=limit)
    found = of_budget(replace(status, budget=budget, spent=spent, forecast=forecast))
    assert len({one.key for one in found}) == len(found) <= 2
    assert all(one.sentence and one.action for one in found)


# What leads nowhere


def test_what_leads_nowhere_in_a_turn_is_told() -> None:
    hits = {"s-1": [hit("search"), hit("repeat", label="npm test")], "s-2": [hit("dump")]}
    rows = [session_row("s-1"), session_row("s-2", state="ended")]
    assert [one.kind for one in advice(sessions=rows, waste=hits)] == ["search"]


def test_edits_that_help_nothing_say_more_than_a_repeat() -> None:
    more = [hit("edit-test", label="npm test", cause="pay.py")]
    rows = [session_row("s-1")]
    told = advice(sessions=rows, repeats=repeat(4), waste={"s-1": more})
    assert [one.kind for one in told] == ["edit-test"]
    other = [hit("edit-test", label="make", cause="pay.py")]
    told = advice(sessions=rows, repeats=repeat(4), waste={"s-1": other})
    assert {one.kind for one in told} == {"edit-test", "loop"}
