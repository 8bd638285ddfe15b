"""Published weeks: made once a week is over, and anew only when at least k sources changed in it.

Whoever looked before and after one person's late correction would else see that person's. So what
was published stands in the database until there are enough changes to hide one another.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from aicost.core.errors import StoreError
from aicost.core.team.pseudonyms import epochs_between
from aicost.core.team.weekly_report import (
    DayTotals,
    Sums,
    TeamWeek,
    Use,
    build_week,
    days_of,
    week_of,
)
from aicost.team.database import Database, Transaction
from aicost.team.settings import TeamSettings

AFTER = timedelta(days=3)  # of a week's end: days come up to half a day late, laptops sleep
_SUMS = (
    "COALESCE(SUM(r.cost_list_microusd), 0)", "SUM(r.unpriced_tokens)", "SUM(r.input_tokens)",
    "SUM(r.cache_write_5m_tokens + r.cache_write_1h_tokens)", "SUM(r.cache_read_tokens)",
    "SUM(r.output_tokens)", "SUM(r.requests)", "SUM(r.tool_calls)", "SUM(r.loops)",
    "SUM(r.budget_stops)", "SUM(r.overrides)", "SUM(r.active_minutes)",
)  # fmt: skip
_USES = f"""
    SELECT s.pseudonym, s.epoch, r.tool, r.model, r.category, r.environment, r.project,
      COALESCE(s.cohort, ''), {", ".join(_SUMS)}
    FROM day_row r JOIN source s ON s.id = r.source
    WHERE r.day >= ? AND r.day <= ?
    GROUP BY s.pseudonym, s.epoch, r.tool, r.model, r.category, r.environment, r.project, s.cohort
"""
_TOTALS = """
    SELECT s.pseudonym, s.epoch, COUNT(DISTINCT CASE WHEN d.turns > 0 THEN d.day END),
      SUM(d.commits), SUM(d.merged), SUM(d.reverted), SUM(d.fixed_tests),
      SUM(d.abandoned_microusd)
    FROM source_day d JOIN source s ON s.id = d.source
    WHERE d.day >= ? AND d.day <= ?
    GROUP BY s.pseudonym, s.epoch
"""
_WORDS = 6

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(TeamWeek).decode


def published_weeks(
    database: Database, settings: TeamSettings, first: date, last: date, today: date
) -> list[TeamWeek]:
    """Return every published week between two days, the earliest first. Raises StoreError."""
    weeks = whole_weeks(first, last, today)
    with database.transaction(reading=True) as change:
        found = {week: _known(change, week, settings.k) for week in weeks}
    return [known or _publish(database, settings, week) for week, known in found.items()]


def whole_weeks(first: date, last: date, today: date) -> list[str]:
    """Return the weeks that lie wholly between two days, and are over for long enough."""
    weeks, last = list[str](), min(last, today)
    if first > last:
        return weeks
    monday = first + timedelta(days=-first.weekday() % 7)
    while (sunday := monday + timedelta(days=6)) <= last and sunday + AFTER < today:
        weeks.append(week_of(monday))
        monday += timedelta(days=7)
    return weeks


def _known(change: Transaction, week: str, k: int) -> TeamWeek | None:
    """Return a week as it was published, None if it is to be published (anew)."""
    found = change.row("SELECT k, body FROM published_week WHERE week = ?", week)
    if found is None or int(found[0]) != k:
        return None
    return None if _changed_people(change, week) >= k else _read(week, str(found[1]))


def _read(week: str, body: str) -> TeamWeek:
    """Return a kept week. Raises StoreError: its days may be gone, so it is not made anew."""
    try:
        return _decode(body)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"the published week {week} cannot be read",
            why="it is damaged, or of another version of aicost",
            hint="restore the team's database from its backup",
        ) from error


def _changed_people(change: Transaction, week: str) -> int:
    """Return how many people at least changed something: in a new quarter they have a new name."""
    counts = [
        int(number)
        for (number,) in change.rows(
            "SELECT COUNT(*) FROM week_change c LEFT JOIN source s ON s.id = c.source"
            " WHERE c.week = ? GROUP BY s.epoch",  # NULL: of who is deleted
            week,
        )
    ]
    is_one_epoch = len(epochs_between(*days_of(week))) == 1
    return sum(counts) if is_one_epoch else max(counts, default=0)


def _publish(database: Database, settings: TeamSettings, week: str) -> TeamWeek:
    """Make a week and keep it. Days are taken meanwhile: it can be seconds of work."""
    first, last = (day.isoformat() for day in days_of(week))
    with database.transaction(reading=True) as change:
        uses = _uses(change.rows(_USES, first, last))
        totals = [_totals(row) for row in change.rows(_TOTALS, first, last)]
        changed = change.rows("SELECT source FROM week_change WHERE week = ?", week)
    made = build_week(week, uses, totals, settings.k)
    with database.transaction() as change:
        change.run("UPDATE schema_version SET version = version")  # one after the other
        known = _known(change, week, settings.k)
        if known is not None:  # somebody was quicker: two versions would tell what changed between
            return known
        for (source,) in changed:
            change.run("DELETE FROM week_change WHERE week = ? AND source = ?", week, source)
        change.run("DELETE FROM published_week WHERE week = ?", week)
        body = _encode(made).decode()
        change.run(
            "INSERT INTO published_week (week, k, body) VALUES (?, ?, ?)", week, settings.k, body
        )
    return made


def _uses(rows: Sequence[Sequence[object]]) -> list[Use]:
    names = Sums.__dataclass_fields__
    return [
        Use(
            str(source),
            str(epoch),
            tuple(map(str, rest[:_WORDS])),
            Sums(**{name: int(str(value)) for name, value in zip(names, rest[_WORDS:])}),
        )
        for source, epoch, *rest in rows
    ]


def _totals(row: Sequence[object]) -> DayTotals:
    source, epoch, *counts = row
    active_days, commits, merged, reverted, fixed_tests, abandoned = (
        int(str(one)) for one in counts
    )
    return DayTotals(
        source=str(source),
        epoch=str(epoch),
        active_days=active_days,
        commits=commits,
        merged=merged,
        reverted=reverted,
        fixed_tests=fixed_tests,
        abandoned_microusd=abandoned,
    )
