"""What advice holds now: screens show it, agents and the desktop are told of it once."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePath
from zoneinfo import ZoneInfo

from aicost.core.budget import OF_A_PLAN, BudgetStatus, Traits
from aicost.core.errors import StoreError
from aicost.core.loops import Repeat
from aicost.core.nudge import SIGNS, Nudge, NudgeKind, Severity
from aicost.core.nudging import (
    CONTEXT_NUSD,
    Situation,
    by_weight,
    first_of,
    is_cool,
    keys_of,
    nudges_of,
    shown_key,
    standing,
)
from aicost.core.reports import HiddenSpend
from aicost.core.session import session_name
from aicost.core.spending import Evaluation
from aicost.core.view import SessionRow
from aicost.core.waste.hits import Hit
from aicost.platform.notify import Notification, Urgency
from aicost.store.accounts import hidden
from aicost.store.limits import plan_limits

log = logging.getLogger(__name__)

AGENT, DESKTOP = "agent", "desktop"  # channels in which a nudge is given once
_REMEMBERED = timedelta(hours=2)  # longer than any cool-down; the journal knows the rest
_URGENCY: dict[Severity, Urgency] = {"info": "low", "warning": "normal", "serious": "critical"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the daemon knows at a moment, beside the ledger."""

    now: datetime  # UTC
    zone: ZoneInfo
    sessions: Sequence[SessionRow] = ()
    evaluation: Evaluation = field(default_factory=Evaluation)
    repeats: Mapping[str, Repeat | None] = field(default_factory=dict)  # by session
    waste: Mapping[str, Sequence[Hit]] = field(default_factory=dict)  # of present turns, by session
    untrusted: Sequence[str] = ()  # folders whose budgets nobody trusted
    troubles: Sequence[str] = ()  # why files that set budgets cannot be used
    context_nusd: int = CONTEXT_NUSD  # a prompt from this price on is worth a word
    tells_desktop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What screens show of budgets."""

    budgets: tuple[BudgetStatus, ...] = ()  # the most used first
    nudges: tuple[Nudge, ...] = ()  # the newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeNote:
    """The most serious advice, for a line that has room for a sign."""

    severity: Severity
    sign: str


NO_ADVICE = Advice()
Advise = Callable[[Sequence[SessionRow]], Advice]  # on sessions
NoteShown = Callable[[str, str, datetime], bool]  # key, channel, at
_NOTHING: Mapping[str, datetime] = {}


def no_advice(_rows: Sequence[SessionRow]) -> Advice:
    """Return that nothing holds."""
    return NO_ADVICE


class Nudging:
    """Keeps what holds now. `look` and `notice_for` may be called in any thread.

    `note_shown(key, channel, at)` says True the first time; it may raise StoreError. `notify`
    shows a notification without waiting.
    """

    def __init__(
        self,
        note_shown: NoteShown,
        notify: Callable[[Notification], None],
    ) -> None:
        self._note_shown, self._notify = note_shown, notify
        self._lock = threading.Lock()
        self._advice = NO_ADVICE
        self._since: dict[str, datetime] = {}  # key -> when it began to hold
        self._given: dict[tuple[str, str], datetime] = {}  # key, channel -> when it was last given
        self._bearing: Mapping[str, Collection[str]] = {}  # session -> keys of shared advice
        self._names: Mapping[str, str] = {}  # session -> what it is called

    @property
    def advice(self) -> Advice:
        """What held at the last look."""
        return self._advice

    @property
    def badge(self) -> BadgeNote | None:
        """The most serious advice, None if nothing holds."""
        first = first_of(self._advice.nudges)
        if first is None:
            return None
        return BadgeNote(severity=first.severity, sign=SIGNS[first.severity])

    def look(self, db: sqlite3.Connection, seen: Seen) -> Advice:
        """Find what holds now, and tell the desktop what it was not told. Raises sqlite3.Error."""
        found = find_advice(db, seen, self._since)
        budgets, nudges = found.budgets, found.nudges
        live = [row for row in seen.sessions if row.state != "ended"]
        with self._lock:
            self._since = {one.key: one.at for one in nudges}
            self._given = {
                place: at
                for place, at in self._given.items()
                if place[0] in self._since or seen.now - at < _REMEMBERED
            }
            self._advice = found
            self._names = {row.session_id: session_name(row) for row in live}
            self._bearing = {row.session_id: bearing_on(row, seen, budgets, nudges) for row in live}
            if seen.tells_desktop:
                self._tell_desktop(seen.now)
        return found

    def notice_for(
        self, session_id: str, now: datetime, without: Collection[NudgeKind] = ()
    ) -> str:
        """Return what the user of a session was not told yet, in one line; "" if there is nothing.

        The most serious first; another call has the next one. Kinds in `without` can wait.
        """
        with self._lock:
            bearing = self._bearing.get(session_id, ())
            for one in by_weight(self._advice.nudges):
                is_meant = one.session_id == session_id or one.key in bearing
                if is_meant and one.kind not in without and self._is_new(one, AGENT, now):
                    return line_of(one)
        return ""

    def _tell_desktop(self, now: datetime) -> None:
        for one in by_weight(self._advice.nudges):
            if one.severity != "info" and self._is_new(one, DESKTOP, now):
                name = self._names.get(one.session_id, "")
                self._notify(
                    Notification(
                        title=f"aicost: {name}" if name else "aicost",
                        body=f"{one.sentence}\n{one.action}",
                        urgency=_URGENCY[one.severity],
                    )
                )

    def _is_new(self, nudge: Nudge, channel: str, now: datetime) -> bool:
        """Say whether a nudge may be given now, and note that it is. If in doubt it is not."""
        place = (nudge.key, channel)
        if not is_cool(nudge, self._given.get(place), now):
            return False
        try:
            is_new = self._note_shown(shown_key(nudge, now), channel, now)
        except StoreError as error:
            log.warning("a notice is not shown: %s", error.what)
            return False
        self._given[place] = now
        return is_new


def find_advice(
    db: sqlite3.Connection, seen: Seen, since: Mapping[str, datetime] = _NOTHING
) -> Advice:
    """Return what holds; `since` says when it began, by key. Raises sqlite3.Error."""
    live = [row for row in seen.sessions if row.state != "ended"]
    budgets = standing(seen.evaluation, plan_limits(db), seen.now)
    nudges = nudges_of(
        Situation(
            now=seen.now,
            zone=seen.zone,
            budgets=budgets,
            sessions=live,
            repeats=seen.repeats,
            waste=seen.waste,
            hidden={row.session_id: _hidden(db, row.session_id) for row in live},
            untrusted=seen.untrusted,
            troubles=seen.troubles,
            context_nusd=seen.context_nusd,
            since=since,
        )
    )
    return Advice(budgets=budgets, nudges=nudges)


def line_of(nudge: Nudge) -> str:
    """Return a nudge as one line of text."""
    return f"aicost {SIGNS[nudge.severity]} {nudge.sentence} → {nudge.action}"


def _hidden(db: sqlite3.Connection, session_id: str) -> HiddenSpend:
    spent, causes = hidden(db, "x.session_id = ?", (session_id,))
    why = tuple(cause.value.replace("_", " ") for cause in causes)
    return HiddenSpend(cost_nusd=spent.cost_nusd, why=why)


def bearing_on(
    row: SessionRow, seen: Seen, budgets: Iterable[BudgetStatus], nudges: Iterable[Nudge]
) -> frozenset[str]:
    """Return the keys of advice that is of no single session, and concerns this one too."""
    traits = Traits(agent=row.agent)
    plans = [
        one for one in budgets if one.budget.scope in OF_A_PLAN and one.budget.filter.covers(traits)
    ]
    files = {
        one.key
        for one in nudges
        if one.kind == "budgets-file"
        or (one.kind == "repo-budgets" and _is_below(row.cwd, one.key.partition(":")[2]))
    }
    return keys_of([*seen.evaluation.by_session.get(row.session_id, ()), *plans]) | files


def _is_below(folder: str, root: str) -> bool:
    return bool(folder) and PurePath(folder).is_relative_to(root)
