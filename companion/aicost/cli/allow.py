"""`aicost allow`: the user's own word that agents may go on over a hard budget."""

import sys
from argparse import Namespace
from collections.abc import Mapping

from aicost.cli import ask
from aicost.core.errors import ConfigError, ExitCode

_OF_AN_AGENT = "CLAUDECODE"  # set in every shell that Claude Code starts


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Allow it, at once: a daemon is started if none runs. Raises AicostError."""
    from aicost.core.allowance import RIGHT_FORM, wish
    from aicost.daemon.lifecycle import start_in_background
    from aicost.platform.dirs import load_dirs

    if env.get(_OF_AN_AGENT):
        raise ConfigError(
            "an agent cannot allow itself to go on",
            why=f"{_OF_AN_AGENT} is set: this shell was started by Claude Code",
            hint=f"send the prompt `{RIGHT_FORM}` yourself, or use a terminal of your own",
        )
    reason = " ".join(args.reason)
    wish(args.amount, reason, args.lasts)  # what is wrong with it is known without a daemon
    start_in_background(load_dirs(env), env)
    asked = {"amount": args.amount, "reason": reason, "lasts": args.lasts, "session": args.session}
    try:
        said = ask.call(env, "allow", asked)
    finally:
        ask.clear_progress()
    print(said["text"], file=sys.stderr)
    return ExitCode.OK
