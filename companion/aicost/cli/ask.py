"""How a command gets its answer: from the daemon if one runs, else from the ledger itself.

A warm answer is 1 ms of the daemon's time; what takes long here is importing, so little is.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping

from aicost.core.errors import ProtocolMismatch

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing is one of the slow imports
    from typing import Any

    from aicost.core.view import Reading

ANSWER_S = 600.0  # a first read of years of logs takes its time
STARTING_S = 15.0  # how long a daemon may take to listen, or to end
_LOOK_S = 0.02
PIPE_WIDTH = 1000  # a table in a file or a pipe keeps all its columns
_CLEAR_LINE = "\r\x1b[K"


def print_answer(
    env: Mapping[str, str], method: str, args: Namespace, params: Mapping[str, object]
) -> int:
    """Ask, print what comes back, return the exit code. Raises AicostError."""
    from aicost.sources.homes import home_folders

    caller = {"homes": home_folders(env), "tz": env.get("TZ", ""), "wait": not args.no_wait}
    asked = {**params, **looks(env, args), **caller}
    text = answer(env, method, asked)
    sys.stdout.write(text)
    return 0


def answer(env: Mapping[str, str], method: str, params: Mapping[str, object]) -> str:
    """Return the text of an answer; nothing runs on afterwards that did not run before."""
    from aicost.ipc.protocol import NotRunning

    try:
        return str(call(env, method, params)["text"])
    except NotRunning:
        return _answer_alone(env, method, params)
    finally:
        clear_progress()


def call(env: Mapping[str, str], method: str, params: Mapping[str, object]) -> "dict[str, Any]":
    """Call the daemon. One of another version: offer the restart on a terminal, else raise."""
    try:
        return _call(env, method, params)
    except ProtocolMismatch as mismatch:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        print(mismatch.render(), file=sys.stderr)
        if not wants_restart():
            raise
    from aicost.cli.daemon import restart
    from aicost.platform.dirs import load_dirs

    restart(load_dirs(env), env)
    return _call(env, method, params)


def _call(env: Mapping[str, str], method: str, params: Mapping[str, object]) -> "dict[str, Any]":
    from aicost.ipc import wire
    from aicost.platform.rundir import find_socket

    socket_path = find_socket(env)
    return wire.call(socket_path, method, params, timeout_s=ANSWER_S, on_progress=show_progress)


def _answer_alone(env: Mapping[str, str], method: str, params: Mapping[str, object]) -> str:
    import time
    from contextlib import suppress

    from aicost.daemon.lifecycle import AlreadyRunning
    from aicost.daemon.oneshot import answer as answer_alone
    from aicost.ipc.protocol import NotRunning
    from aicost.platform.dirs import load_dirs

    def show(reading: "Reading") -> None:
        show_progress({"bytes_done": reading.bytes_done, "bytes_total": reading.bytes_total})

    until = time.monotonic() + STARTING_S
    while True:
        try:
            return answer_alone(load_dirs(env), env, method, params, show)
        except AlreadyRunning:
            if time.monotonic() >= until:
                raise
        # A daemon holds the ledger and does not listen yet: it is in its start, or in its end.
        time.sleep(_LOOK_S)
        with suppress(NotRunning):
            return str(call(env, method, params)["text"])


def wants_restart() -> bool:
    """Ask on the terminal whether to restart the daemon."""
    print("Restart it now? [Y/n] ", end="", file=sys.stderr, flush=True)
    said = sys.stdin.readline()
    return said != "" and said.strip().lower() in ("", "y", "yes")  # (no line at all: Ctrl-D)


def looks(env: Mapping[str, str], args: Namespace) -> dict[str, object]:
    """Return how the answer is to look: as asked, and as this terminal can show it."""
    shape = "json" if args.json else "csv" if getattr(args, "csv", False) else "table"
    return {"format": shape, "width": width(env, PIPE_WIDTH), "colour": wants_colour(env)}


def width(env: Mapping[str, str], otherwise: int) -> int:
    """Return the terminal's columns; `otherwise` where stdout is none."""
    if not sys.stdout.isatty():
        return otherwise
    named = env.get("COLUMNS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    return os.get_terminal_size(sys.stdout.fileno()).columns or 80


def wants_colour(env: Mapping[str, str]) -> bool:
    """Say whether to colour stdout: on a terminal that can, unless NO_COLOR is set."""
    return sys.stdout.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"


def show_progress(reading: "Mapping[str, Any]") -> None:
    """Say on the terminal how far the reading of logs is; to nobody else."""
    if sys.stderr.isatty():
        share = reading["bytes_done"] / max(1, reading["bytes_total"])
        megabytes = reading["bytes_total"] / 1e6
        text = f"{_CLEAR_LINE}reading logs: {share:.0%} of {megabytes:,.0f} MB"
        print(text, end="", file=sys.stderr, flush=True)


def clear_progress() -> None:
    """Take the progress line away again."""
    if sys.stderr.isatty():
        print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)
