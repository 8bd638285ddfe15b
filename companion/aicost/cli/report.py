"""`aicost report`."""

from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import print_answer


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print usage and cost in groups."""
    if args.timezone is not None:
        from aicost.platform.timezone import check_zone

        check_zone(args.timezone)
    names = ("by", "since", "until", "timezone", "agent")
    params = {name: value for name in names if (value := getattr(args, name)) is not None}
    return print_answer(env, "report", args, params)
