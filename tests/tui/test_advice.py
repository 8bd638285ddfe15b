"""Nudges as text: the first in one line, the newest in a panel, all of them in a list."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from builders import BERLIN, NOW, guarded_day, nudge, session_row, usd, view
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.nudge import Nudge, NudgeKind
from aicost_tui.advice import KINDS, NudgeFacts, first_line, list_lines, nudge_facts, panel_lines
from aicost_tui.spans import Line, plain, width_of

DAY = nudge_facts(guarded_day(), NOW, BERLIN)


def facts(*nudges: Nudge, **names: str) -> NudgeFacts:
    return NudgeFacts(nudges, names, NOW, BERLIN)


def texts(lines: tuple[Line, ...]) -> list[str]:
    return [plain(line).rstrip() for line in lines]


def test_one_line_has_the_most_serious_and_how_many_there_are() -> None:
    line = plain(first_line(DAY, 140))
    assert line.startswith(
        "nudges   ■ api · feat/export: $6.02 of this session's $6.25 spent, 96 % →"
    )
    assert line.endswith("  n all 6")


@pytest.mark.parametrize(
    ("width", "start"),
    [
        (100, "nudges   ■ api · feat/export: $6.02 of this session's $6.25 spent, 96 %  "),
        (80, "nudges   ■ api · feat/export: $6.02 of this session's $6.25 spent, 96 %  n"),
        (79, "nudges   ■ $6.02 of this session's $6.25 spent, 96 %  "),
        (48, "nudges   ■ $6.02 of this session's $6.…  n"),
    ],
)
def test_a_narrow_line_keeps_the_sentence(width: int, start: str) -> None:
    line = plain(first_line(DAY, width))
    assert line.startswith(start)
    assert line.endswith("n all 6")
    assert len(line) == width


def test_without_nudges_there_is_no_line() -> None:
    assert first_line(facts(), 80) == ()
    assert panel_lines(facts(), 80, 8) == ()
    assert texts(list_lines(facts(), 80))[0] == "Nothing to tell"


def test_the_panel_has_time_kind_session_sentence_and_action() -> None:
    shown = texts(panel_lines(DAY, 138, 6))
    assert shown[0].startswith("12:39  ■ budget   api · feat/export")
    assert shown[0].endswith("spent, 96 %  → save the work; to go on: a on its row")
    assert shown[1].endswith("`pytest tests` failed 4 times the same way, $0.92, since 12:31")
    assert shown[2].strip() == "→ stop it, or narrow the task: name the error or the file"
    assert shown[2].index("→") == shown[1].index("`pytest")
    assert shown[-1] == "2 more, n shows all"
    assert len(shown) == 6


def test_the_most_serious_is_in_the_panel_whatever_came_later() -> None:
    loop = nudge(severity="serious", sentence="a loop", at=NOW - timedelta(minutes=9))
    notes = [nudge(severity="info", sentence=f"note {n}", at=NOW) for n in range(9)]
    lines = texts(panel_lines(facts(*notes, loop), 138, 4))
    assert "a loop" in lines[0]
    assert "note 0" in "".join(lines)
    assert "more, n shows all" in lines[-1]


def test_a_command_that_has_a_key_is_told_with_it() -> None:
    stop = nudge(action="save the work; to go on: aicost allow AMOUNT REASON")
    assert "to go on: a on its row" in "".join(texts(panel_lines(facts(stop), 138, 8)))
    soft = nudge(action="pause here, or set another limit: aicost budget set")
    assert "another limit: b" in "".join(texts(list_lines(facts(soft), 100)))


def test_what_fits_one_line_stands_in_one() -> None:
    [line] = texts(panel_lines(facts(nudge(action="rest")), 138, 8))
    assert line == "12:38  ▲ budget   $20.00 of today's $25.00 spent, 80 %  → rest"


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8, 99])
@pytest.mark.parametrize("width", [46, 78, 138])
def test_the_panel_is_never_higher_than_it_may_be_nor_wider(width: int, most: int) -> None:
    lines = panel_lines(DAY, width, most)
    assert len(lines) <= most
    assert max(map(width_of, lines)) <= width
    assert ("more, n shows all" in plain(lines[-1])) is (most < {46: 23, 78: 18, 138: 8}[width])


def test_the_list_says_all_of_each_with_what_it_cost() -> None:
    shown = "\n".join(texts(list_lines(DAY, 74)))
    for one in DAY.nudges:
        for words in (one.sentence.split()[0], one.action.split()[0], KINDS[one.kind]):
            assert words in shown
    assert "$6.02 so far" in shown
    assert shown.count("so far") == 5  # the plan's has no cost


@pytest.mark.parametrize(
    ("away", "when"),
    [
        (timedelta(0), "12:41 "),
        (timedelta(hours=12, minutes=41), "00:00 "),
        (timedelta(hours=12, minutes=42), "21 Nov"),
        (timedelta(days=30), "23 Oct"),
    ],
)
def test_what_began_on_another_day_says_the_day(away: timedelta, when: str) -> None:
    [line, *_] = texts(panel_lines(facts(nudge(at=NOW - away)), 138, 8))
    assert line.startswith(f"{when} ▲")


def test_a_session_that_is_not_in_the_view_is_named_by_its_id() -> None:
    [line, *_] = texts(panel_lines(facts(nudge(session_id="0123456789")), 138, 8))
    assert "01234567  " in line
    rows = (session_row("s1", repo="api"), session_row("of no nudge"))
    known = nudge_facts(view(*rows, nudges=(nudge(session_id="s1"),)), NOW, BERLIN)
    assert known.names == {"s1": "api · fix/dedup"}


def test_every_kind_has_a_short_name() -> None:
    assert set(KINDS) == set(get_args(NudgeKind))
    assert max(map(len, KINDS.values())) <= 8


@given(st.text(), st.text(), st.text(), st.integers(0, 10**19), st.integers(0, 150))
def test_any_text_stays_in_its_line(
    sentence: str, action: str, session_id: str, cost: int, width: int
) -> None:
    one = nudge(sentence=sentence, action=action, session_id=session_id, cost_nusd=cost)
    shown = facts(one, replace(one, severity="serious", cost_nusd=usd(1)))
    lines = [first_line(shown, width), *panel_lines(shown, width, 3), *list_lines(shown, width)]
    for line in lines:
        assert width_of(line) <= width
        assert plain(line).isprintable()
