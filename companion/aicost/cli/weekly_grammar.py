"""The words after `aicost weekly`. Loaded for that command alone."""

import argparse

STDOUT = "-"
_EPILOG = """\
examples:
  aicost weekly                              the last week that is over
  aicost weekly --week 2026-W47 --html week.html
  aicost weekly --md | pbcopy                to paste into a chat
  aicost weekly --share --md                 for others: no names, rounded amounts

The daemon makes the report when a week is over, and keeps it: it says the same ever after. A week
that is not over, or was not kept, is looked at now.
"""


def fill_weekly(weekly: argparse.ArgumentParser) -> None:
    """Add the options of `weekly`."""
    weekly.epilog = _EPILOG
    weekly.add_argument("--week", metavar="WEEK", help="2026-W47 (default: the last that is over)")
    shape = weekly.add_mutually_exclusive_group()
    for name, text in (("md", "Markdown"), ("html", "one HTML page with pictures")):
        shape.add_argument(
            f"--{name}",
            nargs="?",
            const=STDOUT,
            metavar="FILE",
            help=f"{text}, to a file, or without one to stdout",
        )
    shape.add_argument("--json", action="store_true", help="print JSON")
    weekly.add_argument(
        "--share",
        action="store_true",
        help="for others to read: no repository, branch, file, command or session; whole dollars",
    )
    weekly.add_argument(
        "--renew", action="store_true", help="make it anew from what is known now, and keep that"
    )
    weekly.add_argument(
        "--no-wait", action="store_true", help="answer now, even if logs are not all read"
    )
