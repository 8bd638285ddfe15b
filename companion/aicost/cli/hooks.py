"""`aicost hooks install|uninstall|status`."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from aicost.core.errors import ConfigError, ExitCode
from aicost.core.hook_files import Where
from aicost.platform.agent_shells import refuse_agents
from aicost.platform.config import load_settings
from aicost.platform.dirs import Dirs, load_dirs, shown
from aicost.platform.hook_files import find_program, write_hook_files
from aicost_hooks import install as installing
from aicost_hooks import install_status
from aicost_hooks.install import Places, Plan, Scope
from aicost_hooks.install_claude import parse_version
from aicost_hooks.install_codex import Hook
from aicost_hooks.install_entries import AGENTS, Agent, Handler


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Install, take away or look at the hooks. Raises ConfigError."""
    dirs = load_dirs(env)
    places = find_places(dirs, env)
    match args.action:
        case "install" if args.print:
            return print_entries(args, dirs, places)
        case "install":
            return install(args, dirs, places)
        case "uninstall":
            refuse_agents(env, "an agent cannot take away the hooks that stop it")
            return uninstall(args, places)
    return status(args, dirs, places)


def find_places(dirs: Dirs, env: Mapping[str, str]) -> Places:
    """Return where agents keep their settings: in homes that the environment or the config names.

    Raises ConfigError.
    """
    from aicost.sources.claude.homes import HOME_VARIABLE
    from aicost.sources.claude.homes import home_folders as claude_homes
    from aicost.sources.codex.homes import home_folders as codex_homes

    settings = load_settings(dirs.config_file)
    # Without the variable the client itself knows one home only.
    named = env if env.get(HOME_VARIABLE, "").strip() else {**env, HOME_VARIABLE: "~/.claude"}
    return Places(
        data_dir=Path(os.path.abspath(dirs.data_dir)),  # noqa: PTH100 - links stay: as it is named
        cwd=Path.cwd(),
        homes={
            "claude": tuple(map(Path, claude_homes(named, settings.claude_homes))),
            "codex": tuple(map(Path, codex_homes(env, settings.codex_homes))),
        },
        env=env,
        system=sys.platform,
    )


def agents_asked(args: Namespace, places: Places) -> list[Agent]:
    """Return the agent that was named, else all that are used here. Raises ConfigError."""
    if args.agent:
        return [args.agent]
    found = [agent for agent in AGENTS if places.has(agent)]
    if not found:
        raise ConfigError(
            "no agent was found",
            why="neither Claude Code nor Codex was ever used here",
            hint="aicost hooks install claude",
        )
    return found


def install(args: Namespace, dirs: Dirs, places: Places) -> int:
    """Show what will be written, ask, and write it. Raises ConfigError."""
    plans = [
        installing.plan_install(agent, path, _handlers(agent, places))
        for agent in agents_asked(args, places)
        for path in _files(agent, args.scope or "user", places)
    ]
    changes = [plan for plan in plans if not plan.changes_nothing]
    if changes and not is_wanted(changes, places, args):
        return ExitCode.CONFIG
    write_files(dirs, places)
    for plan in plans:
        name = shown(plan.path, places.env)
        if plan.changes_nothing:
            print(f"{AGENTS[plan.agent]}: already installed in {name}")
            continue
        backup = installing.install(plan, places, stamp())
        kept = f"; what it was: {shown(backup, places.env)}" if backup else ""
        print(f"{AGENTS[plan.agent]}: installed in {name}{kept}")
    if args.trust and not _trust(plans, places, args):
        return ExitCode.CONFIG
    _say_problems([plan.agent for plan in plans], dirs, places)
    return ExitCode.OK


def _handlers(agent: Agent, places: Places) -> dict[str, Handler]:
    version = parse_version(places.client_version(agent)) if agent == "claude" else None
    return installing.wanted(agent, version, places)


def _files(agent: Agent, scope: Scope, places: Places) -> list[Path]:
    found = places.settings_files(agent, scope)
    if not found:
        print(f"{AGENTS[agent]} has no settings of that kind", file=sys.stderr)
    return found


def write_files(dirs: Dirs, places: Places) -> None:
    """Put the files in place that the hooks begin with."""
    from aicost.daemon.lifecycle import running_pid

    where = Where(
        run_dir=str(dirs.run_dir),
        hook=find_program(places.data_dir),
        fail=load_settings(dirs.config_file).gate_fail,
        daemon_pid=running_pid(dirs),
    )
    write_hook_files(places.data_dir, where)


