"""The words after `aicost hooks`. Loaded for that command alone."""

import argparse

_INSTALL_EPILOG = """\
examples:
  aicost hooks install                    all agents found; shows the change and asks
  aicost hooks install claude --yes       for scripts
  aicost hooks install codex --trust      and tell Codex that you trust them
  aicost hooks install claude --print     for settings that another program writes

What is written, and how it is taken away again: docs/hooks.md
"""


def fill(hooks: argparse.ArgumentParser) -> None:
    """Add the actions of `hooks`."""
    actions = hooks.add_subparsers(dest="action", title="actions", metavar="ACTION", required=True)

    def add(name: str, text: str, epilog: str = "") -> argparse.ArgumentParser:
        look = hooks.formatter_class
        action = actions.add_parser(name, help=text, epilog=epilog, formatter_class=look)
        action.add_argument(
            "agent", nargs="?", choices=("claude", "codex"), help="default: all that are found"
        )
        return action

    install = add("install", "let agents call aicost at their events", _INSTALL_EPILOG)
    add_change(install)
    install.add_argument(
        "--print", action="store_true", help="print the entries; change no settings"
    )
    install.add_argument(
        "--trust", action="store_true", help="mark them as trusted in Codex, after asking"
    )
    add_change(add("uninstall", "give the settings back as they were"))
    status = add("status", "what is installed, what is in its way, and what it can stop")
    status.add_argument("--json", action="store_true", help="print JSON")


def add_change(action: argparse.ArgumentParser) -> None:
    """Add whose settings are changed, and whether it asks before."""
    scope = action.add_mutually_exclusive_group()
    for option, value, text in (
        ("--project", "project", "in this folder's settings, for all who work in it"),
        ("--project-local", "local", "in this folder's settings that git does not see"),
    ):
        scope.add_argument(
            option, dest="scope", action="store_const", const=value, help=text, default=None
        )
    action.add_argument("--yes", action="store_true", help="do not ask")
