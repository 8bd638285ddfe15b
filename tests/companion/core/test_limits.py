"""A plan's limits as values."""

from datetime import datetime

import pytest
from log_builders import at

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


@pytest.mark.parametrize(
    ("resets_at", "expected"),
    [(None, False), (at(5), True), (at(4.99), True), (at(5.01), False)],
)
def test_a_window_that_began_anew_says_nothing_of_now(
    resets_at: datetime | None, expected: bool
) -> None:
    window = LimitWindow(used_percent=90, resets_at=resets_at)
    assert window.has_reset(at(5)) is expected
