"""`aicost explain`."""

from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import print_answer


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print where the cost of a call, a turn or a session comes from."""
    return print_answer(env, "explain", args, {"id": args.id})
