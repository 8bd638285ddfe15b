"""`aicost status`."""

from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import print_answer


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print one screen: spend, sessions, limits, and how the reading goes."""
    return print_answer(env, "overview", args, {})
