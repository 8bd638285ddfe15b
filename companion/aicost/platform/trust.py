"""Which repositories' budgets the user trusts to stop agents: path and SHA-256 of each file.

Kept in `trusted.json` of the data folder, 0600. A file that changed is not the trusted one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost.platform.atomic import replace_file
from aicost.platform.repo_budgets import RepoFile

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Trusted:
    """The user's word on one file."""

    digest: str  # SHA-256 in hex
    since: str  # ISO 8601, UTC


def load_trusted(file: Path) -> dict[str, Trusted]:
    """Return what is trusted, by the path of its file. Raises ConfigError."""
    try:
        said = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(
            file, "it is no JSON" if isinstance(error, ValueError) else str(error)
        ) from error
    try:
        return _parsed(said)
    except (AttributeError, KeyError, TypeError) as error:
        raise _unreadable(file, "it is not as aicost writes it") from error


def is_trusted(trusted: Mapping[str, Trusted], found: RepoFile) -> bool:
    """Say whether the user trusts a file as it was read."""
    known = trusted.get(str(found.path))
    return known is not None and known.digest == found.digest


def trust(file: Path, found: RepoFile, now: datetime) -> None:
    """Keep that the user trusts a file as it was read. Raises ConfigError."""
    word = Trusted(found.digest, now.isoformat(timespec="seconds"))
    _write(file, {**load_trusted(file), str(found.path): word})


def distrust(file: Path, path: Path) -> bool:
    """Take the word on a file back; return whether there was one. Raises ConfigError."""
    known = load_trusted(file)
    if known.pop(str(path), None) is None:
        return False
    _write(file, known)
    return True


def _parsed(said: Any) -> dict[str, Trusted]:  # noqa: ANN401 - whatever a file holds
    if said["schema"] != _SCHEMA:
        raise KeyError("schema")
    found = {path: Trusted(one["sha256"], one["since"]) for path, one in said["trusted"].items()}
    for word in found.values():
        if not isinstance(word.digest, str) or not isinstance(word.since, str):
            raise TypeError("no text")
    return found


def _write(file: Path, known: Mapping[str, Trusted]) -> None:
    rows = {
        path: {"sha256": known[path].digest, "since": known[path].since} for path in sorted(known)
    }
    text = json.dumps({"schema": _SCHEMA, "trusted": rows}, indent=1)
    try:
        replace_file(file, f"{text}\n".encode(), mode=0o600)
    except (OSError, UnicodeEncodeError) as error:
        hint = f"ls -l {file.parent}"
        raise ConfigError(f"cannot write {file}", why=str(error), hint=hint) from error


def _unreadable(file: Path, why: str) -> ConfigError:
    return ConfigError(f"cannot read {file}", why=why, hint=f"rm {file}, then aicost trust again")
