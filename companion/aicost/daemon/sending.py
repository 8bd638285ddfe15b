"""One round of sending: which days changed, which of them are due, and what became of each.

Used by the daemon and by `aicost team`. One process at a time: `sending_lock`.
"""

import fcntl
import os
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from aicost.core.audit import GateEvent
from aicost.core.errors import SyncRejected
from aicost.core.team import schedule
from aicost.core.team.documents import DayDocument, canonical_bytes, content_hash
from aicost.core.team.outbox import Answer, Behind, Later, Place, Rejected, Sent, answered, offered
from aicost.core.team.pseudonyms import epochs_between
from aicost.store.outbox import Outbox
from aicost.store.team_days import Beside, Naming, day_document
from aicost.store.team_outcomes import commits_on, happened
from aicost.sync.receipts import Receipts

_TRIES = 3  # of one day in one round, where the server knows a later revision each time


class Sink(Protocol):
    """Where days go."""

    def address_of(self, day: date) -> str:
        """Return where a day goes, as its receipt says it."""

    def put(self, day: date, body: bytes) -> Answer:
        """Send a day. Raises SyncRejected where no other day would be taken either."""

    def forget(self, epoch: str) -> None:
        """Delete what was sent in an epoch. Raises SyncRejected."""

    def close(self) -> None:
        """Let go of what is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What days are made from."""

    db: sqlite3.Connection
    naming: Naming
    events: Callable[[datetime, datetime], Sequence[GateEvent]]  # of the gate, in [start, end)


@dataclass(frozen=True, slots=True)
class Ready:
    """A day as it is now, and where it stands."""

    place: Place
    document: DayDocument

    @property
    def body(self) -> bytes:
        """The very bytes that would be sent."""
        return canonical_bytes(self.document.at_revision(self.place.revision))


@dataclass(slots=True)
class Round:
    """What a round did."""

    sent: list[str] = field(default_factory=list)  # days
    waiting: list[str] = field(default_factory=list)  # their time has not come
    parked: dict[str, str] = field(default_factory=dict)  # day -> why the server has it not
    stopped: str = ""  # why nothing more is sent
    failed: bool = False  # nobody answered, or a server in trouble did


def documents(
    ledger: Ledger, outbox: Outbox, days: Iterator[date], today: date
) -> Iterator[DayDocument]:
    """Yield days as they are now; one on which nothing happened is in it, too, without rows.

    Raises sqlite3.Error, StoreError.
    """
    for day in days:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        beside = Beside(
            events=ledger.events(start, start + timedelta(days=1)),
            outcomes=outbox.outcomes(day, commits_on(ledger.db, day)),
        )
        found = day_document(ledger.db, day, ledger.naming, beside)
        yield replace(found, final=schedule.is_settled(day, today))


def offered_days(
    ledger: Ledger, outbox: Outbox, *, since: date, key: bytes, now: datetime
) -> Iterator[Ready]:
    """Yield each day that is over and not settled, and where it would stand. Writes no place.

    Raises sqlite3.Error, StoreError.
    """
    today, places, settled = now.date(), outbox.places(), outbox.settled()
    outbox.note_happened(happened(ledger.db), today)
    days = (d for d in schedule.closed_days(since, today) if d.isoformat() not in settled)
    for document in documents(ledger, outbox, days, today):
        known = places.get(document.day)
        if known is None and not schedule.says_something(document):
            continue
        due_s = schedule.due_s(key, date.fromisoformat(document.day))
        yield Ready(offered(known, document.day, content_hash(document), due_s), document)


class Sender:
    """Sends what is due. `chance` gives random numbers from 0 to 1."""

    def __init__(
        self,
        outbox: Outbox,
        sink: Sink,
        receipts: Receipts,
        now: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._outbox, self._sink, self._receipts = outbox, sink, receipts
        self._now, self._chance = now, chance

    def round(self, ready: Iterator[Ready], places: Mapping[str, Place], *, at_once: bool) -> Round:
        """Send the days whose time has come; `at_once`: all that are over.

        Raises StoreError, sqlite3.Error. A revision is on disk before it is used.
        """
        done, now_s = Round(), self._now().timestamp()
        for one in ready:
            place = one.place
            if place is not places.get(place.day):
                self._outbox.write(place, final=one.document.final)
            if place.state == "parked":
                done.parked[place.day] = place.why
            elif place.state == "due" and (at_once or place.is_due(now_s)):
                if not (done.stopped or done.failed):
                    self._send(one, done)
                if done.stopped or done.failed:
                    done.waiting.append(place.day)
            elif place.state == "due":
                done.waiting.append(place.day)
        return done

    def _send(self, one: Ready, done: Round) -> None:
        day = date.fromisoformat(one.place.day)
        for _ in range(_TRIES):
            self._receipts.note(self._now(), self._sink.address_of(day), one.body)
            try:
                answer = self._sink.put(day, one.body)
            except SyncRejected as error:
                done.stopped = error.what
                self._outbox.pause(error.what)
                return
            place = answered(one.place, answer, self._now().timestamp(), self._chance())
            self._outbox.write(place, final=one.document.final)
            one = Ready(place, one.document)
            if not isinstance(answer, Behind):
                break
        self._note(place, answer, done)

    def _note(self, place: Place, answer: Answer, done: Round) -> None:
        match answer:
            case Sent():
                done.sent.append(place.day)
            case Rejected(_, why):
                done.parked[place.day] = why
            case Later():
                done.failed = True
                self._outbox.wait_until(place.next_try_s)
            case Behind():
                done.waiting.append(place.day)


def forget(sink: Sink, since: date, today: date) -> None:
    """Delete all that was sent since a day. Raises SyncRejected."""
    for epoch in epochs_between(since, today):
        sink.forget(epoch)


@contextmanager
def sending_lock(file: Path) -> Iterator[bool]:
    """Be the only one who sends; yield whether that is so. It ends with the process."""
    fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)
