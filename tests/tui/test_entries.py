"""What a target asks for: one turn by its id, anything else by its session."""

import pytest

from aicost_tui.entries import CallsTarget, heading


@pytest.mark.parametrize(
    ("turns", "asked"),
    [
        (None, "s"),
        (frozenset(("t-1",)), "t-1"),
        (frozenset(("",)), "s"),  # calls before any prompt: no id names them
        (frozenset(("t-1", "t-2")), "s"),
        (frozenset[str](), "s"),
    ],
)
def test_one_turn_is_asked_for_by_its_own_id(turns: frozenset[str] | None, asked: str) -> None:
    assert CallsTarget(session_id="s", title="x", turns=turns).id == asked


def test_a_heading_cannot_be_selected_or_opened() -> None:
    found = heading("a", (), ())
    assert (found.is_heading, found.target, len(found.lines)) == (True, None, 2)
