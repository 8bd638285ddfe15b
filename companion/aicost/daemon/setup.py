"""What the daemon and a single command need alike: settings, homes, prices, time zone."""

import hashlib
import logging
import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aicost.core.attribution import (
    DEFAULT_TICKET_PATTERN,
    project_of,
    project_rules,
    ticket_of,
)
from aicost.core.errors import ConfigError, StoreError
from aicost.core.live_counters import Receiver
from aicost.core.prices import PriceBook
from aicost.daemon.engine import BY_GIT, Engine, open_engine
from aicost.platform.ci import ci_job
from aicost.platform.config import Settings, load_settings
from aicost.platform.dirs import Dirs
from aicost.platform.git import repo_key_of
from aicost.platform.timezone import check_zone, local_zone
from aicost.prices.book import is_stale, load_price_book, refresh_price_book
from aicost.prices.own import own_prices_file
from aicost.sources.homes import home_folders
from aicost.store.connection import connect_readonly
from aicost.store.places import Attribution, names_of

if TYPE_CHECKING:
    from aicost.daemon.answers import Question

_REPO_KEYS = 2  # the way keys are made; another number names what the ledger has anew

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Setup:
    """The settings of one run."""

    dirs: Dirs
    zone: ZoneInfo  # that the config names, else this environment's
    book: PriceBook
    homes: tuple[str, ...]  # that this environment and the config name
    configured: tuple[str, ...] = ()  # those of them that only the config names
    is_zone_configured: bool = False
    attribution: Attribution = BY_GIT
    ticket_pattern: str = DEFAULT_TICKET_PATTERN
    receiver: Receiver | None = None  # of live counters

    def asked_homes(self, homes: object) -> list[str]:
        """Return the folders a caller asks about: those of its environment and the config's.

        Raises ConfigError.
        """
        named = named_homes(homes)
        return list(dict.fromkeys([*named, *self.configured])) if named else []

    def asked_zone(self, tz: object) -> ZoneInfo:
        """Return the zone of a caller's days: the config's, else that of its environment.

        `tz` is its variable TZ, "" where it has none; None if it does not say: ours then.
        Raises ConfigError.
        """
        if tz is None or self.is_zone_configured:
            return self.zone
        if not isinstance(tz, str):
            raise ConfigError(f"tz is not a text: {tz!r}")
        return ZoneInfo(local_zone({"TZ": tz}))

    def open_engine(self, homes: Iterable[str] = (), *, keeps_days: bool = False) -> Engine:
        """Open the ledger for writing. Raises StoreError.

        `keeps_days` leaves it the time zone that it counts days in, unless the config names one:
        one shell's TZ must not make it count all days anew.
        """
        zone = self.zone
        if keeps_days and not self.is_zone_configured:
            zone = _zone_of_ledger(self.dirs) or zone
        engine = open_engine(
            self.dirs,
            book=self.book,
            zone=zone,
            homes={*self.homes, *homes},
            attribution=self.attribution,
        )
        if self.dirs.journal_file.exists():
            from aicost.store.journal import read_tags  # (a first start has none)

            tags = read_tags(self.dirs.journal_file)  # a ledger made anew knows none
            if tags is not None:
                engine.ledger.write_tags(tags)
        return engine

    def question(self, db: sqlite3.Connection, zone: ZoneInfo) -> "Question":
        """Return what every answer of this moment depends on."""
        from aicost.daemon.answers import Question  # (what reads begins without it)

        return Question(
            db=db,
            book=self.book,
            zone=zone,
            now=datetime.now(UTC),
            ticket_of=partial(ticket_of, pattern=self.ticket_pattern),
            repo_of=lambda cwd: names_of(db, self.attribution, cwd)[1],
        )


def asked_alone(params: Mapping[str, object]) -> dict[str, object]:
    """Return what is asked, without what only says who asks and how long it waits."""
    return {key: value for key, value in params.items() if key not in ("wait", "tz")}


def _zone_of_ledger(dirs: Dirs) -> ZoneInfo | None:
    """Return the zone a ledger counts days in; None if there is none, or none that is known."""
    if not dirs.ledger_file.exists():
        return None
    from aicost.store import queries  # (a first reading begins without them)

    try:
        with closing(connect_readonly(dirs.ledger_file)) as db:
            return ZoneInfo(check_zone(queries.meta(db, "timezone")))
    except (ConfigError, StoreError, sqlite3.Error):  # what is wrong with it, its opening will say
        return None


def named_homes(homes: object) -> list[str]:
    """Return the folders a caller names (None: it names none). Raises ConfigError."""
    if homes is None:
        return []
    if not isinstance(homes, list):
        raise ConfigError("homes are not a list of folders")
    for home in homes:
        if not isinstance(home, str) or not home.startswith("/"):
            raise ConfigError(f"a home is not an absolute folder: {home!r}")
    return homes


def load_setup(dirs: Dirs, env: Mapping[str, str]) -> Setup:
    """Read the config and this environment. Raises ConfigError."""
    settings = load_settings(dirs.config_file)
    homes = home_folders(env, (*settings.claude_homes, *settings.codex_homes))
    for home in homes:
        _check_name(home)
    by_env = home_folders(env)
    return Setup(
        dirs=dirs,
        zone=ZoneInfo(settings.timezone or local_zone(env)),
        book=load_book(dirs),
        homes=tuple(homes),
        configured=tuple(home for home in homes if home not in by_env),
        is_zone_configured=settings.timezone is not None,
        attribution=_attribution(settings, env),
        ticket_pattern=settings.ticket_pattern,
        receiver=settings.receiver,
    )


def _attribution(settings: Settings, env: Mapping[str, str]) -> Attribution:
    home = env.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - text, as logs have it
    rules = project_rules(settings.projects, (home, os.path.realpath(home)))
    digest = hashlib.sha256(repr(rules).encode()).hexdigest()[:12]
    return Attribution(
        key_of=repo_key_of,
        project_of=partial(project_of, rules=rules),
        rules=f"{_REPO_KEYS} {digest}",
        ci_job=ci_job(env),
    )


def load_book(dirs: Dirs) -> PriceBook:
    """Return the price book in use, under the user's own prices. Raises ConfigError."""
    return load_price_book(dirs.prices_dir, own_prices_file(dirs.config_file))


def _check_name(home: str) -> None:
    try:
        home.encode()
    except UnicodeEncodeError as error:  # neither the ledger nor the wire could hold it
        raise ConfigError(f"the name of a home is not UTF-8: {home!r}") from error


def renew_price_book(dirs: Dirs) -> None:
    """Compile the price book anew if the installed price library or our overrides are newer.

    A book that does not pass its checks is refused: the one in use goes on, and the log says why.
    """
    if not is_stale(dirs.prices_dir):
        return
    try:
        book = refresh_price_book(dirs.prices_dir)
    except (ConfigError, OSError) as error:
        log.warning("the price book was not renewed: %s", error)
    else:
        log.info("price book %s", book.book_id)
