"""A member of a team: what was joined, with which key, and a round of sending for it.

Nothing of it is imported before somebody joined, or asks what joining would send.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from aicost import __version__
from aicost.core.audit import GateEvent
from aicost.core.errors import ConfigError
from aicost.core.team.pseudonyms import read_key
from aicost.core.team.schedule import DAYS_BACK
from aicost.core.team.words import Projects
from aicost.daemon.sending import (
    Asked,
    Ledger,
    Ready,
    Round,
    Sender,
    Sink,
    found_only,
    is_wanted,
    note_offered,
    offered_days,
)
from aicost.daemon.setup import load_book
from aicost.platform.dirs import Dirs
from aicost.platform.membership import Membership, load_membership
from aicost.platform.secrets import SecretStore, TeamSecrets
from aicost.prices.book import load_price_book
from aicost.store.connection import connect_readonly, snapshot, store_errors
from aicost.store.journal import read_events
from aicost.store.outbox import Outbox
from aicost.store.team_days import Naming
from aicost.sync.receipts import Receipts
from aicost.sync.source import Source

CLIENT = f"aicost/{'.'.join(__version__.split('.')[:2])}"  # no more: it would tell machines apart
_OWN_PRICES = "own"  # a book with the user's prices has an id that nobody else has
_LOOK_REST_S = 6 * 3600.0  # between looks at days that were sent
_KEY_HINT = "aicost team leave"


@dataclass(frozen=True, slots=True)
class Member:
    """Who sends, to whom."""

    membership: Membership
    secrets: TeamSecrets

    @property
    def key(self) -> bytes:
        """The key that all names are derived from. Raises ConfigError."""
        try:
            return read_key(self.secrets.key)
        except ValueError as error:
            raise ConfigError("the team's key is damaged", hint=_KEY_HINT) from error

    @property
    def source(self) -> Source:
        """Who this is for the team. Raises ConfigError."""
        secrets = self.secrets
        return Source(
            team=self.membership.team, key=self.key, device=secrets.device, token=secrets.token
        )


def load_member(dirs: Dirs) -> Member | None:
    """Return who sends, None if nothing was joined. Raises ConfigError."""
    membership = load_membership(dirs.team_file)
    if membership is None:
        return None
    secrets = SecretStore(dirs.team_secret_file).load()
    if secrets is None:
        raise ConfigError(
            f"the key for the team {membership.team} is gone",
            why=f"neither the keyring nor {dirs.team_secret_file} has it",
            hint="aicost team import-key",
        )
    return Member(membership, secrets)


def open_sink(member: Member, now: Callable[[], datetime]) -> Sink:
    """Return the way to the team. Raises ConfigError, SyncRejected."""
    membership = member.membership
    if membership.is_folder:
        from aicost.sync.folder_sink import FolderSink

        return FolderSink(Path(membership.sink), member.source)
    from aicost.sync.backend import Backend, open_client

    return Backend(membership.sink, member.source, client=open_client(CLIENT), now=now)


def naming(dirs: Dirs, member: Member | None) -> Naming:
    """Return how days are named; without a member as if one joined now. Raises ConfigError."""
    listed, in_use = load_price_book(dirs.prices_dir), load_book(dirs)
    is_public = listed.book_id == in_use.book_id and not listed.recipe.fetched
    known, book = load_price_book(None).model_price, in_use.book_id
    book = book if is_public else _OWN_PRICES
    if member is None:
        return Naming(known=known, client=CLIENT, price_book=book)
    membership = member.membership
    team_key = member.secrets.project_key if membership.hashes_projects else ""
    return Naming(
        known=known,
        projects=Projects(labels=membership.labels, team_key=bytes.fromhex(team_key)),
        billing=membership.billing,
        client=CLIENT,
        cohort=membership.cohort,
        price_book=book,
    )


@contextmanager
def open_ledger(dirs: Dirs, member: Member | None, now: datetime) -> Iterator[Ledger]:
    """Open what days are made from, at one moment of it. Raises StoreError, ConfigError."""
    first = datetime.combine(now.date() - timedelta(days=DAYS_BACK + 1), time(), UTC)
    events = read_events(dirs.journal_file, first)

    def between(start: datetime, end: datetime) -> Sequence[GateEvent]:
        return [one for one in events if start <= one.at < end]

    with (
        store_errors(dirs.ledger_file),
        closing(connect_readonly(dirs.ledger_file)) as db,
        snapshot(db),
    ):
        yield Ledger(db=db, naming=naming(dirs, member), events=between)


def previewed(
    dirs: Dirs, member: Member | None, since: date, now: datetime, *, is_joined: bool = True
) -> tuple[Ready, ...]:
    """Return each day that would be sent by now, as it would be. Raises AicostError.

    Before joining (`is_joined` is false, or there is no member) no outbox is looked at or made.
    """
    key = b"" if member is None else member.key
    is_kept = member is not None and is_joined
    with (
        open_ledger(dirs, member, now) as ledger,
        closing(_outbox(dirs, member) if member and is_kept else Outbox.in_memory()) as outbox,
    ):
        found = offered_days(ledger, outbox, Asked(since=since, key=key, now=now))
        return tuple(one for one in found if one.place.state == "due")


def send(
    dirs: Dirs,
    member: Member,
    *,
    now: Callable[[], datetime],
    at_once: bool = False,
    chance: Callable[[], float] = random.random,
) -> Round:
    """Send what is due; `at_once`: all that is over, whatever was waited for. Raises AicostError.

    Needs the sending lock.
    """
    with closing(_outbox(dirs, member)) as outbox:
        if at_once:
            outbox.resume()
        elif outbox.paused:
            return Round(stopped=outbox.paused)
        elif now().timestamp() < outbox.not_before_s:
            return Round(failed=True)
        found = _looked(dirs, member, outbox, now())
        if not any(is_wanted(one.place, now(), at_once=at_once) for one in found):
            return found_only(found)
        with closing(open_sink(member, now)) as sink:
            sender = Sender(outbox, sink, Receipts(dirs.receipts_file), now, chance)
            membership = member.membership
            return sender.round(
                found, at_once=at_once, promised=(membership.k, membership.retention_months)
            )


def _looked(dirs: Dirs, member: Member, outbox: Outbox, now: datetime) -> tuple[Ready, ...]:
    """Return the days that may have to be sent; where they stand is on disk then.

    A day that was sent is looked at only now and then: it takes some time, and changes seldom.
    """
    at_s = now.timestamp()
    asked = Asked(
        since=member.membership.since,
        key=member.key,
        now=now,
        only_unsent=outbox.looked_s <= at_s < outbox.looked_s + _LOOK_REST_S,
    )
    with open_ledger(dirs, member, now) as ledger:
        places = outbox.places()
        found = tuple(offered_days(ledger, outbox, asked))
    note_offered(outbox, found, places)
    if not asked.only_unsent:
        outbox.note_look(at_s)
    return found


def _outbox(dirs: Dirs, member: Member) -> Outbox:
    return Outbox.open(dirs.outbox_file, member.membership.name)
