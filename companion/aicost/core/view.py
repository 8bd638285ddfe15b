"""DashboardView: all that a screen, a badge or a status line needs at one moment. Plain values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aicost.core.budget import BudgetStatus
from aicost.core.nudge import Nudge
from aicost.core.usage import Agent, TokenCounts
from aicost.core.waste.hits import Hit

SessionState = Literal["busy", "waiting", "idle", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRate:
    """Consumption over the last `window_s` seconds, as a rate."""

    tokens_per_minute: float = 0.0
    nusd_per_hour: int = 0
    window_s: int = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Usage and cost of a span of time."""

    requests: int = 0
    sessions: int = 0
    tokens: TokenCounts = TokenCounts()
    cost_nusd: int | None = None  # list price of the priced calls; None if none is priced
    unpriced_tokens: int = 0
    unpriced_models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnMinutes:
    """Consumption minute by minute; the last minute is the one that goes on."""

    since: datetime  # when the first minute began, UTC
    tokens: tuple[int, ...]
    nusd: tuple[int, ...]  # of the priced calls


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTotal:
    """What one kind of task used of a day."""

    category: str  # "" where it is not known (yet)
    requests: int
    tokens: int
    cost_nusd: int | None  # None if no call is priced


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One agent conversation as a table row. None means "not known", never zero."""

    session_id: str
    agent: Agent
    repo: str = ""
    branch: str = ""
    cwd: str = ""
    model: str = ""  # of the last call, as logged
    state: SessionState = "ended"
    pid: int | None = None
    started_at: datetime | None = None
    last_at: datetime | None = None
    requests: int = 0
    context_tokens: int | None = None  # prompt of the last main-thread call
    context_window_tokens: int | None = None
    burn: BurnRate = BurnRate()
    cost_nusd: int | None = None
    unpriced_tokens: int = 0
    next_prompt_nusd: int | None = None  # one more prompt at this context
    after_clear_nusd: int | None = None  # one prompt after /clear, about
    after_compact_nusd: int | None = None  # one prompt after /compact, about
    rewrite_nusd: int | None = None  # one more prompt once the cache has forgotten the context
    cache_ends_at: datetime | None = None  # when it does, UTC; in the past: it has
    cache_share: float | None = None  # 0..1, cache read / context of the last 20 calls
    subagents: int = 0
    loop: Hit | None = None  # in the turn it is in; of one that ended, the dearest
    task: str = ""  # category of the turn it is in, a guess while that goes on; "" is not known

    @property
    def context_share(self) -> float | None:
        """Filled part of the context window, 0..1 (over 1 when the window is underestimated)."""
        if self.context_tokens is None or not self.context_window_tokens:
            return None
        return self.context_tokens / self.context_window_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Progress of a first read of old logs."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardView:
    """One frozen moment. Sessions: live ones first, then the newest ended ones."""

    at: datetime  # when the view was built, UTC
    day: str  # the local day that `today` sums, YYYY-MM-DD
    timezone: str
    today: Totals = Totals()
    burn: BurnRate = BurnRate()
    sessions: tuple[SessionRow, ...] = ()
    reading: Reading | None = None  # None: everything on disk is in the ledger
    skipped_lines: int = 0
    homes: tuple[str, ...] = ()  # the folders looked at, for the empty state
    log_files: int = 0  # how many logs were found in them
    unreadable: int = 0  # how many logs and folders in them cannot be read
    trouble: str = ""  # what keeps new lines from being recorded; "" if nothing does
    budgets: tuple[BudgetStatus, ...] = ()  # the strictest first
    nudges: tuple[Nudge, ...] = ()  # the newest first
    last_hour: BurnMinutes | None = None
    today_by_task: tuple[TaskTotal, ...] = ()  # the dearest first

    @property
    def live(self) -> int:
        """How many sessions have a running agent."""
        return sum(row.state != "ended" for row in self.sessions)
