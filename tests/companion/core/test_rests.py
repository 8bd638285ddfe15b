"""Rests: as many times the work, between the least and the most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.rests import Rest

REST = Rest(times=4, most_s=0.2, least_s=0.01)


@pytest.mark.parametrize(
    ("work_s", "rest_s"),
    [
        (0.0, 0.01),
        (0.0024, 0.01),
        (0.0025, 0.01),
        (0.003, 0.012),
        (0.05, 0.2),
        (0.051, 0.2),
        (60.0, 0.2),
        (-1.0, 0.01),  # a clock that was set back
    ],
)
def test_a_rest_is_some_times_the_work(work_s: float, rest_s: float) -> None:
    assert REST.after(work_s) == pytest.approx(rest_s)


def test_without_a_least_no_work_needs_no_rest() -> None:
    assert Rest(times=50, most_s=1).after(0.0) == 0.0


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_more_work_is_never_followed_by_less_rest(one_s: float, other_s: float) -> None:
    less_s, more_s = sorted((one_s, other_s))
    assert REST.least_s <= REST.after(less_s) <= REST.after(more_s) <= REST.most_s
