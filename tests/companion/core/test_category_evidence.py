"""Why a turn has its category, in words."""

import pytest
from classify.labelled import labelled_turns

from aicost.core.category import classify
from aicost.core.category_evidence import evidence_of
from aicost.core.category_signals import HOW_MANY, NAMES, name_of
from aicost.core.turn_features import TurnFeatures
from aicost.core.vocabulary import number_of

NUMBER = {name_of(number): number for number in range(HOW_MANY)}


@pytest.mark.parametrize(
    ("pulls", "said"),
    [
        ({"edit_test": 1.0}, "it edited tests (2) and code (1)"),
        ({"ran_push": 1.0}, "it pushed"),
        ({"test_failed": 1.0}, "tests failed"),
        ({"prompt:bug": 1.0, "no_tools": 2.0}, "it used no tool; its prompt says “bug”"),
        ({"prompt~wrong": 1.0}, "its prompt says “bug”, “fix”"),
        ({"commit_fix": 1.0}, "it committed as “fix:”"),
        ({"edit_test": -1.0}, ""),
        ({}, ""),
    ],
)
def test_the_strongest_reasons_are_said_first(pulls: dict[str, float], said: str) -> None:
    words = frozenset((number_of("bug"), number_of("fix")))
    features = TurnFeatures({"edit_code": 1, "edit_test": 2}, {"prompt": words})
    assert evidence_of(features, {NUMBER[name]: pull for name, pull in pulls.items()}) == said


def test_every_labelled_turn_has_a_reason_in_plain_words() -> None:
    for turn in labelled_turns():
        said = classify(turn.features).evidence
        assert said
        assert len(said) < 300
        assert not {"_", "~"} & set(said), said
        assert not [name for name in NAMES if "_" in name and name in said]
