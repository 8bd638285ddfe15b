"""What files are called in the ledger and on screens: no folder, and few letters. Pure."""

from functools import lru_cache

from aicost.core.commands import MAX_LABEL_CELLS
from aicost.core.text import clean, fit

_LONGEST = 200  # characters that are looked at
_NAMELESS = "file"  # one whose name says nothing


@lru_cache(maxsize=1024)  # an agent turns to the same few again and again
def file_label(path: str) -> str:
    """Return the last part of a file's name, at most as long as a command's label."""
    return short(path.rstrip("/\\").replace("\\", "/").rpartition("/")[2]) or _NAMELESS


def short(name: str) -> str:
    """Return a name that is safe to show, at most as long as a command's label."""
    return fit(clean(name[:_LONGEST]), MAX_LABEL_CELLS)
