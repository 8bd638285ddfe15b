"""The numbers that a category is weighed by."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.category_signals import FIRST_WORD, HOW_MANY, NAMES, name_of, signals_of
from aicost.core.turn_features import COUNTS, ZONES, TurnFeatures
from aicost.core.vocabulary import WORDS, number_of


def named(features: TurnFeatures) -> dict[str, float]:
    return {name_of(number): value for number, value in signals_of(features).items()}


@pytest.mark.parametrize(
    ("counts", "shapes"),
    [
        ({"edit_code": 1}, {"only_code"}),
        ({"edit_code": 1, "edit_test": 1}, {"code_and_test"}),
        ({"edit_code": 1, "edit_test": 2}, {"code_and_test", "more_test"}),
        ({"edit_test": 2}, {"test_no_code", "only_test"}),
        ({"edit_lock": 1}, {"manifest_any", "only_lock"}),
        ({}, {"no_edit", "no_tools"}),
        ({"read_code": 1}, {"no_edit", "no_edit_look"}),
        ({"ran_commit": 1}, {"no_edit", "no_edit_git"}),
        ({"edit_code": 1, "code_while_red": 1}, {"only_code", "red_only_code"}),
    ],
)
def test_the_shape_of_the_work_is_seen(counts: dict[str, int], shapes: set[str]) -> None:
    told = {
        "code_and_test", "more_test", "test_no_code", "manifest_any", "no_edit", "no_tools",
        "no_edit_look", "no_edit_git", "red_only_code", "only_code", "only_test", "only_lock",
    }  # fmt: skip
    assert set(named(TurnFeatures(counts, {}))) & told == shapes


def test_words_count_in_their_zone_and_for_their_topics() -> None:
    found = named(TurnFeatures({}, {"prompt": frozenset((number_of("crash"), number_of("bug")))}))
    assert found["prompt:crash"] == 1.0
    assert found["prompt~wrong"] == math.log1p(2)
    assert "head~wrong" not in found


def test_names_are_one_each() -> None:
    assert len(set(NAMES)) == len(NAMES) == FIRST_WORD
    assert name_of(HOW_MANY - 1) == f"branch:{WORDS[-1]}"


@given(
    st.dictionaries(st.sampled_from(COUNTS), st.integers(0, 127)),
    st.dictionaries(st.sampled_from(tuple(ZONES)), st.frozensets(st.integers(0, 5000))),
)
def test_all_signals_have_a_number_and_a_finite_value(
    counts: dict[str, int], words: dict[str, frozenset[int]]
) -> None:
    for number, value in signals_of(TurnFeatures(counts, words)).items():
        assert 0 <= number < HOW_MANY
        assert math.isfinite(value)
