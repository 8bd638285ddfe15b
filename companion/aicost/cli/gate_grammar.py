"""The words after `aicost allow` and `aicost audit`. Loaded for those commands alone."""

import argparse
from collections.abc import Callable

_ALLOW_EPILOG = """\
examples:
  aicost allow 5 "hotfix release"                $5.00 more, for two hours, in all sessions
  aicost allow 5 --session 6f93eca8 --for 30m

The same words as a prompt in a session are for that session; the agent does not see them. What is
allowed ends with its time or its amount, whichever comes first, and is in `aicost audit`.
"""
_AUDIT_EPILOG = """\
examples:
  aicost audit                                   the last seven days
  aicost audit --since 2026-11-01 --json
"""


def fill_allow(allow: argparse.ArgumentParser) -> None:
    """Add the options of `allow`."""
    allow.epilog = _ALLOW_EPILOG
    allow.add_argument("amount", metavar="AMOUNT", help="dollars that may be spent, e.g. 5")
    allow.add_argument("reason", nargs="*", metavar="REASON", help="why; kept in the audit")
    allow.add_argument(
        "--for", dest="lasts", default="", metavar="TIME", help="30m, 2h, 1d (default: 2h)"
    )
    only = "only the one whose id begins so (default: all)"
    allow.add_argument("--session", default="", metavar="ID", help=only)


def fill_audit(audit: argparse.ArgumentParser, day: Callable[[str], str]) -> None:
    """Add the options of `audit`; `day` reads a day."""
    audit.epilog = _AUDIT_EPILOG
    audit.add_argument(
        "--since", type=day, metavar="DAY", help="from YYYY-MM-DD on (default: the last 7 days)"
    )
    only = "only sessions whose id begins so"
    audit.add_argument("--session", default="", metavar="ID", help=only)
    audit.add_argument("--json", action="store_true", help="print JSON")
