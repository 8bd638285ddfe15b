"""Which folders an environment keeps Codex's state in, as text. Cheap: commands ask first."""
# ruff: noqa: PTH100, PTH111 - pathlib would cost more time than all a warm command does

import os
from collections.abc import Mapping

HOME_VARIABLE = "CODEX_HOME"  # names one folder


def home_folders(env: Mapping[str, str], configured: tuple[str, ...] = ()) -> list[str]:
    """Return the folders, existing or not, absolute, each once.

    `CODEX_HOME` replaces the default one; `configured` ones are always added.
    """
    home = (env.get("HOME") or os.path.expanduser("~")).rstrip("/")
    named = env.get(HOME_VARIABLE, "").strip() or "~/.codex"
    folders = [
        f"{home}/{part[2:]}" if f"{part}/".startswith("~/") else part
        for part in (named, *configured)
    ]
    # abspath, not realpath: two homes may be links to one, and are then told apart by name.
    return list(dict.fromkeys(os.path.abspath(folder) for folder in folders))
