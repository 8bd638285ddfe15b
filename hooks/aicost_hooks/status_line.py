"""What Claude Code tells its status line, as a message to the daemon."""

from collections.abc import Mapping

from aicost_hooks.events import NotAnEvent, text_in

TYPE_CHECKING = False
if TYPE_CHECKING:  # see events
    from typing import Any

_WINDOWS = ("five_hour", "seven_day")
_USE = ("used_percentage", "resets_at")


def told_by(status: "Mapping[str, Any]") -> dict[str, object]:
    """Return the session in a status line's input, its cost so far in USD, and if it says so how
    much of the plan's limits is used and how large the context may be. Nothing else of it.

    Raises NotAnEvent.
    """
    session_id = text_in(status, "session_id")
    usd = _object(status, "cost").get("total_cost_usd")
    if not session_id or not _is_number(usd):
        raise NotAnEvent("the status line names no session, or no cost")
    told: dict[str, object] = {"session_id": session_id, "total_cost_usd": usd}
    limits = _object(status, "rate_limits")
    windows = {name: _use(_object(limits, name)) for name in _WINDOWS}
    if any(windows.values()):
        told["rate_limits"] = {name: use for name, use in windows.items() if use}
    size = _object(status, "context_window").get("context_window_size")
    if _is_number(size):
        told["context_window_size"] = size
    return told


def _use(window: "Mapping[str, Any]") -> dict[str, object]:
    use = {name: window[name] for name in _USE if _is_number(window.get(name))}
    if isinstance(window.get("resets_at"), str):
        use["resets_at"] = text_in(window, "resets_at")
    return use if "used_percentage" in use else {}


def _object(of: "Mapping[str, Any]", field: str) -> "Mapping[str, Any]":
    value = of.get(field)
    return value if isinstance(value, dict) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
