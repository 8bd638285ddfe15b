"""To join a team, to bring the key to a second device, to have all deleted, to leave.

Each function does one thing that the user said yes to; it talks to nobody itself but the server.
"""

import binascii
import json
import secrets as random_secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from aicost.core.errors import ConfigError, SyncRejected
from aicost.core.team.checking import PATTERNS
from aicost.core.team.documents import Billing
from aicost.core.team.pseudonyms import KEY_BYTES, read_key, write_key
from aicost.core.team.schedule import DAYS_BACK, SETTLES_DAYS
from aicost.core.team.words import is_label
from aicost.daemon.sending import forget as forget_days
from aicost.daemon.teamwork import CLIENT, Member, load_member, open_sink
from aicost.platform.dirs import Dirs
from aicost.platform.membership import (
    Membership,
    drop_membership,
    load_membership,
    save_membership,
)
from aicost.platform.secrets import SecretStore, TeamSecrets
from aicost.store.outbox import Outbox
from aicost.sync.backend import About, Backend, check_address, open_client

Now = Callable[[], datetime]
_LEAST_K = 5  # less says something of one person, whatever a server calls it
_JOIN_HINT = "aicost team join https://team.example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user wants to join, and how."""

    sink: str  # as it was typed: an address, or a folder
    team: str = ""  # of a folder, which has no word of its own
    cohort: str | None = None
    since: date | None = None
    billing: Billing = "unknown"
    labels: Mapping[str, str] = field(default_factory=dict)
    hashes_projects: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What one would join; `about` is None for a folder, which promises nothing."""

    member: Member
    about: About | None


def default_since(now: datetime) -> date:
    """Return the first day that is sent where the user names none: days that are not settled."""
    return now.date() - timedelta(days=SETTLES_DAYS)


def offer(dirs: Dirs, wish: Wish, now: Now) -> Offer:
    """Ask what one would join; nothing is kept. Raises ConfigError, SyncRejected."""
    known = load_membership(dirs.team_file)
    if known is not None and not known.left:
        raise ConfigError(f"this machine sends to the team {known.team}", hint="aicost team leave")
    sink = wish.sink
    about = None if _is_folder(sink) else _asked(check_address(sink), now)
    _check(wish, about)
    since = max(wish.since or default_since(now()), _oldest(now))
    membership = Membership(
        sink=_folder(sink) if about is None else check_address(sink),
        team=_team_of(wish, about),
        k=about.k if about else 0,
        retention_months=about.retention_months if about else 0,
        since=since,
        first=min(since, known.first) if known else since,
        cohort=wish.cohort,
        billing=wish.billing,
        labels=dict(wish.labels),
        hashes_projects=wish.hashes_projects,
    )
    if known is not None and known.name != membership.name:
        raise ConfigError(
            f"the team {known.team} still has what was sent to it",
            why="another key would take its place, and only the key can have it deleted",
            hint="aicost team forget",
        )
    return Offer(Member(membership, _own_secrets(dirs)), about)


def _check(wish: Wish, about: About | None) -> None:
    for label in wish.labels.values():
        if not is_label(label):
            raise ConfigError(
                f"this is no label of a project: {label[:60]!r}",
                why="a label has up to 40 letters, digits, blanks, and ._+-",
                hint="aicost team join --help",
            )
    if about is None:
        return
    if wish.cohort is not None and wish.cohort not in about.cohorts:
        raise ConfigError(
            f"the team has no cohort {wish.cohort[:40]!r}",
            why=f"its cohorts are: {', '.join(about.cohorts) or 'none'}",
            hint="aicost team join --help",
        )
    if about.k < _LEAST_K:
        raise SyncRejected(
            f"the server reports of groups of {about.k} people",
            why=f"below {_LEAST_K} a report tells of one of them",
        )


def join(dirs: Dirs, found: Offer, code: str, now: Now) -> bool:
    """Join what was offered; return whether the keyring has the key. Raises AicostError."""
    secrets = found.member.secrets
    store = SecretStore(dirs.team_secret_file)
    store.save(secrets)  # before the code is spent
    if found.about is not None:
        url = found.member.membership.sink
        with Backend(url, client=open_client(CLIENT), now=now) as backend:
            joined = backend.join(code, found.member.membership.cohort)
        if (joined.team, joined.k) != (found.about.team, found.about.k):
            raise SyncRejected(f"the server changed its word while one joined: {url}")
        secrets = replace(
            secrets, token=joined.token, project_key=_checked_key(joined.project_key or "")
        )
    in_keyring = store.save(secrets)
    save_membership(dirs.team_file, found.member.membership)
    return in_keyring


def exported(dirs: Dirs) -> str:
    """Return the key, and what was joined with it, as one word for another device.

    Raises ConfigError.
    """
    member = _member(dirs)
    beside = {
        "token": member.secrets.token,
        "project_key": member.secrets.project_key,
        "membership": msgspec.to_builtins(member.membership),
    }
    packed = urlsafe_b64encode(json.dumps(beside, separators=(",", ":")).encode())
    return f"{write_key(member.key)}.{packed.decode().rstrip('=')}"


def imported(dirs: Dirs, text: str, now: Now) -> Offer | None:
    """Take a key from another device; return what it joined, None for a bare key.

    The key is kept; the membership is not, before the user said yes. Raises AicostError.
    """
    words, _, packed = text.strip().partition(".")
    try:
        key = write_key(read_key(words))
        beside = json.loads(urlsafe_b64decode(packed + "=" * (-len(packed) % 4))) if packed else {}
        membership = msgspec.convert(beside.get("membership"), Membership | None)
        token, team_key = str(beside.get("token", "")), str(beside.get("project_key", ""))
    except (ValueError, AttributeError, binascii.Error, RecursionError) as error:
        raise ConfigError(
            "this is no key", why="it is what `aicost team export-key` prints, whole",
            hint="aicost team export-key",
        ) from error  # fmt: skip
    store = SecretStore(dirs.team_secret_file)
    known, joined = store.load(), load_membership(dirs.team_file)
    if known is not None and known.key != key and joined is not None:
        raise ConfigError("this machine has another key", hint="aicost team leave --delete")
    device = known.device if known is not None and known.key == key else _random_device()
    secrets = TeamSecrets(key=key, device=device, token=token, project_key=_checked_key(team_key))
    store.save(secrets)
    if membership is None:
        return None
    if membership.is_folder:
        _team_of(Wish(sink=membership.sink, team=membership.team), None)
        return Offer(Member(membership, secrets), None)
    address = check_address(membership.sink)  # as it is looked at, and no other way, it is kept
    about = _asked(address, now)
    if about.team != membership.team:
        raise SyncRejected(f"there is another team now: {membership.sink}")
    membership = msgspec.structs.replace(
        membership, sink=address, k=about.k, retention_months=about.retention_months
    )
    return Offer(Member(membership, secrets), about)


def accept(dirs: Dirs, found: Offer) -> None:
    """Let this device send, too, to what its key joined. Raises ConfigError."""
    save_membership(dirs.team_file, found.member.membership)


def send_since(dirs: Dirs, since: date, now: Now) -> None:
    """Let days from one on be sent, again if they were. Raises AicostError."""
    member = _member(dirs)
    membership = member.membership
    since = max(since, _oldest(now))
    if since < membership.since:
        membership = msgspec.structs.replace(
            membership, since=since, first=min(since, membership.first)
        )
        save_membership(dirs.team_file, membership)
    with closing(Outbox.open(dirs.outbox_file, membership.name)) as outbox:
        outbox.send_again(since)


def forget(dirs: Dirs, now: Now) -> None:
    """Have all deleted that was ever sent; nothing of before today is sent again.

    Raises AicostError.
    """
    member = _member(dirs)
    membership, today = member.membership, now().date()
    with closing(open_sink(member, now)) as sink:
        forget_days(sink, membership.first, today)
    with closing(Outbox.open(dirs.outbox_file, membership.name)) as outbox:
        outbox.begin(membership.name)
    if membership.left:
        drop_membership(dirs.team_file)
        SecretStore(dirs.team_secret_file).forget()
    else:
        kept = msgspec.structs.replace(membership, since=today, first=today)
        save_membership(dirs.team_file, kept)


def leave(dirs: Dirs, now: Now) -> str:
    """Send nothing any more; return what the server would not do, "" if it did all.

    The key stays, so that what was sent can be deleted later. Raises ConfigError.
    """
    member = _member(dirs)
    membership = member.membership
    save_membership(dirs.team_file, msgspec.structs.replace(membership, left=True))
    if membership.is_folder or not member.secrets.token:
        return ""
    backend = Backend(membership.sink, member.source, client=open_client(CLIENT), now=now)
    try:
        with backend:
            backend.leave()
    except SyncRejected as error:
        return error.what
    SecretStore(dirs.team_secret_file).save(replace(member.secrets, token=""))
    return ""


def _member(dirs: Dirs) -> Member:
    member = load_member(dirs)
    if member is None:
        raise ConfigError("no team was joined", hint=_JOIN_HINT)
    return member


def _asked(url: str, now: Now) -> About:
    with Backend(url, client=open_client(CLIENT), now=now) as backend:
        return backend.about()


def _own_secrets(dirs: Dirs) -> TeamSecrets:
    """Return the key of this machine, without a token; a new one if it has none."""
    known = SecretStore(dirs.team_secret_file).load()
    if known is not None:
        return replace(known, token="", project_key="")
    key = write_key(random_secrets.token_bytes(KEY_BYTES))
    return TeamSecrets(key=key, device=_random_device())


def _random_device() -> str:
    return random_secrets.token_hex(8)


def _checked_key(team_key: str) -> str:
    """Return the team's key if it is one."""
    try:
        return team_key if len(bytes.fromhex(team_key)) >= KEY_BYTES else ""
    except ValueError:
        return ""


