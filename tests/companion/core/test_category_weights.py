"""What training found, as it is shipped."""

from pathlib import Path

from aicost.core import category_weights
from aicost.core.category import CATEGORIES, shipped_weights
from aicost.core.category_signals import HOW_MANY


def test_the_model_is_small_and_whole() -> None:
    size = Path(category_weights.__file__).stat().st_size
    assert size < 60_000
    weights = shipped_weights()
    assert len(weights.of_signals) > 500
    assert all(0 <= number < HOW_MANY for number in weights.of_signals)
    assert {len(row) for row in weights.of_signals.values()} == {len(CATEGORIES)}
    assert category_weights.VERSION >= 1
