"""`aicost turns`."""

from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import print_answer


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print one row a turn."""
    names = ("session", "since")
    params = {name: value for name in names if (value := getattr(args, name)) is not None}
    return print_answer(env, "turns", args, params)
