"""What a change of a budget says."""

import pytest
from builders import budget_status

from aicost.core.budget_page import said_of_removal, said_of_set


@pytest.mark.parametrize(
    ("is_hard", "words"),
    [(False, "tells, and stops nothing"), (True, "stops agents when it is used up")],
)
def test_what_was_set_says_what_it_does(is_hard: bool, words: str) -> None:
    budget = budget_status(0, 25, is_hard=is_hard).budget
    assert said_of_set(budget) == f"{budget.budget_id}: $25.00 a day; it {words}"


def test_what_was_taken_away_says_what_it_was() -> None:
    budget = budget_status(0, 3, "turn", "repeats").budget
    assert said_of_removal(budget) == "turn-repeats is taken away: it was 3 repeats a turn"
