"""config.toml to Settings. Names the file and the line of whatever cannot be used."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aicost.core.errors import ConfigError
from aicost.platform.timezone import check_zone

_KNOWN = ("timezone", "sources.claude.homes", "prices.url")
_URL = re.compile(r"https://[^\s/?#@]+(/\S*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user set. A default means "not set"."""

    timezone: str | None = None  # an IANA name, checked
    claude_homes: tuple[str, ...] = ()  # added to those of the environment; absolute or `~/…`
    prices_url: str | None = None  # whence `prices update` may fetch; None: it never goes online


def load_settings(path: Path) -> Settings:
    """Read the configuration; without a file, everything is default. Raises ConfigError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise ConfigError(
            f"cannot read {path}", why=error.strerror or str(error), hint=f"ls -l {path}"
        ) from error
    return parse_settings(content, str(path))


def parse_settings(content: bytes, name: str) -> Settings:
    """Parse the bytes of a configuration; `name` is what errors call the file.

    Raises ConfigError.
    """
    try:
        text = content.decode()
        values = dict(_flat(tomllib.loads(text)))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"not UTF-8 text ({name}:{line})", hint=f"edit {name}") from error
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(str(error), text, name) from error
    except RecursionError as error:
        raise ConfigError(f"nested too deep ({name}:1)", hint=f"edit {name}") from error
    where = _Where(name, text)
    for key in values:
        if key not in _KNOWN:
            raise where.unknown(key)
    return Settings(
        timezone=_zone(values.get("timezone"), where),
        claude_homes=_folders(values, "sources.claude.homes", where),
        prices_url=_url(values, "prices.url", where),
    )


@dataclass(frozen=True, slots=True)
class _Where:
    """Names places in one file."""

    name: str
    text: str

    def of(self, key: str) -> str:
        return f"{self.name}:{_line_of(self.text, key)}"

    def unknown(self, key: str) -> ConfigError:
        near = difflib.get_close_matches(key, _KNOWN, n=1)
        return ConfigError(
            f"unknown setting {key} ({self.of(key)})",
            why=f"settings are {', '.join(_KNOWN)}",
            hint=f"write {near[0]}" if near else f"delete line {_line_of(self.text, key)}",
        )


def _flat(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """Return dotted keys and their values; tables are opened as far as a known key goes."""
    found: list[tuple[str, object]] = []
    for key, value in table.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, dict) and any(known.startswith(f"{dotted}.") for known in _KNOWN):
            found += _flat(value, f"{dotted}.")
        else:
            found.append((dotted, value))
    return found


def _zone(value: object, where: _Where) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigError(
            f"timezone is not a text: {value!r} ({where.of('timezone')})",
            hint='timezone = "Europe/Berlin"',
        )
    try:
        return check_zone(value)
    except ConfigError as error:
        raise ConfigError(
            f"{error.what} ({where.of('timezone')})",
            why=error.why,
            hint=f'timezone = "{error.hint.partition(",")[0]}"',
        ) from error


def _folders(values: Mapping[str, object], key: str, where: _Where) -> tuple[str, ...]:
    value = values.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(
            f"{key} is not a list of folders ({where.of(key)})", hint='homes = ["~/.claude"]'
        )
    for folder in value:
        if not f"{folder}/".startswith(("/", "~/")):
            raise ConfigError(
                f"{key} has a folder that is not absolute: {folder!r} ({where.of(key)})",
                why="the daemon is started from any folder, and knows no home but yours",
                hint=f'homes = ["~/{folder.lstrip("~")}"]',
            )
    return tuple(value)


def _url(values: Mapping[str, object], key: str, where: _Where) -> str | None:
    value = values.get(key)
    if value is None or (isinstance(value, str) and _URL.fullmatch(value)):
        return value
    raise ConfigError(
        f"{key} is not an address that prices may come from ({where.of(key)})",
        why="it begins with https://, names no user, and only this machine may do without the s",
        hint='url = "https://prices.example.com/data.json"',
    )


def _line_of(text: str, key: str) -> int:
    """Return the line (from 1) that sets a dotted key, or its table, or the file's first."""
    best, best_line, table = 0, 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        name, is_header = _named_in(line)
        if not name:
            continue
        written = name if is_header else table + name
        if is_header:
            table = f"{name}."
        fits = key == written or key.startswith(f"{written}.")
        if fits and len(written) > best:
            best, best_line = len(written), number
    return best_line


def _named_in(line: str) -> tuple[str, bool]:
    """Return the table or the key that a line names ("" for neither), and whether a table.

    By plain searches: a pattern would take minutes for a line of spaces.
    """
    line = line.lstrip()
    if line.startswith("["):
        name, end, _ = line.lstrip("[").partition("]")
        return _plain(name) if end else "", True
    name, equals, _ = line.partition("=")
    return _plain(name) if equals and "#" not in name else "", False


def _plain(key: str) -> str:
    return re.sub(r"[\s\"']", "", key)


def _not_toml(message: str, text: str, name: str) -> ConfigError:
    said, _, place = message.partition(" (at ")
    number = re.search(r"line (\d+)", place)
    line = int(number[1]) if number else len(text.splitlines()) or 1  # "at end of document"
    return ConfigError(f"not valid TOML ({name}:{line})", why=said, hint=f"edit {name}")
