"""How a command gets its answer: from the daemon if one runs, else from the ledger itself."""

import shutil
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from aicost.core.errors import DaemonDown, ProtocolMismatch
from aicost.ipc import wire
from aicost.platform.dirs import Dirs, load_dirs
from aicost.sources.claude.paths import claude_homes

ANSWER_S = 600.0  # a first read of years of logs takes its time
_CLEAR_LINE = "\r\x1b[K"


def print_answer(
    env: Mapping[str, str], method: str, args: Namespace, params: Mapping[str, object]
) -> int:
    """Ask, print what comes back, return the exit code. Raises AicostError."""
    asked = {**params, **looks(env, args), "homes": homes(env), "wait": not args.no_wait}
    sys.stdout.write(answer(load_dirs(env), env, method, asked))
    return 0


def answer(dirs: Dirs, env: Mapping[str, str], method: str, params: Mapping[str, object]) -> str:
    """Return the text of an answer; nothing runs on afterwards that did not run before."""
    try:
        result = call(dirs, env, method, params)
    except ProtocolMismatch:
        raise
    except DaemonDown:
        from aicost.core.view import Reading
        from aicost.daemon.oneshot import answer as answer_alone

        def show(reading: Reading) -> None:
            show_progress({"bytes_done": reading.bytes_done, "bytes_total": reading.bytes_total})

        return done(answer_alone(dirs, env, method, params, show))
    return done(str(result["text"]))


def call(
    dirs: Dirs, env: Mapping[str, str], method: str, params: Mapping[str, object]
) -> dict[str, Any]:
    """Call the daemon. A daemon of another version: offer the restart on a terminal, else raise."""
    try:
        return wire.call(
            dirs.socket_path, method, params, timeout_s=ANSWER_S, on_progress=show_progress
        )
    except ProtocolMismatch as mismatch:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        print(mismatch.render(), file=sys.stderr)
        if not wants_restart():
            raise
    from aicost.cli.daemon import restart

    restart(dirs, env)
    return wire.call(
        dirs.socket_path, method, params, timeout_s=ANSWER_S, on_progress=show_progress
    )


def wants_restart() -> bool:
    """Ask on the terminal whether to restart the daemon."""
    print("Restart it now? [Y/n] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("", "y", "yes")


def homes(env: Mapping[str, str]) -> list[str]:
    """Return the agents' folders that the caller's own environment names."""
    return [str(home) for home in claude_homes(env)]


def looks(env: Mapping[str, str], args: Namespace) -> dict[str, object]:
    """Return how the answer is to look: as asked, and as this terminal can show it."""
    shape = "json" if args.json else "csv" if getattr(args, "csv", False) else "table"
    on_terminal = sys.stdout.isatty()
    return {
        "format": shape,
        "width": shutil.get_terminal_size().columns if on_terminal else 1000,
        "colour": on_terminal and not env.get("NO_COLOR") and env.get("TERM") != "dumb",
    }


def show_progress(reading: Mapping[str, Any]) -> None:
    """Say on the terminal how far the reading of logs is; to nobody else."""
    if sys.stderr.isatty():
        share = reading["bytes_done"] / max(1, reading["bytes_total"])
        megabytes = reading["bytes_total"] / 1e6
        text = f"{_CLEAR_LINE}reading logs: {share:.0%} of {megabytes:,.0f} MB"
        print(text, end="", file=sys.stderr, flush=True)


def done(text: str) -> str:
    """Take the progress line away again."""
    if sys.stderr.isatty():
        print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)
    return text
