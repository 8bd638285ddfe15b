"""`aicost budget list|set|rm`: work without a daemon, and tell a running one."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress

from aicost.cli import ask
from aicost.core.errors import ExitCode

_FILTERS = ("repo", "branch", "category", "model", "agent", "env")


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Do what was asked of the budgets. Raises AicostError."""
    if args.action == "list":
        return ask.print_answer(env, "budgets", args, {"cwd": _here()})

    from aicost.core.budget_page import said_of_removal, said_of_set
    from aicost.platform.agent_shells import refuse_agents
    from aicost.platform.budget_edit import loosens, remove_budget, set_budget
    from aicost.platform.dirs import load_dirs

    file = load_dirs(env).config_file
    if args.action == "rm":
        refuse_agents(env, "an agent cannot take a budget away")
        said = said_of_removal(remove_budget(file, args.id))
    else:
        row = _row(args)
        if loosens(file, row):
            refuse_agents(env, "an agent cannot loosen a budget")
        said = said_of_set(set_budget(file, row))
    print(said, file=sys.stderr)
    reload_budgets(env)
    return ExitCode.OK


def reload_budgets(env: Mapping[str, str]) -> None:
    """Let a daemon that runs take on what was written. Raises AicostError."""
    from aicost.ipc.protocol import NotRunning

    with suppress(NotRunning):  # (the next one reads the files when it starts)
        try:
            found = ask.call(env, "budgets.reload", {})
        finally:
            ask.clear_progress()
        for trouble in found["troubles"]:
            print(f"aicost: {trouble}", file=sys.stderr)


def _row(args: Namespace) -> dict[str, object]:
    """Return a budget as the config has it: only what was said."""
    from aicost.core.budget_words import config_amount

    row: dict[str, object] = {"scope": args.scope, "amount": config_amount(" ".join(args.amount))}
    if args.hard or args.soft:
        row["hard"] = args.hard
    return row | {name: said for name in _FILTERS if (said := getattr(args, name)) is not None}


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - text, as the daemon is asked
    except FileNotFoundError:  # the folder is gone
        return ""
