"""`aicost reconcile`."""

from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import print_answer


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print our figures beside the client's own."""
    params = {} if args.session is None else {"session": args.session}
    return print_answer(env, "reconcile", args, params)
