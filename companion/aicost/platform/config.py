"""config.toml to Settings. Names the file and the line of whatever cannot be used."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aicost.core.attribution import DEFAULT_TICKET_PATTERN
from aicost.core.budget import Budget
from aicost.core.errors import ConfigError
from aicost.core.live_counters import Receiver
from aicost.core.patterns import check_ticket_pattern
from aicost.core.repos import repo_key
from aicost.platform.config_budgets import (
    GRACE_PERMILLE,
    Fail,
    context_of,
    desktop_of,
    fail_of,
    grace_of,
    parse_budgets,
)
from aicost.platform.config_lines import line_in_array, line_of, parse_toml
from aicost.platform.timezone import check_zone

KEYS = (
    "timezone",
    "sources.claude.homes",
    "sources.codex.homes",
    "attribution.ticket_pattern",
    "prices.url",
    "projectmap",
    "gate.fail",
    "gate.grace_percent",
    "nudges.desktop",
    "nudges.context_usd",
    "outcomes.gh",
    "otlp.endpoint",
    "otlp.temporality",
)
_BUDGETS = "budgets"  # an array of tables: see aicost budget
_TABLES = frozenset({"projectmap"})  # the user names what is in them
_EDIT = "aicost config edit"
_MAX_PROJECT_CHARS = 80
_URL = re.compile(r"https://[^\s/?#@]+(/\S*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user set. A default means "not set"."""

    timezone: str | None = None  # an IANA name, checked
    claude_homes: tuple[str, ...] = ()  # added to those of the environment; absolute or `~/…`
    codex_homes: tuple[str, ...] = ()  # the same
    ticket_pattern: str = DEFAULT_TICKET_PATTERN  # checked; "": branches name no tickets
    projects: tuple[tuple[str, str], ...] = ()  # pattern and project, in the file's order
    prices_url: str | None = None  # whence `prices update` may fetch; None: it never goes online
    budgets: tuple[Budget, ...] = ()  # in the file's order
    gate_fail: Fail = "open"  # what an agent does while the daemon does not answer
    grace_permille: int = GRACE_PERMILLE  # of a hard limit, kept free to save the work
    desktop_nudges: bool = False
    context_nusd: int | None = None  # a prompt that costs so much is worth a word; None: not set
    asks_gh: bool = False  # of pull requests: goes online
    receiver: Receiver | None = None  # of live counters; None: nobody is told


def load_settings(path: Path) -> Settings:
    """Read the configuration; without a file, everything is default. Raises ConfigError."""
    return parse_settings(read_config(path), str(path))


