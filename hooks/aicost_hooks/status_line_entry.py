"""Our status line in the text of Claude Code's settings. Pure: texts in, texts out.

It is a setting of its own, `{"statusLine": {"type": "command", "command": …}}`, of which there is
one. A command that was there before goes on as a part of ours.
"""

from collections.abc import Mapping
from typing import Any

from aicost.core.errors import ConfigError
from aicost.core.hook_files import (
    is_status_line_command,
    other_status_line,
    status_line_command,
)
from aicost_hooks.install_entries import parse_settings
from aicost_hooks.json_edit import (
    Node,
    NotJson,
    appended,
    load_json,
    locate,
    removed,
    replaced,
)

KEY, _COMMAND = "statusLine", "command"
REFRESH_S = 5  # how often the client asks by itself: moments pass, and caches end
_HINT = "aicost statusline install --print"


def command_of(settings: Mapping[str, Any], name: str) -> str | None:
    """Return the command of the status line, None if there is none. Raises ConfigError."""
    found = settings.get(KEY)
    if found is None:
        return None
    command = found.get(_COMMAND) if isinstance(found, dict) else None
    if not isinstance(command, str) or found.get("type") != "command":
        raise ConfigError(f"{name}: {KEY} is not in the usual shape", hint=f"mend {name}")
    return command


def has_status_line(text: str) -> bool:
    """Say whether our status line is in settings. What cannot be read has none."""
    try:
        command = command_of(parse_settings(text, ""), "")
    except ConfigError:
        return False
    return command is not None and is_status_line_command(command)


def wanted_entry(folder: str, other: str = "") -> dict[str, object]:
    """Return the setting as it should be; `folder` is that of the scripts. Raises ConfigError.

    Beside another command the client is not asked to call more often: it may be a slow one.
    """
    entry: dict[str, object] = {"type": "command", _COMMAND: status_line_command(folder, other)}
    return entry if other else entry | {"refreshInterval": REFRESH_S}


def with_status_line(text: str, folder: str, name: str) -> str:
    """Return the text with our status line as it should be, and nothing else changed.

    The same text if it is. Raises ConfigError.
    """
    command = command_of(parse_settings(text, name), name)
    bare = text if text.strip() else "{}\n"
    if command is None:
        after = _with_key(bare, wanted_entry(folder))
    else:
        other = other_status_line(command) if is_status_line_command(command) else command
        line = status_line_command(folder, other)
        after = text if line == command else replaced(text, _command_node(text), line)
    return _checked(text, after, name)


def without_status_line(text: str, name: str) -> str:
    """Return the text with the command that was there before ours, or with none.

    The same text if ours is not there. Raises ConfigError.
    """
    command = command_of(parse_settings(text, name), name)
    if command is None or not is_status_line_command(command):
        return text
    if other := other_status_line(command):
        return _checked(text, replaced(text, _command_node(text), other), name)
    root = locate(text)
    return _checked(text, removed(text, root, _position(root)), name)


def _with_key(text: str, entry: Mapping[str, object]) -> str:
    root = locate(text)
    if root.get(KEY) is not None:  # it is null
        return replaced(text, _last(root), dict(entry))
    return appended(text, root, dict(entry), KEY)


def _command_node(text: str) -> Node:
    found = _last(locate(text)).get(_COMMAND)
    assert found is not None, "it was read before"
    return found


def _last(root: Node) -> Node:
    return root.members[_position(root)].value


def _position(root: Node) -> int:
    """Return where the member is that a parser takes for the setting: the last of that name."""
    return [number for number, member in enumerate(root.members) if member.key == KEY][-1]


def _checked(before: str, after: str, name: str) -> str:
    """Return the text if only our setting changed in it. Raises ConfigError."""
    try:
        found = load_json(after)
    except NotJson as error:
        raise ConfigError(f"{name} cannot be changed in place", hint=_HINT) from error
    then = parse_settings(before, name)
    assert isinstance(found, dict)
    if {k: v for k, v in then.items() if k != KEY} != {k: v for k, v in found.items() if k != KEY}:
        raise ConfigError(f"{name} cannot be changed in place", hint=_HINT)
    return after
