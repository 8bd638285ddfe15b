"""How a team's server is set up. Plain values; where they come from is the command's business."""

from dataclasses import dataclass

LEAST_K = 5  # a report over fewer people says something of one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSettings:
    """What the server promises to those who join, and what it takes from whom."""

    team: str
    k: int = LEAST_K  # sources that a published group must have at least
    retention_months: int = 13
    head_count: int | None = None  # of the team, as its lead says
    cohorts: tuple[str, ...] = ()
    project_key: str | None = None  # 64 hex digits that all members hash repositories with
    reader_hash: str | None = None  # SHA-256 of the token for reports; None: members' tokens do
    body_bytes: int = 2**20  # of a request, unpacked, too
    days_back: int = 60  # that a document may lie in the past …
    days_ahead: int = 1  # … and ahead: clocks differ
    puts_per_minute: int = 600  # of one token: a first sync sends months at once

    def __post_init__(self) -> None:
        """Raises ValueError for what would break the promise."""
        if self.k < LEAST_K:
            raise ValueError(f"k is at least {LEAST_K}")
        if self.retention_months < 1:
            raise ValueError("days are kept for at least a month")
