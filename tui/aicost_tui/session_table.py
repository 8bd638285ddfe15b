"""A session as a row of the dashboard, and its turns as a table for a file. Pure."""

from aicost.core.session_page import SessionPage
from aicost.core.view import SessionRow
from aicost_tui.export import Cell, Table, dollars, moment

_SECOND_US = 1_000_000
# No prompt: it is read for the screen alone.
_HEADERS = (
    "turn", "turn_id", "started_at", "category", "category_confidence", "requests",
    "total_tokens", "cost_usd", "unpriced_tokens", "seconds", "tool_calls", "subagents",
    "api_errors", "retries", "compactions", "outcome",
)  # fmt: skip


def row_of(page: SessionPage) -> SessionRow:
    """Return what an action needs of a session that is in no view: one that ended long ago."""
    return SessionRow(
        session_id=page.session_id,
        agent=page.agent,
        repo=page.repo,
        branch=page.branch,
        cwd=page.cwd,
        model=page.models[0] if page.models else "",
        started_at=page.started_at,
        last_at=page.last_at,
        requests=page.requests,
        context_tokens=page.context_tokens,
        context_window_tokens=page.context_window_tokens,
        cost_nusd=page.cost_nusd,
        unpriced_tokens=page.unpriced_tokens,
        subagents=len(page.subagents),
    )


def exported_turns(page: SessionPage) -> Table | None:
    """Return the turns of a session; None if there are none."""
    rows: list[tuple[Cell, ...]] = []
    number = 0
    for turn in page.turns:
        number += bool(turn.turn_id)
        rows.append(
            (
                number if turn.turn_id else None,
                turn.turn_id,
                moment(turn.started_at),
                None if turn.purpose is None else str(turn.purpose.category),
                None if turn.purpose is None else turn.purpose.confidence,
                turn.requests,
                turn.tokens.total_tokens,
                dollars(turn.cost_nusd),
                turn.unpriced_tokens,
                None if turn.duration_us is None else turn.duration_us / _SECOND_US,
                sum(count for _, count in turn.tools),
                turn.subagents,
                turn.api_errors,
                turn.retries,
                turn.compactions,
                turn.outcome or None,
            )
        )
    return Table("turns", _HEADERS, tuple(rows)) if rows else None
