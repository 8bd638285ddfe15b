"""What sort of change an edit is, by what stood there and what does now. Pure."""

import re
from typing import Final

_MOST_CHARS, _MOST_LINES = 20_000, 400  # of an edit that are compared
_COMMENT: Final = re.compile(
    r"\s*(?://|#(?!include|define|if|\[)|/?\*|--\s|<!--|;;|\"\"\"|''')|\s*$"
)
_WORD: Final = re.compile(r"\w+")
_MOST_RENAMED = 3  # different words


def edit_shape(old: str, new: str) -> str:
    """Return what an edit does, as a name of `turn_features.COUNTS`; "" for none of them."""
    if not old or not new or len(old) + len(new) > _MOST_CHARS:
        return ""
    gone, come = _changed(old.split("\n"), new.split("\n"))
    if gone + come and all(map(_COMMENT.match, gone + come)):
        return "edits_of_comments"
    if not gone:
        return "edits_that_add"
    if not come:
        return "edits_that_remove"
    return "edits_renaming" if _renames(gone, come) else ""


def _changed(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came, without what is the same around them."""
    if len(old) + len(new) > _MOST_LINES:
        return old, new
    first, last, shorter = 0, 0, min(len(old), len(new))
    while first < shorter and old[first] == new[first]:
        first += 1
    while last < shorter - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return old[first : len(old) - last], new[first : len(new) - last]


def _renames(gone: list[str], come: list[str]) -> bool:
    """Say whether lines are the same but for a few words, always the same for the same."""
    if len(gone) != len(come):
        return False
    before, after = _WORD.findall("\n".join(gone)), _WORD.findall("\n".join(come))
    if len(before) != len(after):
        return False
    renamed = {(a, b) for a, b in zip(before, after) if a != b}
    names = {a for a, _ in renamed}
    return 0 < len(renamed) <= _MOST_RENAMED and len(names) == len(renamed)
