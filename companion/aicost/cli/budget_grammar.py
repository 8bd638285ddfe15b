"""The words after `aicost budget` and `aicost trust`. Loaded for those commands alone."""

import argparse

SCOPES = ("turn", "session", "5h", "day", "week", "month", "plan-5h", "plan-week")
AGENTS = ("claude", "codex")
ENVIRONMENTS = ("interactive", "headless", "ci")
_LIST_EPILOG = """\
examples:
  aicost budget list
  aicost budget list --json | jq '.budgets[] | {id, limit}'
"""
_SET_EPILOG = """\
examples:
  aicost budget set day 25                       tells at 50, 80, 95 and 100 % of $25.00 a day
  aicost budget set day 25 --hard                stops agents there (with `aicost hooks install`)
  aicost budget set session 300k tokens --repo shop
  aicost budget set turn 3 repeats --hard        of one failing command
  aicost budget set plan-week 80%                of a plan, as its provider counts

SCOPE: turn, session, 5h (rolling), day, week, month, plan-5h, plan-week.
AMOUNT: 25, $12.50, 300k tokens, 20 requests, 10 turns, 30 minutes, 3 repeats, 50 credits, 80%.
One of the same scope, unit and filter gets the new amount. GLOB: * is any text, ? one character.
"""
_TRUST_EPILOG = """\
examples:
  aicost trust                                   the budgets of the repository here
  aicost trust ~/src/shop --yes
  aicost trust --list
  aicost trust --remove ~/src/shop

A repository's .aicost.toml adds budgets of that repository. They tell, and stop no agent before
you trust the file as it is; a changed file is to be trusted anew.
"""


def fill(budget: argparse.ArgumentParser) -> None:
    """Add the actions of `budget`. Without one, it lists."""
    budget.set_defaults(action="list", json=False, no_wait=False)
    actions = budget.add_subparsers(title="actions", metavar="ACTION")

    def add(name: str, text: str, epilog: str = "") -> argparse.ArgumentParser:
        look = budget.formatter_class
        action = actions.add_parser(name, help=text, epilog=epilog, formatter_class=look)
        action.set_defaults(action=name)
        return action

    list_ = add("list", "spent, limit, forecast and reset of each", _LIST_EPILOG)
    list_.add_argument("--json", action="store_true", help="print JSON")
    list_.add_argument(
        "--no-wait", action="store_true", help="answer now, even if logs are not all read"
    )
    _fill_set(add("set", "a limit that tells, or stops with --hard", _SET_EPILOG))
    remove = add("rm", "take one away")
    remove.add_argument("id", metavar="ID", help="as `aicost budget list` names it, e.g. day-hard")


def _fill_set(set_: argparse.ArgumentParser) -> None:
    set_.add_argument("scope", choices=SCOPES, metavar="SCOPE", help="what it is a limit of")
    set_.add_argument("amount", nargs="+", metavar="AMOUNT", help="e.g. 25, or 300k tokens")
    effect = set_.add_mutually_exclusive_group()
    effect.add_argument("--hard", action="store_true", help="stop agents at 100 %%")
    effect.add_argument("--soft", action="store_true", help="only tell; so is a new one")
    set_.add_argument("--repo", metavar="NAME", help="only there, e.g. shop or github.com/acme/*")
    set_.add_argument("--branch", metavar="GLOB", help="only on these branches")
    set_.add_argument("--category", metavar="C", help="only tasks of this kind, e.g. bugfix")
    set_.add_argument("--model", metavar="GLOB", help="only these models, e.g. '*opus*'")
    set_.add_argument("--agent", choices=AGENTS, help="only this agent")
    set_.add_argument("--env", choices=ENVIRONMENTS, help="only agents that run like this")


def fill_trust(trust: argparse.ArgumentParser) -> None:
    """Add the options of `trust`."""
    trust.epilog = _TRUST_EPILOG
    trust.add_argument("path", nargs="?", metavar="PATH", help="in the repository (default: here)")
    what = trust.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="say what is trusted")
    what.add_argument("--remove", action="store_true", help="take the word back")
    what.add_argument("--yes", action="store_true", help="trust without being asked")
