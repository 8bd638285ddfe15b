"""Weeks of a made-up team in a database: who sent what on which day."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from team_documents import document, row

from aicost.core.team.documents import DayRow, body_hash, canonical_bytes
from aicost.core.team.pseudonyms import epoch_of
from aicost.team.database import Database
from aicost.team.days import Slot, Source, own_source, put_day, secret_hash

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LAST_SUNDAY = date(2026, 11, 22)  # of the last week that is published at NOW
_CATEGORIES = ("feature", "bugfix", "review")
_MODELS = (
    ("claude-code", "anthropic", "claude-opus-5-5"),
    ("codex", "openai", "gpt-6-sol"),
)


def send(
    database: Database,
    person: str,
    day: date,
    *rows: DayRow,
    cohort: str | None = None,
    **given: Any,
) -> None:
    """Keep a day of somebody."""
    made = document(*rows, day=day.isoformat(), cohort=cohort, **given)
    epoch = epoch_of(day)
    with database.transaction() as change:
        who = Source(f"{person}-{epoch}", epoch, secret_hash(person), cohort)
        slot = Slot(own_source(change, who), "", made.day)
        put_day(change, slot, made, body_hash(canonical_bytes(made)))


def rows_of(person: int, week: int) -> tuple[DayRow, ...]:
    """Return what somebody used on a day: a bit more each week, of everything."""
    return tuple(
        row(
            tool=tool, provider=provider, model=model, category=category,
            project="shop" if person % 2 else None,
            cost_list_microusd=(2_000_000 + 100_000 * week + 10_000 * person),
        )
        for tool, provider, model in _MODELS
        for category in _CATEGORIES
    )  # fmt: skip


def team(
    database: Database,
    people: int = 12,
    weeks: int = 13,
    quiet: Iterable[int] = (),
    until: date = LAST_SUNDAY,
) -> None:
    """Let a team work for some weeks; in a quiet one only two people do."""
    monday = until - timedelta(days=7 * weeks - 1)
    for week in range(weeks):
        for person in range(2 if week in quiet else people):
            for day in (1, 3):
                when = monday + timedelta(days=7 * week + day)
                cohort = "pilot" if person % 2 else None
                send(database, f"p{person}", when, *rows_of(person, week), cohort=cohort)
