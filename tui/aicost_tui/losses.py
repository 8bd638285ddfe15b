"""Banners over a picture that is not whole or not fresh: what happened, and what helps. Pure."""

from datetime import datetime

from aicost.core.errors import AicostError, DaemonDown, ProtocolMismatch
from aicost.core.text import clean
from aicost.core.view import DashboardView
from aicost.ipc.protocol import RESTART_HINT, START_HINT
from aicost_tui import format as fmt
from aicost_tui.spans import Line, Span


def lost_lines(
    error: AicostError, view: DashboardView | None, now: datetime, *, key: str = ""
) -> tuple[Line, ...]:
    """Return the banner for a lost feed: what happened, what helps, and why.

    `key` starts the daemon from here, or restarts one of another version; "": none does.
    """
    what, label, hint, said = _loss(error)
    if view is not None:
        what += f"; these numbers are {fmt.age((now - view.at).total_seconds())} old"
    again = Span("   trying again …" if hint else "  trying again …", "label")
    helps: Line = (Span(f"  {label}  ", "label"), Span(hint, "accent")) if hint else ()
    if key and isinstance(error, DaemonDown):
        verb = " restarts it" if isinstance(error, ProtocolMismatch) else " starts it"
        helps = (Span("  "), Span(key, "accent"), Span(f"{verb}; or", "label"), *helps)
    return (
        (Span("✕ ", "bad"), Span(what, "figure")),
        (*helps, again),
        *([(Span(f"  {said}", "label"),)] if said else []),
    )


def _loss(error: AicostError) -> tuple[str, str, str, str]:
    """Return what is lost, what the hint is (a command to run or not), the hint, and why."""
    if isinstance(error, ProtocolMismatch):  # (what names both versions)
        said = "; ".join(filter(None, (clean(error.what), clean(error.why))))
        what = "The daemon is of another version than this dashboard"
        return what, "run", clean(error.hint or RESTART_HINT), said
    if isinstance(error, DaemonDown):
        command, said = clean(error.hint or START_HINT), clean(error.why or error.what)
        return "The daemon does not answer", "run", command, said
    label = "run" if error.hint.startswith("aicost ") else "try"
    return clean(error.what), label, clean(error.hint), clean(error.why)


def trouble_lines(view: DashboardView | None) -> tuple[Line, ...]:
    """Return the banner for a daemon that cannot record what it reads; () if nothing is wrong."""
    if view is None or not view.trouble:
        return ()
    return (
        (Span("✕ ", "bad"), Span("New calls are not recorded: they may be missing here", "figure")),
        (Span(f"  {clean(view.trouble)}", "text"),),
        (
            Span("  the daemon tries again, nothing is lost   run  ", "label"),
            Span("aicost daemon status", "accent"),
        ),
    )
