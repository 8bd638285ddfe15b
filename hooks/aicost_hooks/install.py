"""Puts our hooks into the settings of agents, and takes them out again.

First comes a plan, which touches nothing and can be shown; then it is carried out.
"""

import difflib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aicost.core.hook_files import FOLDER
from aicost.platform.hook_files import remove_hook_files
from aicost_hooks import install_claude, install_codex
from aicost_hooks.install_codex import Listing, parse_config
from aicost_hooks.install_entries import (
    Agent,
    Handler,
    Version,
    entries_in,
    events_of,
    parse_settings,
    wanted_handlers,
    with_entries,
    without_entries,
)
from aicost_hooks.install_files import (
    Change,
    as_text,
    change_back,
    change_file,
    give_back,
    note_of,
    noted_files,
    read_file,
)
from aicost_hooks.status_line_entry import has_status_line

Scope = Literal["user", "project", "local"]

_CONFIG = "config.toml"  # Codex's
_USED = (_CONFIG, "sessions", "installation_id")  # one of these is in a home that Codex used

_NAMES: Mapping[tuple[Agent, Scope], str] = {
    ("claude", "user"): "settings.json",
    ("claude", "project"): ".claude/settings.json",
    ("claude", "local"): ".claude/settings.local.json",
    ("codex", "user"): "hooks.json",
    ("codex", "project"): ".codex/hooks.json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """All that the installing needs to know of the machine and of who asks."""

    data_dir: Path
    cwd: Path
    homes: Mapping[Agent, tuple[Path, ...]]  # existing or not
    env: Mapping[str, str]
    system: str  # as sys.platform has it

    @property
    def folder(self) -> str:
        """The folder of `gate.sh`."""
        return str(self.data_dir / FOLDER)

    def program(self, agent: Agent) -> str | None:
        """Return an agent's program, None if it is not on PATH."""
        return shutil.which(agent, path=self.env.get("PATH", ""))

    def has(self, agent: Agent) -> bool:
        """Say whether an agent is, or was, used here."""
        is_used = any(home.is_dir() for home in self.homes[agent])
        return is_used or self.program(agent) is not None

    def settings_files(self, agent: Agent, scope: Scope) -> list[Path]:
        """Return the files that hooks are kept in; those of homes that exist, or the first."""
        name = _NAMES.get((agent, scope))
        if name is None:
            return []
        if scope != "user":
            return [self.cwd / name]
        homes = [home for home in self.homes[agent] if home.is_dir()] or self.homes[agent][:1]
        return [home / name for home in homes]

    def client_version(self, agent: Agent) -> str | None:
        """Return an agent's version: of the program on PATH, else of the newest log."""
        program = self.program(agent)
        found = install_claude.version_of(program, self.env) if program else None
        if found is None and agent == "claude":
            return install_claude.version_in_logs(self.homes[agent])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to become of one settings file."""

    agent: Agent
    change: Change
    is_new: bool  # nothing of ours is in it yet

    @property
    def path(self) -> Path:
        """The file, as it is named: a link is not followed."""
        return self.change.path

    @property
    def changes_nothing(self) -> bool:
        """Whether the file is as it should be."""
        return self.change.before == self.change.after

    def diff(self, name: str) -> str:
        """Return the change as a unified diff; `name` is the file's for people."""
        before, after = (
            (content or b"").decode(errors="replace").splitlines(keepends=True)
            for content in (self.change.before, self.change.after)
        )
        then = name if self.change.after is not None else "no file"
        now = name if self.change.before is not None else "no file"
        lines = difflib.unified_diff(before, after, now, then)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def wanted(agent: Agent, version: Version | None, places: Places) -> dict[str, Handler]:
    """Return what belongs into an agent's settings. Raises ConfigError."""
    return wanted_handlers(agent, events_of(agent, version), places.folder)


def plan_install(agent: Agent, path: Path, handlers: Mapping[str, Handler]) -> Plan:
    """Plan to have our hooks in a file, once and as they should be. Raises ConfigError."""
    content = read_file(path)
    text = as_text(content, path)
    after = with_entries(text, handlers, str(path))
    change = Change(path=path, before=content, after=after.encode())
    is_new = not entries_in(parse_settings(text, str(path))) and not has_status_line(text)
    return Plan(agent=agent, change=change, is_new=is_new)


def install(plan: Plan, places: Places, stamp: str) -> Path | None:
    """Carry out a plan; return the backup of what the file held. Raises ConfigError."""
    return change_file(
        plan.change, plan.agent, data_dir=places.data_dir, stamp=stamp, is_new=plan.is_new
    )


def plan_uninstall(agent: Agent, path: Path, data_dir: Path) -> Plan | None:
    """Plan to give a file back as it was before us; None if nothing of ours is in it.

    Raises ConfigError.
    """
    content = read_file(path)
    if content is None:
        return None
    if path.name == _CONFIG:
        without, holds_more = _without_trust(path, content, data_dir), False
    else:
        text = without_entries(as_text(content, path), str(path))
        without, holds_more = text.encode(), has_status_line(text)
    if without == content and (holds_more or note_of(path, data_dir) is None):
        return None
    change = change_back(path, content, without, data_dir, holds_more=holds_more)
    return Plan(agent=agent, change=change, is_new=False)


def _without_trust(path: Path, content: bytes, data_dir: Path) -> bytes:
    """Return Codex's config without the trust in our hooks. Raises ConfigError."""
    files = {path.with_name("hooks.json"), *noted_files("codex", data_dir)} - {path}
    config = parse_config(content, str(path))
    keys = [hook.key for file in files for hook in _worked_out(file, config).hooks]
    return install_codex.without_trust(content, keys, str(path)) if keys else content


def uninstall(plan: Plan, places: Places) -> Path | None:
    """Carry out a plan; return a backup that stays. Raises ConfigError."""
    return give_back(plan.change, places.data_dir)


def files_to_free(agent: Agent, scope: Scope | None, places: Places) -> list[Path]:
    """Return the files that may hold hooks of ours; of all scopes where it is None.

    Codex's config comes before its hooks, which say what in it is about them.
    """
    found = places.settings_files(agent, scope or "user")
    if scope is None:
        found += [path for path in noted_files(agent, places.data_dir) if path not in found]
    return sorted(found, key=lambda path: path.name != _CONFIG)


def remove_files_unless_used(places: Places) -> bool:
    """Take the scripts and `where` away if no agent's settings are noted to need them."""
    if noted_files("claude", places.data_dir) or noted_files("codex", places.data_dir):
        return False
    remove_hook_files(places.data_dir)
    return True


def codex_config(path: Path, places: Places) -> Path:
    """Return the config that says which hooks in a file are trusted: that of the user's home."""
    homes = places.homes["codex"]
    return (path.parent if path.parent in homes else homes[0]) / _CONFIG


def listing_of(path: Path, places: Places) -> Listing:
    """Return how Codex sees our hooks in a file: as it says, else worked out. Raises ConfigError.

    A home that Codex never used is left as it is: Codex would begin to fill it.
    """
    config_file, program = codex_config(path, places), places.program("codex")
    listing = None
    if program and any((config_file.parent / name).exists() for name in _USED):
        env = {**places.env, "CODEX_HOME": str(config_file.parent)}
        listing = install_codex.ask_codex(program, path, places.cwd, env)
    return listing or _worked_out(path, parse_config(read_file(config_file), str(config_file)))


def _worked_out(path: Path, config: Mapping[str, Any]) -> Listing:
    settings = parse_settings(as_text(read_file(path), path), str(path))
    return install_codex.work_out(path, settings, config)


def plan_trust(path: Path, listing: Listing, places: Places) -> Plan:
    """Plan to tell Codex that the user trusts our hooks in a file. Raises ConfigError."""
    config_file = codex_config(path, places)
    content = read_file(config_file)
    hashes = {hook.key: hook.hash for hook in listing.hooks if hook.trust != "managed"}
    known = parse_config(content, str(config_file)).get("hooks", {}).get("state", {})
    after = install_codex.with_trust(content, hashes, str(config_file))
    change = Change(path=config_file, before=content, after=after)
    return Plan(agent="codex", change=change, is_new=not set(hashes) & set(known))
