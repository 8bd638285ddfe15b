"""What is decided at an agent's event, and what of it is written down. Belongs to one thread."""

import logging
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from aicost.core.allowance import Allowance, Wish, parse_wish
from aicost.core.audit import EventKind, GateEvent, window_name
from aicost.core.budget import OF_ONE, BudgetStatus
from aicost.core.errors import ConfigError, StoreError
from aicost.core.gate import (
    PROMPT,
    Ask,
    Decision,
    Footing,
    Ruling,
    pressure,
    rule,
)
from aicost.core.gate_words import Handoff, Telling, allowed_sentence, decided, warning
from aicost.core.reservation import Thread
from aicost.core.text import clean
from aicost.daemon.weighing import Scales, Weighed
from aicost.daemon.world import World
from aicost.store.connection import snapshot
from aicost.store.journal import Journal
from aicost.store.limits import plan_limits
from aicost.store.present import edits_in_turn, sessions_beginning

log = logging.getLogger(__name__)

_NOT_SENT = "The agent was not sent this prompt."
_MOST_TOLD = 4_096  # threads that are remembered to be told
_MOST_ID = 80  # characters of what somebody took for an id


@dataclass(frozen=True, slots=True)
class _Key:
    """A budget in one of its windows, for one session."""

    budget_id: str
    window: str
    session_id: str


