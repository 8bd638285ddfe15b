"""What a view says about itself: how full a context is, and how many agents run."""

from datetime import UTC, datetime

import pytest

from aicost.core.view import DashboardView, SessionRow, SessionState


def row(
    context_tokens: int | None = None,
    window_tokens: int | None = None,
    state: SessionState = "ended",
) -> SessionRow:
    return SessionRow(
        session_id="s-1",
        agent="claude",
        context_tokens=context_tokens,
        context_window_tokens=window_tokens,
        state=state,
    )


@pytest.mark.parametrize(
    ("context_tokens", "window_tokens", "share"),
    [
        (None, 200_000, None),
        (50_000, None, None),
        (50_000, 0, None),
        (0, 200_000, 0.0),
        (50_000, 200_000, 0.25),
        (250_000, 200_000, 1.25),  # a window may be larger than we know
    ],
)
def test_context_share_is_unknown_unless_both_parts_are_known(
    context_tokens: int | None, window_tokens: int | None, share: float | None
) -> None:
    assert row(context_tokens, window_tokens).context_share == share


def test_every_session_that_has_not_ended_is_live() -> None:
    states: tuple[SessionState, ...] = ("busy", "waiting", "idle", "ended")
    view = DashboardView(
        at=datetime(2026, 11, 22, tzinfo=UTC),
        day="2026-11-22",
        timezone="UTC",
        sessions=tuple(row(state=state) for state in states),
    )
    assert view.live == 3
