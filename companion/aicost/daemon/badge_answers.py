"""The answer to `badge`: the line that a prompt would show, for whatever reads no files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from aicost.core.badge import DEFAULT_FORMAT, Badge, BadgeLevel, check_format, written
from aicost.core.money import usd
from aicost.core.session import Running
from aicost.daemon.answers import Question, converted, parted
from aicost.daemon.badge_scopes import BadgeSet, Sight, find_badges
from aicost.daemon.budgeting import Budgets
from aicost.daemon.roots import Roots
from aicost.daemon.setup import Setup
from aicost.daemon.shell_tracking import ShellTracker, agent_of
from aicost.daemon.world import World
from aicost.report.documents import SCHEMA, Document, as_json, budget_fields, moment

_COLOURS: Mapping[BadgeLevel, str] = {"ok": "", "warn": "33", "serious": "31", "over": "1;31"}


class BadgeQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `badge`."""

    homes: tuple[str, ...] = ()  # the caller's; badges show all that runs
    shells: tuple[int, ...] = ()  # those the caller is in, the innermost first
    cwd: str = ""
    template: str = DEFAULT_FORMAT
    is_ascii: bool = False


@dataclass(frozen=True, slots=True)
class _Choice:
    """The nearest badge."""

    scope: str = ""  # shell, repo, today; "": nothing ran today
    badge: Badge | None = None
    shell: int | None = None
    root: str | None = None


def answered(
    question: Question,
    found: BadgeSet,
    root_of: Callable[[str], str | None],
    params: Mapping[str, object],
) -> str:
    """Answer `badge`: of the caller's shell, else of its repository, else of today.

    Raises ConfigError for a format that is none.
    """
    shown, rest = parted(params)
    query = converted(rest, BadgeQuery)
    check_format(query.template)
    choice = _choose(found, query, root_of)
    text = ""
    if choice.badge is not None:
        text = written(choice.badge, query.template, is_ascii=query.is_ascii)
    if shown.format == "json":
        return as_json(_document(question, choice, text))
    colour = _COLOURS[choice.badge.level] if choice.badge and shown.colour else ""
    line = f"\x1b[{colour}m{text}\x1b[0m" if colour and text else text
    return f"{line}\n" if choice.badge else ""


def _choose(found: BadgeSet, query: BadgeQuery, root_of: Callable[[str], str | None]) -> _Choice:
    by_pid = {shell.pid: badge for shell, badge in found.shells.items()}
    for pid in query.shells:
        if pid in by_pid:
            return _Choice("shell", by_pid[pid], shell=pid)
    root = root_of(query.cwd)
    if root is not None and root in found.repos:
        return _Choice("repo", found.repos[root], root=root)
    return _Choice("today", found.today) if found.today else _Choice()


def _document(question: Question, choice: _Choice, text: str) -> Document:
    badge = choice.badge or Badge(cost_nusd=None)
    return {
        "schema": SCHEMA,
        "at": moment(question.now),
        "complete": question.complete,
        "pending_bytes": question.pending_bytes,
        "scope": choice.scope or None,
        "shell": choice.shell,
        "root": choice.root,
        "text": text,
        "level": badge.level if choice.badge else None,
        "cost_usd": None if badge.cost_nusd is None else usd(badge.cost_nusd),
        "unpriced_tokens": badge.unpriced_tokens,
        "tokens": badge.tokens,
        "budget": badge.used and budget_fields(badge.used),
        "state": badge.state if choice.badge else None,
        "sessions": badge.sessions,
        "usd_per_hour": usd(badge.nusd_per_hour),
        "context_share": badge.context_share,
        "task": badge.task or None,
    }


def answered_alone(
    setup: Setup, question: Question, running: Running, params: Mapping[str, object]
) -> str:
    """Answer `badge` without a daemon. Raises ConfigError, sqlite3.Error.

    What earlier sessions of a shell used is known as far as a daemon saw them.
    """
    dirs, roots = setup.dirs, Roots()
    shells = ShellTracker(dirs.run_dir)
    shells.load()
    shells.look({name: agent_of(live) for name, live in running.sessions.items()})
    budgets = Budgets(dirs.config_file, dirs.trust_file, repo_of=question.repo_of)
    budgets.note_folders({live.cwd for live in running.sessions.values()})
    world = World(
        now=question.now, zone=setup.zone, budgets=budgets.current().budgets, running=running
    )
    sight = Sight(
        world=world,
        attribution=setup.attribution,
        links=shells.links,
        root_of=roots.root_of,
    )
    return answered(question, find_badges(question, sight), roots.root_of, params)
