"""`aicost guard [--budget AMOUNT]... -- COMMAND ...`."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from aicost.cli.parser import USAGE
from aicost.core.errors import AicostError
from aicost.daemon.supervising import Ended, Terms, guard
from aicost.platform.atomic import replace_file
from aicost.platform.config import load_settings
from aicost.platform.dirs import load_dirs
from aicost.platform.running import CannotRun


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Run a command under guard; return its exit code, or ours."""
    argv = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not argv:
        missing = AicostError("there is no command to guard", hint="aicost guard --help")
        print(missing.render(), file=sys.stderr)
        return USAGE
    dirs = load_dirs(env)
    settings = load_settings(dirs.config_file)
    terms = Terms(
        argv=argv,
        budgets=[{**one, "is_hard": not args.soft} for one in args.budget],
        fails_on_warning=args.fail_on_warn,
        fails_closed=settings.gate_fail == "closed",
    )
    try:
        ended = guard(terms, dirs, env, _say)
    except CannotRun as error:
        print(error.render(), file=sys.stderr)
        return error.code
    _tell(ended, args.summary)
    if args.notify:
        _notify(ended, argv, env)
    return ended.exit_code


def _say(text: str) -> None:
    print(text if text.startswith("aicost: ") else f"aicost guard: {text}", file=sys.stderr)


def _tell(ended: Ended, file: str | None) -> None:
    line = json.dumps(ended.summary, separators=(",", ":"), ensure_ascii=False)
    if file is None:
        print(line, file=sys.stderr)
        return
    try:
        replace_file(Path(file).absolute(), line.encode() + b"\n")
    except OSError as error:  # the run is over: its code says more than this
        _say(f"the summary cannot be written to {file}: {error.strerror}")
        print(line, file=sys.stderr)


def _notify(ended: Ended, argv: Sequence[str], env: Mapping[str, str]) -> None:
    from aicost.platform.notify import Notification, notify

    name, reason = Path(argv[0]).name, str(ended.summary["reason"])
    title = f"{name} was stopped" if reason else f"{name} ended with {ended.exit_code}"
    spent = [str(one["sentence"]) for one in ended.summary["budgets"]]
    try:
        notify(
            Notification(
                title=title,
                body=reason or "; ".join(spent),
                urgency="critical" if reason else "normal",
            ),
            env,
        )
    except AicostError as error:
        _say(error.what)
