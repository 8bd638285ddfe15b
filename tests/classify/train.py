"""Fit the weights that the product ships to all labelled turns, and write them.

PYTHONPATH=tests python -m classify.train
"""

import re
from pathlib import Path

from aicost.core import category_weights
from classify.labelled import labelled_turns
from classify.model import weights_for

TARGET = Path(__file__).parents[2] / "companion/aicost/core/category_weights.py"
_WIDTH = 92
_PACKED = re.compile(r'"([^"]*)"')


def module_text(packed: str, step: float, version: int) -> str:
    """Return the module that holds weights."""
    lines = [packed[at : at + _WIDTH] for at in range(0, len(packed), _WIDTH)]
    return "\n".join(
        (
            '"""What `make train` found: how much each signal speaks for each category.',
            "",
            "Made by a program: whole steps of one byte, compressed; `category.unpacked_weights`",
            "reads them.",
            '"""',
            "",
            f"VERSION = {version}",
            f"STEP = {step!r}",
            "PACKED = (",
            *(f'    "{line}"' for line in lines),
            ")",
            "",
        )
    )


def main() -> None:
    """Write the module; its version grows if the weights changed."""
    packed, step = weights_for(labelled_turns())
    is_new = (packed, step) != (category_weights.PACKED, category_weights.STEP)
    if is_new:
        version = category_weights.VERSION + bool(category_weights.PACKED)
        TARGET.write_text(module_text(packed, step, version))
    print(f"{len(packed)} characters, {'new' if is_new else 'as they were'}")


if __name__ == "__main__":
    main()
