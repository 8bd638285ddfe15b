"""The limits of a plan, as Codex logs them."""

import contextlib
import json

from fuzz.target import Target

from aicost.core.errors import LogFormatError
from aicost.sources.codex.limits import parse_rate_limits

LIMITS = {
    "limit_id": "codex", "plan_type": "plus",
    "primary": {"used_percent": 12.5, "window_minutes": 300, "resets_at": 1795312800},
    "secondary": {"used_percent": 0, "window_minutes": 10080, "resets_at": None},
    "credits": {"has_credits": True, "unlimited": False, "balance": "9.50"},
    "rate_limit_reached_type": None,
}  # fmt: skip


def check(content: bytes) -> None:
    """Any bytes are limits, none, or the declared error."""
    with contextlib.suppress(LogFormatError):
        found = parse_rate_limits(content)
        assert found == parse_rate_limits(content)
        for window in (found.primary, found.secondary) if found else ():
            if window is not None:
                assert window.used_percent >= 0
                assert window.resets_at is None or window.resets_at.tzinfo is not None


TARGET = Target(
    name="codex_limits",
    modules=("aicost.sources.codex.limits", "aicost.core.limits"),
    seeds=lambda: [
        json.dumps({"type": "token_count", "rate_limits": limits}).encode()
        for limits in (LIMITS, {}, None, {"primary": None, "credits": {"balance": "-0"}})
    ],
    check=check,
)
