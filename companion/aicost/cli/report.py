"""`aicost report`."""

from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import print_answer
from aicost.core.errors import ConfigError


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print usage and cost in groups."""
    _check(args)
    names = ("by", "since", "until", "timezone", "agent")
    params = {name: value for name in names if (value := getattr(args, name)) is not None}
    return print_answer(env, "report", args, params)


def _check(args: Namespace) -> None:
    """Raise ConfigError for a range without a day, and for a zone that is none."""
    if args.since and args.until and args.since > args.until:
        raise ConfigError(
            f"no day is from {args.since} on and not after {args.until}",
            why="--since is the first day, --until the last",
            hint=f"aicost report --since {args.until} --until {args.since}",
        )
    if args.timezone is None:
        return
    from aicost.platform.timezone import check_zone

    try:
        check_zone(args.timezone)
    except ConfigError as error:
        zone = error.hint.partition(",")[0]
        hint = f"aicost report --timezone {zone}"
        raise ConfigError(error.what, why=error.why, hint=hint) from error
