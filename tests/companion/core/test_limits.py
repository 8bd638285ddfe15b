"""A plan's limits as values."""

import pytest

from aicost.core.limits import LimitWindow, RateLimits


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (RateLimits(), False),
        (RateLimits(primary=LimitWindow(used_percent=99.9)), False),
        (RateLimits(primary=LimitWindow(used_percent=100)), True),
        (RateLimits(secondary=LimitWindow(used_percent=104.5)), True),
        (RateLimits(reached_type="primary"), True),
    ],
)
def test_a_limit_is_reached_if_it_is_said_so_or_used_up(limits: RateLimits, expected: bool) -> None:
    assert limits.is_reached is expected
