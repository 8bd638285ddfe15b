"""`aicost tag`: correct what a turn or a session was for."""

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence

from aicost.cli import ask
from aicost.core.errors import ConfigError, ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing is one of the slow imports
    from typing import Any


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Do it at once: a daemon is started if none runs. Raises AicostError."""
    from aicost.daemon.lifecycle import start_in_background
    from aicost.platform.agent_shells import refuse_agents
    from aicost.platform.dirs import load_dirs

    asked = _asked(args)
    if asked["action"] != "list":  # budgets of a category would count something else
        refuse_agents(env, "an agent cannot say what its work was for")
    start_in_background(load_dirs(env), env)
    try:
        said = ask.call(env, "tag", asked)
    finally:
        ask.clear_progress()
    if asked["action"] == "list":
        sys.stdout.write(_json(said) if args.json else _lines(said["tags"]))
    else:
        print(said["text"], file=sys.stderr)
    return ExitCode.OK


def _asked(args: Namespace) -> dict[str, str]:
    if args.list:
        return {"action": "list"}
    if args.id is None or (args.category is None and not args.remove):
        raise ConfigError(
            "what was it for?",
            why="a turn or session, and a category, are needed",
            hint="aicost tag 6f93eca8 bugfix",
        )
    if args.remove:
        return {"action": "remove", "id": args.id}
    return {"action": "set", "id": args.id, "category": args.category}


def _json(said: "Mapping[str, Any]") -> str:
    from aicost.report.documents import SCHEMA, as_json

    return as_json({"schema": SCHEMA, "tags": said["tags"]})


def _lines(tags: "Sequence[Mapping[str, Any]]") -> str:
    if not tags:
        return "Nothing is tagged.\n"
    return "".join(f"{tag['at'][:10]}  {tag['category']:18}  {_what(tag)}\n" for tag in tags)


def _what(tag: "Mapping[str, Any]") -> str:
    turn_id = tag["prompt_uuid"]
    return f"turn {turn_id}" if turn_id else f"session {tag['session_id']}"