def _oldest(now: Now) -> date:
    return now().date() - timedelta(days=DAYS_BACK)


def _is_folder(sink: str) -> bool:
    return sink.startswith(("/", "~", "."))


def _folder(sink: str) -> str:
    path = Path(sink).expanduser().absolute()
    if not path.is_dir():
        raise ConfigError(f"there is no folder {path}", hint=f"ls -ld {path}")
    return str(path)


def _team_of(wish: Wish, about: About | None) -> str:
    if about is not None:
        return about.team
    if not PATTERNS["cohort"].fullmatch(wish.team):
        raise ConfigError(
            "how is the team called?",
            why="a folder says nothing; a name has small letters, digits, _ and -",
            hint=f"aicost team join {wish.sink} --team acme",
        )
    return wish.team


def told_promise(found: Offer) -> Mapping[str, Any]:
    """Return what to show before the user says yes: words by their label."""
    about, membership = found.about, found.member.membership
    if about is None:
        return {
            "folder": membership.sink,
            "who sees": "whoever can read the folder, each day of each pseudonym",
            "kept": "as long as the folder's owner likes",
        }
    return {
        "server": membership.sink,
        "reports": f"of groups of at least {about.k} people, by whole weeks",
        "who sees": about.who_sees_what,
        "kept": f"{about.retention_months} months",
        "team": f"{about.head_count} people" if about.head_count else "",
        "cohorts": ", ".join(about.cohorts),
    }
