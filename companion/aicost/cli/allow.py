"""`aicost allow`: the user's own word that agents may go on over a hard budget."""

import sys
from argparse import Namespace
from collections.abc import Mapping

from aicost.cli import ask
from aicost.core.errors import ExitCode


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Allow it, at once: a daemon is started if none runs. Raises AicostError."""
    from aicost.core.allowance import RIGHT_FORM, wish
    from aicost.daemon.lifecycle import start_in_background
    from aicost.platform.agent_shells import refuse_agents
    from aicost.platform.dirs import load_dirs

    instead = f"send the prompt `{RIGHT_FORM}` yourself, or use a terminal of your own"
    refuse_agents(env, "an agent cannot allow itself to go on", instead)
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
