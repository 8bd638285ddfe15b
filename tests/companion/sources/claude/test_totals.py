"""What the client says it spent, from each of the places where it says so."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.facts import ClientTotal
from aicost.core.usage import TokenCounts
from aicost.sources.claude.totals import (
    parse_config_totals,
    parse_cost_state,
    status_line_total,
)

Json = dict[str, Any]

USED: Json = {
    "inputTokens": 23,
    "outputTokens": 440,
    "thinkingTokens": 5,
    "cacheReadInputTokens": 23_500,
    "cacheCreationInputTokens": 3_600,
    "cacheCreationEphemeral5mInputTokens": 3_100,
    "cacheCreationEphemeral1hInputTokens": 500,
    "webSearchRequests": 2,
    "costUSD": 0.033091999999999996,
}
TOTAL = ClientTotal(
    session_id="s-1",
    model="claude-opus-5-5",
    tokens=TokenCounts(
        input_tokens=23,
        cache_read_tokens=23_500,
        cache_write_5m_tokens=3_100,
        cache_write_1h_tokens=500,
        output_tokens=440,
        reasoning_tokens=5,
    ),
    web_searches=2,
    cost_nusd=33_092_000,
)


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def cost_state(by_model: Any, session: Any = "s-1") -> bytes:
    return dumped({"type": "cost-state", "sessionId": session, "modelUsage": by_model})


def test_a_sessions_last_record_says_what_it_used_of_each_model() -> None:
    found = parse_cost_state(cost_state({"claude-opus-5-5": USED, "claude-haiku-4-5": {}}))
    nothing = ClientTotal(
        session_id="s-1",
        model="claude-haiku-4-5",
        tokens=TokenCounts(),
        web_searches=0,
        cost_nusd=0,
    )
    assert found == (TOTAL, nothing)


@pytest.mark.parametrize(
    ("written", "nusd"),
    [
        ("0", 0),
        ("0.0030499999999999998", 3_050_000),  # a sum of floats: not 3_049_999
        ("1.8008199999999999", 1_800_820_000),
        ("5e-10", 0),  # half a nano-dollar goes to the even one
        ("1.5e-9", 2),
        ("1000000000", 10**18),
    ],
)
def test_dollars_become_exact_nano_dollars(written: str, nusd: int) -> None:
    line = b'{"sessionId":"s-1","modelUsage":{"m":{"costUSD":%s}}}' % written.encode()
    assert [total.cost_nusd for total in parse_cost_state(line)] == [nusd]


@pytest.mark.parametrize(
    ("split", "write_5m", "write_1h"),
    [
        ({}, 3_600, 0),
        ({"cacheCreationEphemeral1hInputTokens": 3_600}, 0, 3_600),
        ({"cacheCreationEphemeral1hInputTokens": 9_999}, 0, 3_600),
        ({"cacheCreationEphemeral5mInputTokens": 3_600}, 3_600, 0),
    ],
)
def test_cache_writes_live_five_minutes_unless_said_to_live_longer(
    split: Json, write_5m: int, write_1h: int
) -> None:
    (total,) = parse_cost_state(cost_state({"m": {"cacheCreationInputTokens": 3_600} | split}))
    assert total.tokens == TokenCounts(
        cache_write_5m_tokens=write_5m, cache_write_1h_tokens=write_1h
    )


@pytest.mark.parametrize(
    "line",
    [
        cost_state({}),
        cost_state({"": USED}),
        cost_state({"m": USED}, session=""),
        cost_state({"m": USED}, session=None),
        cost_state({"m": USED | {"inputTokens": -1}}),
        cost_state({"m": USED | {"inputTokens": 0.5}}),
        cost_state({"m": USED | {"costUSD": -0.1}}),
        cost_state({"m": USED | {"costUSD": 1e10}}),
        cost_state({"m": USED | {"costUSD": "0.1"}}),
        cost_state([USED]),
        dumped({"type": "cost-state", "sessionId": "s-1"}),
        b"[" * 100_000,
        b"torn",
        b"",
    ],
)
def test_a_total_that_cannot_be_says_nothing(line: bytes) -> None:
    assert parse_cost_state(line) == ()


PROJECT: Json = {
    "hasTrustDialogAccepted": True,
    "lastCost": 0.033091999999999996,
    "lastSessionId": "s-1",
    "lastModelUsage": {"claude-opus-5-5": USED},
}


def test_the_clients_config_keeps_each_folders_last_session() -> None:
    projects = {"/a": PROJECT, "/b": PROJECT | {"lastSessionId": "s-2"}, "/new": {}}
    found = parse_config_totals(dumped({"numStartups": 5, "projects": projects}))
    assert [total.session_id for total in found] == ["s-1", "s-2"]
    assert found[0] == TOTAL


@pytest.mark.parametrize("odd", [5, [], {"lastSessionId": 5}, {"lastModelUsage": {"m": 5}}, None])
def test_one_folder_that_cannot_be_read_hides_no_other(odd: Any) -> None:
    found = parse_config_totals(dumped({"projects": {"/odd": odd, "/a": PROJECT}}))
    assert found == (TOTAL,)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"projects":5}', b"\xff", b"[]", b"null"])
def test_a_config_of_another_shape_says_nothing(content: bytes) -> None:
    assert parse_config_totals(content) == ()


def test_a_status_line_says_a_sessions_dollars_so_far() -> None:
    seen = {"session_id": "s-1", "total_cost_usd": 0.0030499999999999998}
    assert status_line_total(seen) == ClientTotal(
        session_id="s-1", model="", tokens=TokenCounts(), web_searches=0, cost_nusd=3_050_000
    )


@pytest.mark.parametrize(
    ("seen", "is_known"),
    [
        ({"session_id": "s" * 200, "total_cost_usd": 0}, True),
        ({"session_id": "s-1", "total_cost_usd": 10**9}, True),
        ({"session_id": "", "total_cost_usd": 1}, False),
        ({"session_id": "s" * 201, "total_cost_usd": 1}, False),
        ({"session_id": 7, "total_cost_usd": 1}, False),
        ({"session_id": "s-1"}, False),
        ({"session_id": "s-1", "total_cost_usd": -1}, False),
        ({"session_id": "s-1", "total_cost_usd": 10**9 + 1}, False),
        ({"session_id": "s-1", "total_cost_usd": None}, False),
        ({"session_id": "s-1", "total_cost_usd": "1"}, False),
        ({"session_id": "s-1", "total_cost_usd": float("nan")}, False),
        ({"session_id": "s-1", "total_cost_usd": 10**400}, False),
        ({"session_id": "s-1", "total_cost_usd": 1, "rate_limits": 3}, True),
        ({"total_cost_usd": 1}, False),
    ],
)
def test_only_a_session_and_its_dollars_are_taken(seen: Json, is_known: bool) -> None:
    assert (status_line_total(seen) is not None) is is_known


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.binary(max_size=60) | st.builds(dumped, VALUES), st.data())
def test_any_bytes_end_in_totals_that_can_be(content: bytes, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(USED)))
    used = USED | {field: data.draw(VALUES)}
    project = PROJECT | {data.draw(st.sampled_from(sorted(PROJECT))): data.draw(VALUES)}
    said = status_line_total({"session_id": "s-1", "total_cost_usd": data.draw(VALUES)})
    assert said is None or 0 <= said.cost_nusd <= 10**18
    found = [
        *parse_cost_state(content),
        *parse_config_totals(content),
        *parse_cost_state(cost_state({"m": used})),
        *parse_config_totals(dumped({"projects": {"/a": project}})),
    ]
    for total in found:
        assert min(total.tokens.counts()) >= 0
        assert 0 <= total.cost_nusd <= 10**18
        assert total.session_id
        assert total.model
