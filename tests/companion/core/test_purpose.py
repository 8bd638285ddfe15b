"""What a turn was for, as a value."""

from dataclasses import FrozenInstanceError

import pytest

from aicost.core.categories import TaskCategory
from aicost.core.purpose import Purpose, purpose_words


def test_a_purpose_does_not_change() -> None:
    purpose = Purpose(category=TaskCategory.OPS, confidence=0.5)
    with pytest.raises(FrozenInstanceError):
        purpose.confidence = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("purpose", "said"),
    [
        (Purpose(category=TaskCategory.OPS, confidence=0.824), "ops (82 % sure)"),
        (
            Purpose(category=TaskCategory.DOCS, confidence=1, evidence="it edited documents (1)"),
            "docs (100 % sure): it edited documents (1)",
        ),
        (
            Purpose(category=TaskCategory.OPS, confidence=1, evidence="tagged", is_corrected=True),
            "ops: tagged",
        ),
    ],
)
def test_a_purpose_is_said_with_how_sure_it_is(purpose: Purpose, said: str) -> None:
    assert purpose_words(purpose) == said
