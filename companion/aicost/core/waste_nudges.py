"""What led nowhere, as advice. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from aicost.core.days import from_us
from aicost.core.money import dollars
from aicost.core.nudge import Nudge
from aicost.core.nudge_words import moment
from aicost.core.waste.hits import LOOPS, Hit, WasteKind
from aicost.core.waste_words import ACTIONS, evidence_of

LOOP_COUNTS = (3, 5, 10, 20, 50, 100)  # times that are worth a word (again)
_SINGLE: frozenset[WasteKind] = frozenset(("dump", "subagent", "stalled"))  # each is told once


def waste_nudge(session_id: str, hit: Hit, now: datetime, zone: ZoneInfo) -> Nudge:
    """Return what to say of a hit in a session's present turn. Not for a "repeat".

    Of a command that only fails again the hooks know sooner: see `core.nudging`.
    """
    assert hit.kind != "repeat"
    at = from_us(hit.since_us)
    step = max((count for count in LOOP_COUNTS if count <= hit.count), default=0)
    cost = f", {dollars(hit.cost_nusd)}" if hit.cost_nusd else ""
    place = f"{session_id}:{hit.turn_id}:{hit.thread}:{hit.label}"
    return Nudge(
        kind=hit.kind,
        key=f"{hit.kind}:{place}:{hit.since_us if hit.kind in _SINGLE else step}",
        severity="warning" if hit.kind in LOOPS else "info",
        at=at,
        sentence=f"{evidence_of(hit)}{cost}, since {moment(at, now, zone)}",
        action=ACTIONS[hit.kind],
        session_id=session_id,
        cost_nusd=hit.cost_nusd,
    )
