"""Puts our status line into the settings of Claude Code, takes it out again, and looks at it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost.core.hook_files import (
    FOLDER,
    STATUS_LINE,
    WHERE,
    is_status_line_command,
    other_status_line,
    status_line_command,
)
from aicost.platform.hook_files import is_current, read_where
from aicost_hooks.install import Places, Plan, Scope
from aicost_hooks.install_claude import hooks_off, managed_files
from aicost_hooks.install_entries import entries_in, parse_settings
from aicost_hooks.install_files import Change, as_text, change_back, note_of, read_file
from aicost_hooks.install_status import Problem
from aicost_hooks.status_line_entry import (
    command_of,
    has_status_line,
    with_status_line,
    without_status_line,
)

_SCOPES: tuple[Scope, ...] = ("local", "project", "user")  # the client takes the first one
_INSTALL = "aicost statusline install"


def plan_install(path: Path, places: Places) -> Plan:
    """Plan to have our status line in a file. Raises ConfigError."""
    content = read_file(path)
    text = as_text(content, path)
    after = with_status_line(text, places.folder, str(path))
    change = Change(path=path, before=content, after=after.encode())
    is_new = not has_status_line(text) and not _has_hooks(text, path)
    return Plan(agent="claude", change=change, is_new=is_new)


def plan_uninstall(path: Path, data_dir: Path) -> Plan | None:
    """Plan to give a file back as it was before us; None if our status line is not in it.

    Raises ConfigError.
    """
    content = read_file(path)
    if content is None:
        return None
    text = without_status_line(as_text(content, path), str(path))
    without, holds_more = text.encode(), _has_hooks(text, path)
    if without == content and (holds_more or note_of(path, data_dir) is None):
        return None
    change = change_back(path, content, without, data_dir, holds_more=holds_more)
    return Plan(agent="claude", change=change, is_new=False)


def _has_hooks(text: str, path: Path) -> bool:
    return bool(entries_in(parse_settings(text, str(path))))


# How it stands


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """A settings file with a status line, or that cannot be read."""

    path: str
    scope: Scope
    is_ours: bool
    other: str  # the command that runs beside ours, or instead of it
    problems: tuple[Problem, ...] = ()


def line_states(places: Places) -> list[LineState]:
    """Look at all settings, those first that win."""
    files = [(scope, path) for scope in _SCOPES for path in places.settings_files("claude", scope)]
    return [state for scope, path in files if (state := _line_state(scope, path, places))]


def _line_state(scope: Scope, path: Path, places: Places) -> LineState | None:
    try:
        content = read_file(path)
        settings = parse_settings(as_text(content, path), str(path))
        command = command_of(settings, str(path))
        wanted = status_line_command(places.folder, other_status_line(command or ""))
    except ConfigError as error:
        problem = Problem(f"{error.what}: {error.why}".removesuffix(": "), error.hint)
        return LineState(path=str(path), scope=scope, is_ours=False, other="", problems=(problem,))
    if command is None:
        return None
    if not is_status_line_command(command):
        return LineState(path=str(path), scope=scope, is_ours=False, other=command)
    problems = []
    if command != wanted:
        option = {"user": "", "project": " --project", "local": " --project-local"}[scope]
        problems.append(Problem("its command is not as it should be", _INSTALL + option))
    other = other_status_line(command)
    return LineState(
        path=str(path), scope=scope, is_ours=True, other=other, problems=tuple(problems)
    )


def common_problems(
    states: Sequence[LineState], places: Places, run_dir: Path, running_pid: int
) -> Iterator[Problem]:
    """Yield what keeps our status line from being shown; `running_pid` is the daemon's, or 0."""
    if not any(state.is_ours for state in states):
        yield Problem("no status line of aicost is installed", _INSTALL)
        return
    if not states[0].is_ours and not states[0].problems:
        option = " --project" if states[0].scope == "project" else " --project-local"
        yield Problem(f"{states[0].path} has another one, which wins here", _INSTALL + option)
    weakest_first = [p for s in reversed(_SCOPES) for p in places.settings_files("claude", s)]
    if why := hooks_off(weakest_first, managed_files(places.system)):
        yield Problem(f"Claude Code shows no status line: {why}", "change that setting")
    folder, where = places.data_dir / FOLDER, read_where(places.data_dir)
    if not is_current(places.data_dir, STATUS_LINE):
        yield Problem(f"{folder / STATUS_LINE} is missing, or not this version's", _INSTALL)
    if where is None or where.run_dir != str(run_dir):
        yield Problem(f"{folder / WHERE} does not lead to the daemon's folder", _INSTALL)
    if not running_pid:
        what = "the daemon does not run: nothing of ours is shown until it does"
        yield Problem(what, "aicost daemon start")


def as_document(states: Sequence[LineState], problems: Sequence[Problem]) -> dict[str, Any]:
    """Return all of it for a script."""
    return {
        "installed": any(state.is_ours for state in states),
        "files": [asdict(state) for state in states],
        "problems": [asdict(problem) for problem in problems],
    }
