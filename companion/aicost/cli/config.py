"""`aicost config path|get|set|unset|edit`."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from aicost.core.errors import ExitCode
from aicost.platform.agent_shells import refuse_agents
from aicost.platform.dirs import load_dirs

_STOPS = "gate."  # what decides whether agents are stopped
_AT_ONCE = ("gate.", "nudges.")
_RESTART = "a daemon that runs takes it on after: aicost daemon restart"


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Show or change the settings. Raises ConfigError."""
    path = load_dirs(env).config_file
    if args.action == "path":
        print(path)
        return ExitCode.OK

    from aicost.platform import config_edit

    if args.action == "edit" or (args.action != "get" and args.key.startswith(_STOPS)):
        refuse_agents(env, "an agent cannot change what stops it")
    match args.action:
        case "get":
            _print_settings(path, args.key)
        case "set":
            _check_packages(args.key)
            config_edit.set_value(path, args.key, args.value)
            _take_on(args.key, env)
        case "unset":
            if config_edit.unset_value(path, args.key):
                _take_on(args.key, env)
            else:
                print(f"{args.key} is not set", file=sys.stderr)
        case "edit":
            config_edit.open_editor(path, env)
    return ExitCode.OK


def _check_packages(key: str) -> None:
    """Raise ConfigError if a setting needs what is not installed."""
    if key.startswith("otlp."):
        from aicost.daemon.otlp import check_packages

        check_packages()


def _take_on(key: str, env: Mapping[str, str]) -> None:
    """Let a daemon that runs know, if it can take the setting on without a restart."""
    if key.startswith(_AT_ONCE):
        from aicost.cli.budget import reload_budgets

        reload_budgets(env)
    else:
        print(_RESTART, file=sys.stderr)


def _print_settings(path: Path, key: str | None) -> None:
    """Print one setting, or lines of TOML for all."""
    from aicost.platform.config_edit import all_values, get_value

    if key is None:
        for name, value in all_values(path).items():
            print("\n".join(_assignments(f"{name}.", value, name)))
    elif (value := get_value(path, key)) is None:
        print(f"{key} is not set", file=sys.stderr)
    else:
        print(_plain(value))


def _plain(value: object) -> str:
    """Return one setting for a script: a text as it is, a list and a table by lines."""
    from aicost.platform.config_edit import plain_text

    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "\n".join(_assignments("", value, "")) if isinstance(value, dict) else plain_text(value)


def _assignments(prefix: str, value: object, key: str) -> list[str]:
    """Return a setting as lines of TOML."""
    from aicost.platform.config_edit import toml_text

    if not isinstance(value, dict):
        return [f"{key} = {toml_text(value)}"]
    return [f"{prefix}{toml_text(name)} = {toml_text(text)}" for name, text in value.items()]
