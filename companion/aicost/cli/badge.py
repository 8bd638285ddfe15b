"""`aicost badge [--json | --format TEXT] [--shell PID]`."""

import os
from argparse import Namespace
from collections.abc import Mapping

from aicost.cli.ask import print_answer
from aicost.core.badge import ASCII_FORMAT, DEFAULT_FORMAT, check_format


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print what a prompt here would show: nothing where nothing ran today."""
    is_ascii = bool(env.get("AICOST_BADGE_ASCII"))
    template = args.format
    if template is None:
        template = env.get("AICOST_BADGE_FORMAT") or (ASCII_FORMAT if is_ascii else DEFAULT_FORMAT)
    check_format(template)
    params = {
        "shells": [args.shell] if args.shell is not None else _own_shells(),
        "cwd": _here(),
        "template": template,
        "is_ascii": is_ascii,
    }
    return print_answer(env, "badge", args, params)


def _own_shells() -> list[int]:
    from aicost.platform.shells import origin_of

    origin = origin_of(os.getpid())
    return [shell.pid for shell in origin.shells] if origin else []


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - text, as the wire has it
    except OSError:  # the folder is gone
        return ""
