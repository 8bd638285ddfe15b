"""One round of sending: which days changed, which of them are due, and what became of each.

Used by the daemon and by `aicost team`. One process at a time: `sending_lock`.
"""

import fcntl
import os
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

Promised = tuple[int, int]  # people of a published group at least; months that days are kept
MOST_SKEW_S = 300.0  # more, and one of the two clocks is wrong: a day may end too early
_TRIES = 3  # of one day in one round, where the server knows a later revision each time


class Sink(Protocol):
    """Where days go."""

    skew_s: float  # how far our clock is ahead of theirs

    def address_of(self, day: date) -> str:
        """Return where a day goes, as its receipt says it."""

    def put(self, day: date, body: bytes) -> Answer:
        """Send a day. Raises SyncRejected where no other day would be taken either."""

    def promise(self) -> Promised | None:
        """Return what is promised by now, None if nothing is. Raises SyncRejected."""

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
    skew_s: float = field(default=0.0, compare=False)  # how far our clock is ahead of theirs


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which days are asked for: those that are over, from `since` on, and not settled."""

    since: date
    key: bytes
    now: datetime
    only_unsent: bool = False  # not those that may have changed since they were sent


def offered_days(ledger: Ledger, outbox: Outbox, asked: Asked) -> Iterator[Ready]:
    """Yield days as they are, and where they would stand. Writes no place.

    Raises sqlite3.Error, StoreError.
    """
    today, places, skipped = asked.now.date(), outbox.places(), outbox.settled()
    if asked.only_unsent:
        skipped |= {place.day for place in places.values() if place.state != "due"}
    outbox.note_happened(happened(ledger.db), today)
    days = (d for d in schedule.closed_days(asked.since, today) if d.isoformat() not in skipped)
    for document in documents(ledger, outbox, days, today):
        known = places.get(document.day)
        if known is None and not schedule.says_something(document):
            continue
        due_s = schedule.due_s(asked.key, date.fromisoformat(document.day))
        yield Ready(offered(known, document.day, content_hash(document), due_s), document)


def note_offered(outbox: Outbox, found: Iterable[Ready], places: Mapping[str, Place]) -> None:
    """Keep where days stand now: a revision is on disk before it is used. Raises StoreError."""
    for one in found:
        if one.place is not places.get(one.place.day):
            outbox.write(one.place, final=one.document.final)


def is_wanted(place: Place, now: datetime, *, at_once: bool) -> bool:
    """Say whether a day is to be sent now; `at_once`: although its time has not come."""
    return place.state == "due" and (at_once or place.is_due(now.timestamp()))


def found_only(found: Iterable[Ready]) -> Round:
    """Return a round in which nobody was asked."""
    done = Round()
    for place in (one.place for one in found):
        if place.state == "parked":
            done.parked[place.day] = place.why
        elif place.state == "due":
            done.waiting.append(place.day)
    return done


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

    def round(
        self, found: Sequence[Ready], *, at_once: bool, promised: Promised | None = None
    ) -> Round:
        """Send the days whose time has come; `at_once`: all that are over. Raises StoreError.

        Nothing is sent any more if less is promised than was.
        """
        now = self._now()
        wanted = [one for one in found if is_wanted(one.place, now, at_once=at_once)]
        done = found_only(one for one in found if one not in wanted)
        if wanted and promised is not None:
            self._check(wanted[0], promised, done)
        for one in wanted:
            if not (done.stopped or done.failed):
                self._send(one, done)
            if done.stopped or done.failed:
                done.waiting.append(one.place.day)
        done.waiting.sort()
        done.skew_s = self._sink.skew_s if wanted else 0.0
        return done

    def _check(self, first: Ready, promised: Promised, done: Round) -> None:
        try:
            told = self._sink.promise()
        except SyncRejected:
            place = answered(first.place, Later(), self._now().timestamp(), self._chance())
            self._outbox.write(place, final=first.document.final)
            self._note(place, Later(), done)
            return
        if told is not None and (told[0] < promised[0] or told[1] > promised[1]):
            done.stopped = (
                f"the server promised groups of {promised[0]} and {promised[1]} months;"
                f" now it promises groups of {told[0]} and {told[1]} months"
            )
            self._outbox.pause(done.stopped)

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
            case Behind():  # again and again: another device writes as this one
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
