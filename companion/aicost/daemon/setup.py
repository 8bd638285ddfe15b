"""What the daemon and a single command need alike: settings, homes, prices, time zone."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aicost.core.errors import ConfigError
from aicost.core.prices import PriceBook
from aicost.daemon.engine import Engine, open_engine
from aicost.platform.config import load_settings
from aicost.platform.dirs import Dirs
from aicost.platform.timezone import local_zone
from aicost.prices.book import is_stale, load_price_book, refresh_price_book
from aicost.sources.claude.homes import home_folders

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Setup:
    """The settings of one run."""

    dirs: Dirs
    zone: ZoneInfo
    book: PriceBook
    homes: tuple[str, ...]  # that this environment and the config name
    configured: tuple[str, ...] = ()  # those of them that only the config names

    def asked_homes(self, homes: object) -> list[str]:
        """Return the folders a caller asks about: those of its environment and the config's.

        Raises ConfigError.
        """
        named = named_homes(homes)
        return list(dict.fromkeys([*named, *self.configured])) if named else []

    def open_engine(self, homes: Iterable[str] = ()) -> Engine:
        """Open the ledger for writing. Raises StoreError."""
        return open_engine(self.dirs, book=self.book, zone=self.zone, homes={*self.homes, *homes})


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
    homes = home_folders(env, settings.claude_homes)
    for home in homes:
        _check_name(home)
    by_env = home_folders(env)
    return Setup(
        dirs=dirs,
        zone=ZoneInfo(settings.timezone or local_zone(env)),
        book=load_price_book(dirs.prices_dir),
        homes=tuple(homes),
        configured=tuple(home for home in homes if home not in by_env),
    )


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
