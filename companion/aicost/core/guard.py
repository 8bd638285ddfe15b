"""What a guarded run is: its name, when its agents are interrupted, how it ends. Pure.

A guard within another is named after it: `1f0c….77ab…`. So what belongs to the inner one belongs
to the outer one, too, and the longest name is the innermost guard.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aicost.core.usage import Agent

MARK = "AICOST_GUARD"  # the variable that says to a process which guard it is under
STOPPED = 20  # exit code of a run that we ended
WARNED = 10  # exit code of one that came near its budget, where that is asked for
WARNING_PERCENT = 80  # of a budget: from here on a run came near it
GRACE_S = 10.0  # an agent whose hooks work has ended its turn by then
MOST_REFUSALS = 2  # so many, and an agent over its budget does not mean to end
_SEPARATOR = "."
_ID = re.compile(r"[0-9a-f]{8,32}(\.[0-9a-f]{8,32}){0,7}")


def is_guard_id(text: str) -> bool:
    """Say whether a text can name a guard."""
    return _ID.fullmatch(text) is not None


def guard_id_within(outer: str, own: str) -> str:
    """Return the name of a guard whose command line runs under another one; "" for none."""
    nested = f"{outer}{_SEPARATOR}{own}"
    return nested if is_guard_id(outer) and is_guard_id(nested) else own


def is_within(guard_id: str, outer: str) -> bool:
    """Say whether what one guard sees, another one sees as well. A guard is within itself."""
    return bool(outer) and (guard_id == outer or guard_id.startswith(outer + _SEPARATOR))


def innermost(guard_ids: Iterable[str]) -> str:
    """Return the guard of several that is within all others; "" of none."""
    return max(guard_ids, key=len, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedAgent:
    """A session of a guarded run whose process is there."""

    session_id: str
    agent: Agent
    pid: int
    is_busy: bool  # a turn goes on
    has_hooks: bool  # it asks us before it goes on: seen, not guessed
    has_called: bool = False  # the ledger has a call of it since the run began
    refusals: int = 0  # tools that it was refused, to save its work or to end


def is_to_interrupt(agent: GuardedAgent, over_s: float) -> bool:
    """Say whether an agent is ended from outside that goes on over its budget for `over_s` seconds.

    With hooks Claude Code ends its turn by itself. Codex is only refused its tools: it goes on
    asking its model until it gives in.
    """
    if not agent.is_busy:
        return False
    if lacks_hooks(agent):
        return True
    if agent.agent == "codex" and agent.refusals >= MOST_REFUSALS:
        return True
    return over_s >= GRACE_S


def lacks_hooks(agent: GuardedAgent) -> bool:
    """Say whether it is certain that an agent's hooks do not work: they come before any call."""
    return agent.has_called and not agent.has_hooks


def exit_code(
    command: int, *, is_stopped: bool, is_warned: bool = False, fails_on_warning: bool = False
) -> int:
    """Return the exit code of a guard whose command ended with `command`."""
    if is_stopped:
        return STOPPED
    return WARNED if command == 0 and is_warned and fails_on_warning else command
