"""The panes of a session's screen: each has a title, a tab and something to say."""

import pytest
from builders import BERLIN
from session_builders import bare_page, session_page

from aicost.core.session_page import SessionPage
from aicost_tui.session_tabs import PANES, Pane, is_worth, pane_listing, pane_title, tab_line
from aicost_tui.spans import plain, width_of

EMPTY = SessionPage(session_id="s-1", agent="claude", timezone="UTC")


@pytest.mark.parametrize(
    ("pane", "title"),
    [
        ("turns", "Turns 4"),
        ("context", "Context 124k of 200k, 62% · 1 compaction"),
        ("results", "Largest results"),
        ("agents", "Subagents 3"),
        ("waste", "Waste"),
        ("work", "Work"),
    ],
)
def test_every_pane_has_a_title(pane: Pane, title: str) -> None:
    assert pane_title(pane, session_page()) == title


@pytest.mark.parametrize("pane", PANES)
def test_every_pane_shows_something(pane: Pane) -> None:
    assert not all(one.is_heading for one in pane_listing(pane, session_page(), BERLIN, 60).entries)


@pytest.mark.parametrize(
    ("pane", "words"),
    [
        ("turns", "no turn yet"),
        ("context", "no call yet"),
        ("results", "no tool gave anything back"),
        ("agents", "no subagent"),
        ("waste", "nothing led nowhere"),
        ("work", "not judged yet"),
    ],
)
def test_a_pane_without_anything_says_so(pane: Pane, words: str) -> None:
    (entry,) = pane_listing(pane, EMPTY, BERLIN, 60).entries
    assert words in plain(entry.lines[0])


@pytest.mark.parametrize("pane", ["results", "agents", "waste"])
def test_what_is_not_read_yet_is_not_called_nothing(pane: Pane) -> None:
    (entry,) = pane_listing(pane, bare_page(), BERLIN, 60).entries
    assert plain(entry.lines[0]) == "its log is still being read"


def test_the_tabs_count_and_mark_the_one_that_is_shown() -> None:
    line = tab_line(session_page(), "waste", 78)
    assert plain(line).split() == [
        "turns", "4", "context", "results", "agents", "3", "▸waste", "4", "work",
    ]  # fmt: skip
    assert [span.action for span in line if "waste" in span.text] == ["show_pane(4)"]
    assert tab_line(None, "turns", 78)[0].role == "accent"


def test_most_sessions_have_no_subagents_and_no_pane_for_them() -> None:
    assert not is_worth("agents", EMPTY)
    assert "agents" not in plain(tab_line(EMPTY, "turns", 78))
    assert all(is_worth(pane, session_page()) for pane in PANES)


@pytest.mark.parametrize("width", [20, 38, 46, 78])
@pytest.mark.parametrize("shown", PANES)
def test_the_shown_tab_has_room_in_every_width(shown: Pane, width: int) -> None:
    line = tab_line(session_page(), shown, width)
    assert width_of(line) <= width
    assert f"▸{shown}"[: width - 1] in plain(line) or width < 40
