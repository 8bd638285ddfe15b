"""How often the reader looks, reads and sums up."""

from dataclasses import dataclass

from aicost.core.rests import Rest

# Lines of one flush arrive together; while many agents write, each reading finds many lines.
_GATHER = Rest(times=4.0, least_s=0.01, most_s=0.2)
_SETTLE = Rest(times=50.0, most_s=10.0)  # a long session takes long, and agents write on


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the reader looks by itself, in seconds, and how long it rests after work."""

    poll_s: float = 10.0  # behind the watcher: what it missed of the newest logs is read then
    survey_s: float = 60.0  # what it missed of any other
    bare_poll_s: float = 2.0  # where something cannot be watched
    folders_s: float = 0.4  # for folders to watch that were not there: a first session makes them
    retry_s: float = 2.0  # after the ledger could not be written
    gather: Rest = _GATHER  # before what was written is read
    settle: Rest = _SETTLE  # before sessions are summed up again


USUAL_PACE = Pace()
