"""Where Claude Code keeps its logs. Knows names and patterns; reads folders, never files."""

import os
from collections.abc import Iterator
from pathlib import Path

from aicost.core.tailing import FileLook
from aicost.sources.folders import find_files


def find_logs(home: Path, closed: list[str] | None = None) -> Iterator[tuple[str, FileLook]]:
    """Yield (path, look) of every transcript below a home: main threads and subagents, unordered.

    Folders that cannot be read, and links to folders (which could form a ring), are passed over;
    `closed` gets the former.
    """
    return find_files(str(home / "projects"), _is_transcript, closed)


def _is_transcript(name: str) -> bool:
    return name.endswith(".jsonl")


def place_of(transcript: str) -> tuple[str, str] | None:
    """Return a transcript's path in its plainest form, and its home; None if it can be none."""
    if not transcript.startswith("/") or "\0" in transcript:
        return None
    path = Path(os.path.normpath(f"/{transcript.lstrip('/')}"))
    home = _home_of(path) if path.suffix == ".jsonl" else None
    return None if home is None else (str(path), str(home))


def _home_of(path: Path) -> Path | None:
    for parent in path.parents:
        if parent.name == "projects":
            return parent.parent
    return None


def config_files(home: str) -> tuple[str, ...]:
    """Return where a home's `.claude.json` may be: in it, or beside the default home."""
    inside = f"{home}/.claude.json"
    return (inside, f"{home}.json") if home.endswith("/.claude") else (inside,)