class Judge:
    """Decides, and keeps the audit. Raises sqlite3.Error of the ledger, never of the journal."""

    def __init__(self, db: sqlite3.Connection, scales: Scales, journal: Journal) -> None:
        self._db, self._scales, self._journal = db, scales, journal
        self._told: dict[Thread, frozenset[_Key]] = {}  # who knows that it is to save its work
        self._noted: set[_Key] = set()  # soft budgets that were used up
        self.allowed: frozenset[str] = frozenset()  # sessions that might go on at the last decision
        self._unread: set[str] = set()  # sessions that passed while old logs were read

    def decide(self, ask: Ask, world: World, *, is_reading: bool = False) -> Decision:
        """Decide on one event. `is_reading`: old logs are not read yet, more may be spent."""
        self._scales.hear(ask, world.now)
        with snapshot(self._db):
            weighed = self._scales.weigh(world, ask)
            self.allowed = weighed.allowed
            footing = weighed.footing(ask.session_id)
            thread = Thread(ask.session_id, ask.thread_id)
            grace = _in_grace(ask.session_id, footing)
            told = self._told.get(thread, frozenset()) & grace
            footing = replace(footing, was_told=bool(grace) and grace <= told)
            ruling = rule(ask, footing)
            telling = self.telling(ask, ruling, world)
        self._scales.follow(ask, ruling, world.now)
        self._note_told(thread, told | (grace if ruling.action == "save" else frozenset()))
        decision = decided(ask, ruling, telling)
        if ruling.action == "pass" and ruling.causes and ask.event == PROMPT:
            decision = replace(decision, notice=warning(ruling, telling))
        self._note(ask, ruling, decision, world.now)
        if is_reading and ruling.action == "pass":
            self._note_unread(ask, footing, world.now)
        return decision

    def allow(self, ask: Ask, world: World) -> Decision:
        """Carry out what a prompt asks for. The agent never sees that prompt.

        The hook keeps one that was not carried out, and says so.
        """
        try:
            wish = parse_wish(ask.allow or "")
        except ConfigError as error:
            text = f"aicost: {error.what}. The right form is: {error.hint}."
            return Decision(action="block", reason=text)
        try:
            text = self.allow_wish(wish, ask.session_id, world, from_within=True)
        except StoreError as error:
            return Decision(action="block", reason=f"aicost: nothing is allowed: {error.what}.")
        return Decision(action="block", reason=f"{text} {_NOT_SENT}", is_allowed=True)

    def allow_wish(
        self, wish: Wish, session_id: str, world: World, *, from_within: bool = False
    ) -> str:
        """Let a session ("": all of them) go on; return the confirmation. Raises StoreError."""
        allowance = Allowance(
            amount_nusd=wish.amount_nusd,
            at=world.now,
            until=world.now + wish.lasts,
            session_id=session_id,
            reason=wish.reason,
        )
        text = allowed_sentence(allowance, world.now, world.zone, from_within=from_within)
        self._journal.allow(allowance)
        self._write(
            GateEvent(
                at=world.now,
                kind="allow",
                session_id=session_id,
                unit="usd",
                limit=wish.amount_nusd,
                text=text,
            )
        )
        return text

    def session_named(self, text: str, world: World) -> str:
        """Return the session whose id a text is, or begins; "" for "". Raises ConfigError."""
        found = {one for one in self._scales.names(world) if one.startswith(text)}
        found.update(sessions_beginning(self._db, text) if text else ())
        if not text or text in found:
            return text
        if len(found) != 1:
            how = f"{len(found)} sessions have" if found else "no session has"
            raise ConfigError(
                f"{how} an id that begins with {clean(text)[:_MOST_ID]!r}", hint="aicost sessions"
            )
        return found.pop()

    def allowances(self, now: datetime) -> tuple[Allowance, ...]:
        """Return the allowances whose time is not over; none if the journal cannot be read."""
        try:
            return self._journal.allowances(now)
        except StoreError as error:
            log.warning("allowances are not known: %s", error.what)
            return ()

    def telling(self, ask: Ask, ruling: Ruling, world: World) -> Telling:
        """Return what a ruling's words depend on, beside the ruling."""
        telling = Telling(now=world.now, zone=world.zone)
        if not ruling.causes:
            return telling
        is_flat = any(one.agent == ask.agent for one in plan_limits(self._db))
        if ruling.action != "stop":
            return replace(telling, is_flat=is_flat)
        repeat = self._scales.repeat_of(ask.session_id)
        handoff = Handoff(
            failing=repeat.label if repeat else "",
            failures=repeat.count if repeat else 0,
            edits=edits_in_turn(self._db, ask.session_id),
        )
        return replace(telling, is_flat=is_flat, handoff=handoff)

    def note_soft(self, weighed: Weighed) -> None:
        """Note where a soft budget is used up: a hard one had stopped the session there."""
        for session_id, statuses in weighed.evaluation.by_session.items():
            if not weighed.sessions[session_id].is_busy:
                continue
            for status in statuses:
                is_used_up = status.spent >= status.budget.limit
                key = _key(status, session_id)
                if status.budget.is_hard or not is_used_up or key in self._noted:
                    continue
                self._noted.add(key)
                agent = weighed.sessions[session_id].traits.agent
                self._write(
                    _entry(
                        status,
                        weighed.world.now,
                        kind="would-stop",
                        session_id=session_id,
                        agent=agent,
                    )
                )

    def _note_told(self, thread: Thread, told: frozenset[_Key]) -> None:
        self._told.pop(thread, None)
        if told:
            self._told[thread] = told
        while len(self._told) > _MOST_TOLD:
            del self._told[next(iter(self._told))]

    def _note(self, ask: Ask, ruling: Ruling, decision: Decision, now: datetime) -> None:
        if ruling.action == "pass":
            return
        event = _entry(
            ruling.causes[0], now, kind=ruling.action, session_id=ask.session_id, agent=ask.agent
        )
        text = decision.reason or decision.notice
        self._write(
            replace(event, thread_id=ask.thread_id, event=ask.event, tool=ask.tool, text=text)
        )

    def _note_unread(self, ask: Ask, footing: Footing, now: datetime) -> None:
        is_concerned = any(
            one.budget.is_hard and one.budget.scope not in OF_ONE for one in footing.statuses
        )
        if not is_concerned or ask.session_id in self._unread:
            return
        self._unread.add(ask.session_id)
        text = "old logs are not read yet: what is known of this window is the least that was spent"
        log.info("a session passes, though %s", text)
        self._write(
            GateEvent(
                at=now,
                kind="unread",
                session_id=ask.session_id,
                agent=ask.agent,
                event=ask.event,
                text=text,
            )
        )

    def _write(self, event: GateEvent) -> None:
        try:
            self._journal.note(event)
        except StoreError as error:  # what was decided holds all the same
            log.warning("the audit lacks an entry: %s", error.what)


def _in_grace(session_id: str, footing: Footing) -> frozenset[_Key]:
    return frozenset(
        _key(one, session_id)
        for one in footing.statuses
        if one.budget.is_hard and pressure(one, footing) == "grace"
    )


def _key(status: BudgetStatus, session_id: str) -> _Key:
    return _Key(status.budget.budget_id, window_name(status), session_id)


def _entry(
    status: BudgetStatus, now: datetime, *, kind: EventKind, session_id: str, agent: str
) -> GateEvent:
    return GateEvent(
        at=now,
        kind=kind,
        session_id=session_id,
        agent=agent,
        budget_id=status.budget.budget_id,
        unit=status.budget.unit,
        limit=status.budget.limit,
        spent=status.spent,
        reserved=status.reserved,
        window=window_name(status),
    )
