"""Changes of config.toml that keep the rest of the file, comments and order too.

tomlkit is imported here and not in `config`: reading settings does not need it.
"""

import difflib
import os
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from aicost.core.errors import ConfigError
from aicost.platform.atomic import replace_file
from aicost.platform.config import KEYS, check_key, load_settings, parse_settings, read_config

# What `edit` begins a new file with. Without their #, all lines are valid: a test sees to it.
TEMPLATE = """\
# Settings of aicost. Take the # away from what you want to set; the daemon reads it when it starts:
# aicost daemon restart. What each does: docs/config.md

# timezone = "Europe/Berlin"                  # whose days; default: TZ, else this machine's

# [sources.claude]
# homes = ["~/work/.claude"]                  # folders to read besides those of your environment

# [sources.codex]
# homes = ["~/work/.codex"]

# [attribution]
# ticket_pattern = '[A-Z][A-Z0-9]+-[0-9]+'    # what a branch says of its ticket

# [prices]
# url = "https://prices.example.com/data.json"

# [projectmap]                                # the first line that fits names the project
# "github.com/acme/*" = "acme"
# "~/work/acme/*" = "acme"

# [outcomes]
# gh = false                                  # true: GitHub's gh tells what was merged; goes online

# [otlp]                                      # live counters for your dashboards: docs/otlp.md
# endpoint = "http://127.0.0.1:4318"          # of the receiver; nobody is told without one
# temporality = "cumulative"                  # or "delta"

# What follows is taken on at once. Or: aicost budget set day 25

# [[budgets]]
# scope = "day"                               # turn, session, 5h, week, month, plan-5h, plan-week
# amount = 25                                 # dollars; or "300k tokens", "20 requests", "2 hours"
# hard = false                                # true stops the agent; else it only tells

# [[budgets]]
# scope = "session"
# amount = "3 repeats"                        # of one failing command
# repo = "shop"                               # only there; also: branch, model, agent, env

# [gate]
# fail = "open"                               # "closed" stops agents while the daemon is not there
# grace_percent = 5                           # of a hard limit, kept free to save the work

# [nudges]
# desktop = false                             # true: advice as notifications of the desktop, too
# context_usd = 0.5                           # a prompt that costs as much is worth a word
"""

_LISTS = ("sources.claude.homes", "sources.codex.homes")
_NUMBERS = ("gate.grace_percent", "nudges.context_usd")
_SWITCHES = ("nudges.desktop", "outcomes.gh")
_SWITCHED = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_BY_HAND = "aicost config edit"

Table = MutableMapping[str, Any]  # of tomlkit or plain


@dataclass(frozen=True, slots=True)
class Makers:
    """What makes parts of a document: plain ones, or such that tomlkit can write."""

    table: Callable[[], Table]
    tables: Callable[[], list[Any]]  # an array of tables, each under a header


Change = Callable[[Table, Makers], None]
_PLAIN = Makers(dict, list)
_STYLED = Makers(tomlkit.table, tomlkit.aot)


def get_value(path: Path, key: str) -> object:
    """Return what the file sets a setting to; None if it does not. Raises ConfigError."""
    check_key(key)
    return _found(_loaded(path), _names(key))


def all_values(path: Path) -> dict[str, object]:
    """Return all that the file sets, by key, in the order of the settings. Raises ConfigError."""
    values = _loaded(path)
    found = {key: _found(values, _names(key)) for key in KEYS}
    return {key: value for key, value in found.items() if value is not None}


def set_value(path: Path, key: str, words: Sequence[str]) -> None:
    """Set one setting to the words given, of which only a list may have more than one.

    One line of the table of projects is named `projectmap.PATTERN`. Nothing is written if the file
    could not be used then. Raises ConfigError.
    """
    check_key(key)
    names = _names(key)
    if names == ["projectmap"]:
        raise ConfigError(
            "projectmap is a table", hint="aicost config set 'projectmap.github.com/acme/*' acme"
        )
    if key not in _LISTS and len(words) != 1:
        raise ConfigError(f"{key} takes one value", hint=f"aicost config set {key} 'VALUE'")
    value = list(words) if key in _LISTS else _typed(key, words[0])

    def change(table: Table, make: Makers) -> None:
        for name in names[:-1]:
            if name not in table:
                table[name] = make.table()
            table = table[name]
        table[names[-1]] = value

    change_file(path, change, lambda line: _as_command(key, line))


def unset_value(path: Path, key: str) -> bool:
    """Take one setting away; tell whether it was there. Raises ConfigError."""
    names = _names(key)
    if get_value(path, key) is None:
        return False

    def change(table: Table, _: Makers) -> None:
        for name in names[:-1]:
            table = table[name]
        del table[names[-1]]

    change_file(path, change, lambda line: _as_command(key, line))
    return True


