"""What is known of the sessions that a dashboard looks at closely, and whom to ask about next."""

from collections.abc import Iterable, Mapping

from aicost.core.session_glance import SessionGlance
from aicost.core.view import SessionRow

_Mark = tuple[int, int]  # what a session looked like when it was asked about
_MOST = 64  # sessions kept


class Glances:
    """Keeps the answers. Pure: asking is somebody else's part."""

    def __init__(self) -> None:
        self._asked: dict[str, _Mark] = {}
        self._known: dict[str, SessionGlance] = {}

    def __getitem__(self, session_id: str) -> SessionGlance | None:
        """Return the last answer about a session, None if there is none yet."""
        return self._known.get(session_id)

    def stale(self, rows: Iterable[SessionRow]) -> tuple[str, ...]:
        """Return the sessions that went on since they were asked about, new ones first."""
        changed = [row.session_id for row in rows if self._asked.get(row.session_id) != _mark(row)]
        return tuple(dict.fromkeys(sorted(changed, key=lambda one: one in self._known)))

    def ask(self, rows: Mapping[str, SessionRow], session_id: str) -> None:
        """Note that a session is asked about as it is now."""
        self._asked.pop(session_id, None)
        self._asked[session_id] = _mark(rows[session_id])

    def answer(self, glance: SessionGlance) -> None:
        """Keep an answer; forget the ones not asked about for longest."""
        self._known[glance.session_id] = glance
        for session_id in list(self._asked)[:-_MOST]:
            del self._asked[session_id]
            self._known.pop(session_id, None)


def _mark(row: SessionRow) -> _Mark:
    return row.requests, row.subagents
