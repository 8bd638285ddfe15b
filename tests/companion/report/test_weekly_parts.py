"""The sentences below: losses, habits, models, outcomes, budgets, and what is not known."""

from dataclasses import replace
from typing import Any

import pytest
from weekly_builders import NUSD, busy_week, day_use, loss, mismatch, report, sums, use

from aicost.core.reports import Each, HiddenSpend
from aicost.core.weekly import BudgetEvents, LargeContexts, OutcomeUse, TeamBand
from aicost.core.weekly_share import shared
from aicost.report import weekly_parts
from aicost.report.weekly_words import Words


def lines(part: str, **changes: Any) -> list[str]:
    week = report(day_use(spent=use(10)), **changes)
    return list(getattr(weekly_parts, f"{part}_lines")(week, Words(week)))


def test_a_loss_says_where_and_the_session_to_look_at() -> None:
    week = report(day_use(), losses=(loss(repo="github.com/acme/shop", branch="fix"),))
    (item,) = weekly_parts.loss_items(week, Words(week))
    assert item == ("`npm test` failed 7 times the same way", "acme/shop · fix · 6f93eca8", "$2.00")
    (item,) = weekly_parts.loss_items(shared(week, bool), Words(shared(week, bool)))
    assert item == ("A command failed 7 times the same way", "", "$2")


def test_loops_are_a_share_of_the_week() -> None:
    many = tuple(loss("repeat", 0.5) for _ in range(7))
    assert lines("loss", losses=many) == [
        "And 2 smaller ones.",
        "Loops together: $3.50, 35 % of the week.",
        "aicost explain ID tells the rest of a session.",
    ]
    assert lines("loss") == ["No loops, storms or lost caches were found."]
    assert lines("loss", losses=(loss("dump"),)) == [
        "aicost explain ID tells the rest of a session."
    ]


def test_habits_have_their_saving_in_dollars() -> None:
    large = LargeContexts(threshold_tokens=100_000, calls=1, extra_tokens=9, nusd=NUSD)
    found = lines("habit", large=large, losses=(loss("cache", 2), loss("dump", 3)))
    assert found == [
        "A call had 1,000 tokens of context on average.",
        "100 % of what was sent came from the cache, at a fraction of the price.",
        "1 call had more than 100k tokens of context; what was above that cost $1.00 to read again."
        " A /clear between tasks saves up to so much.",
        "Caches written anew after a pause or a switch of models: $2.00.",
        "Single large results, and carrying them along: $3.00.",
    ]
    assert len(lines("habit", large=replace(large, nusd=None))) == 2


def test_habits_stand_beside_the_usual_ones() -> None:
    week = report(day_use(), day_use(ago=1, spent=use(a_call=500)))
    first, second = weekly_parts.habit_lines(week, Words(week))
    assert first.endswith("(usual: 500 tokens).")
    assert second.endswith("(usual: 100 %).")


def test_a_cheaper_model_is_told_or_that_none_is_known() -> None:
    assert lines("mismatch", mismatches=None) == [
        "Where a cheaper model does as well is not looked for yet."
    ]
    assert lines("mismatch") == ["No kind of work shows yet that a cheaper model does it as well."]
    (line,) = lines("mismatch", mismatches=(mismatch(),))
    assert line.startswith("Docs of up to 5 calls: 30 turns on claude-haiku-4-5 were done as well")
    assert line.endswith(": about $15.00 less in 1 week.")


def test_outcomes_are_counted_with_what_each_cost() -> None:
    merged = (OutcomeUse(outcome="merged", sessions=2, cost_nusd=NUSD),)
    found = lines(
        "outcome",
        outcomes=merged,
        sums=sums(
            commits=Each(4, 6 * NUSD),
            merged_branches=Each(2, None),
            fixed_tests=Each(1, NUSD),
            abandoned=Each(1, NUSD),
            reverted=Each(2, None),
        ),
    )
    assert found == [
        "4 commits ($1.50 each), 2 merged branches, 1 fixed test ($1.00). A session counts in full"
        " for each thing that it led to.",
        "1 session abandoned: $1.00.",
        "2 sessions taken back: —.",
    ]
    assert lines("outcome", outcomes=merged) == [
        "No commit, merged branch or fixed test is known of its sessions."
    ]


