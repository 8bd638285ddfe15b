"""The answer to `session.glance`: what a dashboard shows of the session under its cursor."""

import msgspec

from aicost.core.context_parts import context_of
from aicost.core.session_glance import SessionGlance
from aicost.core.session_page import ContextPart
from aicost.daemon.answers import Params, Question, converted
from aicost.store.glances import calls_in, context_points, session_number, subagents
from aicost.store.waste import work_of

MOST_CALLS = 600  # of a session whose context is taken apart: that looks at each call and step


class GlanceQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `session.glance`."""

    id: str
    homes: tuple[str, ...] = ()  # who names an id means it, in whatever folder it lies


def session_glance(question: Question, params: Params) -> SessionGlance:
    """Answer `session.glance`; an empty one for a session without a call.

    Raises ConfigError for what cannot be asked, sqlite3.Error.
    """
    session_id = converted(params, GlanceQuery).id
    number = session_number(question.db, session_id)
    if number is None:
        return SessionGlance(session_id=session_id)
    shown, more = subagents(question.db, number, question.book)
    return SessionGlance(
        session_id=session_id,
        points=context_points(question.db, number),
        parts=_parts(question, number),
        subagents=shown,
        more_subagents=more,
    )


def _parts(question: Question, number: int) -> tuple[ContextPart, ...]:
    """Return what fills a context, of a session that is quickly looked through."""
    if calls_in(question.db, number) > MOST_CALLS:
        return ()
    return context_of(work_of(question.db, number, question.book), {}).parts
