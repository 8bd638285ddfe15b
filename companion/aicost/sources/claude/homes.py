"""Which folders an environment keeps Claude Code's state in, as text. Cheap: commands ask first."""
# ruff: noqa: PTH100, PTH111 - pathlib would cost more time than all a warm command does

import os
from collections.abc import Mapping

HOME_VARIABLE = "CLAUDE_CONFIG_DIR"  # may name several folders, separated by commas


def home_folders(env: Mapping[str, str], configured: tuple[str, ...] = ()) -> list[str]:
    """Return the folders, existing or not, absolute, each once.

    `CLAUDE_CONFIG_DIR` replaces the default ones; `configured` ones are always added.
    """
    home = (env.get("HOME") or os.path.expanduser("~")).rstrip("/")
    named = [part.strip() for part in env.get(HOME_VARIABLE, "").split(",") if part.strip()]
    if not named:
        named = ["~/.claude", "~/.config/claude"]
        if config := env.get("XDG_CONFIG_HOME"):  # no client was seen to use it; tools do
            named.append(f"{config}/claude")
    # A comma list is not a shell's word, so the shell leaves its `~` to us.
    folders = [
        f"{home}/{part[2:]}" if f"{part}/".startswith("~/") else part
        for part in (*named, *configured)
    ]
    # abspath, not realpath: two homes may be links to one, and are then told apart by name.
    return list(dict.fromkeys(os.path.abspath(folder) for folder in folders))