def open_editor(path: Path, env: Mapping[str, str]) -> None:
    """Open the user's editor on the file, which is made if missing, and check what was written.

    Raises ConfigError; what cannot be used stays as it was typed.
    """
    if not path.exists():
        _write(path, TEMPLATE.encode())
    editor = env.get("VISUAL") or env.get("EDITOR") or "vi"
    try:
        code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the editor {editor!r} does not start",
            why=str(error),
            hint="EDITOR=nano aicost config edit",
        ) from error
    load_settings(path)
    if code != 0:
        raise ConfigError(f"the editor {editor!r} ended with {code}", hint=_BY_HAND)


def plain_text(value: object) -> str:
    """Return one value for a script: a text as it is, a switch as TOML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def toml_text(value: object) -> str:
    """Return a text, a list or a key as TOML writes it."""
    return tomlkit.item(value).as_string()


def _names(key: str) -> list[str]:
    table, _, pattern = key.partition(".")
    return [table, pattern] if table == "projectmap" and pattern else key.split(".")


def _loaded(path: Path) -> dict[str, Any]:
    content = read_config(path)
    parse_settings(content, str(path))
    return tomllib.loads(content.decode())


def _found(values: Mapping[str, Any], names: Sequence[str]) -> object:
    found: Any = values
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A change of a file that was looked at and not made yet."""

    path: Path
    before: bytes
    after: bytes

    def write(self) -> None:
        """Make it, unless the file is another one by now. Raises ConfigError."""
        if read_config(self.path) != self.before:
            why = "somebody else wrote it meanwhile"
            raise ConfigError(f"{self.path} was not changed", why=why, hint="aicost budget list")
        _write(self.path, self.after)

    def lines(self) -> tuple[str, ...]:
        """Return what changes: `+LINE` and `-LINE`, and ` LINE` for one above and below."""
        before, after = (text.decode().splitlines() for text in (self.before, self.after))
        found = difflib.unified_diff(before, after, n=1, lineterm="")
        return tuple(line for line in found if not line.startswith(("---", "+++", "@@")))


def change_file(
    path: Path, change: Change, advice: Callable[[str], str] = lambda line: line
) -> None:
    """Write the changed file, if it can be used and then says just what is wanted.

    `advice` makes of a line that an error suggests what the user can do. Raises ConfigError.
    """
    planned_change(path, change, advice).write()


def planned_change(
    path: Path, change: Change, advice: Callable[[str], str] = lambda line: line
) -> FileEdit:
    """Return what `change_file` would write. Raises ConfigError."""
    before = read_config(path)
    wanted = _loaded(path)
    change(wanted, _PLAIN)
    try:
        document = tomlkit.parse(before)
        change(document, _STYLED)
        changed = tomlkit.dumps(document).encode()
        found = tomllib.loads(changed.decode())
    except (TOMLKitError, LookupError, TypeError, ValueError) as error:
        raise _not_in_place(path, repr(error)) from error
    try:
        parse_settings(changed, "")
    except ConfigError as error:  # its place is in a file that there will not be
        hint = advice(error.hint)
        raise ConfigError(error.what.rpartition(" (")[0], why=error.why, hint=hint) from error
    if found != wanted:
        raise _not_in_place(path, "the change would not be what it should")
    return FileEdit(path, before, changed)


def _typed(key: str, word: str) -> object:
    """Return a word as the number or the switch that a setting is; else the word itself."""
    if key in _SWITCHES:
        return _SWITCHED.get(word.lower(), word)
    if key not in _NUMBERS:
        return word
    try:
        return int(word) if word.isdecimal() else float(word)
    except ValueError:  # the check says what it should be
        return word


def _as_command(key: str, line: str) -> str:
    """Return the command that sets what a line of the config does; else the line itself."""
    try:
        ((name, value),) = tomllib.loads(line).items()
    except ValueError:  # another advice
        return line
    table = _names(key)[0]
    setting = f"projectmap.{name}" if table == "projectmap" else key
    words = value if isinstance(value, list) else [value]
    if isinstance(value, dict) or _names(setting)[-1] != name:
        return line
    return shlex.join(["aicost", "config", "set", setting, *map(plain_text, words)])


def _not_in_place(path: Path, why: str) -> ConfigError:
    return ConfigError(f"{path} cannot be changed", why=why, hint=_BY_HAND)


def _write(path: Path, content: bytes) -> None:
    """Replace the file at once; a link, to a folder of dotfiles, stays one. Raises ConfigError."""
    try:
        replace_file(path, content)
    except OSError as error:
        why, folder = error.strerror or str(error), Path(os.path.realpath(path)).parent
        raise ConfigError(f"cannot write {path}", why=why, hint=f"ls -l {folder}") from error
