"""The words after `aicost prices`. Loaded for that command alone."""

import argparse

from aicost.cli.parser import day

_SHOW_EPILOG = """\
examples:
  aicost prices show                             the rates of today
  aicost prices show gpt-6-sol                   every dated row of a model
  aicost prices show --at 2026-08-01 --json
"""
_SET_EPILOG = """\
examples:
  aicost prices set claude-opus-5-5 --input 3.2 --output 16 --from 2026-11-01 --source "contract"
  aicost prices set qwen-coder --input 0 --output 0
  aicost prices set gpt-6-sol --tier priority --input 4 --output 20 --from 2026-09-22

A price is one for prompts of any length, from its day on until the next that you set.
A rate that is left out stays the price book's. Where the book has none, the cache costs as in the
standard price, in proportion; for a model that the book does not know, what fresh input does.
"""
_RATES = {  # option -> what it is the price of
    "--input": "fresh input",
    "--cache-read": "reading the cache",
    "--cache-write-5m": "writing the cache for 5 minutes (OpenAI: 30)",
    "--cache-write-1h": "writing the cache for an hour (OpenAI: 12)",
    "--output": "output",
}


def fill(prices: argparse.ArgumentParser) -> None:
    """Add the actions of `prices`. Without one, it shows."""
    prices.set_defaults(action="show", model=None, at=None, json=False)
    actions = prices.add_subparsers(title="actions", metavar="ACTION")

    def add(name: str, text: str, epilog: str = "") -> argparse.ArgumentParser:
        look = prices.formatter_class
        action = actions.add_parser(name, help=text, epilog=epilog, formatter_class=look)
        action.set_defaults(action=name)
        return action

    show = add("show", "the rates in use", _SHOW_EPILOG)
    show.add_argument("model", nargs="?", metavar="MODEL", help="all dated rows of this one")
    show.add_argument("--at", type=day, metavar="DAY", help="the rates of YYYY-MM-DD")
    show.add_argument("--json", action="store_true", help="print JSON")

    set_ = add("set", "a price of your own, which wins over the book", _SET_EPILOG)
    set_.add_argument("model", metavar="MODEL")
    for option, what in _RATES.items():
        set_.add_argument(
            option,
            type=rate,
            metavar="USD",
            required=option in ("--input", "--output"),
            help=f"{what}, US dollars per million tokens",
        )
    _add_place(set_)
    set_.add_argument("--source", default="", metavar="TEXT", help="where you have it from")

    unset = add("unset", "take prices of your own away")
    unset.add_argument("model", metavar="MODEL")
    _add_place(unset)

    add("update", "compile the book anew; goes online only if prices.url is set")


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--tier", metavar="NAME", help="of this tier: fast, priority, batch, flex …"
    )
    command.add_argument(
        "--from", dest="start", type=day, metavar="DAY", help="from YYYY-MM-DD on (UTC)"
    )


def rate(text: str) -> str:
    """Return a price as it was typed, if it is one."""
    from decimal import Decimal, InvalidOperation

    from aicost.core.errors import ConfigError
    from aicost.prices.own import rate_of

    try:
        rate_of(Decimal(text), "a price")
    except InvalidOperation as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of dollars") from error
    except ConfigError as error:
        raise argparse.ArgumentTypeError(error.what) from error
    return text
