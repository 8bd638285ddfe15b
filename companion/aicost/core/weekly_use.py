"""Usage that is added up, and what a usual week of it is. Plain values."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from aicost.core.usage import TokenCounts

_COUNTS = tuple(one.name for one in fields(TokenCounts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What some calls used."""

    requests: int = 0
    tokens: TokenCounts = TokenCounts()
    cost_nusd: int | None = None  # of the priced calls; None: none is priced
    unpriced_tokens: int = 0


NOTHING = Use()


def added(uses: Iterable[Use]) -> Use:
    """Return all together."""
    requests = unpriced = 0
    cost: int | None = None
    counts = [0] * len(_COUNTS)
    for one in uses:
        requests += one.requests
        unpriced += one.unpriced_tokens
        counts = [a + b for a, b in zip(counts, one.tokens.counts())]
        if one.cost_nusd is not None:
            cost = (cost or 0) + one.cost_nusd
    return Use(requests=requests, tokens=_tokens(counts), cost_nusd=cost, unpriced_tokens=unpriced)


def per_week(uses: Iterable[Use], weeks: int) -> Use | None:
    """Return what all together are in a week, rounded down; None if there are no weeks."""
    if not weeks:
        return None
    whole = added(uses)
    return Use(
        requests=whole.requests // weeks,
        tokens=_tokens(count // weeks for count in whole.tokens.counts()),
        cost_nusd=None if whole.cost_nusd is None else whole.cost_nusd // weeks,
        unpriced_tokens=-(-whole.unpriced_tokens // weeks),  # up: that there are some stays said
    )


def _tokens(counts: Iterable[int]) -> TokenCounts:
    return TokenCounts(**dict(zip(_COUNTS, counts)))
