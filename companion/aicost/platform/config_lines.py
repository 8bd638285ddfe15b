"""TOML with the places of what is in it: errors name file and line, and no text of the file."""

import re
import tomllib
from typing import Any

from aicost.core.errors import ConfigError


def parse_toml(content: bytes, name: str, hint: str) -> tuple[str, dict[str, Any]]:
    """Return a file's text and what it says; `name` is what errors call the file.

    Raises ConfigError, which advises `hint`.
    """
    try:
        text = content.decode()
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"not UTF-8 text ({name}:{line})", hint=hint) from error
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(str(error), text, name, hint) from error
    except RecursionError as error:
        raise ConfigError(f"nested too deep ({name}:1)", hint=hint) from error
    except ValueError as error:  # a number of thousands of digits
        raise ConfigError(f"not valid TOML ({name}:1)", hint=hint) from error


def line_of(text: str, key: str) -> int:
    """Return the line (from 1) that sets a dotted key, or its table, or the file's first."""
    best, best_line, table = 0, 1, ""
    key = _plain(key)
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


def line_in_array(text: str, array: str, position: int, key: str) -> int:
    """Return the line that sets a key in the table of an array at a position (from 0).

    Else that of the table's header, or of the whole array.
    """
    seen, found = -1, line_of(text, array)
    for number, line in enumerate(text.splitlines(), start=1):
        name, is_header = _named_in(line)
        if is_header:
            is_next = name == array and line.lstrip().startswith("[[")
            seen += is_next
            if is_next and seen == position:
                found = number
            elif seen == position:
                break  # (its tables below have no place here)
        elif seen == position and key and name == key:
            return number
    return found


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


def _not_toml(message: str, text: str, name: str, hint: str) -> ConfigError:
    said, _, place = message.partition(" (at ")
    number = re.search(r"line (\d+)", place)
    line = int(number[1]) if number else len(text.splitlines()) or 1  # "at end of document"
    return ConfigError(f"not valid TOML ({name}:{line})", why=said, hint=hint)
