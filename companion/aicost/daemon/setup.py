"""What the daemon and a single command need alike: settings, homes, prices, time zone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aicost.core.prices import PriceBook
from aicost.daemon.engine import Engine, open_engine
from aicost.platform.config import load_settings
from aicost.platform.dirs import Dirs
from aicost.platform.timezone import local_zone
from aicost.prices.book import load_price_book
from aicost.sources.claude.paths import claude_homes


@dataclass(frozen=True, slots=True)
class Setup:
    """The settings of one run."""

    dirs: Dirs
    zone: ZoneInfo
    book: PriceBook
    homes: tuple[str, ...]  # that this environment and the config name

    def open_engine(self, homes: Iterable[str] = ()) -> Engine:
        """Open the ledger for writing. Raises StoreError."""
        return open_engine(self.dirs, book=self.book, zone=self.zone, homes={*self.homes, *homes})


def load_setup(dirs: Dirs, env: Mapping[str, str]) -> Setup:
    """Read the config and this environment. Raises ConfigError."""
    settings = load_settings(dirs.config_file)
    homes = claude_homes(env, settings.claude_homes)
    return Setup(
        dirs=dirs,
        zone=local_zone(env, settings.timezone),
        book=load_price_book(dirs.prices_dir),
        homes=tuple(str(home) for home in homes),
    )
