"""Parse, dispatch, and turn what went wrong into words and an exit code."""

import importlib
import os
import sys
from collections.abc import Sequence

from aicost.cli.parser import COMMANDS, USAGE, build_command, build_parser
from aicost.core.errors import AicostError, ExitCode

INTERRUPTED = 130  # as shells report a Ctrl-C


def run(argv: Sequence[str]) -> int:
    """Run one command; return its exit code. A bug is raised: Python shows it and exits with 1."""
    try:
        try:
            code = _dispatch(argv)
        finally:  # also after --help, which ends here
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


def _dispatch(argv: Sequence[str]) -> int:
    if argv and argv[0] not in COMMANDS and not argv[0].startswith("-"):
        print(_no_command(argv[0]).render(), file=sys.stderr)
        return USAGE
    if not argv or argv[0] not in COMMANDS:
        parser = build_parser()
        parser.parse_args(argv)  # ends here for --help, --version and what is no option
        parser.print_help()
        return ExitCode.OK
    args = build_command(argv[0]).parse_args(argv[1:])
    command = importlib.import_module(f"aicost.cli.{argv[0]}")
    return int(command.run(args, os.environ))


def _no_command(word: str) -> AicostError:
    import difflib  # only here: no other run needs it

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    return AicostError(
        f"there is no command {word!r}",
        why=f"commands are {', '.join(COMMANDS)}",
        hint=f"aicost {near[0] if near else '--help'}",
    )
