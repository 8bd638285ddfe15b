"""A subscription's limits, as a status line is told them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.limits import CLAUDE_LIMITS, LimitWindow
from aicost.sources.claude.plan import status_line_limits

NOW = datetime(2026, 11, 26, 14, tzinfo=UTC)
RESET = datetime(2026, 11, 26, 18, tzinfo=UTC)


def said(**limits: Any) -> dict[str, object]:
    return {"session_id": "s-1", "total_cost_usd": 1, "rate_limits": limits}


def test_both_windows_are_taken_with_their_lengths() -> None:
    seen = status_line_limits(
        said(
            five_hour={"used_percentage": 41.5, "resets_at": RESET.timestamp()},
            seven_day={"used_percentage": 8, "resets_at": "2026-11-30T00:00:00+01:00"},
            spend_limit={"used_percentage": 1},
        ),
        NOW,
    )
    assert seen is not None
    assert (seen.at, seen.limits.limit_id) == (NOW, CLAUDE_LIMITS)
    assert seen.limits.primary == LimitWindow(
        used_percent=41.5, window_minutes=300, resets_at=RESET
    )
    assert seen.limits.secondary == LimitWindow(
        used_percent=8, window_minutes=10_080, resets_at=datetime(2026, 11, 29, 23, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "resets_at",
    [None, "soon", "2026-11-26T18:00:00", 0, -1, 1e300, float("nan"), True, [], 10**400],
)
def test_a_reset_that_cannot_be_is_not_known(resets_at: object) -> None:
    seen = status_line_limits(said(five_hour={"used_percentage": 1, "resets_at": resets_at}), NOW)
    assert seen is not None
    assert seen.limits.primary == LimitWindow(used_percent=1, window_minutes=300)
    assert seen.limits.secondary is None


@pytest.mark.parametrize(
    "seen",
    [
        {},
        {"rate_limits": None},
        {"rate_limits": 3},
        said(),
        said(spend_limit={"used_percentage": 1}),
        said(five_hour={"resets_at": 1}),
        said(five_hour={"used_percentage": "41"}),
        said(five_hour={"used_percentage": -1}),
        said(five_hour={"used_percentage": float("nan")}),
    ],
)
def test_what_says_no_limit_is_none(seen: dict[str, object]) -> None:
    assert status_line_limits(seen, NOW) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["five_hour", "seven_day", "used_percentage", "resets_at"]), inner
        )
    ),
    max_leaves=6,
)


@given(VALUES)
def test_any_value_ends_in_limits_that_can_be(value: object) -> None:
    seen = status_line_limits({"rate_limits": value}, NOW)
    if seen is not None:
        windows = [seen.limits.primary, seen.limits.secondary]
        assert all(0 <= one.used_percent <= 10_000 for one in windows if one is not None)
