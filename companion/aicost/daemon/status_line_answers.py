"""What the status line of each session says at a moment."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aicost.core.badge import strictest
from aicost.core.budget import OF_A_PLAN, BudgetStatus, Traits
from aicost.core.days import LocalDays, to_us
from aicost.core.limits import PlanLimits
from aicost.core.nudge import Nudge
from aicost.core.nudging import by_weight
from aicost.core.plans import plan_windows
from aicost.core.session import Running
from aicost.core.status_line import StatusLine, prepared
from aicost.core.view import SessionRow, Totals
from aicost.daemon.advising import Setting, seen_in
from aicost.daemon.answers import Question, rows_of
from aicost.daemon.nudging import Advice, Seen, bearing_on, find_advice
from aicost.sources.claude.status_line import StatusSeen
from aicost.store.dashboard import day_totals

_IN_FIGURES = frozenset({"budget", "plan"})  # kinds of advice that the line has as figures


def find_lines(  # noqa: PLR0913 - all of one moment
    question: Question,
    running: Running,
    setting: Setting,
    *,
    ids: Mapping[str, object],
    told: Mapping[str, StatusSeen],
    days: LocalDays,
) -> dict[str, str]:
    """Return what the file of each session says. Raises sqlite3.Error."""
    rows = [row for row in rows_of(question, running, ids) if row.agent == "claude"]
    seen = seen_in(question, setting, rows)
    advice = find_advice(question.db, seen)
    today = day_totals(question.db, days.day_of(to_us(question.now)))
    moment = _Moment(seen, advice, today)
    return {
        row.session_id: prepared(moment.line(row, told.get(row.session_id)))
        for row in rows
        if is_plain(row.session_id)
    }


def is_plain(session_id: str) -> bool:
    """Say whether an id may be a file's name, as statusline.sh has it."""
    letters = session_id.replace("-", "").replace("_", "")
    return session_id.isascii() and letters.isalnum() and len(session_id) <= 128


@dataclass(frozen=True, slots=True)
class _Moment:
    """What holds for all sessions."""

    seen: Seen
    advice: Advice
    today: Totals

    def line(self, row: SessionRow, told: StatusSeen | None) -> StatusLine:
        now = self.seen.now
        return StatusLine(
            now=now,
            zone=self.seen.zone,
            cost_nusd=row.cost_nusd if row.requests else 0,
            unpriced_tokens=row.unpriced_tokens,
            today_nusd=self.today.cost_nusd if self.today.requests else 0,
            today_unpriced_tokens=self.today.unpriced_tokens,
            used=strictest(self._budgets(row)),
            plans=self._plans(told),
            context_share=row.context_share,
            next_prompt_nusd=row.next_prompt_nusd,
            nusd_per_hour=row.burn.nusd_per_hour,
            cache_ends_at=(told and told.cache_ends_at) or row.cache_ends_at,
            nudge=self._nudge(row),
        )

    def _budgets(self, row: SessionRow) -> Iterator[BudgetStatus]:
        """Yield the budgets that bear on a session, but a plan's windows."""
        evaluation = self.seen.evaluation
        found = evaluation.by_session.get(row.session_id)
        if found is None:  # an older client that idles: nobody knows that it runs
            traits = Traits(agent=row.agent, repo=row.repo, branch=row.branch, model=row.model)
            found = tuple(one for one in evaluation.shared if one.budget.filter.covers(traits))
        yield from (one for one in found if one.budget.scope not in OF_A_PLAN)

    def _plans(self, told: StatusSeen | None) -> Sequence[BudgetStatus]:
        """Return the windows of the account that a session is of, by its own client's word."""
        if told is not None and told.limits is not None:
            own = PlanLimits(home="", at=told.limits.at, limits=told.limits.limits)
            return plan_windows([own], self.seen.now)
        return _of_claude(self.advice.budgets)

    def _nudge(self, row: SessionRow) -> Nudge | None:
        bearing: Collection[str] = bearing_on(
            row, self.seen, self.advice.budgets, self.advice.nudges
        )
        meant = (
            one
            for one in by_weight(self.advice.nudges)
            if one.kind not in _IN_FIGURES
            and (one.session_id == row.session_id or one.key in bearing)
        )
        return next(meant, None)


def _of_claude(budgets: Iterable[BudgetStatus]) -> list[BudgetStatus]:
    plans = [one for one in budgets if one.budget.scope in OF_A_PLAN]
    found = [one for one in plans if one.budget.filter.agent == "claude"]
    return sorted(found, key=lambda one: one.budget.scope)
