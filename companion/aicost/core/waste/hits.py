"""A hit: one thing that led nowhere, with its evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

LoopKind = Literal["repeat", "edit-test", "reread", "search", "retry-storm", "stalled"]
WasteKind = Literal[LoopKind, "dump", "thrash", "cache", "subagent"]
RULES = 2  # of all detectors; another number looks at all sessions anew
LOOPS: frozenset[WasteKind] = frozenset(get_args(LoopKind))  # motion without progress
KINDS: tuple[WasteKind, ...] = (*get_args(LoopKind), "dump", "thrash", "cache", "subagent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a detector found in one turn of a session. No path, prompt or output is in it."""

    kind: WasteKind
    turn_id: str  # "": of no turn
    thread: str = ""  # the subagent's id; "" for the main thread
    label: str = ""  # the command, the file's last name part, or the subagent's kind
    cause: str = ""  # a word or two more, where the kind needs them
    count: int  # how often
    size: int = 0  # tokens, or seconds: see `core.waste_words`
    since_us: int  # microseconds since 1970 UTC
    until_us: int
    cost_nusd: int | None  # None: no price is known


def dearest_loop(hits: Iterable[Hit]) -> Hit | None:
    """Return the one to show where there is room for one: the loop that cost most, then lasts."""
    loops = (hit for hit in hits if hit.kind in LOOPS)
    return max(loops, key=lambda hit: (hit.cost_nusd or 0, hit.until_us), default=None)
