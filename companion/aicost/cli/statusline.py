"""`aicost statusline install|uninstall|status`."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence

from aicost.cli.hooks import find_places, is_wanted, stamp, write_files
from aicost.core.errors import ExitCode
from aicost.platform.dirs import Dirs, load_dirs, shown
from aicost_hooks import install as installing
from aicost_hooks import install_status_line as lines
from aicost_hooks.install import Places, Scope
from aicost_hooks.install_status import Problem
from aicost_hooks.install_status_line import LineState
from aicost_hooks.status_line_entry import KEY, wanted_entry

_COMMAND = "statusline"


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Install, take away or look at the status line. Raises ConfigError."""
    dirs = load_dirs(env)
    places = find_places(dirs, env)
    match args.action:
        case "install" if args.print:
            print(json.dumps({KEY: wanted_entry(places.folder)}, indent=2, ensure_ascii=False))
            write_files(dirs, places)
            return ExitCode.OK
        case "install":
            return install(args, dirs, places)
        case "uninstall":
            return uninstall(args, places)
    return status(args, dirs, places)


def install(args: Namespace, dirs: Dirs, places: Places) -> int:
    """Show what will be written, ask, and write it. Raises ConfigError."""
    scope: Scope = args.scope or "user"
    plans = [lines.plan_install(path, places) for path in places.settings_files("claude", scope)]
    changes = [plan for plan in plans if not plan.changes_nothing]
    if changes and not is_wanted(changes, places, args, _COMMAND):
        return ExitCode.CONFIG
    write_files(dirs, places)
    for plan in plans:
        name = shown(plan.path, places.env)
        if plan.changes_nothing:
            print(f"already installed in {name}")
            continue
        backup = installing.install(plan, places, stamp())
        kept = f"; what it was: {shown(backup, places.env)}" if backup else ""
        print(f"installed in {name}{kept}")
    states = lines.line_states(places)
    for state in states:
        if state.is_ours and state.other:
            print(f"runs beside it: {state.other}")
    _say(_problems(states, dirs, places))
    return ExitCode.OK


def uninstall(args: Namespace, places: Places) -> int:
    """Show what will be given back, ask, and do it. Raises ConfigError."""
    files = installing.files_to_free("claude", args.scope, places)
    found = [lines.plan_uninstall(path, places.data_dir) for path in files]
    plans = [plan for plan in found if plan is not None]
    if not plans:
        print("no status line of aicost is installed")
    elif not is_wanted(plans, places, args, _COMMAND):
        return ExitCode.CONFIG
    for plan in plans:
        stays = installing.uninstall(plan, places)
        kept = f"; a backup stays: {shown(stays, places.env)}" if stays else ""
        print(f"{shown(plan.path, places.env)} is without our status line{kept}")
    installing.remove_files_unless_used(places)
    return ExitCode.OK


def status(args: Namespace, dirs: Dirs, places: Places) -> int:
    """Print how the status line stands. Raises ConfigError."""
    states = lines.line_states(places)
    problems = _problems(states, dirs, places)
    if args.json:
        print(json.dumps(lines.as_document(states, problems), indent=2))
        return ExitCode.OK
    for state in states:
        name, beside = shown(state.path, places.env), ""
        if state.other:
            beside = f", beside {state.other}" if state.is_ours else f": {state.other}"
        what = "our status line" if state.is_ours else "another status line"
        print(f"{name}: {what}{beside}" if state.is_ours or state.other else name)
    for problem in [*(one for state in states for one in state.problems), *problems]:
        print(f"! {problem.what}\n  try: {problem.hint}")
    return ExitCode.OK


def _problems(states: Sequence[LineState], dirs: Dirs, places: Places) -> list[Problem]:
    from aicost.daemon.lifecycle import running_pid

    return list(lines.common_problems(states, places, dirs.run_dir, running_pid(dirs)))


def _say(problems: Sequence[Problem]) -> None:
    """Say what is still in the way, on stderr."""
    for problem in problems:
        print(f"{problem.what}\n   try: {problem.hint}", file=sys.stderr)
