"""A session as something to act on: its process, its current turn, its log, how to resume it.

Pure values and words.
"""

import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from aicost.core.session import LiveState
from aicost.core.usage import Agent

_MARK_OF_AGENT: dict[Agent, str] = {"claude": "claude", "codex": "codex"}
_HOME_VARIABLE: dict[Agent, str] = {"claude": "CLAUDE_CONFIG_DIR", "codex": "CODEX_HOME"}
_RESUME: dict[Agent, str] = {"claude": "claude --resume", "codex": "codex resume"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProcess:
    """A process that has a session open, as the process table shows it.

    `mark` and `command` prove later that a number still is this process.
    """

    pid: int
    mark: str  # when it began, as the system counts
    command: tuple[str, ...]
    started_at: datetime | None = None
    state: LiveState = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTurn:
    """The turn that a session is in, or was in last."""

    turn_id: str
    started_at: datetime | None = None
    category: str = ""  # "": not known yet
    is_corrected: bool = False  # by the user
    why: str = ""  # what speaks for the category
    cost_nusd: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAtHand:
    """What one needs to act on a session."""

    process: AgentProcess | None = None  # None: no process has it open
    turn: CurrentTurn | None = None
    transcript: str = ""  # the path of its main log; "": none is known
    resume: str = ""  # the command that goes on with it


def is_agents(agent: Agent, name: str, command: tuple[str, ...]) -> bool:
    """Say whether a process's name or the first words of its command are an agent's program.

    Words count by the parts of their paths: `…/claude/versions/2.1.330`, `node …/bin/codex.js`.
    """
    mark = _MARK_OF_AGENT[agent]
    if name.casefold() == mark:
        return True
    paths = (PurePosixPath(word.casefold()) for word in command[:2])
    return any(
        part == mark or part.startswith((f"{mark}.", f"{mark}-"))
        for path in paths
        for part in path.parts
    )


def resume_command(
    agent: Agent, session_id: str, folder: str = "", home: str = "", usual_home: str = ""
) -> str:
    """Return the shell's line that goes on with a session, from the folder that it began in.

    `home` is the agent's own folder, named only where it is not the usual one.
    """
    command = f"{_RESUME[agent]} {shlex.quote(session_id)}"
    if home and home != usual_home:
        command = f"{_HOME_VARIABLE[agent]}={shlex.quote(home)} {command}"
    return f"cd {shlex.quote(folder)} && {command}" if folder else command


def first_folder(folders: tuple[str, ...], transcript: str) -> str:
    """Return the folder that a session is resumed in: that which its log's folder is named after.

    `folders` are those it worked in, the first one first. Codex's logs are in no such folder.
    """
    slug = PurePosixPath(transcript).parent.name
    named = [one for one in folders if re.sub(r"[^A-Za-z0-9]", "-", one) == slug]
    return next(iter((*named, *folders)), "")