def read_config(path: Path) -> bytes:
    """Return what the file holds, nothing if there is none. Raises ConfigError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ConfigError(
            f"cannot read {path}", why=error.strerror or str(error), hint=f"ls -l {path}"
        ) from error


def parse_settings(content: bytes, name: str) -> Settings:
    """Parse the bytes of a configuration; `name` is what errors call the file.

    Raises ConfigError.
    """
    text, tables = parse_toml(content, name, _EDIT)
    values = dict(_flat(tables))
    where = _Where(name, text)
    for key in values:
        if key not in (*KEYS, _BUDGETS):
            raise where.unknown(key)
    return Settings(
        timezone=_zone(values.get("timezone"), where),
        claude_homes=_folders(values, "sources.claude.homes", where),
        codex_homes=_folders(values, "sources.codex.homes", where),
        ticket_pattern=_ticket_pattern(values, "attribution.ticket_pattern", where),
        projects=_projects(values, "projectmap", where),
        prices_url=_url(values, "prices.url", where),
        budgets=parse_budgets(values.get(_BUDGETS), where.of_budget),
        gate_fail=fail_of(values.get("gate.fail"), where.of("gate.fail")),
        grace_permille=grace_of(values.get("gate.grace_percent"), where.of("gate.grace_percent")),
        desktop_nudges=desktop_of(values.get("nudges.desktop"), where.of("nudges.desktop")),
        context_nusd=context_of(values.get("nudges.context_usd"), where.of("nudges.context_usd")),
        asks_gh=_asks_gh(values, "outcomes.gh", where),
        receiver=_receiver(values, where),
    )


def check_key(key: str) -> None:
    """Raise ConfigError unless there is a setting of this name."""
    table, _, name = key.partition(".")
    if key in KEYS or (name and table in _TABLES):
        return
    near = difflib.get_close_matches(key, KEYS, n=1)
    if table == _BUDGETS:
        raise ConfigError("budgets have a command of their own", hint="aicost budget list")
    raise ConfigError(
        f"unknown setting {key}",
        why=f"settings are {', '.join(KEYS)}",
        hint=f"aicost config get {near[0] if near else KEYS[0]}",
    )


@dataclass(frozen=True, slots=True)
class _Where:
    """Names places in one file."""

    name: str
    text: str

    def of(self, key: str) -> str:
        return f"{self.name}:{line_of(self.text, key)}"

    def of_budget(self, position: int, key: str) -> str:
        return f"{self.name}:{line_in_array(self.text, _BUDGETS, position, key)}"

    def unknown(self, key: str) -> ConfigError:
        near = difflib.get_close_matches(key, KEYS, n=1)
        return ConfigError(
            f"unknown setting {key} ({self.of(key)})",
            why=f"settings are {', '.join(KEYS)}",
            hint=f"write {near[0]}" if near else f"delete line {line_of(self.text, key)}",
        )


def _flat(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """Return dotted keys and their values; tables are opened as far as a known key goes."""
    found: list[tuple[str, object]] = []
    for key, value in table.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, dict) and any(known.startswith(f"{dotted}.") for known in KEYS):
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
            f"{key} is not a list of folders ({where.of(key)})",
            hint=f'homes = ["~/.{key.split(".")[1]}"]',
        )
    for folder in value:
        if not f"{folder}/".startswith(("/", "~/")):
            raise ConfigError(
                f"{key} has a folder that is not absolute: {folder!r} ({where.of(key)})",
                why="the daemon is started from any folder, and knows no home but yours",
                hint=f'homes = ["~/{folder.lstrip("~")}"]',
            )
    return tuple(value)


def _asks_gh(values: Mapping[str, object], key: str, where: _Where) -> bool:
    value = values.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{key} is neither true nor false ({where.of(key)})", hint="gh = true")
    return value


def _url(values: Mapping[str, object], key: str, where: _Where) -> str | None:
    value = values.get(key)
    if value is None or (isinstance(value, str) and _URL.fullmatch(value)):
        return value
    raise ConfigError(
        f"{key} is not an address that prices may come from ({where.of(key)})",
        why="it begins with https://, names no user, and only this machine may do without the s",
        hint='url = "https://prices.example.com/data.json"',
    )


def _receiver(values: Mapping[str, object], where: _Where) -> Receiver | None:
    endpoint, temporality = values.get("otlp.endpoint"), values.get("otlp.temporality")
    if temporality not in (None, "cumulative", "delta"):
        raise ConfigError(
            f"otlp.temporality is neither cumulative nor delta ({where.of('otlp.temporality')})",
            hint='temporality = "cumulative"',
        )
    if endpoint is None:
        return None
    if not isinstance(endpoint, str) or not _URL.fullmatch(endpoint) or {"?", "#"} & set(endpoint):
        raise ConfigError(
            f"otlp.endpoint is not an address of a receiver ({where.of('otlp.endpoint')})",
            why="it begins with https://, names no user; only this machine may do without the s",
            hint='endpoint = "http://127.0.0.1:4318"',
        )
    return Receiver(endpoint, "delta" if temporality == "delta" else "cumulative")


def _ticket_pattern(values: Mapping[str, object], key: str, where: _Where) -> str:
    value = values.get(key, DEFAULT_TICKET_PATTERN)
    hint = f"ticket_pattern = '{DEFAULT_TICKET_PATTERN}'"
    if not isinstance(value, str):
        raise ConfigError(f"{key} is not a text: {value!r} ({where.of(key)})", hint=hint)
    if value:
        try:
            check_ticket_pattern(value)
        except ValueError as error:
            what = f"{key} cannot be used ({where.of(key)})"
            raise ConfigError(what, why=str(error), hint=hint) from error
    return value


def _projects(values: Mapping[str, object], key: str, where: _Where) -> tuple[tuple[str, str], ...]:
    table = values.get(key, {})
    if not isinstance(table, dict):
        raise ConfigError(
            f"{key} is not a table of names ({where.of(key)})",
            hint='[projectmap], and below it lines like "github.com/acme/*" = "acme"',
        )
    for pattern, project in table.items():
        if isinstance(project, dict):
            raise _unquoted(pattern, project, where)
        _check_project(pattern, project, where.of(f"{key}.{pattern}"))
    return tuple(table.items())


def _unquoted(pattern: str, rest: object, where: _Where) -> ConfigError:
    """Say that `github.com = "x"` is three names to TOML, not two."""
    while isinstance(rest, dict) and rest:
        name, rest = next(iter(rest.items()))
        pattern += f".{name}"
    return ConfigError(
        f"projectmap has a pattern without quotes ({where.of(f'projectmap.{pattern}')})",
        why="its dots part it",
        hint=f'"{pattern}" = "{rest}"',
    )


def _check_project(pattern: str, project: object, place: str) -> None:
    """Raise ConfigError unless a pattern can cover something, and a project has a name."""
    if not isinstance(project, str) or not _is_name(project):
        raise ConfigError(
            f"projectmap has no name for a project: {project!r} ({place})",
            why=f"a name is a line of text of at most {_MAX_PROJECT_CHARS} characters",
            hint='"github.com/acme/*" = "acme"',
        )
    is_folder = pattern.startswith(("/", "~"))
    if not is_folder and ("@" in pattern or ":" in pattern):  # never shown: it may hold a password
        raise ConfigError(
            f"projectmap names a repository by its address ({place})",
            why="repositories are known by host and path",
            hint=f'"{repo_key(pattern) or "github.com/acme/*"}" = "{project}"',
        )
    if not f"{pattern}/".startswith(("/", "~/")) and is_folder:
        raise ConfigError(
            f"projectmap has a folder that is not absolute: {pattern!r} ({place})",
            why="only your own home can be written as ~",
            hint=f'"~/{pattern.lstrip("~")}" = "{project}"',
        )
    if not pattern or {".", ".."} & set(pattern.split("/")):
        raise ConfigError(
            f"projectmap has a pattern that covers nothing: {pattern!r} ({place})",
            why="folders begin with / or ~/, repositories with a host or a name",
            hint=f'"~/work/acme" = "{project}"',
        )


def _is_name(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= _MAX_PROJECT_CHARS
