"""The footer: which keys do something now. Fits any width; a click on a key presses it."""

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.screen import Screen

from aicost.core.text import cells_of
from aicost_tui.spans import Line, Part, Span, arrange
from aicost_tui.widgets.painted import Painted

_KEPT = ("app.help", "app.quit")  # where there is little room, these lead to all others


class KeyBar(Painted):
    """Shows the active bindings of its screen that want to be shown, in their order."""

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, _screen: Screen[Any]) -> None:
        self.changed()

    def build(self, width: int) -> Sequence[Line]:
        """Return one line; what has no room is left out from the right, but help and quit."""
        parts: dict[str, Part] = {}
        for _node, binding, _enabled, _tooltip in self.screen.active_bindings.values():
            if binding.show and binding.action not in parts:
                key = self.app.get_key_display(binding)
                words = (
                    Span(key, "accent", binding.key),
                    Span(f" {binding.description}", "label", binding.key),
                )
                rank = 0 if binding.id in _KEPT else len(parts) + 1
                parts[binding.action] = Part(rank, (words, words[:1] if rank == 0 else ()))
        return (arrange(list(parts.values()), [], width),)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        right = 0
        for span in self.build(self.size.width)[0]:
            right += cells_of(span.text)
            if offset.x < right:
                if span.action:
                    self.app.simulate_key(span.action)
                return
