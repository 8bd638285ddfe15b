"""Where Claude Code keeps its logs. Knows names and patterns; reads folders, never files."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from aicost.core.tailing import FileLook

_63_BITS = 2**63 - 1  # what a ledger can hold; some file systems number files with random 64 bits
HOME_VARIABLE = "CLAUDE_CONFIG_DIR"  # may name several folders, separated by commas


def claude_homes(env: Mapping[str, str], configured: tuple[str, ...] = ()) -> tuple[Path, ...]:
    """Return the folders this environment keeps Claude Code's state in, existing or not.

    `CLAUDE_CONFIG_DIR` replaces the default folders; `configured` ones are always added.
    """
    home = Path(env.get("HOME") or Path.home())
    named = [part.strip() for part in env.get(HOME_VARIABLE, "").split(",") if part.strip()]
    if not named:
        named = ["~/.claude", "~/.config/claude"]
        if config := env.get("XDG_CONFIG_HOME"):  # no client was seen to use it; tools do
            named.append(f"{config}/claude")
    # A comma list is not a shell's word, so the shell leaves its `~` to us.
    folders = [
        home / part[2:] if f"{part}/".startswith("~/") else Path(part)
        for part in (*named, *configured)
    ]
    return tuple(dict.fromkeys(Path(os.path.abspath(folder)) for folder in folders))  # noqa: PTH100 - Path.resolve would follow links, and two homes may be links to one


def find_logs(home: Path) -> Iterator[tuple[str, FileLook]]:
    """Yield (path, look) of every transcript below a home: main threads and subagents, unordered.

    Folders that cannot be read, and links to folders (which could form a ring), are passed over.
    """
    folders = [str(home / "projects")]
    while folders:
        try:
            entries = os.scandir(folders.pop())
        except OSError:  # gone or forbidden: its logs are not ours to read
            continue
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.name.endswith(".jsonl") and (look := _look(entry)):
                    yield entry.path, look


def _look(entry: "os.DirEntry[str]") -> FileLook | None:
    try:
        if not entry.is_file():
            return None
        return look_of(entry.stat())
    except OSError:  # it vanished between the listing and the look
        return None


def look_of(stat: os.stat_result) -> FileLook:
    """Return what we compare of a file's status."""
    return FileLook(
        device=stat.st_dev & _63_BITS,
        inode=stat.st_ino & _63_BITS,
        size_bytes=stat.st_size,
        modified_ns=stat.st_mtime_ns,
    )


def home_of(transcript: Path) -> Path | None:
    """Return the home a transcript path lies in, None if it lies in none."""
    for parent in transcript.parents:
        if parent.name == "projects":
            return parent.parent
    return None
