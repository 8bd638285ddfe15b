"""What the palette offers and the help lists: every key that does something, from the bindings."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import ActiveBinding
from textual.screen import Screen

from aicost_tui.rows import Sort


def palette_commands(app: App[None], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """Yield one command for each thing that a key does on `screen` now, and each order by name."""
    for active in _each_action_once(screen):
        binding = active.binding
        run = partial(app.run_action, binding.action, active.node)
        title = f"{binding.description.capitalize()}  ({app.get_key_display(binding)})"
        if binding.action != "command_palette":
            yield SystemCommand(title, binding.tooltip, run, discover=binding.show)
    if screen.check_action("sort", ()):
        for sort in Sort:
            run = partial(app.run_action, f"sort_by({sort.value!r})", screen)
            yield SystemCommand(f"Sort by {sort}", "Live sessions stay first", run)


def key_table(app: App[None], screen: Screen[Any]) -> list[tuple[str, str]]:
    """Return (what to press, what it does) for our keys on the screen, as remapped.

    First what the footer shows, then the rest. Textual's own (focus, text selection) have no id.
    """
    keys: dict[str, list[str]] = {}
    ours = [active.binding for active in screen.active_bindings.values() if active.binding.id]
    for binding in sorted(ours, key=lambda binding: not binding.show):
        keys.setdefault(binding.tooltip, []).append(app.get_key_display(binding))
    return [(" ".join(pressed), says) for says, pressed in keys.items()]


def _each_action_once(screen: Screen[Any]) -> Iterable[ActiveBinding]:
    """Our own keys; where two do the same, the one that the footer shows."""
    seen: dict[str, ActiveBinding] = {}
    for active in sorted(screen.active_bindings.values(), key=lambda a: not a.binding.show):
        if active.binding.id:
            seen.setdefault(active.binding.action, active)
    return seen.values()
