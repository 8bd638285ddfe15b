"""How much of a plan's limits is used, as an agent's provider reports it. Plain values."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from aicost.core.usage import Agent

CLAUDE_LIMITS = "claude"  # the id that the limits of a Claude subscription have here


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitWindow:
    """One limit: a share of something that starts anew at some moment."""

    used_percent: float  # 0..100; more where the provider lets one overdraw
    window_minutes: int | None = None  # 300: five hours, 10080: a week; None = not said
    resets_at: datetime | None = None  # UTC; None = not said

    def has_reset(self, now: datetime) -> bool:
        """Whether the limit started anew since: what was used then says nothing of now."""
        return self.resets_at is not None and self.resets_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """All that one report says. "" and None: not said."""

    limit_id: str = ""  # which limits: "codex"
    plan_type: str = ""
    primary: LimitWindow | None = None
    secondary: LimitWindow | None = None
    has_credits: bool | None = None
    has_unlimited_credits: bool | None = None
    credit_balance: Decimal | None = None  # credits left
    reached_type: str = ""  # which limit stopped the agent

    @property
    def is_reached(self) -> bool:
        """Whether a limit stops the agent: the provider says so, or a window is used up."""
        windows = (self.primary, self.secondary)
        return bool(self.reached_type) or any(
            window.used_percent >= 100 for window in windows if window
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimits:
    """The last word on one of an account's limits."""

    home: str  # the agent's folder whose logs said it
    at: datetime  # when, UTC
    limits: RateLimits

    @property
    def agent(self) -> Agent:
        """Whose limit it is."""
        return "claude" if self.limits.limit_id == CLAUDE_LIMITS else "codex"
