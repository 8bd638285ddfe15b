"""The grammar of the command line. Imports nothing that a command needs.

Each command `x` is run by `aicost.cli.x`.
"""

import argparse
import importlib
import os
from collections.abc import Callable, Mapping

from aicost import __version__
from aicost.core.errors import AicostError

TYPE_CHECKING = False
if TYPE_CHECKING:  # loading typing takes longer than all of this module
    from typing import Any, NoReturn

    Looks = dict[str, Any]
    Fill = Callable[[argparse.ArgumentParser], None]

GROUPS = (
    "day", "week", "month", "session", "model", "repo", "branch", "category", "agent",
    "environment", "workflow", "version", "subagent", "skill", "mcp", "ticket", "mode",
    "outcome",
)  # fmt: skip

USAGE = 2  # exit code: the command line was not understood
_EPILOG = """\
everyday:
  aicost top                       the dashboard (starts the daemon)
  aicost status                    one screen of how all stands
  aicost report                    tokens and dollars by day
  aicost report --by model --since 2026-11-01
  aicost sessions --live           what runs right now
  aicost turns --session ID        what each prompt cost

exit codes: 0 ok, 1 a bug in aicost, 2 usage, 3 config, 4 daemon down, 5 ledger, 6 team
AICOST_HOME moves config, data and socket to one folder; NO_COLOR is honoured.
"""
_REPORT_EPILOG = """\
examples:
  aicost report --by week                        one row a week
  aicost report --by model --since 2026-11-01    this month's bill by model
  aicost report --by repo --csv > repos.csv      for a spreadsheet
  aicost report --json | jq .total.cost_usd      for a script
"""
_CONFIG_EPILOG = """\
examples:
  aicost config set timezone Europe/Berlin
  aicost config set sources.claude.homes ~/work/.claude ~/play/.claude
  aicost config set 'projectmap.github.com/acme/*' acme
  aicost config get
"""
_TURNS_EPILOG = """\
examples:
  aicost turns --since 2026-11-22
  aicost turns --session 6f93eca8-5a14-4864-a8fb-a2090ed39aba --json
"""


_EXPLAIN_EPILOG = """\
examples:
  aicost explain 6f93eca8                        every call of a session
  aicost explain msg_01XFDUDYJgAACzvnptvVoYEL    one call: tokens times rates
  aicost explain 6f93eca8 --json
"""


_INIT_EPILOG = """\
examples:
  eval "$(aicost init bash)"                  at the end of ~/.bashrc
  eval "$(aicost init zsh)"                   at the end of ~/.zshrc
  aicost init fish | source                   at the end of ~/.config/fish/config.fish
  aicost init tmux >> ~/.tmux.conf            in the bar of tmux
  aicost init starship >> ~/.config/starship.toml
"""


_BADGE_EPILOG = """\
examples:
  aicost badge                                 of this shell, else of the repository, else of today
  aicost badge --format '{cost} of today, {percent} of the budget'
  aicost badge --json | jq .level

It prints nothing where nothing ran today. AICOST_BADGE_FORMAT and AICOST_BADGE_ASCII=1 count here,
as they do for shells.
"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Asks for the terminal's width itself: argparse would load shutil to do so, for any option."""

    def __init__(self, prog: str, **options: "Any") -> None:  # noqa: ANN401 - argparse's own
        super().__init__(prog, **({"width": _columns() - 2} | options))


