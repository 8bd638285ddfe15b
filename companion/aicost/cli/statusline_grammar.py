"""The words after `aicost statusline`. Loaded for that command alone."""

import argparse

from aicost.cli.hooks_grammar import add_change

_INSTALL_EPILOG = """\
examples:
  aicost statusline install               shows the change and asks
  aicost statusline install --yes         for scripts
  aicost statusline install --print       for settings that another program writes

A command that is there goes on, beside ours: docs/statusline.md
"""


def fill(statusline: argparse.ArgumentParser) -> None:
    """Add the actions of `statusline`."""
    actions = statusline.add_subparsers(
        dest="action", title="actions", metavar="ACTION", required=True
    )
    look = statusline.formatter_class

    def add(name: str, text: str, epilog: str = "") -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, epilog=epilog, formatter_class=look)

    install = add("install", "show cost, budget and context below the prompt", _INSTALL_EPILOG)
    add_change(install)
    install.add_argument(
        "--print", action="store_true", help="print the setting; change no settings"
    )
    add_change(add("uninstall", "give the settings back as they were"))
    status = add("status", "what is installed, what runs beside it, and what is in its way")
    status.add_argument("--json", action="store_true", help="print JSON")
