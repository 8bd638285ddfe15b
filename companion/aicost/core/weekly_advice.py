"""What one could do differently: at most three things, each with its evidence and its money. Pure.

Only what the week shows is told. Where it shows less than three, fewer are told.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from aicost.core.mismatch import Mismatch
from aicost.core.waste.hits import Hit, WasteKind

SuggestionKind = Literal[WasteKind, "large-context", "cheaper-model"]
MOST = 3
LEAST_NUSD = 500_000_000  # for less nobody changes a habit


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One thing to do, and what it is about."""

    kind: SuggestionKind
    nusd: int  # that it may save in such a week, at most
    count: int = 1  # how often it happened
    hit: Hit | None = None  # the dearest
    mismatch: Mismatch | None = None


def suggestions(
    hits: Iterable[Hit], large_nusd: int | None, mismatches: Sequence[Mismatch], weeks: int
) -> tuple[Suggestion, ...]:
    """Return the things to do that may save most, the largest first.

    `large_nusd`: what contexts above a size cost; `weeks`: that the mismatches are of. Of several
    cheaper models one is told: the other is for the next week.
    """
    by_kind = defaultdict[WasteKind, list[Hit]](list)
    for hit in hits:
        if hit.cost_nusd:
            by_kind[hit.kind].append(hit)
    found = [_of_hits(kind, some) for kind, some in by_kind.items()]
    found.append(Suggestion(kind="large-context", nusd=large_nusd or 0))
    found += [
        Suggestion(kind="cheaper-model", nusd=one.saving_nusd // weeks, mismatch=one)
        for one in mismatches[:1]
    ]
    told = [one for one in found if one.nusd >= LEAST_NUSD]
    return tuple(sorted(told, key=lambda one: (-one.nusd, one.kind))[:MOST])


def _of_hits(kind: WasteKind, hits: Sequence[Hit]) -> Suggestion:
    return Suggestion(
        kind=kind,
        nusd=sum(hit.cost_nusd or 0 for hit in hits),
        count=len(hits),
        hit=max(hits, key=lambda hit: hit.cost_nusd or 0),
    )
