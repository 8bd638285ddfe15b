"""What a dashboard shows of the session under its cursor. Plain values; None is "not known"."""

from dataclasses import dataclass
from datetime import datetime

from aicost.core.session_page import ContextPart, ContextPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class SubagentGlance:
    """One subagent, as a line below its session."""

    subagent_id: str
    kind: str  # "Explore"; "" is not known
    model: str  # of its last call, as logged
    requests: int
    context_tokens: int  # of its last prompt
    context_window_tokens: int | None
    cost_nusd: int | None
    unpriced_tokens: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionGlance:
    """How a session's context grew, and who helps it."""

    session_id: str
    points: tuple[ContextPoint, ...] = ()  # the last calls of the main thread, oldest first
    parts: tuple[ContextPart, ...] = ()  # of the last prompt, the largest first; () if not asked
    subagents: tuple[SubagentGlance, ...] = ()  # the last ones, the newest first
    more_subagents: int = 0  # left out
