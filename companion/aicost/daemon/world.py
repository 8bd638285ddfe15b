"""What the daemon knows at a moment beside the ledger. Plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aicost.core.budget import Budget
from aicost.core.session import Running

if TYPE_CHECKING:
    from aicost.core.allowance import Allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is asked of the rest of the daemon, at one moment."""

    now: datetime  # UTC
    zone: ZoneInfo
    budgets: Sequence[Budget] = ()
    grace_permille: int = 50
    allowances: "Sequence[Allowance]" = ()  # those whose time is not over
    running: Running = field(default_factory=Running)
    guards: Mapping[str, str] = field(default_factory=dict)  # sessions of guarded runs, ended too
