"""Suggestions: at most three, by dollars, and none that the week does not show."""

import pytest
from weekly_builders import NUSD, hit, mismatch

from aicost.core.weekly_advice import LEAST_NUSD, Suggestion, suggestions


def test_the_three_that_may_save_most_are_told() -> None:
    hits = [hit("repeat", 2), hit("repeat", 3), hit("cache", 1), hit("dump", 0.7)]
    found = suggestions(hits, 4 * NUSD, [mismatch(saving_nusd=10 * NUSD)], 5)
    assert [(one.kind, one.nusd // NUSD, one.count) for one in found] == [
        ("repeat", 5, 2),
        ("large-context", 4, 1),
        ("cheaper-model", 2, 1),
    ]
    assert found[0].hit == hits[1]
    assert found[2].mismatch is not None


@pytest.mark.parametrize(("nusd", "is_told"), [(LEAST_NUSD - 1, False), (LEAST_NUSD, True)])
def test_for_less_nobody_changes_a_habit(nusd: int, is_told: bool) -> None:
    expected = (Suggestion(kind="large-context", nusd=nusd),) if is_told else ()
    assert suggestions((), nusd, (), 1) == expected


def test_what_has_no_price_is_no_suggestion() -> None:
    assert suggestions([hit("stalled", None)], None, (), 5) == ()


def test_of_cheaper_models_the_first_is_told() -> None:
    found = suggestions((), 0, [mismatch(), mismatch(saving_nusd=9 * NUSD)], 5)
    assert [one.nusd for one in found] == [3 * NUSD]
