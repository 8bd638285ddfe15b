"""Asks the daemon about the sessions that are looked at: seldom, and one question at a time."""

from collections.abc import Callable, Iterable
from typing import Any

from textual.screen import Screen

from aicost.core.errors import AicostError
from aicost.core.session_glance import SessionGlance
from aicost.core.view import SessionRow
from aicost.ipc.answers import value_in
from aicost_tui.feed import Ask
from aicost_tui.glances import Glances

_FIRST_S = 0.1  # the cursor may go on at once


class Glancing:
    """Keeps what is known of the sessions that `look_at` names current.

    `rest_s` is the time between two rounds of questions, in seconds; `answered` is called after
    each round that brought something.
    """

    def __init__(
        self, host: Screen[Any], ask: Ask, answered: Callable[[], None], *, rest_s: float
    ) -> None:
        self.glances = Glances()
        self._host, self._ask, self._answered, self._rest_s = host, ask, answered, rest_s
        self._rows: dict[str, SessionRow] = {}
        self._is_asking = False

    def look_at(self, rows: Iterable[SessionRow]) -> None:
        """Ask about these, and about them alone, as far as they went on."""
        self._rows = {row.session_id: row for row in rows}
        stale = self.glances.stale(self._rows.values())
        if not stale or self._is_asking:
            return
        self._is_asking = True
        is_known = all(self.glances[session_id] is not None for session_id in stale)
        pause_s = self._rest_s if is_known else min(_FIRST_S, self._rest_s)
        if pause_s > 0:
            self._host.set_timer(pause_s, self._start)
        else:
            self._start()

    def _start(self) -> None:
        self._host.run_worker(self._ask_all(), group="glance")

    async def _ask_all(self) -> None:
        stale = self.glances.stale(self._rows.values())
        is_new = False
        for session_id in stale:
            if session_id not in self._rows:  # the cursor went on meanwhile
                continue
            self.glances.ask(self._rows, session_id)
            try:
                answer = await self._ask("session.glance", {"id": session_id})
                self.glances.answer(value_in(answer, SessionGlance))
            except AicostError:  # lost, or of another version: a banner tells, the chart waits
                continue
            is_new = True
        self._is_asking = False
        if is_new:
            self._answered()
