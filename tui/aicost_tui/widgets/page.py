"""Text that is made for the width it has, as high as it is long."""

from collections.abc import Callable, Sequence

from textual.reactive import reactive

from aicost_tui.spans import Line
from aicost_tui.widgets.painted import Painted

Content = Callable[[int], Sequence[Line]]  # cells -> lines


def _nothing(_width: int) -> Sequence[Line]:
    return ()


class Page(Painted):
    """Shows what `content` returns."""

    content: reactive[Content] = reactive(lambda: _nothing, repaint=False, always_update=True)

    def watch_content(self) -> None:
        """Draw what changed; another number of lines is another height."""
        before = len(self._built[1]) if self._built else 0
        self.changed()
        if len(self._lines()) != before:
            self.refresh(layout=True)

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines."""
        return self.content(width) if width > 0 else ()
