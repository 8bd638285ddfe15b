"""The same command failing again and again in one turn. Pure; hooks import it.

Neither a command nor its output is kept, only 64-bit hashes of them and a label of a word or two.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from aicost.core.commands import command_key, command_label, hash_of, to_number
from aicost.core.endings import error_key

__all__ = [
    "Repeat",
    "Run",
    "command_key",
    "command_label",
    "error_key",
    "merged_runs",
    "repeat_of",
    "run_id",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Run(NamedTuple):
    """One run of a command that ended."""

    id: int  # of the tool call, as `run_id` makes it
    at_us: int  # of its end, microseconds since 1970 UTC
    thread: str  # subagent's id; "" for the main thread
    command: str  # as `command_key` says
    label: str
    failed: bool
    error: str  # as `core.endings` says


class Repeat(NamedTuple):
    """A command that fails again and again in a session's current turn, always in the same way."""

    count: int  # type: ignore[assignment]  # failures so far, at least 1 (tuple.count is hidden)
    label: str
    command_key: str
    turn_id: str
    since: datetime  # of the first failure, UTC
    cost_nusd: int | None = None  # of the thread's calls since; None: no price of them is known
    thread: str = ""  # the subagent's id; "" for the main thread


def run_id(key: str) -> int:
    """Return the id of a run: 64 bits of a hash of its tool call's key ("claude:<tool use id>")."""
    return to_number(hash_of(key))


def repeat_of(runs: Iterable[Run], turn_id: str = "") -> Repeat | None:
    """Return the longest present run of failures in one turn's `runs`; None if there is none.

    In order of time, whatever order they come in: a success of a command ends its run of failures,
    another error of it begins a new one (that is progress). Other commands in between do not
    matter. Each thread counts for itself: subagents side by side see one failure each. Of equally
    long runs, the one that failed last.
    """
    found: dict[tuple[str, str], tuple[int, Run, Run]] = {}  # thread, command -> count, first, last
    for run in sorted(set(runs), key=lambda run: (run.at_us, run.id)):
        place = (run.thread, run.command)
        if not run.failed:
            found.pop(place, None)
            continue
        count, first, last = found.get(place, (0, run, run))
        is_same = last.error == run.error
        found[place] = (count + 1, first, run) if is_same else (1, run, run)
    if not found:
        return None
    count, first, last = max(found.values(), key=lambda one: (one[0], one[2].at_us, one[2].id))
    since = _EPOCH + timedelta(microseconds=first.at_us)
    return Repeat(count, last.label, last.command, turn_id, since, thread=last.thread)


def merged_runs(logged: Iterable[Run], told: Iterable[Run]) -> tuple[Run, ...]:
    """Return the runs in a log and those that hooks told of before they were logged, each once.

    What the log says of a run wins: it has the time of its end.
    """
    known = {run.id: run for run in told}
    known.update((run.id, run) for run in logged)
    return tuple(known.values())