def _trust(plans: Sequence[Plan], places: Places, args: Namespace) -> bool:
    """Tell Codex that the user trusts the hooks, if the user says so; say whether it is done."""
    for plan in [plan for plan in plans if plan.agent == "codex"]:
        listing = installing.listing_of(plan.path, places)
        if all(hook.trust in ("trusted", "managed") for hook in listing.hooks):
            print("Codex: already trusted")
            continue
        trust = installing.plan_trust(plan.path, listing, places)
        for hook in listing.hooks:
            print(_trusted_line(hook))
        if not is_wanted([trust], places, args):
            return False
        installing.install(trust, places, stamp())
        print(f"Codex: trusted in {shown(trust.path, places.env)}")
    return True


def _trusted_line(hook: Hook) -> str:
    return f"  {hook.event}: {hook.hash} ({hook.trust})"


def uninstall(args: Namespace, places: Places) -> int:
    """Show what will be given back, ask, and do it. Raises ConfigError."""
    agents: list[Agent] = [args.agent] if args.agent else list(AGENTS)
    found = [
        installing.plan_uninstall(agent, path, places.data_dir)
        for agent in agents
        for path in installing.files_to_free(agent, args.scope, places)
    ]
    plans = [plan for plan in found if plan is not None]
    if not plans:
        print("no hooks of aicost are installed")
    elif not is_wanted(plans, places, args):
        return ExitCode.CONFIG
    for plan in plans:
        stays = installing.uninstall(plan, places)
        kept = f"; a backup stays: {shown(stays, places.env)}" if stays else ""
        print(f"{AGENTS[plan.agent]}: {shown(plan.path, places.env)} is without our hooks{kept}")
    installing.remove_files_unless_used(places)
    return ExitCode.OK


def print_entries(args: Namespace, dirs: Dirs, places: Places) -> int:
    """Print what belongs into settings that another program writes. Raises ConfigError."""
    for agent in agents_asked(args, places):
        handlers = _handlers(agent, places)
        hooks = {event: [{"hooks": [handler]}] for event, handler in handlers.items()}
        print(json.dumps({"hooks": hooks}, indent=2, ensure_ascii=False))
    write_files(dirs, places)
    return ExitCode.OK


def status(args: Namespace, dirs: Dirs, places: Places) -> int:
    """Print how the hooks stand. Raises ConfigError."""
    common = list(_common(dirs, places))
    agents: list[Agent] = [args.agent] if args.agent else [a for a in AGENTS if places.has(a)]
    states = [install_status.agent_state(agent, places, common) for agent in agents]
    if args.json:
        print(json.dumps(install_status.as_document(states, common), indent=2))
        return ExitCode.OK
    lines = install_status.text_lines(states, common, partial(shown, env=places.env))
    print("\n".join(lines) or "no agent was found")
    return ExitCode.OK


def _common(dirs: Dirs, places: Places) -> Iterable[install_status.Problem]:
    from aicost.daemon.lifecycle import running_pid

    return install_status.file_problems(places, dirs.run_dir, running_pid(dirs))


def _say_problems(agents: Iterable[Agent], dirs: Dirs, places: Places) -> None:
    """Say what is still in the way, on stderr."""
    common = list(_common(dirs, places))
    states = [install_status.agent_state(agent, places, common) for agent in dict.fromkeys(agents)]
    problems = [p for state in states for file in state.files for p in file.problems]
    problems += [p for state in states for p in state.problems]
    for problem in (*problems, *common):
        print(f"{problem.what}\n   try: {problem.hint}", file=sys.stderr)


def is_wanted(
    plans: Sequence[Plan], places: Places, args: Namespace, command: str = "hooks"
) -> bool:
    """Show the changes, and ask. Raises ConfigError where there is nobody to ask."""
    for plan in plans:
        print(plan.diff(shown(plan.path, places.env)), end="")
    if args.yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            "nothing was changed",
            why="there is no terminal to ask on",
            hint=f"aicost {command} {args.action} --yes",
        )
    print("Write this? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    print("nothing was changed", file=sys.stderr)
    return False


def stamp() -> str:
    """Return the moment for a backup's name."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
