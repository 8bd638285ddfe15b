"""What sources ask of the server: to join, to send a day, to see what there is of theirs, to go.

Each function is one transaction's work, in a thread of its own; it raises Refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from aicost.core.team.checking import Fault, NotADocument, parse_document
from aicost.core.team.documents import body_hash
from aicost.core.team.pseudonyms import epoch_of
from aicost.team import access
from aicost.team.bodies import Refused
from aicost.team.database import Database, Transaction
from aicost.team.days import (
    MOST_DEVICES,
    Put,
    Slot,
    Source,
    TooManyDevices,
    WrongEpoch,
    WrongSecret,
    forget_source,
    known_source,
    own_source,
    put_day,
    revisions,
    secret_hash,
)
from aicost.team.retention import first_kept_day
from aicost.team.settings import TeamSettings

_PSEUDONYM = re.compile(r"[a-z2-7]{26}")
_SECRET = re.compile(r"[0-9a-f]{64}")
_DEVICE = re.compile(r"(?:[0-9a-f]{8,16})?")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where days are kept, and under which promises."""

    database: Database
    settings: TeamSettings


@dataclass(frozen=True, slots=True)
class Caller:
    """What a source says of itself in a request."""

    token: str
    pseudonym: str
    write_secret: str
    device: str

    def checked(self) -> Self:
        """Return itself. Raises Refused for what can be no such name."""
        if not _PSEUDONYM.fullmatch(self.pseudonym):
            raise Refused(404, "no such source")
        if not _SECRET.fullmatch(self.write_secret):
            raise Refused(403, "X-Aicost-Write is missing, or no secret")
        if not _DEVICE.fullmatch(self.device):
            raise Refused(422, "X-Aicost-Device is 8 to 16 hex digits")
        return self


def take_day(desk: Desk, caller: Caller, day: str, body: bytes, today: date) -> Put:
    """Take a document. Raises Refused."""
    try:
        document = parse_document(body)
    except NotADocument as error:
        raise _faulty(error.faults) from error
    _check_day(document.day, day, desk.settings, today)
    if document.cohort is not None and document.cohort not in desk.settings.cohorts:
        raise _faulty([Fault("cohort", "one that the server offers, or null")])
    epoch = epoch_of(date.fromisoformat(document.day))
    with desk.database.transaction() as change:
        _member(change, caller.token)
        if not access.holds(change, caller.token, epoch, caller.pseudonym):
            raise Refused(
                403,
                "this token has sent under another name in this quarter",
                "one invite code is one source: aicost team import-key joins a second device",
            )
        secret = secret_hash(caller.write_secret)
        try:
            number = own_source(change, Source(caller.pseudonym, epoch, secret, document.cohort))
        except WrongSecret as error:
            raise _not_yours() from error
        except WrongEpoch as error:
            raise Refused(403, "this source is of another quarter", "aicost team sync") from error
        slot = Slot(number, caller.device, document.day)
        try:
            return put_day(change, slot, document, body_hash(body))
        except TooManyDevices as error:
            raise Refused(403, f"one source has at most {MOST_DEVICES} devices") from error


def days_of(desk: Desk, caller: Caller, first: str, last: str) -> dict[str, int]:
    """Return the revision of each day there is. Raises Refused."""
    with desk.database.transaction(reading=True) as change:
        _member(change, caller.token)
        number = _own(change, caller)
        return revisions(change, number, caller.device, first, last) if number else {}


def forget(desk: Desk, caller: Caller) -> None:
    """Delete all that a source sent; whoever has its secret may, also without a token."""
    with desk.database.transaction() as change:
        if number := _own(change, caller):
            forget_source(change, number)


def join(desk: Desk, code: str, cohort: str | None) -> str:
    """Change an invite code for a token. Raises Refused."""
    if cohort is not None and cohort not in desk.settings.cohorts:
        known = ", ".join(desk.settings.cohorts) or "none"
        raise Refused(422, "this cohort is not offered", f"the server's are: {known}")
    with desk.database.transaction() as change:
        token = access.join(change, code, cohort)
    if token is None:
        raise Refused(403, "this invite code is not known, or was used", "ask for a new one")
    return token


def leave(desk: Desk, token: str) -> None:
    """Let a token be good for nothing. Raises Refused if it is nobody's."""
    with desk.database.transaction() as change:
        _member(change, token)
        access.leave(change, token)


def _member(change: Transaction, token: str) -> access.Member:
    found = access.member(change, token)
    if found is None:
        raise Refused(401, "this token is not known", "aicost team join")
    return found


def _own(change: Transaction, caller: Caller) -> int | None:
    try:
        return known_source(change, caller.pseudonym, secret_hash(caller.write_secret))
    except WrongSecret as error:
        raise _not_yours() from error


def _check_day(document_day: str, day: str, settings: TeamSettings, today: date) -> None:
    if document_day != day:
        raise _faulty([Fault("day", "the day in the address")])
    found = date.fromisoformat(document_day)
    # What went is published: sent again, it would count twice.
    first = max(today - timedelta(days=settings.days_back), first_kept_day(today, settings))
    if not first <= found <= today + timedelta(days=settings.days_ahead):
        raise _faulty([Fault("day", f"{first} or later, and not ahead")])


def _faulty(faults: Sequence[Fault]) -> Refused:
    told = [{"field": fault.field, "why": fault.why} for fault in faults]
    return Refused(422, "the document is not as documented", more={"faults": told})


def _not_yours() -> Refused:
    return Refused(403, "this source belongs to another key")