def _columns() -> int:
    named = os.environ.get("COLUMNS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:  # no terminal
        return 80


class _Parser(argparse.ArgumentParser):
    """Says what was not understood as every error is said; its subparsers do, too."""

    def error(self, message: str) -> "NoReturn":
        said = AicostError(message, hint=f"{self.prog} --help").render()
        self.exit(USAGE, f"{said}\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the whole grammar: for help, and for options before any command."""
    parser = _Parser(
        prog="aicost",
        description="The meter for AI coding agents: tokens and dollars, live and exact.",
        epilog=_EPILOG,
        formatter_class=_Help,
    )
    parser.add_argument("--version", "-V", action="version", version=f"aicost {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.fill(commands.add_parser(name, help=command.text, **_looks(command)))
    return parser


def build_command(name: str) -> argparse.ArgumentParser:
    """Return the grammar of one command alone, which is made in a fraction of the time."""
    command = COMMANDS[name]
    parser = _Parser(prog=f"aicost {name}", **_looks(command))
    command.fill(parser)
    return parser


def _looks(command: "Command") -> "Looks":
    return {
        "description": f"{command.text[:1].upper()}{command.text[1:]}.",
        "epilog": command.epilog,
        "formatter_class": _Help,
    }


def _fill_top(top: argparse.ArgumentParser) -> None:
    look = top.add_mutually_exclusive_group()
    look.add_argument("--once", action="store_true", help="print one screen as text and end")
    look.add_argument("--json", action="store_true", help="print one view as JSON and end")
    top.add_argument(
        "--demo", action="store_true", help="replay a recorded day; your own data stays untouched"
    )


def _fill_report(report: argparse.ArgumentParser) -> None:
    report.add_argument(
        "--by",
        choices=GROUPS,
        default="day",
        metavar="GROUP",
        help=f"one row per {', '.join(GROUPS)} (default: day)",
    )
    _add_since(report)
    report.add_argument("--until", type=day, metavar="DAY", help="to YYYY-MM-DD, inclusive")
    report.add_argument(
        "--timezone",
        metavar="TZ",
        help="whose days, e.g. Europe/Berlin (default: the config's, else TZ, else the machine's)",
    )
    report.add_argument("--agent", choices=("claude", "codex"), help="only this agent")
    _add_output(report)


def _fill_sessions(sessions: argparse.ArgumentParser) -> None:
    sessions.add_argument("--live", action="store_true", help="only running sessions")
    _add_output(sessions)


def _fill_turns(turns: argparse.ArgumentParser) -> None:
    turns.add_argument("--session", metavar="ID", help="only this session")
    _add_since(turns)
    _add_output(turns)


def _fill_explain(explain: argparse.ArgumentParser) -> None:
    explain.add_argument("id", metavar="ID", help="of a call, turn or session, or how it begins")
    explain.add_argument("--json", action="store_true", help="print JSON")
    _add_no_wait(explain)


def _fill_reconcile(reconcile: argparse.ArgumentParser) -> None:
    reconcile.add_argument("--session", metavar="ID", help="only this session")
    _add_output(reconcile)


def _fill_status(status: argparse.ArgumentParser) -> None:
    status.add_argument("--json", action="store_true", help="print JSON")
    _add_no_wait(status)


def _fill_export(export: argparse.ArgumentParser) -> None:
    export.add_argument(
        "--format", choices=("focus",), default="focus", help="FOCUS 1.2 as CSV, for finance tools"
    )
    _add_since(export)
    export.add_argument("--until", type=day, metavar="DAY", help="to YYYY-MM-DD, inclusive")
    _add_no_wait(export)


def _fill_badge(badge: argparse.ArgumentParser) -> None:
    shape = badge.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument(
        "--format",
        metavar="TEXT",
        help="e.g. '{cost} {sign}{percent}'; also {level} {state} {tokens} {burn} {context} {task}",
    )
    badge.add_argument(
        "--shell", type=int, metavar="PID", help="of another shell than the one it is run from"
    )
    _add_no_wait(badge)


def _lazily(module: str, fill: str = "fill") -> "Fill":
    """Return what adds the words of a command whose grammar is a module of its own."""

    def filled(command: argparse.ArgumentParser) -> None:
        getattr(importlib.import_module(f"aicost.cli.{module}"), fill)(command)

    return filled


def _fill_audit(audit: argparse.ArgumentParser) -> None:
    from aicost.cli.gate_grammar import fill_audit

    fill_audit(audit, day)


def _fill_init(init: argparse.ArgumentParser) -> None:
    init.add_argument(
        "shell",
        nargs="?",
        choices=("bash", "zsh", "fish", "starship", "tmux"),
        metavar="SHELL",
        help="bash, zsh, fish, starship or tmux (default: say what to add to which file)",
    )


def _fill_daemon(daemon: argparse.ArgumentParser) -> None:
    daemon.add_argument(
        "action",
        choices=("run", "start", "stop", "restart", "status"),
        help="run stays in the foreground; status tells version, files, lag, memory",
    )
    daemon.add_argument("--json", action="store_true", help="status as JSON")


def _fill_config(config: argparse.ArgumentParser) -> None:
    actions = config.add_subparsers(dest="action", metavar="ACTION", required=True)

    def add(action: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(action, help=text, description=text, formatter_class=_Help)

    add("path", "print where the file is")
    get = add("get", "print one setting, or all that are set")
    get.add_argument("key", nargs="?", metavar="KEY", help="e.g. timezone")
    change = add("set", "set one; the rest of the file stays, comments too")
    change.add_argument("key", metavar="KEY", help="e.g. timezone, or projectmap.PATTERN")
    change.add_argument("value", nargs="+", metavar="VALUE", help="several for a list")
    add("unset", "take one away").add_argument("key", metavar="KEY", help="e.g. timezone")
    add("edit", "open it in $VISUAL or $EDITOR, and check what was written")


def _add_since(command: argparse.ArgumentParser) -> None:
    command.add_argument("--since", type=day, metavar="DAY", help="from YYYY-MM-DD on, inclusive")


def _add_output(command: argparse.ArgumentParser) -> None:
    shape = command.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument("--csv", action="store_true", help="print CSV")
    _add_no_wait(command)


def _add_no_wait(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-wait", action="store_true", help="answer now, even if logs are not all read"
    )


def day(text: str) -> str:
    """Return a day as it was typed, YYYY-MM-DD, if it is one."""
    from datetime import date  # only here: 2 ms that most reports need not wait

    try:
        is_day = date.fromisoformat(text).isoformat() == text  # (it reads more than YYYY-MM-DD)
    except ValueError:
        is_day = False
    if not is_day:
        raise argparse.ArgumentTypeError(f"{text!r} is no day like 2026-11-23")
    return text


class Command:
    """One word after `aicost`: what it is for, and its options."""

    def __init__(self, fill: "Fill", text: str, epilog: str = "") -> None:
        self.fill, self.text, self.epilog = fill, text, epilog


COMMANDS: Mapping[str, Command] = {
    "top": Command(_fill_top, "the live dashboard; starts the daemon if none runs"),
    "report": Command(
        _fill_report, "tokens and dollars by day, week, month, session, model …", _REPORT_EPILOG
    ),
    "sessions": Command(_fill_sessions, "one row a session, the running ones first"),
    "turns": Command(_fill_turns, "one row a turn: a prompt and all it caused", _TURNS_EPILOG),
    "explain": Command(
        _fill_explain, "where a cost comes from: call by call, with price and date", _EXPLAIN_EPILOG
    ),
    "reconcile": Command(
        _fill_reconcile, "our figures beside the agent's own, with the cause of each difference"
    ),
    "status": Command(
        _fill_status, "one screen: today, the burn, what runs, plan limits, what is not known"
    ),
    "export": Command(_fill_export, "days (of UTC) for finance tools: FOCUS 1.2 as CSV"),
    "weekly": Command(
        _lazily("weekly_grammar", "fill_weekly"),
        "how a week went, beside yours before it, and what to try",
    ),
    "badge": Command(_fill_badge, "the line for a prompt: spend, level, state", _BADGE_EPILOG),
    "prices": Command(_lazily("prices_grammar"), "list prices in use, and prices of your own"),
    "budget": Command(_lazily("budget_grammar"), "limits on what may be spent: list, set, rm"),
    "tag": Command(
        _lazily("tag_grammar", "fill_tag"), "say what a turn or a session was for; it sticks"
    ),
    "allow": Command(
        _lazily("gate_grammar", "fill_allow"),
        "let agents go on over a hard budget: so much, for so long",
    ),
    "audit": Command(_fill_audit, "what was stopped, refused and allowed, and why"),
    "trust": Command(
        _lazily("budget_grammar", "fill_trust"),
        "let the budgets that a repository brings stop agents",
    ),
    "guard": Command(
        _lazily("guard_grammar"),
        "run a command under a budget of its own; stop it when it is spent",
    ),
    "hooks": Command(
        _lazily("hooks_grammar"), "let agents ask before they spend: install, uninstall, status"
    ),
    "statusline": Command(
        _lazily("statusline_grammar"),
        "Claude Code's status line with our figures: install, uninstall, status",
    ),
    "init": Command(
        _fill_init, "print what puts the badge into the prompt of a shell", _INIT_EPILOG
    ),
    "team": Command(
        _lazily("team_grammar", "fill_team"), "share daily counts with a team, or run its server"
    ),
    "daemon": Command(_fill_daemon, "run, start, stop or look at the background process"),
    "config": Command(_fill_config, "show, change or edit the settings", _CONFIG_EPILOG),
}
