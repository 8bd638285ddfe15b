"""The turns' table: what each turn says, in every width."""

from typing import Any

import pytest
from builders import BERLIN
from session_builders import at, bare_page, hit, hostile_page, purpose, session_page, turn

from aicost.core.session_page import PageTurn
from aicost_tui.entries import CallsTarget
from aicost_tui.session_turns import (
    TurnFacts,
    detail_of,
    duration,
    notes_of,
    outcome_line,
    target_of,
    task_line,
    time_style,
    turn_facts,
    turn_listing,
)
from aicost_tui.spans import plain, width_of


def facts(**changes: Any) -> TurnFacts:
    return TurnFacts(3, turn(**changes), "11:02")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"),
        (5940, "1h39m"), (86_399, "23h59m"), (86_400, "1d"), (97_200, "1d3h"),
        (100 * 86_400 + 7200, "100d"),
    ],
)  # fmt: skip
def test_spans_of_time_are_short(seconds: float | None, text: str) -> None:
    assert duration(None if seconds is None else seconds * 1_000_000) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (None, "—"),
        (purpose("bugfix", 0.82), "bugfix 82%"),
        (purpose("dependency-upgrade", 0.5), "dep-upgrade 50%"),
        (purpose("docs", 1.0, is_corrected=True), "#docs"),
    ],
)
def test_a_category_says_how_sure_it_is(found: Any, text: str) -> None:
    assert plain(task_line(turn(purpose=found))) == text


@pytest.mark.parametrize(
    ("changes", "hits", "text"),
    [
        ({}, (), ""),
        ({"api_errors": 3, "retries": 2}, (), "1 failed 2 retried"),
        ({"api_errors": 2, "retries": 2}, (), "2 retried"),
        ({"compactions": 1}, (), "compact"),
        ({"compactions": 3}, (), "compact 3×"),
        ({}, (hit("dump"),), "waste"),
        ({}, (hit("dump"), hit("repeat")), "LOOP"),
    ],
)
def test_notes_say_what_was_not_as_it_should_be(
    changes: dict[str, Any], hits: Any, text: str
) -> None:
    assert plain(notes_of(TurnFacts(1, turn(**changes), "11:02", hits))) == text


@pytest.mark.parametrize(
    ("outcome", "text", "role"),
    [
        ("", "—", "label"), ("merged", "merged", "good"), ("test-fixed", "test-fixed", "good"),
        ("reverted", "reverted", "warn"), ("answered", "answered", "label"),
        ("new-kind", "new-kind", "text"),
    ],
)  # fmt: skip
def test_what_is_lost_stands_out(outcome: str, text: str, role: str) -> None:
    (span,) = outcome_line(outcome)
    assert (span.text, span.role) == (text, role)


def test_turns_are_numbered_and_calls_before_any_prompt_are_not() -> None:
    page = session_page(turns=(turn(9, turn_id="", prompt=""), turn(1), turn(2)))
    rows = turn_facts(page, BERLIN)
    assert [row.number for row in rows] == [0, 1, 2]
    assert [row.time for row in rows] == ["13:42", "11:02", "11:22"]


def test_each_turn_has_its_own_hits() -> None:
    hits = {row.turn.turn_id: row.hits for row in turn_facts(session_page(), BERLIN)}
    assert {turn_id: len(found) for turn_id, found in hits.items()} == {
        "t-1": 1, "t-2": 0, "t-3": 0, "t-4": 1,
    }  # fmt: skip


def test_a_day_is_told_only_where_there_are_several() -> None:
    assert time_style((at(0), None, at(90)), BERLIN) == "%H:%M"
    assert time_style((at(0), at(14 * 60)), BERLIN) == "%m-%d %H:%M"
    assert time_style((), BERLIN) == "%H:%M"


@pytest.mark.parametrize("width", [1, 20, 30, 46, 78, 98, 118, 137, 197])
@pytest.mark.parametrize("page", [session_page(), bare_page(), hostile_page()])
def test_every_width_holds_its_lines(page: Any, width: int) -> None:
    listing = turn_listing(page, BERLIN, width)
    for line in (listing.head, *(line for entry in listing.entries for line in entry.lines)):
        assert width_of(line) <= width
    assert len(listing.entries) == len(page.turns)


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (28, "prompt cost"),
        (46, "time prompt calls cost"),
        (78, "# time prompt task, how sure calls tokens cost took"),
        (137, "# time prompt task, how sure calls tokens cost took agents notes outcome"),
        (197, "# time prompt task, how sure calls tokens cost took agents tools notes outcome"),
    ],
)
def test_what_matters_most_has_room_first(width: int, titles: str) -> None:
    listing = turn_listing(session_page(), BERLIN, width)
    assert plain(listing.head).split() == titles.split()


def test_a_column_in_which_nothing_would_stand_is_left_out() -> None:
    head = plain(turn_listing(bare_page(), BERLIN, 197).head)
    assert {"notes", "outcome", "tools", "agents"}.isdisjoint(head.split())


def test_a_loop_is_told_where_there_is_no_column_for_it() -> None:
    lines = [plain(one.lines[0]) for one in turn_listing(session_page(), BERLIN, 60).entries]
    assert [("LOOP" in line) for line in lines] == [True, False, False, True]
    assert "notes" not in plain(turn_listing(session_page(), BERLIN, 60).head)


def test_the_detail_has_the_whole_prompt_the_reasons_the_tools_and_the_outcome() -> None:
    first, second = detail_of(facts(outcome="committed"))
    assert plain(first) == "11:02  The cart counts an item twice when it is added from two tabs"
    assert plain(second) == (
        "bugfix (82 % sure): it edited code (3); its prompt says “twice”"
        "   tools Bash 16, Edit 6, Read 5"
        "   committed: a commit of it is on another branch"
    )


@pytest.mark.parametrize(
    ("changes", "first", "second"),
    [
        ({"prompt": ""}, "its log does not show the prompt (any more)", "bugfix (82 % sure)"),
        ({"turn_id": "", "prompt": ""}, "calls before any prompt of this log", "bugfix"),
        ({"purpose": None, "tools": ()}, "The cart", "no category yet"),
    ],
)
def test_what_is_not_known_is_said(changes: dict[str, Any], first: str, second: str) -> None:
    lines = [plain(line) for line in detail_of(facts(**changes))]
    assert first in lines[0]
    assert second in lines[1]


def test_a_turn_is_explained_by_its_own_calls() -> None:
    page = session_page()
    (row, *_) = turn_facts(page, BERLIN)
    assert target_of(page, row) == CallsTarget(
        session_id=page.session_id, title="Turn 1", turns=frozenset(("t-1",))
    )
    assert target_of(page, facts(requests=0)) is None


def test_no_name_of_a_log_acts_on_the_screen() -> None:
    for entry in turn_listing(hostile_page(), BERLIN, 197).entries:
        text = "".join(plain(line) for line in (*entry.lines, *entry.detail))
        assert "[bold red]" in text
        assert text.isprintable()


def test_values_are_those_of_the_page() -> None:
    page = session_page(turns=(PageTurn(turn_id="t-1"),))
    line = plain(turn_listing(page, BERLIN, 98).entries[0].lines[0])
    assert " ".join(line.split()) == "1 — (prompt not in its log) — 0 0 — — LOOP"
