"""Reports as JSON: published weeks, and sums of nothing else."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aicost.core.team.anonymity import DIMENSIONS, TOTAL, Dimension
from aicost.core.team.focus import Account, focus_csv, week_charges
from aicost.core.team.weekly_report import TeamWeek, merged
from aicost.team.bodies import Refused
from aicost.team.door import Door
from aicost.team.intake import Desk
from aicost.team.publishing import published_weeks
from aicost.team.routing import day_of

WEEK = "week"  # the group that is a row for each week
GROUPS = (WEEK, *DIMENSIONS[1:])
Json = dict[str, object]
_NOT_KEPT = {"Cache-Control": "no-store"}  # a cookie opens it: no cache may answer instead
_MONTH_DAYS = 31  # at most


class Reports:
    """Answers to whoever may read; `now` is the clock."""

    def __init__(self, desk: Desk, door: Door, now: Callable[[], datetime]) -> None:
        self._desk, self._door, self._now = desk, door, now

    async def report(self, request: Request) -> Response:
        """Return a report of some weeks by one group."""
        group = request.query_params.get("group", WEEK)
        if group not in GROUPS:
            raise Refused(422, "group is not known", f"one of {', '.join(GROUPS)}")
        weeks = await self.weeks(request)
        content = {"team": self._desk.settings.team, **document(weeks, group)}
        return JSONResponse(content, headers=_NOT_KEPT)

    async def focus(self, request: Request) -> Response:
        """Return the exact sums of what is published, as finance imports it."""
        weeks = await self.weeks(request)
        charges = [charge for week in weeks for charge in week_charges(week)]
        account = Account(id=self._desk.settings.team, kind="Team")
        name = f"focus-{weeks[0].week}-{weeks[-1].week}.csv" if weeks else "focus.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', **_NOT_KEPT}
        return Response(focus_csv(charges, account), media_type="text/csv", headers=headers)

    async def weeks(self, request: Request) -> list[TeamWeek]:
        """Return the published weeks that a request asks for. Raises Refused."""
        if request.path_params.get("team", self._desk.settings.team) != self._desk.settings.team:
            raise Refused(404, "no such team")
        await self._door.check(request)
        first, last = (date.fromisoformat(day_of(request, name)) for name in ("from", "to"))
        today = self._now().astimezone(UTC).date()
        desk = self._desk
        # Of earlier weeks nothing is kept; to look at each since the year 1 would take minutes.
        first = max(first, today - timedelta(days=_MONTH_DAYS * desk.settings.retention_months))
        return await run_in_threadpool(
            published_weeks, desk.database, desk.settings, first, last, today
        )


def document(weeks: list[TeamWeek], group: str) -> Json:
    """Return a report as JSON has it. `rows` add up published cells: each is "at least so much"."""
    if group == WEEK:
        rows: list[Json] = [
            {**asdict(cell), "key": week.week} for week in weeks for cell in week.cells[TOTAL]
        ]
    else:
        rows = [asdict(cell) for cell in merged(weeks, _dimension(group))]
    dimension = TOTAL if group == WEEK else _dimension(group)
    return {
        "group": group,
        "weeks": [week.week for week in weeks],
        "rows": rows,
        "withheld": {
            week.week: dict(week.withheld[dimension]) for week in weeks if week.withheld[dimension]
        },
        "outcomes": {week.week: asdict(week.outcomes) for week in weeks if week.outcomes},
    }


def _dimension(group: str) -> Dimension:
    return next(name for name in get_args(Dimension) if name == group)
