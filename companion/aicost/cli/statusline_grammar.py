"""The words after `aicost statusline`. Loaded for that command alone."""

import argparse

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
    _add_change(install)
    install.add_argument(
        "--print", action="store_true", help="print the setting; change no settings"
    )
    _add_change(add("uninstall", "give the settings back as they were"))
    status = add("status", "what is installed, what runs beside it, and what is in its way")
    status.add_argument("--json", action="store_true", help="print JSON")


def _add_change(action: argparse.ArgumentParser) -> None:
    scope = action.add_mutually_exclusive_group()
    for option, value, text in (
        ("--project", "project", "in this folder's settings, for all who work in it"),
        ("--project-local", "local", "in this folder's settings that git does not see"),
    ):
        scope.add_argument(
            option, dest="scope", action="store_const", const=value, help=text, default=None
        )
    action.add_argument("--yes", action="store_true", help="do not ask")
