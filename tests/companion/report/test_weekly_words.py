"""The sentences at the head of a weekly report."""

from datetime import date

import pytest
from weekly_builders import HAIKU, NUSD, OPUS, busy_week, day_use, hit, mismatch, report, use

from aicost.core.waste.hits import KINDS, WasteKind
from aicost.core.weekly import Loss, Trend, WeeklyReport
from aicost.core.weekly_causes import Cause, CauseKind
from aicost.core.weekly_share import shared
from aicost.core.weekly_use import Use
from aicost.report.weekly_words import (
    Words,
    cause_lines,
    headline,
    loss_text,
    suggestion_steps,
    title,
    tokens_text,
)


def said(found: WeeklyReport) -> str:
    return " ".join(headline(found, Words(found)))


@pytest.mark.parametrize(
    ("monday", "expected"),
    [
        (date(2026, 11, 16), "Week 47 · 16–22 November 2026"),
        (date(2026, 11, 30), "Week 49 · 30 November–6 December 2026"),
        (date(2026, 12, 28), "Week 53 · 28 December 2026–3 January 2027"),
        (date(2027, 1, 4), "Week 1 · 4–10 January 2027"),
    ],
)
def test_the_title_has_the_days(monday: date, expected: str) -> None:
    assert title(report(monday=monday, today=date(2027, 6, 1))) == expected


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (4, (), "There are no weeks before it to compare with."),
        (4, (4,), "The one week of work before it had $4.00: about as much."),
        (4, (4, 4), "The 2 weeks of work before it had $4.00 on average: about as much."),
        (4.3, (4,), "about as much."),
        (4.4, (4,), "10 % more this week."),
        (3, (4,), "25 % less this week."),
        (7.9, (4,), "98 % more this week."),
        (12, (4,), "3.0 times as much this week."),
        (4, (0,), "had $0.00: this is more."),
    ],
)
def test_the_week_stands_beside_a_usual_one(
    now: float, before: tuple[float, ...], expected: str
) -> None:
    uses = [day_use(ago=ago, spent=use(one)) for ago, one in enumerate(before, start=1)]
    assert expected in said(report(day_use(spent=use(now)), *uses))


def test_a_week_that_is_not_over_says_up_to_when() -> None:
    uses = [day_use(day, ago=ago) for ago in range(3) for day in range(7)]
    text = said(report(*uses, today=date(2026, 11, 18)))
    assert text.startswith("$3.00 so far, up to Wednesday: 30 calls in 3 sessions.")
    assert "had $3.00 on average by the same day" in text


def test_the_one_task_that_makes_the_difference_is_named() -> None:
    before = [day_use(ago=1, spent=use(2)), day_use(ago=1, category="docs", spent=use(2))]
    docs = day_use(category="docs", spent=use(2.5))
    assert "Most of the difference is feature (+$4.00)." in said(
        report(*before, docs, day_use(spent=use(6)))
    )
    assert "Most of" not in said(report(*before, docs, day_use(spent=use(2.4))))


def test_what_is_not_priced_is_said() -> None:
    mystery = day_use(model="mystery", spent=use(None, unpriced_tokens=30))
    assert said(report(mystery)).startswith("unpriced: 10 calls")
    assert said(report(mystery, day_use())).startswith("≥$1.00: 20 calls")
    before = day_use(ago=1, spent=use(2, unpriced_tokens=9))
    assert "before it had ≥$2.00: 50 % less" in said(report(day_use(), before))
    assert said(shared(report(mystery, day_use()), bool)).startswith("≥$1: 20 calls")
    assert said(shared(report(mystery), bool)).startswith("unpriced: 10 calls")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("calls", "more calls: 1,200 instead of 100 a week"),
        ("model", "a dearer model: 1,200 % of its calls on claude-opus-4-5 (usual 100 %)"),
        ("context", "larger contexts: 1,200 tokens a call instead of 100"),
        ("cache", "more written to the cache: 1,200 tokens a call instead of 100"),
        ("output", "longer answers: 1,200 tokens a call instead of 100"),
    ],
)
def test_a_cause_is_said_with_its_evidence(kind: CauseKind, expected: str) -> None:
    cause = Cause(kind=kind, nusd=NUSD, was=100, now=1200, model=OPUS)
    trend = Trend(name="bugfix", use=use(5), usual=use(2), cause=cause)
    (line,) = cause_lines([trend], Words(report()))
    assert line == f"Bugfix took $3.00 more than usual, likely because of {expected}."


def test_what_is_new_and_what_nothing_explains_is_said_as_that() -> None:
    lines = cause_lines(
        [
            Trend(name="docs", use=use(5), usual=Use()),
            Trend(name="ops", use=use(4), usual=use(1)),
            Trend(name="review", use=use(1.5), usual=use(1)),
            Trend(name="bugfix", use=use(3), usual=Use()),
        ],
        Words(report()),
    )
    assert list(lines) == [
        "Ops took $3.00 more than usual; no single change explains it.",
        "New this week: docs, bugfix.",
    ]


def test_weeks_without_categories_are_not_compared() -> None:
    (line,) = cause_lines([Trend(name="docs", use=use(5), usual=None)], Words(report()))
    assert line.startswith("What the weeks before were for is mostly not known")


def test_suggestions_say_what_why_and_how_much() -> None:
    found = busy_week(losses=(), mismatches=())
    assert list(suggestion_steps(found, Words(found))) == [
        (
            "/clear when a task is done, /compact when it is long.",
            "212 calls carried more than 100k tokens of context.",
            "up to $4.00 a week",
        )
    ]
    found = report(day_use(), losses=(), mismatches=(mismatch(),))
    ((what, why, amount),) = suggestion_steps(found, Words(found))
    assert what == f"Take {HAIKU} for docs of up to 5 calls."
    assert why.startswith("In 1 week, docs of up to 5 calls: 30 turns")
    assert amount == "up to $15.00 a week"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_loss_is_a_suggestion_and_has_no_name_where_it_is_shared(
    kind: WasteKind,
) -> None:
    one = hit(kind, 3, label="canary", cause="9" if kind == "dump" else "")
    week = report(day_use(), losses=(Loss(hit=one), Loss(hit=one)))
    ((what, why, amount),) = suggestion_steps(week, Words(week))
    assert what.startswith("When ")
    assert why.endswith(", and 1 more of this kind.")
    assert amount == "up to $6.00 a week"
    cut = shared(week, bool)
    assert "canary" not in " ".join(next(iter(suggestion_steps(cut, Words(cut)))))
    assert "canary" not in loss_text(cut.losses[0].hit, is_shared=True)


def test_a_file_keeps_its_name_at_the_beginning_of_a_sentence() -> None:
    told = loss_text(hit("reread", label="settings.py"), is_shared=False)
    assert told == "the file settings.py was read 7 times, unchanged"


@pytest.mark.parametrize(
    ("dollars", "text"), [(1.5, "+$1.50"), (-1.5, "−$1.50"), (0, "the same"), (0.001, "+<$0.01")]
)
def test_a_change_has_its_sign(dollars: float, text: str) -> None:
    assert Words(report()).change(round(dollars * NUSD)) == text


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (0, "0 tokens"),
        (9_999, "9,999 tokens"),
        (10_000, "10k tokens"),
        (9_999_999, "10,000k tokens"),
        (12_000_000, "12M tokens"),
    ],
)
def test_tokens_are_short(tokens: int, text: str) -> None:
    assert tokens_text(tokens) == text
