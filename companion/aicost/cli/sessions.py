"""`aicost sessions`."""

from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import print_answer


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print one row a session."""
    return print_answer(env, "sessions", args, {"live": args.live})
