"""How the hooks stand: what is installed, what is in their way, and what they can stop."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost.core.hook_files import FOLDER, GATE, WHERE, Where
from aicost.platform.hook_files import is_current, read_where
from aicost_hooks.install import Places, Scope, codex_config, listing_of, wanted
from aicost_hooks.install_claude import hooks_off, managed_files, parse_version
from aicost_hooks.install_codex import are_hooks_off, parse_config
from aicost_hooks.install_entries import (
    AGENTS,
    Agent,
    Entry,
    Handler,
    Version,
    entries_in,
    knows,
    parse_settings,
)
from aicost_hooks.install_files import as_text, read_file

_SCOPES: tuple[Scope, ...] = ("user", "project", "local")
_NONE = "no hooks of aicost are installed"
_STOPS: Mapping[Agent, Mapping[str, tuple[tuple[str, ...], str]]] = {  # any of these events
    "claude": {
        "a prompt": (("UserPromptSubmit",), "before it is sent"),
        "a turn": (("PostToolBatch", "PostToolUse"), "before the next request"),
        "a tool": (("PreToolUse",), "before it runs"),
        "a subagent": (("PreToolUse",), "before it starts"),
        "a compaction": (("PreCompact",), "before it begins"),
        "a switch of models": (("PreModelSwitch",), "before it is made"),
    },
    "codex": {
        "a prompt": (("UserPromptSubmit",), "before it is sent"),
        "a turn": (("PreToolUse",), "at its next tool (Codex has no event before a request)"),
        "a tool": (("PreToolUse",), "before it runs"),
        "a subagent": (("PreToolUse",), "before it starts"),
        "a compaction": (("PreCompact",), "before it begins"),
        "a switch of models": ((), "Codex has no event for it"),
    },
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps hooks from doing their work, and what to do about it."""

    what: str
    hint: str
    stops_all: bool = True  # else only a part does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """One settings file with hooks of ours, or that should have some."""

    path: str
    scope: Scope
    events: tuple[str, ...]  # at which our hook is called, once and as it should be
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """One agent."""

    agent: Agent
    version: str | None
    files: tuple[FileState, ...]
    problems: tuple[Problem, ...]
    stops: Mapping[str, tuple[bool, str]]  # what -> whether it can be stopped, and where

    @property
    def is_installed(self) -> bool:
        """Whether hooks of ours are in any of its settings."""
        return any(file.events for file in self.files)


def agent_state(agent: Agent, places: Places, common: Sequence[Problem]) -> AgentState:
    """Look at one agent; `common` is what is in the way of all hooks."""
    version = places.client_version(agent)
    number = parse_version(version) if agent == "claude" else None
    files = tuple(_file_states(agent, number, places))
    problems = tuple(_claude_problems(number, places) if agent == "claude" else ())
    usable = [file for file in files if not any(p.stops_all for p in file.problems)]
    works = {event for file in usable for event in file.events}
    if any(problem.stops_all for problem in (*problems, *common)):
        works = set()
    if agent == "claude" and number is not None:
        works = {event for event in works if knows(event, number)}
    stops = {
        what: (not works.isdisjoint(events), where)
        for what, (events, where) in _STOPS[agent].items()
    }
    return AgentState(agent=agent, version=version, files=files, problems=problems, stops=stops)


def _file_states(agent: Agent, version: Version | None, places: Places) -> Iterator[FileState]:
    """Yield the files with hooks of ours, the folder's first; those that should have some if none.

    Who has hooks in a folder's settings may want none in the user's.
    """
    handlers = wanted(agent, version, places)
    states = [
        _file_state(agent, path, scope, handlers, places)
        for scope in reversed(_SCOPES)
        for path in places.settings_files(agent, scope)
    ]
    has_own = any(state.scope != "user" and state.events for state in states)
    for state in states:
        is_empty = not state.events and [p.what for p in state.problems] in ([], [_NONE])
        if not is_empty or (state.scope == "user" and not has_own):
            yield state


def _file_state(
    agent: Agent, path: Path, scope: Scope, handlers: Mapping[str, Handler], places: Places
) -> FileState:
    try:
        settings = parse_settings(as_text(read_file(path), path), str(path))
    except ConfigError as error:
        problem = Problem(f"{error.what}: {error.why}", error.hint)
        return FileState(path=str(path), scope=scope, events=(), problems=(problem,))
    entries = entries_in(settings)
    called = tuple(
        event for event in handlers if any(_calls(entry, event, handlers) for entry in entries)
    )
    problems = list(_entry_problems(agent, scope, entries, handlers))
    if agent == "codex" and entries:
        problems += _codex_problems(path, places)
    return FileState(path=str(path), scope=scope, events=called, problems=tuple(problems))


def _calls(entry: Entry, event: str, handlers: Mapping[str, Handler]) -> bool:
    return entry.event == event and entry.handler.get("command") == handlers[event]["command"]


def _entry_problems(
    agent: Agent, scope: Scope, entries: Sequence[Entry], handlers: Mapping[str, Handler]
) -> Iterator[Problem]:
    found = [entry.event for entry in entries]
    if not found and scope != "user":
        return
    option = {"user": "", "project": " --project", "local": " --project-local"}[scope]
    hint = f"aicost hooks install {agent}{option}"
    if not found:
        yield Problem(_NONE, hint)
        return
    if missing := [event for event in handlers if event not in found]:
        yield Problem(f"hooks are missing: {', '.join(missing)}", hint, stops_all=False)
    if double := sorted({event for event in found if found.count(event) > 1}):
        yield Problem(f"hooks are there twice: {', '.join(double)}", hint, stops_all=False)
    if changed := sorted({entry.event for entry in entries if not entry.is_as(handlers)}):
        what = f"hooks are not as they should be: {', '.join(changed)}"
        yield Problem(what, hint, stops_all=False)


