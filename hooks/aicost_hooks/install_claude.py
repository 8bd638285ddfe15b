"""What keeps Claude Code from running hooks: its version, and settings of other places."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost_hooks.install_entries import Version
from aicost_hooks.install_files import read_file

ANSWER_S = 5.0
_MANAGED_FOLDERS = {"darwin": "/Library/Application Support/ClaudeCode"}
_MANAGED_FOLDER = "/etc/claude-code"
_TAIL_BYTES = 64 * 1024
_NUMBER = re.compile(r"(\d{1,5})\.(\d{1,5})\.(\d{1,5})")
_LOGGED = re.compile(rb'"version":"(\d{1,5}\.\d{1,5}\.\d{1,5})"')


def version_of(program: str, env: Mapping[str, str], *, timeout_s: float = ANSWER_S) -> str | None:
    """Return what a client says its version is, None if it does not say."""
    try:
        done = subprocess.run(
            [program, "--version"],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _NUMBER.search(done.stdout.decode(errors="replace"))
    return found.group() if found and done.returncode == 0 else None


def version_in_logs(homes: Iterable[Path]) -> str | None:
    """Return the version that wrote the newest log in these homes, None if none says it."""
    logs = [(at, log) for home in homes for log, at in _logs(home)]
    for _, log in sorted(logs, reverse=True)[:3]:  # (a log may have just begun)
        try:
            with log.open("rb") as file:
                file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
                found = _LOGGED.findall(file.read(_TAIL_BYTES))
        except OSError:
            continue
        if found:
            return str(found[-1].decode())
    return None


def _logs(home: Path) -> Iterator[tuple[Path, float]]:
    for log in home.glob("projects/*/*.jsonl"):
        try:
            yield log, log.stat().st_mtime
        except OSError:  # it went away this moment
            continue


def parse_version(text: str | None) -> Version | None:
    """Return the numbers of a version, None if there are none."""
    found = _NUMBER.match(text or "")
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def managed_files(system: str) -> list[Path]:
    """Return the settings that an administrator may have put on this system, in their order."""
    folder = Path(_MANAGED_FOLDERS.get(system, _MANAGED_FOLDER))
    return [folder / "managed-settings.json", *sorted(folder.glob("managed-settings.d/*.json"))]


def hooks_off(files: Sequence[Path], managed: Sequence[Path]) -> str | None:
    """Return why Claude Code runs no hooks of ours, None if nothing is known against it.

    `files` are the user's settings, the weakest first; an administrator's win over them all.
    """
    theirs = [(path, _settings(path)) for path in managed]
    for path, settings in theirs:
        if settings.get("allowManagedHooksOnly") is True:
            return f"{path} allows an administrator's hooks only (allowManagedHooksOnly)"
    said = None
    for path, settings in [*((path, _settings(path)) for path in files), *theirs]:
        if isinstance(value := settings.get("disableAllHooks"), bool):
            said = f"{path} switches all hooks off (disableAllHooks)" if value else None
    return said


def _settings(path: Path) -> Mapping[str, Any]:
    """Return the settings of a file; none if there is no such file, or none that can be read."""
    try:
        found = json.loads(read_file(path) or b"{}")
    except (ConfigError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
