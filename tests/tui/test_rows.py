"""Order and range: live sessions first, stable, both ways."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, burn, session_row, usd

from aicost_tui.rows import STATES, Listed, Sort, listed, ordered

DEAR = session_row("dear", cost_nusd=usd(9), burn=burn(1), context_tokens=1000, repo="z.io/b")
FAST = session_row("fast", cost_nusd=usd(1), burn=burn(9), context_tokens=2000, repo="C")
FULL = session_row("full", cost_nusd=None, burn=burn(2), context_tokens=199_000, repo="a")
GONE = session_row("gone", cost_nusd=usd(99), burn=burn(99), state="ended", repo="0")
NEW = session_row("new", burn=burn(), cost_nusd=usd(0.5), last_at=NOW, context_tokens=None)
ALL = (GONE, DEAR, NEW, FAST, FULL)


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        (Sort.BURN, "fast full dear new gone"),
        (Sort.COST, "dear fast new full gone"),
        (Sort.CONTEXT, "full fast dear new gone"),
        (Sort.ACTIVITY, "new dear fast full gone"),
        (Sort.NAME, "full dear fast new gone"),
    ],
)
def test_live_sessions_come_first_each_part_in_order(sort: Sort, ids: str) -> None:
    assert [row.session_id for row in ordered(ALL, sort)] == ids.split()
    assert ordered(reversed(ALL), sort) == ordered(ALL, sort)


def test_equals_are_ordered_by_newest_activity_and_unknown_is_oldest() -> None:
    older = session_row("a", last_at=NOW - timedelta(seconds=1))
    never = session_row("0", last_at=None)
    newest = session_row("z", last_at=NOW)
    assert ordered((never, older, newest), Sort.BURN) == (newest, older, never)


@pytest.mark.parametrize("sort", list(Sort))
def test_an_order_turned_round_keeps_live_sessions_first(sort: Sort) -> None:
    forth, back = ordered(ALL, sort), ordered(ALL, sort, is_reversed=True)
    assert back == (*reversed(forth[:-1]), GONE)
    assert ordered(reversed(ALL), sort, is_reversed=True) == back


def test_rows_of_equal_text_stay_where_they_are_whichever_is_active() -> None:
    old = session_row("a", started_at=NOW - timedelta(hours=2), last_at=NOW)
    new = session_row("b", started_at=NOW - timedelta(hours=1), last_at=NOW - timedelta(minutes=5))
    assert ordered((old, new), Sort.MODEL) == (new, old)
    assert ordered((old, replace(new, last_at=NOW)), Sort.MODEL)[0].session_id == "b"
    assert ordered((old, new), Sort.ACTIVITY) == (old, new)


def test_texts_run_from_a_and_what_is_not_known_comes_last() -> None:
    rows = [session_row(task, task=task) for task in ("", "docs", "bugfix")]
    assert [row.task for row in ordered(rows, Sort.TASK)] == ["bugfix", "docs", ""]


def test_the_sort_key_goes_round() -> None:
    seen = [Sort.BURN]
    while (following := seen[-1].next()) is not Sort.BURN:
        seen.append(following)
    assert seen == [Sort.BURN, Sort.COST, Sort.CONTEXT, Sort.ACTIVITY, Sort.NAME]
    assert Sort.MODEL.next() is Sort.BURN


BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = NOW.astimezone(BERLIN).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("which", "ended_at", "is_listed"),
    [
        (Listed.LIVE, NOW, False),
        (Listed.HOUR, NOW - timedelta(minutes=59.9), True),
        (Listed.HOUR, NOW - timedelta(minutes=60), False),
        (Listed.TODAY, MIDNIGHT, True),
        (Listed.TODAY, MIDNIGHT - timedelta(seconds=1), False),
        (Listed.TODAY, None, False),
        (Listed.ALL, NOW - timedelta(days=9), True),
        (Listed.ALL, None, True),
    ],
)
def test_ended_sessions_are_listed_by_their_end(
    which: Listed, ended_at: datetime | None, *, is_listed: bool
) -> None:
    ended = session_row("gone", state="ended", last_at=ended_at)
    live = session_row(last_at=NOW - timedelta(days=9))
    rows = listed((live, ended), which, NOW, BERLIN)
    assert rows == ((live, ended) if is_listed else (live,))


def test_every_state_has_a_sign_and_a_word_of_its_own() -> None:
    assert len({look.sign for look in STATES.values()}) == len(STATES) == 4
    assert [look.word for look in STATES.values()] == list(STATES)
