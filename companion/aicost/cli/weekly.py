"""`aicost weekly`: how a week went."""

import sys
from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import answer, looks
from aicost.cli.weekly_grammar import STDOUT
from aicost.core.errors import ConfigError, ExitCode


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print a week's report, or write it to a file."""
    from aicost.sources.homes import home_folders

    shape, target = _shape(args)
    text = answer(
        env,
        "weekly",
        {
            **looks(env, args),
            "format": shape,
            "week": args.week,
            "share": args.share,
            "renew": args.renew,
            "homes": home_folders(env),
            "tz": env.get("TZ", ""),
            "wait": not args.no_wait,
        },
    )
    if target == STDOUT:
        sys.stdout.write(text)
    else:
        _write(target, text)
    return ExitCode.OK


def _shape(args: Namespace) -> tuple[str, str]:
    """Return how the report is to look, and where it goes."""
    for name, shape in (("md", "markdown"), ("html", "html")):
        if (file := getattr(args, name)) is not None:
            return shape, file or STDOUT
    return "json" if args.json else "table", STDOUT


def _write(target: str, text: str) -> None:
    from pathlib import Path

    from aicost.platform.atomic import replace_file

    try:
        replace_file(Path(target), text.encode())
    except OSError as error:
        raise ConfigError(
            f"the report cannot be written: {error.strerror}",
            why=f"writing {target} failed",
            hint="aicost weekly --html > week.html",
        ) from error
    print(f"written: {target}", file=sys.stderr)