def _codex_problems(path: Path, places: Places) -> Iterator[Problem]:
    config_file = codex_config(path, places)
    try:
        config = parse_config(read_file(config_file), str(config_file))
        listing = listing_of(path, places)
    except ConfigError as error:
        yield Problem(f"{error.what}: {error.why}", error.hint)
        return
    for warning in listing.warnings:
        yield Problem(f"Codex says: {warning}", "codex", stops_all=False)
    if are_hooks_off(config):
        yield Problem(
            f"{config_file} switches all hooks off (features.hooks)", "codex features enable hooks"
        )
    elif not listing.hooks:
        yield Problem("Codex does not load these hooks", "run /hooks in Codex")
    trusted = ("trusted", "managed")
    if unseen := [hook.event for hook in listing.hooks if hook.trust not in (*trusted, "off")]:
        yield Problem(
            f"Codex does not run them until you trust them: {', '.join(unseen)}",
            "run /hooks in Codex and press t, or: aicost hooks install codex --trust",
            stops_all=len(unseen) == len(listing.hooks),
        )
    if off := [hook.event for hook in listing.hooks if hook.trust == "off"]:
        what = f"switched off in Codex: {', '.join(off)}"
        yield Problem(what, "run /hooks in Codex", stops_all=len(off) == len(listing.hooks))


def _claude_problems(version: Version | None, places: Places) -> Iterator[Problem]:
    files = [
        path for scope in _SCOPES for path in places.settings_files("claude", scope)
    ]  # the weakest first
    if why := hooks_off(files, managed_files(places.system)):
        yield Problem(f"Claude Code runs no hooks: {why}", "change that setting, or ask who set it")
    if version is not None and not knows("PostToolBatch", version):
        yield Problem(
            "this Claude Code is too old to be stopped after a batch of tools: it is stopped "
            "after a single one",
            "claude update",
            stops_all=False,
        )
    if version is not None and not knows("PreModelSwitch", version):
        what = "this Claude Code is too old to say that it switches models"
        yield Problem(what, "claude update", stops_all=False)


def file_problems(places: Places, run_dir: Path, running_pid: int) -> Iterator[Problem]:
    """Yield what is wrong with the files that all hooks need, and with the daemon (pid, or 0)."""
    folder, hint = places.data_dir / FOLDER, "aicost hooks install"
    if not (folder / GATE).exists():
        yield Problem(f"{folder / GATE} is missing", hint)
    elif not is_current(places.data_dir):
        yield Problem(f"{folder / GATE} is not this version's", "aicost daemon restart")
    where = read_where(places.data_dir)
    if where is None:
        yield Problem(f"{folder / WHERE} is missing, or cannot be read", hint)
    else:
        yield from _where_problems(where, run_dir, running_pid)
    if not running_pid:
        is_closed = where is not None and where.fail == "closed"
        then = "everything is refused" if is_closed else "nothing is stopped"
        what = f"the daemon does not run: {then} until it does"
        yield Problem(what, "aicost daemon start", stops_all=not is_closed)


def _where_problems(where: Where, run_dir: Path, running_pid: int) -> Iterator[Problem]:
    if not os.access(where.hook, os.X_OK):
        yield Problem(f"the program of the hooks is gone: {where.hook}", "aicost hooks install")
    if where.run_dir != str(run_dir):
        what = f"the hooks look for verdicts in {where.run_dir}, the daemon keeps them in {run_dir}"
        yield Problem(what, "aicost hooks install")
    if running_pid and where.daemon_pid != running_pid:
        what = "the hooks do not know the daemon that runs"
        yield Problem(what, "aicost daemon restart", stops_all=False)


def as_document(states: Sequence[AgentState], common: Sequence[Problem]) -> dict[str, Any]:
    """Return all of it for a script."""
    return {
        "agents": [
            {
                "agent": state.agent,
                "name": AGENTS[state.agent],
                "version": state.version,
                "installed": state.is_installed,
                "files": [asdict(file) for file in state.files],
                "problems": [asdict(problem) for problem in state.problems],
                "stops": {what: can for what, (can, _) in state.stops.items()},
            }
            for state in states
        ],
        "problems": [asdict(problem) for problem in common],
    }


def text_lines(
    states: Sequence[AgentState], common: Sequence[Problem], shown: Callable[[str], str]
) -> Iterator[str]:
    """Yield all of it for a person."""
    for state in states:
        yield f"{AGENTS[state.agent]} {state.version or '(of an unknown version)'}"
        for file in state.files:
            yield f"  {shown(file.path)}: {_installed(file)}"
            yield from _problem_lines(file.problems, "    ")
        yield from _problem_lines(state.problems, "  ")
        if state.is_installed:
            yield from _stop_lines(state)
    if any(state.is_installed for state in states):
        yield from _problem_lines(common, "")


def _stop_lines(state: AgentState) -> Iterator[str]:
    for what, (can, where) in state.stops.items():
        events, _ = _STOPS[state.agent][what]
        if can:
            yield f"  stops {what} {where}"
        else:
            yield f"  does not stop {what}" + ("" if events else f": {where}")


def _installed(file: FileState) -> str:
    return f"hooks at {', '.join(file.events)}" if file.events else "no hooks"


def _problem_lines(problems: Sequence[Problem], lead: str) -> Iterator[str]:
    for problem in problems:
        yield f"{lead}! {problem.what}"
        yield f"{lead}  try: {problem.hint}"
