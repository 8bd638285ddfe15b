"""Counters of what agents used since the daemon began, as receivers of OTLP know them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Literal

from aicost.core.team.documents import Provider, Tool
from aicost.core.usage import TokenCounts

Temporality = Literal["cumulative", "delta"]
Attributes = tuple[tuple[str, str], ...]  # sorted by name
Kind = Literal["count", "money"]  # integers, or dollars

_TOKENS = tuple(one.name for one in fields(TokenCounts))
_NUSD_PER_USD = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told."""

    endpoint: str  # without the signal's path: "http://127.0.0.1:4318"
    temporality: Temporality = "cumulative"


@dataclass(frozen=True, slots=True, order=True)
class CounterKey:
    """What is counted apart; all of it closed words, see `core.team.words`."""

    tool: Tool
    provider: Provider
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What calls used together."""

    tokens: TokenCounts = TokenCounts()
    cost_nusd: int = 0  # of the priced ones
    unpriced_tokens: int = 0  # of the others


@dataclass(frozen=True, slots=True)
class Instrument:
    """A counter as a receiver knows it."""

    name: str
    unit: str
    about: str
    kind: Kind = "count"


def _of_tokens(kind: str, about: str) -> Instrument:
    return Instrument(f"gen_ai.client.inference.usage.{kind}", "{token}", about)


INPUT = _of_tokens("input_tokens", "All tokens that models were sent, those of caches too")
OUTPUT = _of_tokens("output_tokens", "Tokens that models wrote")
CACHE_READ = _of_tokens("cache_read.input_tokens", "Tokens of the input that came from a cache")
CACHE_WRITE = _of_tokens("cache_write.input_tokens", "Tokens of the input that went to a cache")
REASONING = _of_tokens("reasoning.output_tokens", "Tokens of the output that were reasoning")
COST = Instrument("aicost.cost.list", "USD", "List price of all priced calls", "money")
UNPRICED = Instrument("aicost.unpriced.tokens", "{token}", "Tokens of calls that have no price")
CLAUDE_TOKENS = Instrument("claude_code.token.usage", "tokens", "Tokens of Claude Code, by type")
CLAUDE_COST = Instrument("claude_code.cost.usage", "USD", "List price of Claude Code", "money")
INSTRUMENTS = (
    INPUT, OUTPUT, CACHE_READ, CACHE_WRITE, REASONING, COST, UNPRICED, CLAUDE_TOKENS, CLAUDE_COST,
)  # fmt: skip
_PROVIDERS: Mapping[Provider, str] = {  # the names of the semantic conventions, where they differ
    "bedrock": "aws.bedrock",
    "vertex": "gcp.vertex_ai",
    "azure": "azure.ai.openai",
}

Points = Mapping[Instrument, Mapping[Attributes, int]]  # tokens, or nano-dollars


def grown(
    told: Mapping[CounterKey, Used], found: Mapping[CounterKey, Used]
) -> dict[CounterKey, Used]:
    """Return counters that never fall: the larger of what was told and what was found.

    Prices may change, and a call may turn out to be another's copy; a counter that falls would be
    taken for one that began anew, and all of it be counted twice.
    """
    nothing = Used()
    return {
        key: _larger(told.get(key, nothing), found.get(key, nothing)) for key in {**told, **found}
    }


def points(used: Mapping[CounterKey, Used]) -> Points:
    """Return the value of each counter for each combination of attributes."""
    sums: dict[Instrument, dict[Attributes, int]] = {one: {} for one in INSTRUMENTS}
    for key, one in used.items():
        for instrument, attributes, value in _points_of(key, one):
            of_instrument = sums[instrument]
            of_instrument[attributes] = of_instrument.get(attributes, 0) + value
    return sums


def told_value(instrument: Instrument, value: int) -> int | float:
    """Return a value in the instrument's unit."""
    return value / _NUSD_PER_USD if instrument.kind == "money" else value


def _points_of(key: CounterKey, used: Used) -> Iterator[tuple[Instrument, Attributes, int]]:
    tokens = used.tokens
    common = _sorted(
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", _PROVIDERS.get(key.provider, key.provider)),
        ("gen_ai.request.model", key.model),
    )
    of_tokens = _sorted(*common, ("gen_ai.token.modality", "unknown"))
    yield INPUT, of_tokens, tokens.context_tokens
    yield OUTPUT, of_tokens, tokens.output_tokens
    yield CACHE_READ, of_tokens, tokens.cache_read_tokens
    yield CACHE_WRITE, of_tokens, tokens.cache_write_tokens
    yield REASONING, of_tokens, tokens.reasoning_tokens
    yield COST, common, used.cost_nusd
    yield UNPRICED, common, used.unpriced_tokens
    if key.tool != "claude-code":
        return
    by_type = {
        "input": tokens.input_tokens,
        "output": tokens.output_tokens,
        "cacheRead": tokens.cache_read_tokens,
        "cacheCreation": tokens.cache_write_tokens,
    }
    for kind, count in by_type.items():
        yield CLAUDE_TOKENS, _sorted(("model", key.model), ("type", kind)), count
    yield CLAUDE_COST, (("model", key.model),), used.cost_nusd


def _sorted(*attributes: tuple[str, str]) -> Attributes:
    return tuple(sorted(attributes))


def _larger(a: Used, b: Used) -> Used:
    return Used(
        tokens=TokenCounts(
            **{name: max(getattr(a.tokens, name), getattr(b.tokens, name)) for name in _TOKENS}
        ),
        cost_nusd=max(a.cost_nusd, b.cost_nusd),
        unpriced_tokens=max(a.unpriced_tokens, b.unpriced_tokens),
    )
