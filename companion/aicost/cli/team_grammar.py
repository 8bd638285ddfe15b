"""The words after `aicost team`. Loaded for that command alone."""

import argparse

from aicost.cli.team_member_grammar import fill_member

_SERVE_EPILOG = """\
examples:
  aicost team serve --team acme                            SQLite, in ./aicost-team.db
  aicost team serve --team acme --db postgresql://aicost@db/aicost --head-count 40
  aicost team invite 40 --db aicost-team.db > codes.txt    one code for each developer

It listens on this machine only; put a proxy with TLS before it (docs/team-server.md).
AICOST_TEAM_DB stands for --db: the address of a database is no secret on a command line.
AICOST_TEAM_READER_TOKEN, if it is set, is what readers of reports need; else members' tokens do.
"""
DEFAULT_DB = "aicost-team.db"


def fill_team(team: argparse.ArgumentParser) -> None:
    """Add the actions of `team`."""
    actions = team.add_subparsers(title="actions", metavar="ACTION", required=True)

    def add(name: str, text: str, epilog: str = "") -> argparse.ArgumentParser:
        look = team.formatter_class
        action = actions.add_parser(name, help=text, epilog=epilog, formatter_class=look)
        action.set_defaults(action=name)
        return action

    fill_member(add)
    _fill_serve(add("serve", "run the team's server", _SERVE_EPILOG))
    invite = add("invite", "make one-time codes to join with")
    invite.add_argument("number", type=_number, metavar="N", help="how many")
    _add_database(invite)


def _fill_serve(serve: argparse.ArgumentParser) -> None:
    _add_database(serve)
    serve.add_argument("--team", required=True, metavar="NAME", help="how the team is called")
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on")
    serve.add_argument("--port", type=int, default=8471, help="to listen on (default 8471)")
    serve.add_argument(
        "--k", type=int, default=5, help="people that a published group has at least (5 or more)"
    )
    serve.add_argument(
        "--retention-months", type=int, default=13, metavar="N", help="how long days are kept"
    )
    serve.add_argument("--head-count", type=int, metavar="N", help="how many the team is")
    serve.add_argument(
        "--cohort", action="append", default=[], metavar="NAME", help="a group to choose at joining"
    )
    serve.add_argument(
        "--check", action="store_true", help="look at settings and database, and serve nothing"
    )


def _add_database(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--db", metavar="FILE_OR_ADDRESS", help=f"SQLite file or postgresql:// ({DEFAULT_DB})"
    )


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError("a number from 1 to 10000")
    return int(text)
