"""The panes of a session's screen: their names, what each shows, and the line of tabs. Pure."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Literal

from aicost.core.session_page import SessionPage
from aicost_tui.entries import Listing, heading
from aicost_tui.session_context import context_title, fill_listing, result_listing
from aicost_tui.session_turns import turn_listing
from aicost_tui.session_work import agent_listing, waste_listing, work_listing
from aicost_tui.spans import Line, Part, Span, arrange, crop

Pane = Literal["turns", "context", "results", "agents", "waste", "work"]
PANES: tuple[Pane, ...] = ("turns", "context", "results", "agents", "waste", "work")
_LISTINGS: Mapping[Pane, Callable[[SessionPage, tzinfo, int], Listing]] = {
    "turns": turn_listing,
    "context": lambda page, _zone, width: fill_listing(page, width),
    "results": result_listing,
    "agents": agent_listing,
    "waste": waste_listing,
    "work": work_listing,
}
_NOTHING: Mapping[Pane, str] = {
    "turns": "no turn yet",
    "context": "the main thread made no call yet",
    "results": "no tool gave anything back",
    "agents": "it started no subagent",
    "waste": "nothing led nowhere, and no cache was written twice",
    "work": "nothing is known of its work",
}
_LATER = "its log is still being read"


def pane_listing(pane: Pane, page: SessionPage, zone: tzinfo, width: int) -> Listing:
    """Return what a pane shows; a word where that is nothing."""
    found = _LISTINGS[pane](page, zone, width)
    if found.entries:
        return found
    said = _NOTHING[pane] if page.has_evidence or pane in ("turns", "context") else _LATER
    return Listing(entries=(heading("nothing", crop((Span(said, "label"),), width)),))


def is_worth(pane: Pane, page: SessionPage) -> bool:
    """Say whether a pane is worth its room: most sessions have no subagent."""
    return pane != "agents" or bool(page.subagents)


def pane_title(pane: Pane, page: SessionPage) -> str:
    """Return what stands over a pane."""
    counts = _counts(page)
    match pane:
        case "context":
            return context_title(page)
        case "results":
            return "Largest results"
        case "waste":
            return "Waste"
        case "agents":
            return f"Subagents {counts['agents']}"
        case "turns":
            return f"Turns {counts['turns']}"
        case "work":
            return "Work"


def tab_line(page: SessionPage | None, shown: Pane, width: int) -> Line:
    """Return the names of all panes; the one that is shown stands out. A click shows another."""
    counts = _counts(page) if page is not None else {}
    parts = []
    for number, pane in enumerate(PANES):
        if page is not None and not is_worth(pane, page):
            continue
        role: Literal["accent", "label"] = "accent" if pane == shown else "label"
        action = f"show_pane({number})"
        mark = "▸" if pane == shown else " "
        name = Span(f"{mark}{pane}", role, action)
        count = counts.get(pane, 0)
        counted: Line = (name, Span(f" {count}", "text", action)) if count else (name,)
        parts.append(Part(0 if pane == shown else number + 1, (counted, (name,))))
    return arrange(parts, [], width)


def _counts(page: SessionPage) -> Mapping[Pane, int]:
    return {
        "turns": len(page.turns),
        "results": 0,
        "agents": len(page.subagents),
        "waste": len(page.hits) + len(page.rebuilds),
    }
