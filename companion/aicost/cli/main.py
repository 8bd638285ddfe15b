"""Parse, dispatch, and turn what went wrong into words and an exit code."""

import importlib
import os
import sys
from collections.abc import Sequence

from aicost.cli.parser import build_parser
from aicost.core.errors import AicostError, ExitCode

INTERRUPTED = 130  # as shells report a Ctrl-C


def run(argv: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.module is None:
        parser.print_help()
        return ExitCode.OK
    try:
        command = importlib.import_module(f"aicost.cli.{args.module}")
        code: int = command.run(args, os.environ)
        sys.stdout.flush()
    except AicostError as error:
        print(error.render(), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    return code
