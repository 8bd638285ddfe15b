"""What a user chose for the dashboard, kept for the next time: columns, and a theme."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from aicost.platform.atomic import replace_file
from aicost_tui.columns import CHOICES

_MAX_BYTES = 64 * 1024
_COLUMNS = frozenset(title for title, _ in CHOICES)


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen. `columns` are those that may be shown; None: whatever has room."""

    columns: frozenset[str] | None = None
    theme: str = ""  # "": our own


def read_choices(content: bytes) -> Choices:
    """Return what a file says; names that we do not know, and what is no choice, are left out."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return Choices()
    if not isinstance(found, Mapping):
        return Choices()
    columns, theme = found.get("columns"), found.get("theme")
    known = None
    if isinstance(columns, list):
        known = _COLUMNS & {name for name in columns if isinstance(name, str)}
    return Choices(
        columns=known or None,  # none that we know is no choice
        theme=theme if isinstance(theme, str) else "",
    )


def written(choices: Choices) -> bytes:
    """Return the file's content."""
    named = None
    if choices.columns is not None:
        named = [title for title, _ in CHOICES if title in choices.columns]
    return json.dumps({"columns": named, "theme": choices.theme}, indent=2).encode() + b"\n"


class ChoiceFile:
    """Keeps choices in a file of the user's; without a path only while the dashboard runs."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.choices = Choices()
        if path is not None:
            try:
                with path.open("rb") as file:
                    self.choices = read_choices(file.read(_MAX_BYTES))
            except OSError:  # none yet, or not ours to read: the defaults
                self.choices = Choices()

    def choose_columns(self, columns: frozenset[str] | None) -> None:
        """Keep which columns may be shown. Raises OSError where it cannot be written."""
        self._keep(replace(self.choices, columns=columns))

    def choose_theme(self, theme: str) -> None:
        """Keep the theme. Raises OSError where it cannot be written."""
        self._keep(replace(self.choices, theme=theme))

    def _keep(self, choices: Choices) -> None:
        if choices == self.choices:
            return
        self.choices = choices
        if self._path is not None:
            replace_file(self._path, written(choices))
