"""`aicost top`: the dashboard, one screen of it, or its data."""

import asyncio
import gc
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

from aicost.cli import ask
from aicost.core.errors import AicostError, DaemonDown, ExitCode
from aicost.core.reports import WorkDone
from aicost.core.view import DashboardView
from aicost.ipc.protocol import RESTART_HINT

TYPE_CHECKING = False
if TYPE_CHECKING:  # only a screen needs it
    from aicost_tui.feed import Keeper

_LOOSENING = frozenset({"allow", "budget.set", "budget.remove", "tag"})
SCREEN_WIDTH = 140  # of --once where there is no terminal


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Show the dashboard; with --demo on a recorded day."""
    if not args.demo:
        return show(args, env)
    from aicost.cli.demo import run_demo

    return run_demo(env, lambda own: show(args, own))


def show(args: Namespace, env: Mapping[str, str]) -> int:
    """Start the daemon if none runs, then show what it says."""
    from aicost.daemon.lifecycle import start_in_background
    from aicost.platform.dirs import load_dirs
    from aicost.sources.homes import home_folders

    start_in_background(load_dirs(env), env)
    is_screen = sys.stdout.isatty() and env.get("TERM") != "dumb"
    if args.json or args.once or not is_screen:
        ask.call(env, "homes.add", {"homes": home_folders(env)})  # meets another version, too
        return _print_one(env, as_json=args.json)
    from aicost_tui.app import DashboardApp
    from aicost_tui.choices import ChoiceFile

    choices = ChoiceFile(load_dirs(env).choices_file)
    app = DashboardApp(
        lambda: _feed(env),
        partial(_ask, env),
        keeper=_keeper(env),
        choices=choices,
        tidy=tidy,
    )
    app.run()
    return app.return_code or ExitCode.OK


def tidy() -> None:
    """Free the cycles that a closed screen leaves, at little cost.

    A command that ends soon hardly searches for them (see `aicost.__main__`), and the dashboard
    would hold a hundred screens before it does. What is there at the first time, code and widgets,
    stays for good: it is searched no more.
    """
    gc.collect()
    if not gc.get_freeze_count():
        gc.freeze()


def _keeper(env: Mapping[str, str]) -> "Keeper":
    """Return what starts a daemon for the dashboard."""
    from aicost.daemon.lifecycle import restart_in_background, start_in_background
    from aicost.platform.dirs import load_dirs
    from aicost_tui.feed import Keeper

    dirs = load_dirs(env)
    return Keeper(
        start=lambda: start_in_background(dirs, env),
        restart=lambda: restart_in_background(dirs, env),
    )


def _feed(env: Mapping[str, str]) -> AsyncGenerator[DashboardView, None]:
    from aicost.ipc.client import subscribe
    from aicost.platform.rundir import find_socket
    from aicost.sources.homes import home_folders

    return subscribe(find_socket(env), homes=home_folders(env))


async def _ask(env: Mapping[str, str], method: str, params: Mapping[str, object]) -> dict[str, Any]:
    if method in _LOOSENING and not params.get("dry"):
        from aicost.platform.agent_shells import refuse_agents

        refuse_agents(env, "an agent cannot change what stops it")
    from aicost.ipc.client import ask as ask_daemon
    from aicost.platform.rundir import find_socket

    return await ask_daemon(find_socket(env), method, params)


def _print_one(env: Mapping[str, str], *, as_json: bool) -> int:
    try:
        view = asyncio.run(_complete_view(env))
        work = _work(env, view)
        if not view.trouble:
            view = asyncio.run(_complete_view(env))  # with what that reading found
    finally:
        ask.clear_progress()
    if view.trouble:
        print(_missing(view.trouble).render(), file=sys.stderr)
    if as_json:
        from aicost.report import documents

        sys.stdout.write(documents.as_json(documents.top_document(view, work)))
        return ExitCode.OK
    from aicost_tui.once import render_once

    sys.stdout.write(render_once(view, ask.width(env, SCREEN_WIDTH), ask.wants_colour(env)))
    return ExitCode.OK


def _work(env: Mapping[str, str], view: DashboardView) -> dict[str, WorkDone] | None:
    """Return what the sessions' calls were made for, None if that is not read."""
    asked = {"homes": view.homes, "wait": not view.trouble}
    from aicost.ipc.client import work_in

    return work_in(ask.call(env, "work", asked))


def _missing(trouble: str) -> AicostError:
    """Return what to say beside numbers that are not the newest."""
    return AicostError(
        "the newest calls may be missing",
        why=f"{trouble}; the daemon tries again, nothing is lost",
        hint="aicost daemon status",
    )


async def _complete_view(env: Mapping[str, str]) -> DashboardView:
    """Return the first view in which all logs are read, or that says why they cannot be."""
    async with aclosing(_feed(env)) as views:
        async for view in views:
            if view.reading is None or view.trouble:
                return view
            ask.show_progress(
                {"bytes_done": view.reading.bytes_done, "bytes_total": view.reading.bytes_total}
            )
    raise DaemonDown("the daemon ended the feed", hint=RESTART_HINT)
