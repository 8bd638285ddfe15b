"""The plan's limits in a `token_count`."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from codex_logs import count, io
from corpora import Scenario
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import LogFormatError
from aicost.core.limits import LimitWindow, RateLimits
from aicost.sources.codex.limits import parse_rate_limits

# What 0.169 writes for an account with credits.
FULL: dict[str, Any] = {
    "limit_id": "codex",
    "limit_name": None,
    "primary": {"used_percent": 12.5, "window_minutes": 300, "resets_at": 1795330086},
    "secondary": {"used_percent": 40.0, "window_minutes": 10080, "resets_at": 1795412886},
    "credits": {"has_credits": True, "unlimited": False, "balance": "17.5"},
    "individual_limit": None,
    "spend_control_reached": None,
    "plan_type": "pro",
    "rate_limit_reached_type": None,
}
PRIMARY = LimitWindow(
    used_percent=12.5,
    window_minutes=300,
    resets_at=datetime(2026, 11, 22, 6, 48, 6, tzinfo=UTC),
)
SECONDARY = LimitWindow(
    used_percent=40.0,
    window_minutes=10080,
    resets_at=datetime(2026, 11, 23, 5, 48, 6, tzinfo=UTC),
)


def limits(**changes: Any) -> RateLimits | None:
    payload = {"type": "token_count", "info": None, "rate_limits": FULL | changes}
    return parse_rate_limits(json.dumps(payload).encode())


def some(**changes: Any) -> RateLimits:
    found = limits(**changes)
    assert found is not None
    return found


def test_all_that_is_said_is_read() -> None:
    assert limits() == RateLimits(
        limit_id="codex",
        plan_type="pro",
        primary=PRIMARY,
        secondary=SECONDARY,
        has_credits=True,
        has_unlimited_credits=False,
        credit_balance=Decimal("17.5"),
    )


def test_an_old_client_says_only_the_windows() -> None:
    old = {name: FULL[name] for name in ("primary", "secondary")}
    payload = json.dumps({"type": "token_count", "info": None, "rate_limits": old}).encode()
    assert parse_rate_limits(payload) == RateLimits(primary=PRIMARY, secondary=SECONDARY)


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b'{"rate_limits":null}',
        b'{"rate_limits":{}}',
        b'{"rate_limits":{"limit_id":"codex","primary":null,"credits":null}}',
    ],
)
def test_a_plain_key_has_no_limits(payload: bytes) -> None:
    assert parse_rate_limits(payload) is None


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"used_percent": 0}, LimitWindow(used_percent=0)),
        ({"used_percent": 101.5, "window_minutes": None}, LimitWindow(used_percent=101.5)),
        ({"used_percent": 1, "resets_at": 0}, LimitWindow(used_percent=1)),
        ({"used_percent": 1, "resets_at": 10**14}, LimitWindow(used_percent=1)),
        ({"used_percent": 1, "window_minutes": "300"}, LimitWindow(used_percent=1)),
        ({"used_percent": -1}, None),
        ({"used_percent": True}, None),
        ({"used_percent": "12"}, None),
        ({"window_minutes": 300}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_window_is_what_it_says_of_itself(window: object, expected: LimitWindow | None) -> None:
    assert some(primary=window).primary == expected


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        ("17.5", Decimal("17.5")),
        ("0", Decimal(0)),
        (3, Decimal(3)),
        (0.1, Decimal("0.1")),
        ("-2", Decimal(-2)),
        (None, None),
        (True, None),
        ("", None),
        ("much", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e999999", None),
        ("9" * 15, Decimal(10**15 - 1)),
        ("1" * 16, None),
    ],
)
def test_credits_are_exact_or_unknown(balance: object, expected: Decimal | None) -> None:
    assert some(credits={"balance": balance}).credit_balance == expected


@pytest.mark.parametrize(("flag", "expected"), [(True, True), (False, False), (1, None)])
def test_flags_are_yes_no_or_unknown(flag: object, expected: bool | None) -> None:
    found = some(credits={"has_credits": flag, "unlimited": flag})
    assert found.has_credits is found.has_unlimited_credits is expected


def test_the_limit_that_was_reached_is_named() -> None:
    assert some().reached_type == ""
    assert some(rate_limit_reached_type="rate_limit_reached").is_reached


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"rate_limits":5}', b"{", b'{"a":' * 100_000])
def test_another_shape_is_an_error(payload: bytes) -> None:
    with pytest.raises(LogFormatError):
        parse_rate_limits(payload)


def test_limits_of_every_client_version_are_read(codex_lab: Mapping[str, Scenario]) -> None:
    for name, scenario in codex_lab.items():
        for path in scenario.home.glob("**/rollout-*.jsonl"):
            for line in path.read_bytes().splitlines():
                if b'"type":"token_count"' in line[:120] and b'"primary":{' in line:
                    payload = json.dumps(json.loads(line)["payload"]).encode()
                    found = parse_rate_limits(payload)
                    assert found is not None, name
                    assert found.primary is not None, name
                    assert found.primary.window_minutes == 300, name


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(
    st.dictionaries(st.sampled_from(sorted(FULL)), VALUES),
    st.dictionaries(
        st.sampled_from(["used_percent", "window_minutes", "resets_at", "balance"]), VALUES
    ),
)
def test_any_fields_end_in_limits(fields: dict[str, Any], nested: dict[str, Any]) -> None:
    for changes in (fields, {"primary": nested, "credits": nested}):
        try:
            found = limits(**changes)
        except LogFormatError:
            continue
        assert found is None or isinstance(found, RateLimits)


def test_a_whole_line_is_not_the_payload() -> None:
    assert parse_rate_limits(count(io(1, 1))) is None
