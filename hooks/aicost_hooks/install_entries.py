"""Which entries of ours belong into an agent's settings, and the text of the settings with them.

Pure: texts and values in, texts and values out. Both agents keep hooks in the same shape:
`{"hooks": {EVENT: [{"matcher": …, "hooks": [{"type": "command", "command": …}]}]}}`.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aicost.core.errors import ConfigError
from aicost.core.hook_files import hook_command, is_hook_command
from aicost_hooks.json_edit import Node, NotJson, appended, load_json, locate, removed, replaced

Agent = Literal["claude", "codex"]
Version = tuple[int, int, int]
Handler = Mapping[str, object]

AGENTS: Mapping[Agent, str] = {"claude": "Claude Code", "codex": "Codex"}

# Seconds. The daemon is asked for one at most; the rest is for a machine under load. A client
# that waits in vain goes on (Claude Code's switch of models does not).
_ASKS_S = 10
_ENDS_S = 3  # more than that Codex cuts short, with a warning
_TIMEOUTS_S = {"SessionEnd": _ENDS_S}

CODEX_EVENTS = ("SessionStart", "UserPromptSubmit", "PreToolUse", "PreCompact", "SessionEnd")
_CLAUDE_SINCE: Mapping[str, Version] = {  # by Claude Code's changelog, 2.1.118 by its own types
    "SessionStart": (1, 0, 62),
    "UserPromptSubmit": (1, 0, 54),
    "PreToolUse": (1, 0, 38),
    "PostToolUse": (1, 0, 38),
    "PostToolBatch": (2, 1, 118),
    "PreCompact": (1, 0, 48),
    "PreModelSwitch": (2, 1, 251),
    "SessionEnd": (1, 0, 85),
}
# From here on a client passes over events that it does not know; before, one such event made it
# drop the whole file of settings.
_FORGIVING: Version = (2, 1, 101)


def claude_events(version: Version | None) -> tuple[str, ...]:
    """Return the events for a client of this version, of an unknown one where it is None.

    A client without PostToolBatch, or that may be, gets PostToolUse; both do no harm.
    """
    has_batch = version is not None and knows("PostToolBatch", version)
    is_strict = version is not None and version < _FORGIVING
    return tuple(
        event
        for event, since in _CLAUDE_SINCE.items()
        if not (event == "PostToolUse" and has_batch)
        if not (is_strict and version is not None and version < since)
    )


def knows(event: str, version: Version) -> bool:
    """Say whether Claude Code of this version has an event."""
    return event in _CLAUDE_SINCE and version >= _CLAUDE_SINCE[event]


def events_of(agent: Agent, version: Version | None) -> tuple[str, ...]:
    """Return the events to install for an agent."""
    return claude_events(version) if agent == "claude" else CODEX_EVENTS


def wanted_handlers(agent: Agent, events: tuple[str, ...], folder: str) -> dict[str, Handler]:
    """Return our handler of each event; `folder` is that of `gate.sh`. Raises ConfigError."""
    return {
        event: {
            "type": "command",
            "command": hook_command(agent, event, folder),
            "timeout": _TIMEOUTS_S.get(event, _ASKS_S),
        }
        for event in events
    }


@dataclass(frozen=True, slots=True)
class Entry:
    """One handler of ours in the settings."""

    event: str
    group: int
    position: int  # in its group
    handler: Handler
    is_alone: bool  # nobody else's handler, and no condition, is in its group

    def is_as(self, wanted: Mapping[str, Handler]) -> bool:
        """Say whether it is just what it should be."""
        return self.is_alone and dict(self.handler) == dict(wanted.get(self.event, {}))


def parse_settings(text: str, name: str) -> dict[str, Any]:
    """Return the settings of a text; an empty one sets nothing.

    Raises ConfigError for what is no JSON, and for hooks in a shape that no agent reads.
    """
    if not text.strip():
        return {}
    hint = f"mend {name}, or add the hooks by hand: aicost hooks install --print"
    try:
        found = load_json(text)
    except NotJson as error:
        why = f"{error}; comments are none of JSON" if _has_comments(text) else str(error)
        raise ConfigError(f"{name} is not valid JSON", why=why, hint=hint) from error
    hooks = found.get("hooks", {}) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(hooks, dict):
        raise ConfigError(f"{name} has no settings in the usual shape", hint=hint)
    for event, groups in hooks.items():
        if not isinstance(groups, list):
            raise ConfigError(f"{name}: hooks.{event} is not a list", hint=hint)
    return found


def _has_comments(text: str) -> bool:
    return any(line.lstrip().startswith(("//", "/*")) or " //" in line for line in text.split("\n"))


def entries_in(settings: Mapping[str, Any]) -> list[Entry]:
    """Return our entries, in their order."""
    return [
        Entry(event, number, position, handler, _is_plain(group))
        for event, groups in settings.get("hooks", {}).items()
        for number, group in enumerate(groups)
        for position, handler in enumerate(_handlers(group))
        if _is_ours(handler)
    ]


def _is_plain(group: Mapping[str, Any]) -> bool:
    """Say whether a group calls one handler, whatever the event is about."""
    is_for_all = set(group) <= {"hooks", "matcher"} and group.get("matcher") in (None, "", "*")
    return is_for_all and len(_handlers(group)) == 1


def with_entries(text: str, wanted: Mapping[str, Handler], name: str) -> str:
    """Return the text with all of our entries as they should be, and nothing else changed.

    The same text if they are. Raises ConfigError.
    """
    before = parse_settings(text, name)
    bare = text if text.strip() else "{}\n"
    after = _without(bare, {event: handler for event, handler in wanted.items()})
    for event, handler in wanted.items():
        if all(entry.event != event for entry in entries_in(_parsed(after))):
            after = _with_group(after, event, {"hooks": [dict(handler)]})
    found = _parsed(after)
    kept = {entry.event: entry for entry in entries_in(found)}
    is_right = len(entries_in(found)) == len(wanted) == len(kept)
    if not is_right or not all(entry.is_as(wanted) for entry in kept.values()):
        raise ConfigError(f"{name} cannot be changed in place", hint="aicost hooks install --print")
    _check_others(before, found, name)
    return after


def without_entries(text: str, name: str) -> str:
    """Return the text without our entries, the same text if there are none. Raises ConfigError."""
    before = parse_settings(text, name)
    if not entries_in(before):
        return text
    after = _without(text, {})
    _check_others(before, _parsed(after), name)
    return after


def _check_others(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> None:
    """Raise ConfigError if the change would touch what is not ours."""
    if others(before) != others(after):
        raise ConfigError(f"{name} cannot be changed in place", hint="aicost hooks install --print")


def others(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings without our entries, and without lists that are empty then."""
    left = copy.deepcopy(dict(settings))
    hooks = left.pop("hooks", {})
    kept = {event: [g for g in map(_others_of, groups) if g] for event, groups in hooks.items()}
    if kept := {event: groups for event, groups in kept.items() if groups}:
        left["hooks"] = kept
    return left


