"""Whom a call is charged to: project, ticket, environment, workflow, MCP server. Pure.

Every answer comes from what the agent's log says and from the user's own rules. What neither tells
is "" or None, which reports show as unallocated.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

Environment = Literal["interactive", "headless", "ci"]

DEFAULT_TICKET_PATTERN = "[A-Z][A-Z0-9]+-[0-9]+"
MAX_BRANCH_CHARS = 100  # of a branch that are searched for a ticket; bounds the time it takes

# As Claude Code's `entrypoint` and Codex' `originator` say it, written alike (see `_alike`).
_INTERACTIVE = frozenset(
    {
        "claude-desktop",
        "claude-desktop-3p",
        "claude-vscode",
        "cli",
        "codex-cli-rs",
        "codex-desktop",
        "codex-tui",
        "codex-vscode",
        "codex-work-desktop",
        "local-agent",  # the desktop app's own agent
    }
)
_HEADLESS = frozenset({"codex-exec", "mcp"})
_HEADLESS_FAMILIES = ("sdk-", "codex-sdk-")  # sdk-cli (`claude -p`), sdk-ts, sdk-py, codex_sdk_ts
_CI = frozenset({"claude-code-github-action"})


@dataclass(frozen=True, slots=True)
class ProjectRule:
    """Which repositories, or which folders, go by a project's name."""

    parts: tuple[str, ...]  # of a key or a path, between slashes; `*` within one, `**` for any
    is_folder: bool  # of working folders; else of repositories, where case does not matter
    project: str


def project_rules(
    named: Iterable[tuple[str, str]], homes: Sequence[str]
) -> tuple[ProjectRule, ...]:
    """Return the rules of `pattern = project` pairs, in their order.

    A pattern that begins with `/` or `~` is of folders, any other of repository keys. `homes` are
    the user's home as it is called and as it really lies: logs name folders by their real path.
    """
    rules: list[ProjectRule] = []
    for pattern, project in named:
        if pattern.startswith(("/", "~")):
            starts = dict.fromkeys(homes) if pattern.startswith("~") else ("",)
            for start in starts:
                literal = re.sub(r"([*?[])", r"[\1]", start)
                rules.append(ProjectRule(_parts(literal + pattern.lstrip("~")), True, project))
        else:
            rules.append(ProjectRule(_parts(pattern.casefold()), False, project))
    return tuple(rules)


def project_of(repo: str, cwd: str, rules: Iterable[ProjectRule]) -> str:
    """Return the project of a call: of the first rule that fits, else the repository's key.

    A pattern covers what it names and everything below: `~/work` also `~/work/shop/src`. What is
    not known, "", is covered by none.
    """
    folder, key = _parts(cwd), _parts(repo.casefold())
    for rule in rules:
        is_known = bool(cwd if rule.is_folder else repo)
        if is_known and _covers(rule.parts, folder if rule.is_folder else key):
            return rule.project
    return repo


def ticket_of(branch: str, pattern: str) -> str:
    """Return the id of the ticket that a branch is named for; "" if it names none.

    It is what the pattern matches first, or its group if it has one. `pattern` must have passed
    `check_ticket_pattern`.
    """
    return _ticket(branch[:MAX_BRANCH_CHARS], pattern)


@lru_cache(maxsize=4096)  # reports ask for each call, of a few branches
def _ticket(branch: str, pattern: str) -> str:
    found = re.search(pattern, branch)
    return (found[found.re.groups] or "") if found else ""


def environment_of(entrypoint: str, ci_job: str) -> Environment | None:
    """Return where an agent was run, by what its log calls the way in; None if that is unknown.

    `ci_job` is the job that this very process runs in, "" for none: logs found there are of that
    job, unless somebody sat before them.
    """
    name = _alike(entrypoint)
    if name in _INTERACTIVE:
        return "interactive"
    if ci_job or name in _CI:
        return "ci"
    is_headless = name in _HEADLESS or name.startswith(_HEADLESS_FAMILIES)
    return "headless" if is_headless else None


def workflow_of(ci_job: str, command: str, entrypoint: str) -> str:
    """Return what set a turn going: the CI job, else the slash command or skill, else the way in.

    "" if nothing is known.
    """
    return ci_job or command or entrypoint


def mcp_server_of(tool_name: str) -> str:
    """Return the MCP server of a tool, `github` of `mcp__github__create_issue`; "" if it has none.

    As Claude Code itself splits: at double underscores, the first part is the server.
    """
    prefix, _, rest = tool_name.partition("mcp__")
    server, _, tool = rest.partition("__")
    return server if not prefix and tool else ""


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _covers(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Tell whether a pattern names a path or a folder above it."""
    ends = {0}  # how many parts of the path the pattern may have used up so far
    for part in pattern:
        if part == "**":
            ends = set(range(min(ends), len(path) + 1))
        else:
            ends = {end + 1 for end in ends if end < len(path) and fnmatchcase(path[end], part)}
        if not ends:
            return False
    return True


@lru_cache(maxsize=256)
def _alike(name: str) -> str:
    """Return a name in the spelling of the tables above: `Codex Desktop` is `codex-desktop`."""
    return re.sub(r"[ _-]+", "-", name.strip().lower())
