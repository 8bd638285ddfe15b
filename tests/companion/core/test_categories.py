"""The names of categories: outside tools rely on them, and stored features on their order."""

from aicost.core.categories import MEANINGS, TaskCategory


def test_names_and_order_are_the_contract() -> None:
    assert " ".join(TaskCategory) == (
        "feature bugfix refactor test-repair test-writing dependency-upgrade exploration review"
        " docs ops other"
    )


def test_each_says_what_it_means() -> None:
    assert set(MEANINGS) == set(TaskCategory)
