"""Lists whose lines can be selected, and what opens when one is: values for `EntryList`. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from aicost_tui.spans import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsTarget:
    """The calls behind a figure: those of a session or turn, and which of them."""

    session_id: str
    title: str
    turns: frozenset[str] | None = None  # only those of these turns
    thread: str | None = None  # only those of this subagent; "": of the main thread

    @property
    def id(self) -> str:
        """What to ask for: the turn, if it is one, else the session."""
        only = next(iter(self.turns), "") if self.turns and len(self.turns) == 1 else ""
        return only or self.session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTarget:
    """One call, product by product."""

    event_key: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTarget:
    """Where a figure comes from that is no sum of calls."""

    title: str
    paragraphs: tuple[str, ...]


Target = CallsTarget | CallTarget | NoteTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in a list, in a line or more. A heading cannot be selected."""

    key: str
    lines: tuple[Line, ...]
    target: Target | None = None
    detail: tuple[Line, ...] = ()  # what is told of it while it is selected
    is_heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All of a list for one width; the titles of its columns do not scroll."""

    entries: tuple[Entry, ...] = ()
    head: Line = ()


Content = Callable[[int], Listing]  # cells -> what to show


def heading(key: str, *lines: Line) -> Entry:
    """Return lines that only say what follows."""
    return Entry(key=key, lines=lines, is_heading=True)
