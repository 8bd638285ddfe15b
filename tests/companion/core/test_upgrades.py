"""Turns that upgrade dependencies."""

import pytest

from aicost.core.turn_features import TurnFeatures
from aicost.core.upgrades import upgrade_in
from aicost.core.vocabulary import number_of


def turn(words: str = "", **counts: int) -> TurnFeatures:
    return TurnFeatures(counts, {"prompt": frozenset(map(number_of, words.split()))})


@pytest.mark.parametrize(
    "features",
    [
        turn("upgrade", edit_manifest=1),
        turn("bump", ran_package=1),
        turn("upgrade", edit_manifest=1, edit_code=30, edit_test=5),  # the migration it forces
        turn("dependency", edit_manifest=2, edit_code=1),
        turn("", edit_manifest=4),
        turn("", edit_manifest=1, edit_lock=1),
        turn("", edit_manifest=1, edit_code=5, commit_deps=1),
    ],
)
def test_what_changes_dependencies_and_says_so_or_little_else_is_one(
    features: TurnFeatures,
) -> None:
    assert upgrade_in(features)


@pytest.mark.parametrize(
    "features",
    [
        turn("upgrade"),
        turn("upgrade", edit_code=3),
        turn("dependency", edit_manifest=1, edit_code=1),
        turn("", edit_manifest=1),
        turn("", edit_manifest=3, edit_code=1),
        turn("", ran_package=2, edit_code=4),
    ],
)
def test_other_work_is_none(features: TurnFeatures) -> None:
    assert upgrade_in(features) is None
