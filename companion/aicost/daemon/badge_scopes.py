"""What the badges of a moment show: of each shell, of each repository, and of all of today."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from aicost.core.badge import Badge, state_of, strictest
from aicost.core.budget import BudgetStatus, Traits
from aicost.core.days import LocalDays, to_us
from aicost.core.shell_links import Shell, ShellLinks
from aicost.core.view import BurnRate, SessionRow, SessionState
from aicost.daemon.answers import BURN_WINDOW_S, Question, live_rows
from aicost.daemon.world import World
from aicost.store.dashboard import burn_by_session
from aicost.store.places import Attribution
from aicost.store.queries import meta
from aicost.store.today import Part, Spent, total, used_between, used_on


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeSet:
    """All badges of a moment. Where nothing ran today, there is none."""

    today: Badge | None = None
    repos: Mapping[str, Badge] = field(default_factory=dict)  # by the real path of a checkout
    shells: Mapping[Shell, Badge] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is known beside the ledger."""

    world: World  # with all budgets, and who runs
    attribution: Attribution
    links: ShellLinks
    root_of: Callable[[str], str | None]  # the real path of the checkout that a folder lies in


@dataclass(slots=True)
class _Repo:
    """What was used today in one repository."""

    names: set[str] = field(default_factory=set)  # as reports have it
    roots: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    spent: list[Spent] = field(default_factory=list)


def find_badges(question: Question, sight: Sight) -> BadgeSet:
    """Find all badges. Raises sqlite3.Error."""
    days = LocalDays(ZoneInfo(meta(question.db, "timezone") or "UTC"))
    day = days.day_of(to_us(question.now))
    parts = used_on(question.db, day)
    if not parts:
        return BadgeSet()
    sessions = _Sessions(question, sight, {part.session_id for part in parts})
    day_us = days.start_us(date.fromordinal(day))
    return BadgeSet(
        today=sessions.badge_of_all(total(part.spent for part in parts)),
        repos=_of_repos(parts, sight.root_of, sessions),
        shells=_of_shells(question, sight.links, sessions, day_us),
    )


class _Sessions:
    """The sessions of today and those that run, and the budgets that bear on them."""

    def __init__(self, question: Question, sight: Sight, today: Collection[str]) -> None:
        db, world = question.db, sight.world
        self.today = frozenset(today)
        self._live = {row.session_id: row for row in live_rows(question, world.running, ())}
        self._burns = burn_by_session(db, to_us(question.now), BURN_WINDOW_S)
        self._shared: Sequence[BudgetStatus] = ()
        self._by_session: Mapping[str, Sequence[BudgetStatus]] = {}
        self._traits: dict[str, Traits] = {}
        if world.budgets:
            from aicost.daemon.weighing import Scales  # a start without budgets does not need it
            from aicost.store.present import known_sessions

            found = Scales(db, sight.attribution).weigh(world).evaluation
            self._shared, self._by_session = found.shared, found.by_session
            linked = (s for shell in sight.links.shells for s in sight.links.sessions_of(shell))
            known = known_sessions(db, self.today.union(linked))
            self._traits = {name: one.traits for name, one in known.items()}

    def badge(self, spent: Spent, sessions: Collection[str], repos: Iterable[str] = ()) -> Badge:
        """Return the badge of some sessions, or of what they did in repositories."""
        traits = {self._traits[name] for name in sessions if name in self._traits}
        traits.update(Traits(repo=repo) for repo in repos)
        bearing = [
            one for one in self._shared if any(one.budget.filter.covers(of) for of in traits)
        ]
        bearing += self._own_budgets(sessions)
        return self._badge(spent, sessions, bearing)

    def badge_of_all(self, spent: Spent) -> Badge:
        """Return the badge of all sessions of today, and those that run."""
        everyone = self.today.union(self._live)
        bearing = [*self._shared, *self._own_budgets(everyone)]
        return self._badge(spent, everyone, bearing)

    def _own_budgets(self, sessions: Collection[str]) -> list[BudgetStatus]:
        """Return how budgets stand for those of some sessions that run."""
        running = (name for name in self._live if name in sessions)
        return [status for name in running for status in self._by_session.get(name, ())]

    def _badge(
        self, spent: Spent, sessions: Collection[str], bearing: Sequence[BudgetStatus]
    ) -> Badge:
        live = [row for name, row in self._live.items() if name in sessions]  # the newest first
        ended: list[SessionState] = ["ended"] * len(sessions)
        state, count = state_of([row.state for row in live] or ended)
        burns = (self._burns.get(name, BurnRate()).nusd_per_hour for name in sessions)
        return Badge(
            cost_nusd=spent.cost_nusd,
            unpriced_tokens=spent.unpriced_tokens,
            tokens=spent.tokens,
            used=strictest(bearing),
            state=state,
            sessions=count,
            nusd_per_hour=sum(burns),
            context_share=_context_share(live),
            task=next((row.task for row in live if row.task), ""),
        )


def _context_share(live: Sequence[SessionRow]) -> float | None:
    shares = (row.context_share for row in live)
    return next((share for share in shares if share is not None), None)


def _of_repos(
    parts: Iterable[Part], root_of: Callable[[str], str | None], sessions: _Sessions
) -> dict[str, Badge]:
    """Return the badge of each checkout in which something was used today.

    Checkouts of one remote are one repository; one without a remote is for itself.
    """
    repos: dict[str, _Repo] = {}
    for part in parts:
        root = root_of(part.cwd)
        key = part.repo_key if "/" in part.repo_key else root
        if key is None:
            continue
        repo = repos.setdefault(key, _Repo())
        repo.names.add(part.repo)
        repo.sessions.add(part.session_id)
        repo.spent.append(part.spent)
        if root is not None:
            repo.roots.add(root)
    found = {}
    for repo in repos.values():
        badge = sessions.badge(total(repo.spent), repo.sessions, repo.names)
        found.update(dict.fromkeys(repo.roots, badge))
    return found


def _of_shells(
    question: Question, links: ShellLinks, sessions: _Sessions, day_us: int
) -> dict[Shell, Badge]:
    """Return the badge of each shell of which a session was at work today."""
    found = {}
    for shell in links.shells:
        stretches = links.sessions_of(shell)
        lately = (
            name
            for name, times in stretches.items()
            if name in sessions.today and (times[-1].until_us or day_us + 1) > day_us
        )
        if next(lately, None) is None:
            continue
        spent = total(
            used_between(question.db, name, one.since_us, one.until_us)
            for name, times in stretches.items()
            for one in times
        )
        if spent.tokens:  # (it may have been at work in another shell alone)
            ours = {name for name, times in stretches.items() if times[-1].until_us is None}
            found[shell] = sessions.badge(spent, ours)
    return found
