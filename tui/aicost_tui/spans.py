"""Text with roles: what a piece of text means, so that a theme decides how it looks. Pure."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

from aicost.core.text import cells_of, cut

Role = Literal[
    "text",  # ordinary
    "label",  # what a figure is called; dim
    "faint",  # lines and empty parts of bars
    "figure",  # the number one looks for; bright
    "good",
    "warn",
    "bad",
    "money",  # drawn dollars
    "tokens",  # drawn tokens
    "accent",  # the one thing selected, sorted by, or to be pressed
]
ROLES: tuple[Role, ...] = get_args(Role)


class Span(NamedTuple):
    """A piece of cleaned text and what it means. `action` is what a click on it runs."""

    text: str
    role: Role = "text"
    action: str = ""


Line = tuple[Span, ...]


class Part(NamedTuple):
    """A piece of a line in several lengths, longest first; a last form `()` lets it disappear.

    The part with the highest rank is shortened first.
    """

    rank: int
    forms: tuple[Line, ...]


def width_of(line: Iterable[Span]) -> int:
    """Return the cells of a line."""
    width = 0
    for span in line:  # (asked hundreds of times for each picture)
        width += len(span.text) if span.text.isascii() else cells_of(span.text)
    return width


def plain(line: Iterable[Span]) -> str:
    """Return a line's text without roles."""
    return "".join(span.text for span in line)


def crop(line: Line, width: int) -> Line:
    """Return the line in at most `width` cells, with `…` where something was cut off."""
    if width_of(line) <= width:
        return line
    kept: list[Span] = []
    left = width - 1  # the last cell is the sign's
    for span in line if width > 0 else ():
        if cells_of(span.text) > left:
            kept.append(span._replace(text=cut(span.text, left) + "…"))
            break
        kept.append(span)
        left -= cells_of(span.text)
    return tuple(kept)


def pad(line: Line, width: int, *, right: bool = False) -> Line:
    """Return the line in exactly `width` cells, cropped or filled; `right` fills on the left."""
    used = width_of(line)
    if used > width:
        line = crop(line, width)
        used = width_of(line)
    if used >= width:
        return line
    space = Span(" " * (width - used))
    return (space, *line) if right else (*line, space)


def glue(lines: Iterable[Line], gap: int) -> Line:
    """Return the lines that are not empty as one, `gap` cells apart."""
    spans: list[Span] = []
    for line in filter(None, lines):
        if spans:
            spans.append(Span(" " * gap))
        spans.extend(line)
    return tuple(spans)


def arrange(left: Sequence[Part], right: Sequence[Part], width: int) -> Line:
    """Return one line of `width` cells: parts from the left, parts to the right edge.

    What does not fit is first moved closer, then shortened by rank, at last cut off.
    """
    parts = [*left, *right]
    chosen = [0] * len(parts)
    while True:
        forms = [part.forms[at] for part, at in zip(parts, chosen)]
        start, end = forms[: len(left)], forms[len(left) :]
        for gap in (3, 2):
            line = _spread(glue(start, gap), glue(end, gap), width, gap)
            if line is not None:
                return line
        shorter = [n for n, part in enumerate(parts) if chosen[n] < len(part.forms) - 1]
        if not shorter:
            return crop(glue(forms, 1), width)
        chosen[max(shorter, key=lambda n: parts[n].rank)] += 1


def _spread(start: Line, end: Line, width: int, gap: int) -> Line | None:
    """Return both ends with the space between them, or None when they do not fit."""
    space = width - width_of(start) - width_of(end)
    if space < (gap if start and end else 0):
        return None
    return (*start, Span(" " * space), *end) if end else start
