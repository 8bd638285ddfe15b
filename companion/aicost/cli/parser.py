"""The grammar of the command line. Imports nothing that a command needs."""

import argparse
from collections.abc import Callable
from datetime import date

from aicost.core.reports import GROUPS

_EPILOG = """\
everyday:
  aicost top                       the dashboard (starts the daemon)
  aicost report                    tokens and dollars by day
  aicost report --by model --since 2026-11-01
  aicost sessions --live           what runs right now
  aicost turns --session ID        what each prompt cost

exit codes: 0 ok, 1 a bug in aicost, 2 usage, 3 config, 4 daemon down, 5 ledger
AICOST_HOME moves config, data and socket to one folder; NO_COLOR is honoured.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the whole grammar; `module` names the module of cli/ that runs a command."""
    parser = argparse.ArgumentParser(
        prog="aicost",
        description="The meter for AI coding agents: tokens and dollars, live and exact.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", "-V", action="store_true", help="print the version")
    parser.set_defaults(module=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (_add_top, _add_report, _add_sessions, _add_turns, _add_daemon):
        add(lambda name, text: _command(commands, name, text))
    return parser


Add = Callable[[str, str], argparse.ArgumentParser]


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
    command.set_defaults(module=name)
    return command


def _add_top(add: Add) -> None:
    top = add("top", "the live dashboard; starts the daemon if none runs")
    look = top.add_mutually_exclusive_group()
    look.add_argument("--once", action="store_true", help="print one screen as text and end")
    look.add_argument("--json", action="store_true", help="print one view as JSON and end")
    top.add_argument(
        "--demo", action="store_true", help="replay a recorded day; your own data stays untouched"
    )


def _add_report(add: Add) -> None:
    report = add("report", "tokens and dollars by day, week, month, session, model …")
    report.add_argument("--by", choices=GROUPS, default="day", help="one row per … (default: day)")
    _add_days(report)
    report.add_argument(
        "--timezone", metavar="TZ", help="whose days, e.g. Europe/Berlin (default: this machine's)"
    )
    report.add_argument("--agent", choices=("claude", "codex"), help="only this agent")
    _add_output(report, csv=True)


def _add_sessions(add: Add) -> None:
    sessions = add("sessions", "one row a session, the running ones first")
    sessions.add_argument("--live", action="store_true", help="only running sessions")
    _add_output(sessions)


def _add_turns(add: Add) -> None:
    turns = add("turns", "one row a turn: a prompt and all it caused")
    turns.add_argument("--session", metavar="ID", help="only this session")
    turns.add_argument("--since", type=_day, metavar="DAY", help="from YYYY-MM-DD on")
    _add_output(turns)


def _add_daemon(add: Add) -> None:
    daemon = add("daemon", "run, start, stop or look at the background process")
    daemon.add_argument(
        "action",
        choices=("run", "start", "stop", "restart", "status"),
        help="run stays in the foreground; status tells version, files, lag, memory",
    )
    daemon.add_argument("--json", action="store_true", help="status as JSON")


def _add_days(command: argparse.ArgumentParser) -> None:
    command.add_argument("--since", type=_day, metavar="DAY", help="from YYYY-MM-DD on, inclusive")
    command.add_argument("--until", type=_day, metavar="DAY", help="to YYYY-MM-DD, inclusive")


def _add_output(command: argparse.ArgumentParser, *, csv: bool = False) -> None:
    shape = command.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    if csv:
        shape.add_argument("--csv", action="store_true", help="print CSV")
    command.add_argument(
        "--no-wait", action="store_true", help="answer now, even if logs are not all read"
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day like 2026-11-23") from None
