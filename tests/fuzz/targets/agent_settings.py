"""The settings of agents, which anybody may have written: our hooks go in, and come out again."""

from fuzz.target import Target

from aicost.core.errors import ConfigError
from aicost_hooks.install_claude import parse_version
from aicost_hooks.install_entries import (
    claude_events,
    entries_in,
    others,
    parse_settings,
    wanted_handlers,
    with_entries,
    without_entries,
)

NAME = "settings.json"
FOLDER = "/data/it's/hooks"
WANTED = wanted_handlers("claude", claude_events(None), FOLDER)
SEEDS = (
    "",
    "{}",
    '{\n  "model": "opus",\n  "hooks": {}\n}\n',
    '{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"x"}]}]}}',
    '{"hooks": {"Stop": [], "PreCompact": [{"hooks": [{"command": 7}, null]}, 3]}, "é": "\\ud83d"}',
    "1.2.3 (Claude Code)",
    with_entries('{\n\t"a": [1, 2]\n}\n', WANTED, NAME),
    with_entries('{"a":1}', WANTED, NAME).replace("PreToolUse", "PostToolUse"),
)


def check(content: bytes) -> None:
    """Any text is settings that keep all that is not ours, or is refused and left as it is."""
    text = content.decode(errors="replace")
    version = parse_version(text)
    assert version is None or all(0 <= number < 100_000 for number in version)
    try:
        before = parse_settings(text, NAME)
        after = with_entries(text, WANTED, NAME)
    except ConfigError:
        return
    found = parse_settings(after, NAME)
    assert others(found) == others(before)
    assert sorted(entry.event for entry in entries_in(found)) == sorted(WANTED)
    assert with_entries(after, WANTED, NAME) == after
    try:
        left = parse_settings(without_entries(after, NAME), NAME)
    except ConfigError:  # a name is there twice, and another hook comes to light
        return
    assert not entries_in(left)
    assert others(left) == others(before)


TARGET = Target(
    name="agent_settings",
    modules=(
        "aicost_hooks.install_entries",
        "aicost_hooks.install_claude",
        "aicost_hooks.json_edit",
    ),
    seeds=lambda: [seed.encode() for seed in SEEDS],
    check=check,
)
