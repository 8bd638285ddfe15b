"""Widgets that show lines of spans: the bridge from our pure text to Textual.

The looks of a role live in TCSS as `.role--label` and so on; text is never read as markup.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from aicost_tui.spans import ROLES, Line, crop

ROLE_CLASSES = frozenset(f"role--{role}" for role in ROLES)


def to_content(widget: Widget, lines: Sequence[Line]) -> Content:
    """Return lines in the widget's colours; `widget` has ROLE_CLASSES as component classes."""
    painted = (
        Content.assemble(
            *((span.text, widget.get_visual_style(f"role--{span.role}")) for span in line)
        )
        for line in lines
    )
    return Content("\n").join(painted)


def to_strip(widget: Widget, line: Line, width: int, *under: str) -> Strip:
    """Return one line of exactly `width` cells; `under` are component classes below the roles."""
    styles = {
        role: widget.get_visual_style(*under, f"role--{role}").rich_style
        for role in {"text", *(span.role for span in line)}
    }
    segments = [Segment(span.text, styles[span.role]) for span in line]
    return Strip(segments).adjust_cell_length(width, styles["text"])


class Painted(Widget):
    """Shows what `build` returns for the width it was given."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines for `width` cells."""
        raise NotImplementedError

    def render(self) -> RenderResult:
        """Paint the lines."""
        return to_content(self, self.build(self.size.width))


class PaintedLines(Painted):
    """Shows `lines` as they are; as high as they are many."""

    lines: reactive[tuple[Line, ...]] = reactive((), layout=True)

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines, cropped once the width is known."""
        return [crop(line, width) for line in self.lines] if width else self.lines
