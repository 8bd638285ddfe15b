"""`aicost export`: usage for other programs."""

import sys
from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import answer
from aicost.core.errors import ConfigError, ExitCode


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print the days that are asked for."""
    from aicost.sources.homes import home_folders

    if args.since and args.until and args.since > args.until:
        raise ConfigError(
            f"no day is from {args.since} on and not after {args.until}",
            why="--since is the first day, --until the last",
            hint=f"aicost export --since {args.until} --until {args.since}",
        )
    days = {name: value for name in ("since", "until") if (value := getattr(args, name))}
    text = answer(
        env,
        "export",
        {
            "format": args.format,
            **days,
            "homes": home_folders(env),
            "tz": env.get("TZ", ""),
            "wait": not args.no_wait,
        },
    )
    sys.stdout.write(text)
    return ExitCode.OK
