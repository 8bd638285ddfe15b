"""All agents whose logs we read, and what reads them.

Parsers are imported for the first log that is read: who has read all starts without them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aicost.core.facts import Stage
from aicost.core.tailing import FileLook
from aicost.core.usage import Agent
from aicost.sources.base import Parser
from aicost.sources.claude import paths as claude_paths
from aicost.sources.codex import paths as codex_paths

LOG_ENDINGS = (".jsonl", ".jsonl.zst")
STAGES: tuple[Stage, ...] = ("usage", "evidence")


class Parsers(Mapping[Stage, Parser]):
    """The parser of each reading, made at its first use."""

    def __init__(self, make: Callable[[Stage], Parser]) -> None:
        self._make, self._made = make, dict[Stage, Parser]()

    def __getitem__(self, stage: Stage) -> Parser:
        """Raises KeyError."""
        if stage not in self._made:
            if stage not in STAGES:
                raise KeyError(stage)
            self._made[stage] = self._make(stage)
        return self._made[stage]

    def __iter__(self) -> Iterator[Stage]:
        return iter(STAGES)

    def __len__(self) -> int:
        return len(STAGES)


def _claude(stage: Stage) -> Parser:
    if stage == "usage":
        from aicost.sources.claude.parser import ClaudeParser

        return ClaudeParser()
    from aicost.sources.claude.evidence import ClaudeEvidenceParser

    return ClaudeEvidenceParser()


def _codex(stage: Stage) -> Parser:
    if stage == "usage":
        from aicost.sources.codex.parser import CodexParser

        return CodexParser()
    from aicost.sources.codex.evidence import CodexEvidenceParser

    return CodexEvidenceParser()


@dataclass(frozen=True, slots=True)
class Source:
    """What reads one agent's logs."""

    agent: Agent
    parsers: Mapping[Stage, Parser]
    # below a home; the list gets the folders that cannot be read
    find_logs: Callable[[Path, list[str]], Iterator[tuple[str, FileLook]]]
    place_of: Callable[[str], tuple[str, str] | None]  # a transcript -> its path, its home
    log_folders: tuple[str, ...]  # of a home
    logs_state: bool = False  # a log says when its agent begins to work, and ends


# A home is searched for the logs of every agent: their folders and names tell them apart.
SOURCES: Mapping[Agent, Source] = {
    "claude": Source(
        agent="claude",
        parsers=Parsers(_claude),
        find_logs=claude_paths.find_logs,
        place_of=claude_paths.place_of,
        log_folders=("projects",),
    ),
    "codex": Source(
        agent="codex",
        parsers=Parsers(_codex),
        find_logs=codex_paths.find_logs,
        place_of=codex_paths.place_of,
        log_folders=codex_paths.LOG_FOLDERS,
        logs_state=True,
    ),
}


def source_of(path: str) -> Source:
    """Return what reads a log, told by its name."""
    is_codex = path.rpartition("/")[2].startswith("rollout-")
    return SOURCES["codex" if is_codex else "claude"]


def place_of(transcript: str) -> tuple[str, str] | None:
    """Return a transcript's path in its plainest form, and its home; None if it can be none."""
    return source_of(transcript).place_of(transcript)
