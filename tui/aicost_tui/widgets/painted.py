"""Widgets that show lines of spans: the bridge from our pure text to Textual.

The looks of a role live in TCSS as `.role--label` and so on; text is never read as markup.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from aicost_tui.spans import ROLES, Line, Span, crop

MARK: Line = (Span("▌", "accent"),)  # the selected row has a sign too: colour is never alone
NO_MARK: Line = (Span(" "),)
ROLE_CLASSES = frozenset(f"role--{role}" for role in ROLES)


def to_strip(widget: Widget, line: Line, width: int, *under: str) -> Strip:
    """Return one line of exactly `width` cells in the colours of `widget`.

    The widget has ROLE_CLASSES as component classes; `under` are some that lie below the roles.
    """
    styles = {
        role: widget.get_visual_style(*under, f"role--{role}").rich_style
        for role in {"text", *(span.role for span in line)}
    }
    segments = [Segment(span.text, styles[span.role]) for span in line]
    return Strip(segments).adjust_cell_length(width, styles["text"])


class Painted(Widget):
    """Shows what `build` returns for the width it has; draws again only lines that changed.

    Subclasses call `changed` when what they show may be another.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)
    ALLOW_SELECT = False

    _built: tuple[int, tuple[Line, ...]] | None = None  # the width, and the lines for it

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines for `width` cells."""
        raise NotImplementedError

    def changed(self) -> None:
        """Draw the lines that are not what stands there."""
        width, old = self._built or (0, ())
        self._built = None
        for y, (before, after) in enumerate(zip_longest(old, self._lines())):
            if before != after or width != self.size.width:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        lines = self._lines()
        return to_strip(self, lines[y] if y < len(lines) else (), self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return as many lines as there are."""
        return len(self.build(width))

    def _lines(self) -> tuple[Line, ...]:
        if self._built is None or self._built[0] != self.size.width:
            self._built = (self.size.width, tuple(self.build(self.size.width)))
        return self._built[1]


class PaintedLines(Painted):
    """Shows `lines` as they are, cropped; as high as they are many."""

    lines: reactive[tuple[Line, ...]] = reactive((), repaint=False)

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show these lines, with the class `-shown` while there are any."""
        self.lines = lines
        self.set_class(bool(lines), "-shown")

    def watch_lines(self, old: tuple[Line, ...], new: tuple[Line, ...]) -> None:
        """Draw them; another number of lines is another height."""
        self.changed()
        if len(old) != len(new):
            self.refresh(layout=True)

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines."""
        return [crop(line, width) for line in self.lines]
