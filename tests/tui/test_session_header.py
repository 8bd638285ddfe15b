"""The top of a session's screen and its states: who, how much, what for; in every width."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import BERLIN, NOW, session_row, usd
from session_builders import SESSION, bare_page, codex_page, hostile_page, session_page

from aicost.core.errors import ConfigError, DaemonDown
from aicost.core.outcome import Outcome
from aicost_tui.session_header import (
    HeadFacts,
    error_lines,
    head_lines,
    loading_lines,
    no_calls_lines,
    stale_line,
    zone_of_page,
)
from aicost_tui.spans import plain, width_of


def lines(width: int, page: Any = None, row: Any = None) -> list[str]:
    return [plain(line) for line in head_lines(HeadFacts(SESSION, NOW, page, row), width)]


def test_it_says_who_it_is_and_what_it_cost() -> None:
    first, second = lines(138, session_page(), session_row())
    assert first.startswith("● shop · fix/dedup   busy   claude 2.1.330   opus-5.5, haiku-5.5")
    assert first.endswith("$5.40   140 calls, 15.0M tokens   2026-11-22 11:02, 1h37m   12:41:07")
    assert second.startswith("bugfix 71% of its cost   committed   cache rebuilt 2× $0.78")
    assert second.endswith("context 62% of 200k")
    assert "committed: commit 1f2e3d4 made" in lines(178, session_page())[1]


def test_what_is_not_known_of_its_work_is_said_to_be_the_outcome() -> None:
    was = session_page().outcome
    assert was is not None
    outcome = was._replace(outcome=Outcome.UNKNOWN, why="no git")
    page = session_page(outcome=outcome)
    assert "bugfix 71% of its cost   outcome unknown   cache rebuilt" in lines(138, page)[1]
    assert "outcome unknown: " in lines(178, page)[1]


def test_a_session_that_is_in_no_view_has_no_state() -> None:
    first, _ = lines(138, session_page())
    assert first.startswith("shop · fix/dedup   claude 2.1.330")


def test_before_the_answer_it_says_what_the_view_knows() -> None:
    first, second = lines(100, None, session_row())
    assert first.startswith("● shop · fix/dedup   busy   claude   opus-5.5")
    assert second.strip() == ""
    assert lines(100)[0].startswith("3f2a91c4")


def test_hidden_spend_is_told_beside() -> None:
    page = session_page(hidden_tokens=40_000, hidden_nusd=usd(0.12))
    assert "$5.40   + $0.12 hidden" in lines(160, page)[0]
    unpriced = session_page(hidden_tokens=40_000, hidden_nusd=None)
    assert "+ unpriced hidden" in lines(160, unpriced)[0]


def test_what_is_not_read_yet_is_told() -> None:
    assert "reading what the calls were for" in lines(120, bare_page())[1]


def test_a_session_without_prices_or_window_says_so() -> None:
    first, second = lines(120, codex_page())
    assert "unpriced" in first
    assert second.endswith("context 124k")


@pytest.mark.parametrize("width", [20, 28, 46, 78, 100, 138, 198])
@pytest.mark.parametrize("page", [session_page(), hostile_page(), bare_page(), codex_page(), None])
def test_every_width_holds_both_lines(page: Any, width: int) -> None:
    for line in head_lines(HeadFacts(SESSION, NOW, page, session_row()), width):
        assert width_of(line) <= width
        assert plain(line).isprintable()


def test_money_stays_at_48_columns() -> None:
    first, second = lines(46, session_page(), session_row())
    assert "$5.40" in first
    assert "context 62%" in second


def test_times_are_told_in_the_zone_of_the_daemons_days() -> None:
    assert zone_of_page(session_page(), NOW) == BERLIN
    assert zone_of_page(None, NOW) == UTC
    assert zone_of_page(session_page(timezone="Mars/Base"), NOW) == UTC
    assert zone_of_page(None, NOW.replace(tzinfo=None)) == ZoneInfo("UTC")


# States


def test_an_error_says_what_why_and_what_to_do() -> None:
    error = ConfigError(
        "the ledger has no session 'x'", why="\x1b[31mit is gone", hint="aicost top"
    )
    assert [plain(line) for line in error_lines(error)] == [
        "✕ the ledger has no session 'x'", "  why  it is gone", "  try  aicost top", "",
        "  r asks again",
    ]  # fmt: skip
    assert [plain(line) for line in error_lines(ConfigError("no"))][:2] == ["✕ no", ""]


def test_a_page_that_is_not_up_to_date_says_so_in_one_line() -> None:
    assert plain(stale_line(DaemonDown("the daemon hung up", hint="aicost daemon start"))) == (
        "✕ not up to date: the daemon hung up   try aicost daemon start"
    )
    assert plain(stale_line(DaemonDown("gone"))) == "✕ not up to date: gone"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (session_row(), "with its first answer"),
        (session_row(state="ended"), "nothing to show"),
        (None, "nothing to show"),
    ],
)
def test_a_session_without_a_call_is_a_state_of_its_own(row: Any, words: str) -> None:
    text = " ".join(map(plain, no_calls_lines(row)))
    assert "no call yet" in text
    assert words in text
    assert "Asking" in plain(loading_lines()[0])
