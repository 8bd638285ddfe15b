"""Advice that blocks nothing: what is the matter, since when, and one thing to do. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

NudgeKind = Literal[
    "budget",  # a level was reached
    "forecast",  # a budget will be, at this rate
    "plan",  # a plan's window is nearly used up
    "loop",  # the same command failed again
    "edit-test",  # it fails as before, edit after edit
    "reread",  # what did not change was read again
    "search",  # searches find nothing
    "retry-storm",  # the API refuses
    "stalled",  # a long turn leads nowhere
    "dump",  # one result fills the context
    "thrash",  # compacted again and again
    "cache",  # written anew again and again
    "subagent",  # much work, little answer
    "context",  # the next prompt is dear here
    "unpriced",  # a model without a price
    "hidden",  # spend that no log shows
    "budgets-file",  # a file that sets budgets cannot be used
    "repo-budgets",  # a repository brings budgets that are not trusted
]
Severity = Literal["info", "warning", "serious"]
SIGNS: dict[Severity, str] = {"info": "○", "warning": "▲", "serious": "■"}  # beside the colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    """One piece of advice, as all screens show it."""

    kind: NudgeKind
    key: str  # the same advice again has the same key: it is shown once
    severity: Severity
    at: datetime  # since when, UTC
    sentence: str  # what, how much, since when: one line without markup
    action: str  # one thing to do
    session_id: str = ""  # "": of no single one
    cost_nusd: int | None = None  # so far
