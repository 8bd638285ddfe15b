"""All budgets that apply, and how they stand."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from aicost.core.budget import OF_A_PLAN, OF_ONE, Budget
from aicost.core.spending import Evaluation, Repeating, Reserved, SessionNow
from aicost.daemon.standing import Moment, Standing


def evaluate(  # noqa: PLR0913 - all that the answer depends on, by name
    db: sqlite3.Connection,
    budgets: Sequence[Budget],
    sessions: Sequence[SessionNow],
    *,
    now: datetime,
    zone: ZoneInfo,
    reserved: Mapping[str, Reserved],
    repeats: Mapping[str, Repeating | None],
) -> Evaluation:
    """Say how budgets stand, for all and for each of these sessions. Raises sqlite3.Error.

    Spent are the calls in the ledger and hidden spend. A session that is older than a window
    counts there the share of its hidden spend that its priced calls in the window have of all its
    calls. A guard's budget bears on all sessions of its run together: `sessions` must name those
    that have ended, too.
    """
    moment = Moment(now=now, zone=zone, reserved=reserved, repeats=repeats)
    standing = Standing(db, sessions, moment)
    windows = [one for one in budgets if one.scope not in OF_ONE and one.origin != "guard"]
    shared = {id(budget): standing.shared(budget) for budget in windows}
    by_session = {}
    for session in sessions:
        found = (
            shared[id(budget)]
            if id(budget) in shared and budget.scope not in OF_A_PLAN
            else standing.of_session(budget, session)
            for budget in budgets
            if budget.filter.covers(session.traits)
        )
        by_session[session.session_id] = tuple(one for one in found if one is not None)
    return Evaluation(
        shared=tuple(one for one in shared.values() if one is not None),
        by_session=by_session,
        sizes={session.session_id: standing.size(session.session_id) for session in sessions},
    )
