"""All detectors, one after another."""

from aicost.core.waste.contexts import dumps, rebuilds, thrash
from aicost.core.waste.failing import failing
from aicost.core.waste.hits import Hit
from aicost.core.waste.rereading import rereading, searching
from aicost.core.waste.stalled import stalled
from aicost.core.waste.storms import storms
from aicost.core.waste.subagents import subagents
from aicost.core.waste.work import Work

DETECTORS = (
    failing, rereading, searching, storms, stalled, dumps, thrash, rebuilds, subagents,
)  # fmt: skip


def find_waste(work: Work) -> tuple[Hit, ...]:
    """Return all that led nowhere in a session, in order of time."""
    found = [hit for detect in DETECTORS for hit in detect(work)]
    return tuple(sorted(found, key=lambda hit: (hit.since_us, hit.until_us, hit.kind, hit.label)))
