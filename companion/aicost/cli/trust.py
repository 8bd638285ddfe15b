"""`aicost trust`: let a repository's own budgets stop agents, or no more."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from aicost.cli.budget import reload_budgets
from aicost.core.budget import Budget
from aicost.core.budget_words import limit_words
from aicost.core.errors import ConfigError, ExitCode
from aicost.platform import trust
from aicost.platform.agent_shells import refuse_agents
from aicost.platform.dirs import load_dirs
from aicost.platform.git import checkout_of, repo_key_of
from aicost.platform.repo_budgets import (
    RepoFile,
    parse_repo_budgets,
    read_repo_file,
    repo_file,
)

_NARROWED = ("branch", "model", "agent", "environment")


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Show what a repository would set, ask, and keep the answer. Raises ConfigError."""
    file = load_dirs(env).trust_file
    if args.list:
        _list(file)
        return ExitCode.OK
    refuse_agents(env, "an agent cannot say which budgets you trust")
    root = _root(args.path)
    if args.remove:
        _remove(file, root)
    elif not _trust(file, root, is_sure=args.yes):
        return ExitCode.OK
    reload_budgets(env)
    return ExitCode.OK


def _trust(file: Path, root: Path, *, is_sure: bool) -> bool:
    """Return whether something new is trusted."""
    found = read_repo_file(root)
    if found is None:
        raise ConfigError(f"{root} brings no budgets", why=f"there is no {repo_file(root)}")
    budgets = parse_repo_budgets(found, repo_key_of(str(root)))
    if trust.is_trusted(trust.load_trusted(file), found):
        print(f"{found.path} is trusted already, as it is", file=sys.stderr)
        return False
    _show(found, budgets)
    if not is_sure and not _wants(root):
        print("it is not trusted: nothing changed", file=sys.stderr)
        return False
    trust.trust(file, found, datetime.now(UTC))  # what was shown, whatever is there by now
    print(f"{found.path} is trusted until it changes", file=sys.stderr)
    return True


def _show(found: RepoFile, budgets: tuple[Budget, ...]) -> None:
    print(f"{found.path} sets, beside your own budgets:", file=sys.stderr)
    for budget in budgets:
        does = "stops agents" if budget.is_hard else "tells"
        parts = [name for name in _NARROWED if getattr(budget.filter, name)]
        only = f" (only some: {', '.join(parts)})" if parts else ""
        print(f"  {limit_words(budget)}{only}: {does}", file=sys.stderr)
    if not budgets:
        print("  nothing", file=sys.stderr)


def _wants(root: Path) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(
            "nothing is trusted",
            why="there is no terminal to ask on",
            hint=f"aicost trust --yes {root}",
        )
    print("Let it stop agents in this repository? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _remove(file: Path, root: Path) -> None:
    path = repo_file(root)
    if not trust.distrust(file, path):
        raise ConfigError(f"{path} is not trusted", hint="aicost trust --list")
    print(f"{path} is trusted no more: its budgets only tell", file=sys.stderr)


def _list(file: Path) -> None:
    for path, word in sorted(trust.load_trusted(file).items()):
        print(f"{path}  since {word.since}{_state(Path(path), word)}")


def _state(path: Path, word: trust.Trusted) -> str:
    try:
        found = read_repo_file(path.parent)
    except ConfigError as error:
        return f"  ({error.why or error.what})"
    if found is None:
        return "  (the file is gone)"
    return "" if found.digest == word.digest else "  (it changed: not trusted as it is now)"


def _root(named: str | None) -> Path:
    """Return the top of the checkout that is meant; of one that is gone, the folder named."""
    folder = os.path.realpath(named or ".")
    root = checkout_of(folder)
    if root is None and named and not Path(folder).exists():
        return Path(folder)
    if root is None:
        raise ConfigError(
            f"{folder} is in no repository",
            why="budgets of a repository are at the top of a checkout",
            hint="aicost trust PATH",
        )
    return root
