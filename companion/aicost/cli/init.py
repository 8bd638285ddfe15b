"""`aicost init SHELL`: print what puts the badge into the prompt of a shell."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import aicost
from aicost.core.errors import ExitCode
from aicost.core.shell_code import FILES, READER, advice, filled, shell_of
from aicost.platform.rundir import find_run_dir
from aicost.platform.shell_files import find_shell_files


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print the code for a shell; without one, what the user would add where.

    Raises ConfigError.
    """
    if args.shell is None:
        print(advice(shell_of(env.get("SHELL", "")), env), end="")
        return ExitCode.OK
    files = find_shell_files(Path(aicost.__file__).resolve().parent)
    code = filled(
        (files / FILES[args.shell]).read_text("utf-8"),
        args.shell,
        badge_dir=f"{find_run_dir(env)}/badge",
        reader=str(files / READER),
    )
    sys.stdout.buffer.write(code.encode())  # whatever the locale
    return ExitCode.OK
