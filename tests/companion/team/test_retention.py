"""Days and names go in time, what was published of them stays longer, and nothing comes back."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
import team_weeks
from team_documents import document

from aicost.core.team.documents import canonical_bytes
from aicost.core.team.pseudonyms import epoch_of, identity_of
from aicost.team import access, intake
from aicost.team.app import team_app
from aicost.team.bodies import Refused
from aicost.team.database import Database
from aicost.team.publishing import published_weeks
from aicost.team.retention import first_kept_day, forget_old
from aicost.team.settings import TeamSettings

SETTINGS = TeamSettings(team="acme")
TODAY = date(2026, 11, 26)


def days_of(database: Database) -> list[str]:
    with database.transaction(reading=True) as change:
        rows = change.rows("SELECT DISTINCT day FROM source_day ORDER BY day")
        of_rows = change.rows("SELECT DISTINCT day FROM day_row ORDER BY day")
    assert rows == of_rows
    return [str(day) for (day,) in rows]


def count(database: Database, table: str) -> int:
    with database.transaction(reading=True) as change:
        return len(change.rows(f"SELECT 1 FROM {table}"))


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [
        (date(2026, 11, 5), 13, date(2026, 8, 31)),  # September is closed, but can be sent
        (date(2026, 11, 26), 13, date(2026, 9, 21)),
        (date(2026, 12, 4), 13, date(2026, 9, 28)),  # October is not closed for 35 days …
        (date(2026, 12, 31), 13, date(2026, 10, 26)),
        (date(2027, 1, 4), 13, date(2026, 10, 26)),  # November is, for 34
        (date(2026, 11, 26), 1, date(2026, 10, 26)),
        (date(2026, 12, 4), 1, date(2026, 11, 9)),
    ],
)
def test_a_months_days_go_35_days_after_its_end(today: date, months: int, first: date) -> None:
    settings = TeamSettings(team="acme", retention_months=months)
    assert first_kept_day(today, settings) == first
    assert first.weekday() == 0


def test_days_and_names_go_and_what_was_published_stays(database: Database) -> None:
    team_weeks.team(database, people=6, weeks=12)  # from 31 August on
    first = first_kept_day(TODAY, SETTINGS)
    assert first == date(2026, 9, 21)
    asked = (database, SETTINGS, date(2026, 8, 31), date(2026, 11, 22), TODAY)
    before = published_weeks(*asked)
    found = forget_old(database, SETTINGS, TODAY)
    assert min(days_of(database)) >= first.isoformat()
    assert (found.days, found.sources, found.weeks) == (6 * 2 * 3, 0, 0)
    assert count(database, "source") == 12  # a name for each quarter
    assert published_weeks(*asked) == before
    assert forget_old(database, SETTINGS, TODAY).days == 0
    assert forget_old(database, SETTINGS, date(2026, 12, 10)).sources == 6  # of the first quarter


def test_weeks_are_published_before_their_days_go(database: Database) -> None:
    team_weeks.team(database, people=6, weeks=12)
    forget_old(database, SETTINGS, TODAY)
    week = published_weeks(database, SETTINGS, date(2026, 9, 7), date(2026, 9, 13), TODAY)[0]
    assert week.cells["total"][0].sources == 6


def test_what_is_published_goes_after_the_promised_months(database: Database) -> None:
    team_weeks.team(database, people=6, weeks=2)
    forget_old(database, SETTINGS, TODAY)
    published_weeks(database, SETTINGS, date(2026, 11, 9), date(2026, 11, 22), TODAY)
    assert count(database, "published_week") == 2
    later = date(2027, 12, 18)  # 13 months before is a day of the second week
    forget_old(database, SETTINGS, later)
    assert count(database, "published_week") == 1
    forget_old(database, SETTINGS, later + timedelta(days=7))
    assert [count(database, name) for name in ("published_week", "source", "week_change")] == [
        0
    ] * 3


def test_a_higher_k_brings_nothing_back(database: Database) -> None:
    team_weeks.team(database, people=6, weeks=12)
    forget_old(database, SETTINGS, TODAY)
    higher = TeamSettings(team="acme", k=7)
    weeks = published_weeks(database, higher, date(2026, 8, 31), date(2026, 9, 13), TODAY)
    assert [week.cells["total"] for week in weeks] == [(), ()]


def test_a_day_that_went_is_not_taken_again(database: Database) -> None:
    settings = TeamSettings(team="acme", retention_months=1)
    desk, today = intake.Desk(database, settings), date(2026, 11, 5)
    with database.transaction() as change:
        token = access.join(change, access.make_invites(change, 1)[0], None)
    assert token
    for day, taken in (("2026-10-04", False), ("2026-10-05", True)):
        who = identity_of(b"a" * 32, "acme", epoch_of(date.fromisoformat(day)))
        caller = intake.Caller(token, who.pseudonym, who.write_secret, "")
        body = canonical_bytes(document(day=day))
        if taken:
            assert intake.take_day(desk, caller, day, body, today).status == "created"
        else:
            with pytest.raises(Refused) as refused:
                intake.take_day(desk, caller, day, body, today)
            assert refused.value.more["faults"] == [
                {"field": "day", "why": "2026-10-05 or later, and not ahead"}
            ]


async def test_the_server_forgets_from_its_start_on(database: Database) -> None:
    team_weeks.team(database, people=2, weeks=12)
    app = team_app(database, SETTINGS, lambda: datetime(2026, 11, 26, tzinfo=UTC))
    async with asyncio.timeout(20), app.router.lifespan_context(app):
        while min(days_of(database)) < "2026-09-21":  # noqa: ASYNC110 - of another connection
            await asyncio.sleep(0)
