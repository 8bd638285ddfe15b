"""What the gate did, and what soft budgets would have done: one entry each. Plain values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aicost.core.budget import BudgetStatus

EventKind = Literal[
    "stop",  # the turn ended before its next call
    "block",  # a prompt was not sent
    "refuse",  # a tool call, a compaction or a switch of the model was not carried out
    "save",  # the model was told to save its work
    "allow",  # the user lifted the budgets
    "would-stop",  # a soft budget was used up: a hard one had stopped the session
    "unread",  # old logs were not read yet: who passed may have been over a budget
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateEvent:
    """One entry of the audit."""

    at: datetime  # UTC
    kind: EventKind
    session_id: str = ""  # "": all of them
    thread_id: str = ""  # "" is the main thread
    agent: str = ""
    event: str = ""  # of the agent: "PostToolBatch" …
    tool: str = ""
    budget_id: str = ""  # the strictest, if there were several
    unit: str = ""
    limit: int | None = None  # in steps of the unit
    spent: int | None = None
    reserved: int | None = None
    window: str = ""  # when it began; with budget and session it names what is told once
    text: str = ""  # as it was said


def window_name(status: BudgetStatus) -> str:
    """Name the window of a status, so that what is told once is told again in the next one.

    That of rolling hours is named after nothing: it has no beginning of its own.
    """
    window = status.window
    began = window.start if window.end is not None else None
    return " ".join(filter(None, (began.isoformat() if began else "", status.subject)))