@pytest.mark.parametrize(
    "outcomes", [(), (OutcomeUse(outcome="unallocated", sessions=3, cost_nusd=NUSD),)]
)
def test_what_nobody_judged_is_not_called_nothing(outcomes: tuple[OutcomeUse, ...]) -> None:
    assert lines("outcome", outcomes=outcomes) == ["What came of its sessions is not judged yet."]
    week = report(day_use(), outcomes=outcomes)
    assert list(weekly_parts.outcome_rows(week, Words(week))) == []


def test_outcomes_have_a_meaning() -> None:
    week = busy_week()
    rows = list(weekly_parts.outcome_rows(week, Words(week)))
    assert rows == [
        ("merged", "2", "$30.00", "a commit of it is in the default branch"),
        ("not judged yet", "1", "—", "its end is not looked at yet"),
    ]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (BudgetEvents(), ["No budget stopped anything, and none was lifted."]),
        (
            BudgetEvents(stopped=1, refused=2, would_stop=1, allowed=3),
            [
                "1 turn stopped, or not begun, because a limit was reached.",
                "2 tool calls refused.",
                "Soft budgets were used up 1 time; hard ones would have stopped there.",
                "You lifted a budget 3 times.",
            ],
        ),
    ],
)
def test_budget_events_are_said(events: BudgetEvents, expected: list[str]) -> None:
    assert list(weekly_parts.budget_lines(events)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"complete": False}, "Logs are still being read: the figures will grow."),
        ({"hidden": None}, "What is billed and in no log line is not known yet."),
        (
            {"hidden": HiddenSpend(cost_nusd=NUSD, why=("compaction", "titles"))},
            "$1.00 more was billed and is in no log line: compaction; titles.",
        ),
        (
            {"hidden": HiddenSpend(cost_nusd=None, why=("titles",))},
            "More was billed and is in no log line: titles.",
        ),
        ({"skipped_lines": 1}, "1 log line could not be read."),
    ],
)
def test_what_is_not_known_is_said(changes: dict[str, Any], expected: str) -> None:
    week = [day_use(ago=ago) for ago in range(5)]
    found = report(*week, **changes)
    assert list(weekly_parts.unknown_lines(found, Words(found))) == [expected]


def test_models_without_a_price_are_named_but_not_to_others() -> None:
    week = busy_week()
    told = " ".join(weekly_parts.unknown_lines(week, Words(week)))
    assert "3,030 tokens have no known price (acme-private-7b)" in told
    cut = shared(week, bool)
    told = " ".join(weekly_parts.unknown_lines(cut, Words(cut)))
    assert "4,000 tokens have no known price: every sum with ≥" in told


BAND = TeamBand(week="2026-W46", sources=14, low_usd=21, middle_usd=38, high_usd=1060)


def test_the_team_stands_beside_ones_own_week() -> None:
    uses = [day_use(ago=ago, spent=use(3.4)) for ago in range(3)]
    week = replace(report(*uses), band=BAND)
    (line,) = weekly_parts.team_lines(week, Words(week))
    assert line == (
        "Your team in week 46: half of its 14 people spent $21 to $1,060, the middle one $38;"
        " you $3.40."
    )
    cut = shared(week, bool)
    (line,) = weekly_parts.team_lines(cut, Words(cut))
    assert line.endswith("; you $3.")


def test_without_a_band_or_a_week_of_ones_own_nothing_is_said_of_it() -> None:
    week = report(day_use())
    assert list(weekly_parts.team_lines(week, Words(week))) == []
    old = replace(report(day_use(), first_day=day_use().day), band=BAND)
    (line,) = weekly_parts.team_lines(old, Words(old))
    assert line.endswith("the middle one $38.")
