"""What calls used together, by model, and how two such sums differ. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from aicost.core.model_ids import normalise_model_id
from aicost.core.usage import TokenCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What some calls used together."""

    tokens: TokenCounts = TokenCounts()
    web_searches: int = 0
    cost_nusd: int | None = 0  # None: the price of some is not known
    calls: int = 0

    def __add__(self, other: Self) -> Self:
        """Add field by field; a sum with something unknown in it is unknown."""
        known = self.cost_nusd is not None and other.cost_nusd is not None
        return type(self)(
            tokens=self.tokens + other.tokens,
            web_searches=self.web_searches + other.web_searches,
            cost_nusd=(self.cost_nusd or 0) + (other.cost_nusd or 0) if known else None,
            calls=self.calls + other.calls,
        )

    @property
    def has_counts(self) -> bool:
        """Whether any token or search is counted in it."""
        return self.tokens.total_tokens > 0 or self.web_searches > 0


NOTHING = Spent()
ByModel = Mapping[str, Spent]


def by_id(spent: ByModel) -> dict[str, Spent]:
    """Add up what is one model under several names; return it by normalised id."""
    found: dict[str, Spent] = {}
    for name, one in spent.items():
        model = normalise_model_id(name)
        found[model] = found.get(model, NOTHING) + one
    return found


def summed(a: ByModel, b: ByModel) -> dict[str, Spent]:
    """Add model by model."""
    return {model: a.get(model, NOTHING) + b.get(model, NOTHING) for model in {*a, *b}}


def difference(a: int | None, b: int | None) -> int | None:
    """Return a - b; None if one is not known."""
    return None if a is None or b is None else a - b


def more_than(a: Spent, b: Spent) -> Spent:
    """Return how much more `a` is, field by field; nothing where it is less.

    Money goes with the counts: without any there is none, and if `a` is not dearer although it
    counts more, what the more costs is not known.
    """
    if b == NOTHING:
        return a
    *counts, reasoning = map(_excess, a.tokens.counts(), b.tokens.counts())
    more = Spent(
        tokens=_tokens(*counts, min(reasoning, counts[-1])),
        web_searches=_excess(a.web_searches, b.web_searches),
    )
    if not more.has_counts:
        return NOTHING
    nusd = difference(a.cost_nusd, b.cost_nusd)
    return replace(more, cost_nusd=nusd if nusd is None or nusd > 0 else None)


def smaller(a: Spent, b: Spent) -> Spent:
    """Return the smaller of both, field by field; money goes with the counts here too."""
    both = Spent(
        tokens=_tokens(*map(min, a.tokens.counts(), b.tokens.counts())),
        web_searches=min(a.web_searches, b.web_searches),
    )
    if not both.has_counts:
        return NOTHING
    known = a.cost_nusd is not None and b.cost_nusd is not None
    return replace(both, cost_nusd=min(a.cost_nusd or 0, b.cost_nusd or 0) if known else None)


def split_like(said: Spent, ours: Spent) -> Spent:
    """Return a total with cache writes split by lifetime as ours are, if it has no split itself.

    Without a split all writes look like 5-minute ones.
    """
    tokens, ours_1h = said.tokens, ours.tokens.cache_write_1h_tokens
    if tokens.cache_write_1h_tokens:
        return said
    moved = min(ours_1h, tokens.cache_write_5m_tokens)
    split = replace(
        tokens,
        cache_write_5m_tokens=tokens.cache_write_5m_tokens - moved,
        cache_write_1h_tokens=moved,
    )
    return replace(said, tokens=split)


def _excess(a: int, b: int) -> int:
    return max(0, a - b)


def _tokens(*counts: int) -> TokenCounts:
    """Make counts of what `TokenCounts.counts` returns."""
    fresh, read, write_5m, write_1h, output, reasoning = counts
    return TokenCounts(
        input_tokens=fresh,
        cache_read_tokens=read,
        cache_write_5m_tokens=write_5m,
        cache_write_1h_tokens=write_1h,
        output_tokens=output,
        reasoning_tokens=reasoning,
    )
