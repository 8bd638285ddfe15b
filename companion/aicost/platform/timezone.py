"""Which time zone the user's days are in: its IANA name."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from aicost.core.errors import ConfigError

_FIXED_OFFSET = re.compile(r"(?:<[^>]*>|[A-Za-z]{3,})([+-]?)(\d{1,2})(?::?00)?")
_TREES = ("posix/", "right/")  # other copies of the whole zone tree


def local_zone(env: Mapping[str, str], *, etc: Path = Path("/etc")) -> str:
    """Return the name of this environment's zone: `TZ`, else the machine's, else "UTC".

    A `TZ` with rules of its own ("CET-1CEST,M3…") has no name; the machine's zone stands in.
    """
    return _named_by(env.get("TZ", "")) or _of_machine(etc) or "UTC"


def check_zone(name: str) -> str:
    """Return `name` if it is a time zone. Raises ConfigError with the nearest names if not."""
    if _is_zone(name):
        return name
    zones = {zone.lower(): zone for zone in sorted(available_timezones())}
    by_city = {zone.rpartition("/")[2]: zone for zone in zones}
    wanted = name.strip().lower().replace(" ", "_")
    near = difflib.get_close_matches(wanted, [*zones, *by_city], n=1, cutoff=0.7)
    hint = zones[by_city.get(near[0], near[0])] if near else "Europe/Berlin, America/New_York, UTC"
    raise ConfigError(
        f"there is no time zone {name!r}",
        why="days are counted in a zone of the IANA list",
        hint=hint,
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown; not a name; a folder of zones
        return False
    return True


def _named_by(tz: str) -> str | None:
    tz = tz.removeprefix(":")
    if tz.startswith("/"):
        return _below_zoneinfo(tz)
    if tz and _is_zone(tz):
        return tz
    if fixed := _FIXED_OFFSET.fullmatch(tz):
        hours = int(fixed[2])
        name = f"Etc/GMT{fixed[1] or '+'}{hours}" if hours else "UTC"  # both count westward
        return name if _is_zone(name) else None
    return None


def _of_machine(etc: Path) -> str | None:
    localtime, written = etc / "localtime", etc / "timezone"
    if localtime.is_symlink() and (name := _below_zoneinfo(os.path.realpath(localtime))):
        return name
    try:
        name = written.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # only some distributions write it
        return None
    return name if _is_zone(name) else None


def _below_zoneinfo(path: str) -> str | None:
    """Return `Europe/Berlin` for a file of that name in any zone tree."""
    name = path.rpartition("/zoneinfo/")[2] if "/zoneinfo/" in path else ""
    for tree in _TREES:
        name = name.removeprefix(tree)
    return name if name and _is_zone(name) else None