def _others_of(group: Any) -> Any:  # noqa: ANN401 - whatever somebody wrote there
    ours = [handler for handler in _handlers(group) if _is_ours(handler)]
    if not ours:
        return group
    rest = [handler for handler in group["hooks"] if not _is_ours(handler)]
    return {**group, "hooks": rest} if rest else None


def _handlers(group: object) -> list[Any]:
    found = group.get("hooks") if isinstance(group, dict) else None
    return found if isinstance(found, list) else []


def _is_ours(handler: object) -> bool:
    command = handler.get("command") if isinstance(handler, dict) else None
    return isinstance(command, str) and is_hook_command(command)


def _parsed(text: str) -> dict[str, Any]:
    found = load_json(text)
    assert isinstance(found, dict)
    return found


def _without(text: str, wanted: Mapping[str, Handler]) -> str:
    """Return the text without entries of ours but one for each wanted event, put right in place.

    In place: Codex knows a hook that its user trusted by its position.
    """
    while (found := _first_wrong(_parsed(text), wanted)) is not None:
        entry, is_first = found
        hooks = locate(text).get("hooks")
        assert hooks is not None
        groups = hooks.get(entry.event)
        assert groups is not None
        group = groups.members[entry.group].value
        handlers = group.get("hooks")
        assert handlers is not None
        if is_first and len(handlers.members) == 1:
            text = replaced(text, group, {"hooks": [dict(wanted[entry.event])]})
        elif len(handlers.members) > 1:
            text = removed(text, handlers, entry.position)
        elif len(groups.members) > 1:
            text = removed(text, groups, entry.group)
        else:
            text = _without_event(text, hooks, entry.event)
    return text


def _first_wrong(
    settings: Mapping[str, Any], wanted: Mapping[str, Handler]
) -> tuple[Entry, bool] | None:
    """Return an entry that is not as wanted, and whether it may be put right where it is."""
    right = {entry.event for entry in entries_in(settings) if entry.is_as(wanted)}
    seen = set[str]()
    for entry in entries_in(settings):
        if entry.is_as(wanted) and entry.event not in seen:
            seen.add(entry.event)
            continue
        return entry, entry.event in wanted and entry.event not in right
    return None


def _without_event(text: str, hooks: Node, event: str) -> str:
    """Return the text without an event, whose list would be empty; without `hooks`, if that is."""
    root = locate(text)
    box, key = (hooks, event) if len(hooks.members) > 1 else (root, "hooks")
    return removed(text, box, _position(box, key))


def _position(box: Node, key: str) -> int:
    """Return where the member is that a parser takes for a key: the last of that name."""
    return [number for number, member in enumerate(box.members) if member.key == key][-1]


def _with_group(text: str, event: str, group: Handler) -> str:
    root = locate(text)
    hooks = root.get("hooks")
    if hooks is None:
        return appended(text, root, {event: [group]}, "hooks")
    groups = hooks.get(event)
    if groups is None:
        return appended(text, hooks, [group], event)
    return appended(text, groups, group)
