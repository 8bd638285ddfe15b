"""What a turn was for, as a value."""

from dataclasses import FrozenInstanceError

import pytest

from aicost.core.categories import TaskCategory
from aicost.core.purpose import Purpose


def test_a_purpose_does_not_change() -> None:
    purpose = Purpose(category=TaskCategory.OPS, confidence=0.5)
    with pytest.raises(FrozenInstanceError):
        purpose.confidence = 1.0  # type: ignore[misc]
