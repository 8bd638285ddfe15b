"""What a turn or a session was for, as the ledger has it, and how the user corrects it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from aicost.core.categories import TaskCategory


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """A category, how sure it is, and what speaks for it."""

    category: TaskCategory
    confidence: float  # 0..1; of a session: which share of its money surely went for it
    evidence: str = ""  # a clause; "" of a session
    is_corrected: bool = False  # by a tag, or by a hash tag in the prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """The user said what a turn was for, or all turns of a session."""

    session_id: str
    turn_id: str  # "": of all turns that have no tag of their own
    category: TaskCategory
    at: datetime


def purpose_words(purpose: Purpose) -> str:
    """Return e.g. "bugfix (82 % sure): it edited code (3); its prompt says “crash”"."""
    if purpose.is_corrected:
        return f"{purpose.category}: {purpose.evidence}"
    sure = f"{purpose.category} ({purpose.confidence:.0%} sure)".replace("%", " %")
    return f"{sure}: {purpose.evidence}" if purpose.evidence else sure
