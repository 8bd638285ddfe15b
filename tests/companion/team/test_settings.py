"""What a server promises cannot be set below what makes it a promise."""

import pytest

from aicost.team.settings import LEAST_K, TeamSettings


def test_k_may_be_raised_and_not_lowered() -> None:
    assert TeamSettings(team="acme").k == 5
    assert TeamSettings(team="acme", k=9).k == 9
    with pytest.raises(ValueError, match="at least 5"):
        TeamSettings(team="acme", k=LEAST_K - 1)


def test_days_are_kept_for_at_least_a_month() -> None:
    assert TeamSettings(team="acme", retention_months=1).retention_months == 1
    with pytest.raises(ValueError, match="a month"):
        TeamSettings(team="acme", retention_months=0)
