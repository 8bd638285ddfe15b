"""`aicost daemon run|start|stop|restart|status`."""

import json
import sys
import time
from argparse import Namespace
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from aicost.cli import ask
from aicost.core.errors import ExitCode
from aicost.core.text import cells_of, clean, wrapped
from aicost.ipc import wire
from aicost.platform.dirs import Dirs, load_dirs

ANSWER_S = 10.0
_SHOWN = 5  # unreadable files and folders that are named; `--json` has all
_MIN_ROOM = 20  # for what is said, on however narrow a terminal


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Do what was asked of the daemon."""
    dirs = load_dirs(env)
    match args.action:
        case "run":
            from aicost.daemon.lifecycle import run_daemon

            run_daemon(dirs, env)
        case "start":
            start(dirs, env)
        case "stop":
            stop(dirs)
        case "restart":
            restart(dirs, env)
        case "status":
            return status(dirs, as_json=args.json, width=ask.width(env, ask.PIPE_WIDTH))
    return ExitCode.OK


def start(dirs: Dirs, env: Mapping[str, str]) -> None:
    """Start the daemon unless it runs."""
    from aicost.daemon.lifecycle import start_in_background

    started = start_in_background(dirs, env)
    print("daemon started" if started else "the daemon is already running", file=sys.stderr)


def stop(dirs: Dirs) -> None:
    """Stop the daemon, of whatever version, and wait until it has ended."""
    from aicost.daemon.lifecycle import STOP_S, stop_running

    stopped = stop_running(dirs, timeout_s=STOP_S)
    print("daemon stopped" if stopped else "no daemon is running", file=sys.stderr)


def restart(dirs: Dirs, env: Mapping[str, str]) -> None:
    """Stop the daemon if one runs, and start this version's. Raises ConfigError before it stops."""
    from aicost.daemon.lifecycle import check_files

    check_files(dirs)
    stop(dirs)
    start(dirs, env)


def status(dirs: Dirs, *, as_json: bool, width: int = ask.PIPE_WIDTH) -> int:
    """Print how the daemon is. Raises DaemonDown when there is none."""
    found = wire.call(dirs.socket_path, "status", {}, timeout_s=ANSWER_S)
    print(json.dumps(found, indent=2) if as_json else _as_text(found, time.time(), width))
    return ExitCode.OK


def _as_text(found: Mapping[str, Any], now: float, width: int = ask.PIPE_WIDTH) -> str:
    started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now - found["uptime_s"]))
    cpu_share = found["cpu_s"] / max(found["uptime_s"], 0.001)
    rows = {
        "version": found["version"],
        "pid": found["pid"],
        "running since": f"{started} ({_span(found['uptime_s'])})",
        "logs": f"{found['log_files']:,} files, {found['log_bytes'] / 1e6:,.1f} MB",
        "not read yet": f"{found['pending_bytes']:,} bytes",
        "lag": f"{found['lag_s'] * 1000:.0f} ms from hearing of a log line to the ledger",
        "memory": f"{found['rss_bytes'] / 1e6:.0f} MB",
        "CPU": f"{found['cpu_s']:.1f} s, {cpu_share:.1%} of a core since the start",
        "skipped lines": f"{found['skipped_lines']:,}",
        "watching": ", ".join(found["homes"]) or "nothing",
        "time zone": found["timezone"],
        "price book": found["price_book"],
        "ledger": found["ledger"],
    }
    if found["trouble"]:
        rows["trouble"] = f"{found['trouble']}; trying again, nothing is lost"
    if found.get("budget_troubles"):
        rows["budgets"] = "; ".join(found["budget_troubles"])
    rows |= _unreadable(found["unreadable"], found.get("unreadable_folders", ()))
    for number, path in enumerate(found.get("damaged_ledgers", ()), 1):
        rows[f"damaged ledger {number}"] = f"kept as {path}; made anew from the logs"
    for number, (path, why) in enumerate(found["unwatched"].items(), 1):
        rows[f"polling {number}"] = f"{path} ({why})"
    return "\n".join(_lines(rows, width))


def _unreadable(paths: Sequence[str], folders: Collection[str]) -> dict[str, str]:
    """Return how many files and folders cannot be read, and the first by name."""
    counts = {"files": len(paths) - len(folders), "folders": len(folders)}
    rows = {f"unreadable {what}": f"{number:,}" for what, number in counts.items() if number}
    for number, path in enumerate(paths[:_SHOWN], 1):
        rows[f"unreadable {number}"] = f"folder {path}" if path in folders else path
    return rows


def _lines(rows: Mapping[str, object], width: int) -> Iterator[str]:
    """Yield a line for each row; what is too long goes on below, under its beginning."""
    names = max(map(len, rows))
    room = max(_MIN_ROOM, width - names - 2)
    for name, value in rows.items():
        text = clean(str(value))
        first, *more = [text] if cells_of(text) <= room else wrapped(text, room)
        yield f"{name:<{names}}  {first}"
        yield from (f"{'':<{names}}  {line}" for line in more)


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest, "s"))
    return " ".join([f"{number}{unit}" for number, unit in parts if number][:2]) or "0s"
