"""The words of `aicost team` for its members. Loaded for that command alone."""

import argparse
from collections.abc import Callable

_JOIN_EPILOG = """\
examples:
  aicost team preview                             what would be sent, before you join anything
  aicost team join https://team.example.com       asks for your invite code, and for a yes
  aicost team join https://team.example.com --cohort pilot --since 2026-11-01
  aicost team join https://team.example.com --label github.com/acme/shop=shop
  aicost team join /mnt/share/aicost --team acme  a folder in place of a server

What is sent is one document a day, of counts under closed words: docs/team.md has all its fields.
AICOST_TEAM_CODE stands for --code.
"""
_IMPORT_EPILOG = """\
examples:
  aicost team export-key | ssh laptop aicost team import-key --yes

Two devices with one key count as one person. Whoever has the key can send as you, and delete.
"""
Add = Callable[..., argparse.ArgumentParser]


def fill_member(add: Add) -> None:
    """Add what members do; `add` makes an action of a name, a text and an epilog."""
    _fill_join(add("join", "send days to a team from now on, after you said yes", _JOIN_EPILOG))
    preview = add("preview", "print the very bytes of each day that would be sent now")
    preview.add_argument("--day", type=_day, metavar="DAY", help="only YYYY-MM-DD")
    add("sync", "send at once what is due, and what waits")
    again = add("resync", "send days again, also those that are settled")
    again.add_argument("--since", type=_day, metavar="DAY", help="from YYYY-MM-DD on (else all)")
    log = add("log", "what left this machine: time, address, SHA-256, and the body")
    log.add_argument("--bodies", action="store_true", help="print the bodies, too")
    log.add_argument("--json", action="store_true", help="print JSON, one line each, with bodies")
    _add_yes(add("forget", "have all deleted that you ever sent to the team"))
    leave = add("leave", "send nothing any more, from any of your devices")
    leave.add_argument("--delete", action="store_true", help="and have all deleted that was sent")
    _add_yes(leave)
    add("export-key", "print your key, for a second device of yours")
    _add_yes(add("import-key", "read the key of another device of yours", _IMPORT_EPILOG))


def _fill_join(join: argparse.ArgumentParser) -> None:
    join.add_argument("sink", metavar="ADDRESS", help="of the team's server, or a shared folder")
    join.add_argument("--code", metavar="CODE", help="your one-time invite code")
    join.add_argument("--team", default="", metavar="NAME", help="how a folder's team is called")
    join.add_argument("--cohort", metavar="NAME", help="one of the groups that the server offers")
    join.add_argument(
        "--since", type=_day, metavar="DAY", help="from YYYY-MM-DD on (default: 14 days ago)"
    )
    join.add_argument(
        "--billing",
        choices=("api", "subscription", "credits"),
        default="unknown",
        help="how you pay, where your logs do not tell",
    )
    join.add_argument(
        "--label",
        action="append",
        default=[],
        type=_label,
        metavar="REPO=LABEL",
        help="name this repository so; without, repositories are not named",
    )
    join.add_argument(
        "--hash-projects", action="store_true", help="name others by a hash under the team's key"
    )
    _add_yes(join)


def _add_yes(action: argparse.ArgumentParser) -> None:
    action.add_argument("--yes", action="store_true", help="do not ask")


def _day(text: str) -> str:
    from aicost.cli.parser import day

    return day(text)


def _label(text: str) -> tuple[str, str]:
    repo, _, label = text.rpartition("=")
    if not repo or not label:
        raise argparse.ArgumentTypeError("REPO=LABEL, e.g. github.com/acme/shop=shop")
    return repo, label
