"""The words after `aicost guard`. Loaded for that command alone."""

import argparse

_EPILOG = """\
examples:
  aicost guard --budget 5 -- claude -p "fix the flaky test"
  aicost guard --budget 5 --budget "40 requests" -- codex exec "update the docs"
  aicost guard --budget 2 --fail-on-warn --summary cost.json -- ./nightly.sh

An amount is dollars, or a number with a unit: 300k tokens, 20 requests, 10 turns, 30 minutes,
3 repeats (of one failing command). All agents that the command starts share it.

exit codes: the command's own; 20 if it was stopped; 10 with --fail-on-warn if it came near
(80 %) a budget; 127 no such command, 126 it cannot be run
"""


def fill(guard: argparse.ArgumentParser) -> None:
    """Add the options of `guard`. All after the command's first word is the command's."""
    guard.epilog = _EPILOG
    guard.usage = "aicost guard [--budget AMOUNT]... [OPTIONS] -- COMMAND ..."
    guard.add_argument(
        "--budget",
        action="append",
        default=[],
        type=amount,
        metavar="AMOUNT",
        help="what the run may use, e.g. 5 or '20 requests'; several hold together",
    )
    guard.add_argument(
        "--soft", action="store_true", help="only tell when a budget is used up, stop nothing"
    )
    guard.add_argument(
        "--fail-on-warn", action="store_true", help="exit with 10 if the run came near a budget"
    )
    guard.add_argument(
        "--summary", metavar="FILE", help="write the summary there, not on stderr, as JSON"
    )
    guard.add_argument("--notify", action="store_true", help="show on the desktop how a run ended")
    guard.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="what to run")


def amount(text: str) -> dict[str, object]:
    """Return an amount as its unit and its steps, if it is one of a run."""
    from aicost.core.budget_words import AmountError, parse_amount

    try:
        unit, limit = parse_amount(text, "session")
    except AmountError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return {"unit": unit, "limit": limit}
