"""What is to be sent of each day, and when: a changed day replaces its own place in the line. Pure.

A month offline is thirty places, not a queue of events. The revision is a counter of this machine;
where the server knows a higher one (a backup was restored, the ledger was lost) we go past it.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

State = Literal["due", "sent", "parked"]  # parked: the server will not have it as it is
FIRST_DELAY_S, LONGEST_DELAY_S = 30.0, 6 * 3600.0
LONGEST_RETRY_AFTER_S = 24 * 3600.0
_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one day stands. Times are seconds since 1970."""

    day: str  # YYYY-MM-DD
    revision: int
    content_hash: str
    state: State = "due"
    attempts: int = 0  # since it last changed
    next_try_s: float = 0.0
    last_status: int | None = None  # of HTTP; None: nobody answered, or nobody was asked
    why: str = ""  # it is parked

    def is_due(self, now_s: float) -> bool:
        """Say whether it is time to send it."""
        return self.state == "due" and self.next_try_s <= now_s


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has it."""

    status: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The server has another one under this revision, or a later one."""

    have_revision: int


@dataclass(frozen=True, slots=True)
class Later:
    """It may pass by itself: nobody answered, too many requests, a server in trouble."""

    status: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Sending the same again would not help."""

    status: int
    why: str


Answer = Sent | Behind | Later | Rejected


def offered(place: Place | None, day: str, content_hash: str, due_s: float) -> Place:
    """Return the place of a day as it is now; one that did not change stays where it is."""
    if place is not None and place.content_hash == content_hash:
        return place
    revision = 1 if place is None else place.revision + 1
    return Place(day=day, revision=revision, content_hash=content_hash, next_try_s=due_s)


def answered(place: Place, answer: Answer, now_s: float, chance: float) -> Place:
    """Return what becomes of a place after an answer; `chance` is random, 0 to 1."""
    match answer:
        case Sent(status):
            return replace(place, state="sent", attempts=0, last_status=status, why="")
        case Behind(have):
            return replace(
                place, revision=max(have, place.revision) + 1, next_try_s=now_s, last_status=409
            )
        case Later(status, wait_s):
            attempts = place.attempts + 1
            pause_s = delay_s(attempts, chance) if wait_s is None else wait_s
            return replace(place, attempts=attempts, next_try_s=now_s + pause_s, last_status=status)
        case Rejected(status, why):
            return replace(place, state="parked", last_status=status, why=why)


def delay_s(attempts: int, chance: float) -> float:
    """Return how long to wait after so many failures: anything up to a doubling bound."""
    longest = FIRST_DELAY_S * 2.0 ** min(attempts - 1, 20)
    return chance * min(LONGEST_DELAY_S, longest)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After asks for, at most a day; None if it is none."""
    text = value.strip()
    if text.isdecimal() and text.isascii():
        wait_s = float(text[:10])
    else:
        try:
            until = datetime.strptime(text, _HTTP_DATE).replace(tzinfo=UTC)
        except ValueError:
            return None
        wait_s = (until - now).total_seconds()
    return min(max(0.0, wait_s), LONGEST_RETRY_AFTER_S)
