"""Folders as an environment names them, made absolute. Cheap: commands ask first."""
# ruff: noqa: PTH100, PTH111 - pathlib would cost more time than all a warm command does

import os
from collections.abc import Iterable, Mapping


def absolute_folders(env: Mapping[str, str], named: Iterable[str]) -> list[str]:
    """Return the folders, each once. A variable's `~` is left to us where it is no shell's word."""
    home = (env.get("HOME") or os.path.expanduser("~")).rstrip("/")
    folders = [f"{home}/{part[2:]}" if f"{part}/".startswith("~/") else part for part in named]
    # abspath, not realpath: two homes may be links to one, and are then told apart by name.
    return list(dict.fromkeys(os.path.abspath(folder) for folder in folders))
