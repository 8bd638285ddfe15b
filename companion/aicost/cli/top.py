"""`aicost top`: the dashboard, one screen of it, or its data."""

import asyncio
import json
import shutil
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping

from aicost.cli.ask import homes
from aicost.core.errors import ExitCode, ProtocolMismatch
from aicost.core.view import DashboardView
from aicost.platform.dirs import Dirs, load_dirs


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Show the dashboard; with --demo on a recorded day."""
    if not args.demo:
        return show(args, env)
    from aicost.cli.demo import run_demo

    return run_demo(env, lambda own: show(args, own))


def show(args: Namespace, env: Mapping[str, str]) -> int:
    """Start the daemon if none runs, then show what it says."""
    from aicost.daemon.lifecycle import start_in_background

    dirs = load_dirs(env)
    start_in_background(dirs, env)
    if args.once or args.json:
        return _print_one(dirs, env, as_json=args.json)
    from aicost_tui.app import DashboardApp

    DashboardApp(lambda: _feed(dirs, env)).run()
    return ExitCode.OK


def _feed(dirs: Dirs, env: Mapping[str, str]) -> AsyncIterator[DashboardView]:
    from aicost.ipc.client import subscribe

    return subscribe(dirs.socket_path, homes=homes(env))


def _print_one(dirs: Dirs, env: Mapping[str, str], *, as_json: bool) -> int:
    view = asyncio.run(_complete_view(dirs, env))
    if as_json:
        from aicost.report.documents import top_document

        print(json.dumps(top_document(view), indent=2, ensure_ascii=False))
        return ExitCode.OK
    from aicost_tui.once import render_once

    on_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if on_terminal else 140
    sys.stdout.write(render_once(view, width, on_terminal and not env.get("NO_COLOR")))
    return ExitCode.OK


async def _complete_view(dirs: Dirs, env: Mapping[str, str]) -> DashboardView:
    """Return the first view in which all logs are read."""
    feed = _feed(dirs, env)
    async for view in feed:
        if view.reading is None:
            return view
    raise ProtocolMismatch("the daemon ended the feed", hint="aicost daemon restart")
