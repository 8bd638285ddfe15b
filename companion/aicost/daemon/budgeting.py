"""All budgets that apply, as the user and repositories set them, and how they stand."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from aicost.core.budget import OF_A_PLAN, OF_ONE, Budget
from aicost.core.errors import ConfigError
from aicost.daemon.rules import Rules
from aicost.platform.config import Settings, load_settings
from aicost.platform.git import checkout_of
from aicost.platform.repo_budgets import (
    FILE_NAME,
    parse_repo_budgets,
    read_repo_file,
    repo_file,
    soft,
)
from aicost.platform.trust import Trusted, is_trusted, load_trusted
from aicost.store.connection import connect_readonly
from aicost.store.places import names_of

if TYPE_CHECKING:
    from aicost.core.spending import Evaluation, Repeating, Reserved, SessionNow
    from aicost.platform.dirs import Dirs
    from aicost.store.places import Attribution

log = logging.getLogger(__name__)

_MOST_ROOTS = 200  # checkouts whose files are looked at
_NAMED_FOR_S = 5.0  # a log may tell later which repository a checkout without a remote is of
_Look = tuple[int, int, int, int]  # of a file: it changed if one of them did


def evaluate(  # noqa: PLR0913 - all that the answer depends on, by name
    db: sqlite3.Connection,
    budgets: Sequence[Budget],
    sessions: "Sequence[SessionNow]",
    *,
    now: datetime,
    zone: ZoneInfo,
    reserved: "Mapping[str, Reserved]",
    repeats: "Mapping[str, Repeating | None]",
) -> "Evaluation":
    """Say how budgets stand, for all and for each of these sessions. Raises sqlite3.Error.

    Spent are the calls in the ledger and hidden spend. A session that is older than a window
    counts there the share of its hidden spend that its priced calls in the window have of all its
    calls. A guard's budget bears on all sessions of its run together: `sessions` must name those
    that have ended, too.
    """
    from aicost.core.spending import Evaluation  # where nobody set budgets, none is weighed
    from aicost.daemon.standing import Moment, Standing

    moment = Moment(now=now, zone=zone, reserved=reserved, repeats=repeats)
    standing = Standing(db, sessions, moment)
    windows = [one for one in budgets if one.scope not in OF_ONE and one.origin != "guard"]
    shared = {id(budget): standing.shared(budget) for budget in windows}
    by_session = {}
    for session in sessions:
        found = (
            shared[id(budget)]
            if id(budget) in shared and budget.scope not in OF_A_PLAN
            else standing.of_session(budget, session)
            for budget in budgets
            if session.is_under(budget.filter)
        )
        by_session[session.session_id] = tuple(one for one in found if one is not None)
    return Evaluation(
        shared=tuple(one for one in shared.values() if one is not None),
        by_session=by_session,
        sizes={session.session_id: standing.size(session.session_id) for session in sessions},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoBudgets:
    """What a checkout brings."""

    budgets: tuple[Budget, ...] = ()  # as they count: hard only if the user trusts them
    is_untrusted: bool = False  # something in it would stop agents, and may not


class Budgets:
    """Reads budgets again when a file changed. For one thread: a look is a `stat` of each file.

    A file that cannot be used changes nothing: what it said before goes on, and `troubles` and the
    log say why.
    """

    def __init__(
        self,
        config_file: Path,
        trust_file: Path,
        *,
        repo_of: Callable[[str], str],
        more: Callable[[], Sequence[Budget]] = tuple,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read nothing yet. `repo_of` names a folder's repository as reports do."""
        self._config_file, self._trust_file = config_file, trust_file
        self._repo_of, self._more, self._clock = repo_of, more, clock
        self._names: dict[Path, str] = {}  # of the checkouts that set budgets
        self._named_s = clock()
        self._roots: dict[Path, Path] = {}  # a checkout and its file; the last noted one last
        self._known: dict[str, Path | None] = {}  # folder -> its checkout
        self._settings = Settings()
        self._trusted: dict[str, Trusted] = {}
        self._repos: dict[Path, RepoBudgets] = {}
        self._looks: dict[Path, _Look] = {}
        self._troubles: dict[Path, str] = {}

    @classmethod
    def of(
        cls, dirs: "Dirs", attribution: "Attribution", more: Callable[[], Sequence[Budget]]
    ) -> Self:
        """Take them from the config, from repositories that agents work in, and from `more`."""

        def repo_of(folder: str) -> str:
            try:
                with closing(connect_readonly(dirs.ledger_file)) as db:
                    return names_of(db, attribution, folder)[1]
            except sqlite3.Error:  # whoever answers from the ledger says what is wrong with it
                return attribution.names_of(folder)[1]

        return cls(dirs.config_file, dirs.trust_file, repo_of=repo_of, more=more)

    def note_folders(self, folders: Iterable[str]) -> None:
        """Take on the repositories that sessions work in."""
        for folder in folders:
            if self._known.get(folder) is None:  # (a repository may be made later)
                if len(self._known) >= 10 * _MOST_ROOTS:
                    self._known.clear()
                self._known[folder] = checkout_of(folder)
            root = self._known[folder]
            if root is not None:
                self._roots[root] = (
                    self._roots.pop(root) if root in self._roots else repo_file(root)
                )
        while len(self._roots) > _MOST_ROOTS:
            self._forget(next(iter(self._roots)))

    def current(self) -> Rules:
        """Return what holds now: the user's budgets, those of repositories, and `more`."""
        if self._is_new(self._config_file):
            self._read(self._config_file, self._read_config)
        has_news = self._is_new(self._trust_file)
        if has_news:
            self._read(self._trust_file, self._read_trust)
        self._look_for_names()
        for root, file in self._roots.items():
            if self._is_new(file) or has_news:
                self._read(file, partial(self._read_repo, root))
        of_repos = (one for found in self._repos.values() for one in found.budgets)
        return Rules(
            budgets=(*self._settings.budgets, *of_repos, *self._more()),
            grace_permille=self._settings.grace_permille,
            fail=self._settings.gate_fail,
        )

    def _look_for_names(self) -> None:
        """Have files of checkouts that are called otherwise by now read anew."""
        if self._clock() - self._named_s < _NAMED_FOR_S:
            return
        self._named_s = self._clock()
        for root in self._repos:
            if self._repo_of(str(root)) != self._names[root]:
                self._looks.pop(self._roots[root], None)

    def reload(self) -> Rules:
        """Read all files again, changed or not, and return what holds now."""
        self._looks.clear()
        return self.current()

    @property
    def settings(self) -> Settings:
        """The user's settings, as they were last read."""
        return self._settings

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the files, a line each; none repeats a text of a repository's."""
        return tuple(self._troubles.values())

    @property
    def untrusted(self) -> tuple[str, ...]:
        """The checkouts that bring hard budgets which nobody trusted: they only tell."""
        return tuple(str(root) for root, found in self._repos.items() if found.is_untrusted)

    def _read_config(self) -> None:
        self._settings = load_settings(self._config_file)

    def _read_trust(self) -> None:
        self._trusted = load_trusted(self._trust_file)

    def _read_repo(self, root: Path) -> None:
        if str(self._roots[root]) not in self._trusted and root in self._repos:
            known = self._repos[root]  # (they stay as they were if the file cannot be used now)
            self._repos[root] = replace(known, budgets=soft(known.budgets))
        file = read_repo_file(root)
        if file is None:
            self._repos.pop(root, None)
            return
        self._names[root] = self._repo_of(str(root))
        budgets = parse_repo_budgets(file, self._names[root])
        is_untrusted = not is_trusted(self._trusted, file)
        self._repos[root] = RepoBudgets(
            budgets=soft(budgets) if is_untrusted else budgets,
            is_untrusted=is_untrusted and any(budget.is_hard for budget in budgets),
        )

    def _read(self, file: Path, read: Callable[[], None]) -> None:
        try:
            read()
        except ConfigError as error:
            why = f": {error.why}" if error.why else ""
            trouble = f"{error.what}{why}; what it said before still holds"
            if self._troubles.get(file) != trouble:
                log.warning("%s", trouble)
            self._troubles[file] = trouble
        else:
            self._troubles.pop(file, None)

    def _is_new(self, file: Path) -> bool:
        look = _look_at(file)
        is_new = self._looks.get(file) != look
        self._looks[file] = look
        return is_new

    def _forget(self, root: Path) -> None:
        file = self._roots.pop(root)
        self._repos.pop(root, None)
        self._names.pop(root, None)
        self._troubles.pop(file, None)
        self._looks.pop(file, None)


def _look_at(path: Path) -> _Look:
    try:
        found = path.lstat() if path.name == FILE_NAME else path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
