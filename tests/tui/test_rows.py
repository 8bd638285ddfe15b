"""Order and filter: live sessions first, stable, case and word order do not matter."""

from datetime import timedelta

import pytest
from builders import NOW, burn, session_row, usd

from aicost_tui.rows import STATES, Sort, matching, ordered

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


def test_the_sort_key_goes_round() -> None:
    seen = [Sort.BURN]
    while (following := seen[-1].next()) is not Sort.BURN:
        seen.append(following)
    assert seen == list(Sort)


@pytest.mark.parametrize(
    ("needle", "ids"),
    [
        ("", "1 2"),
        ("  ", "1 2"),
        ("shop", "1"),
        ("SHOP", "1"),
        ("dedup", "1"),
        ("opus", "1"),
        ("codex", "2"),
        ("waiting", "2"),
        ("shop fix", "1"),
        ("fix shop", "1"),
        ("shop codex", ""),
        ("/home", ""),
        ("[", ""),
    ],
)
def test_a_filter_looks_for_every_word(needle: str, ids: str) -> None:
    rows = (
        session_row("1"),
        session_row("2", agent="codex", repo="api", branch="main", model="gpt-6", state="waiting"),
    )
    assert [row.session_id for row in matching(rows, needle)] == ids.split()


def test_every_state_has_a_sign_and_a_word_of_its_own() -> None:
    assert len({look.sign for look in STATES.values()}) == len(STATES) == 4
    assert [look.word for look in STATES.values()] == list(STATES)
