"""Which counters a receiver sees: conventional names, closed words, and values that never fall."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.live_counters import (
    CACHE_READ,
    CACHE_WRITE,
    CLAUDE_COST,
    CLAUDE_TOKENS,
    COST,
    INPUT,
    INSTRUMENTS,
    OUTPUT,
    REASONING,
    UNPRICED,
    CounterKey,
    Used,
    grown,
    points,
    told_value,
)
from aicost.core.team.documents import PROVIDERS
from aicost.core.usage import TokenCounts

TOKENS = TokenCounts(
    input_tokens=1, cache_read_tokens=20, cache_write_5m_tokens=300, cache_write_1h_tokens=4000,
    output_tokens=50000, reasoning_tokens=600,
)  # fmt: skip
USED = Used(tokens=TOKENS, cost_nusd=1_500_000_000, unpriced_tokens=7)
CLAUDE = CounterKey("claude-code", "anthropic", "claude-opus-4-5")
CODEX = CounterKey("codex", "openai", "gpt-5")
COMMON = (
    ("gen_ai.operation.name", "chat"),
    ("gen_ai.provider.name", "anthropic"),
    ("gen_ai.request.model", "claude-opus-4-5"),
)
OF_TOKENS = tuple(sorted([*COMMON, ("gen_ai.token.modality", "unknown")]))


def test_names_and_units_are_those_that_receivers_know() -> None:
    usage = "gen_ai.client.inference.usage"
    assert {one.name: one.unit for one in INSTRUMENTS} == {
        f"{usage}.input_tokens": "{token}",
        f"{usage}.output_tokens": "{token}",
        f"{usage}.cache_read.input_tokens": "{token}",
        f"{usage}.cache_write.input_tokens": "{token}",
        f"{usage}.reasoning.output_tokens": "{token}",
        "aicost.cost.list": "USD",
        "aicost.unpriced.tokens": "{token}",
        "claude_code.token.usage": "tokens",
        "claude_code.cost.usage": "USD",
    }


def test_input_has_what_came_from_caches_and_claude_codes_own_has_not() -> None:
    found = points({CLAUDE: USED})
    assert {one: dict(found[one]) for one in INSTRUMENTS} == {
        INPUT: {OF_TOKENS: 4321},
        OUTPUT: {OF_TOKENS: 50000},
        CACHE_READ: {OF_TOKENS: 20},
        CACHE_WRITE: {OF_TOKENS: 4300},
        REASONING: {OF_TOKENS: 600},
        COST: {COMMON: 1_500_000_000},
        UNPRICED: {COMMON: 7},
        CLAUDE_TOKENS: {
            (("model", "claude-opus-4-5"), ("type", kind)): count
            for kind, count in [
                ("input", 1), ("output", 50000), ("cacheRead", 20), ("cacheCreation", 4300),
            ]
        },
        CLAUDE_COST: {(("model", "claude-opus-4-5"),): 1_500_000_000},
    }  # fmt: skip


def test_claude_codes_names_count_claude_code_alone() -> None:
    found = points({CODEX: USED})
    assert found[CLAUDE_TOKENS] == found[CLAUDE_COST] == {}
    assert sum(found[COST].values()) == 1_500_000_000


def test_what_differs_in_nothing_that_is_told_is_added_up() -> None:
    """Claude Code's names tell no provider: two of them are one point, not one lost."""
    found = points({CLAUDE: USED, CounterKey("claude-code", "bedrock", CLAUDE.model): USED})
    assert found[CLAUDE_COST] == {(("model", CLAUDE.model),): 3_000_000_000}
    assert len(found[COST]) == 2


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_has_its_name_of_the_conventions(provider: str) -> None:
    known = {
        "bedrock": "aws.bedrock", "vertex": "gcp.vertex_ai", "azure": "azure.ai.openai",
    }  # fmt: skip
    [attributes] = points({CounterKey("codex", provider, "m"): USED})[COST]  # type: ignore[arg-type]
    assert dict(attributes)["gen_ai.provider.name"] == known.get(provider, provider)


@pytest.mark.parametrize(
    ("one", "value", "told"), [(COST, 1_500_000_001, 1.500000001), (OUTPUT, 3, 3), (COST, 0, 0.0)]
)
def test_money_is_told_in_dollars(one: object, value: int, told: float) -> None:
    assert told_value(one, value) == told  # type: ignore[arg-type]


@pytest.mark.parametrize(("found", "told"), [(9, 10), (10, 10), (11, 11)])
def test_a_counter_never_falls(found: int, told: int) -> None:
    before = {CLAUDE: Used(tokens=TokenCounts(output_tokens=10), cost_nusd=10, unpriced_tokens=10)}
    now = {
        CLAUDE: Used(
            tokens=TokenCounts(output_tokens=found), cost_nusd=found, unpriced_tokens=found
        )
    }
    assert grown(before, now) == {
        CLAUDE: Used(tokens=TokenCounts(output_tokens=told), cost_nusd=told, unpriced_tokens=told)
    }


def test_what_is_found_no_more_stays() -> None:
    assert grown({CLAUDE: USED}, {}) == {CLAUDE: USED}
    assert grown({}, {CODEX: USED}) == {CODEX: USED}


used = st.builds(
    Used,
    tokens=st.builds(
        TokenCounts, **{one.name: st.integers(0, 10**12) for one in fields(TokenCounts)}
    ),
    cost_nusd=st.integers(0, 10**15),
    unpriced_tokens=st.integers(0, 10**12),
)
keys = st.sampled_from([CLAUDE, CODEX, CounterKey("codex", "other", "other")])


@given(st.lists(st.dictionaries(keys, used), max_size=5))
def test_no_point_falls_whatever_is_found(looks: list[dict[CounterKey, Used]]) -> None:
    told: dict[CounterKey, Used] = {}
    before = points(told)
    for found in looks:
        told = grown(told, found)
        now = points(told)
        for one in INSTRUMENTS:
            assert all(now[one][at] >= value for at, value in before[one].items())
        before = now
