"""The calls behind a figure: which they are, what each cost and why; and the daemon's own words."""

from typing import Any

import pytest
from builders import BERLIN
from session_builders import HOSTILE, SESSION, call_fields, explanation

from aicost.ipc.session_answers import Explanation, explanation_in
from aicost_tui.entries import CallsTarget, CallTarget
from aicost_tui.explained_calls import (
    call_listing,
    chosen,
    note_listing,
    sum_line,
    text_lines,
    text_listing,
)
from aicost_tui.spans import plain, width_of

FOUND = explanation_in(
    explanation(
        call_fields(1),
        call_fields(2, prompt_uuid="t-2"),
        call_fields(3, subagent_id="a1"),
        call_fields(4, session_id="another"),
        call_fields(5, prompt_uuid="", cost_usd=None, price=None, why_unpriced="no such model"),
    )
)


def keys(**changes: Any) -> list[str]:
    target = CallsTarget(session_id=SESSION, title="x", **changes)
    return [call.event_key[-1] for call in chosen(FOUND, target)]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "1235"),
        ({"turns": frozenset(("t-1",))}, "13"),
        ({"turns": frozenset(("",))}, "5"),
        ({"turns": frozenset(("t-1", "t-2"))}, "123"),
        ({"thread": "a1"}, "3"),
        ({"thread": ""}, "125"),
        ({"turns": frozenset(("t-2",)), "thread": "a1"}, ""),
    ],
)
def test_a_target_chooses_its_calls(changes: dict[str, Any], wanted: str) -> None:
    assert keys(**changes) == list(wanted)


def test_each_call_says_its_tokens_its_price_row_and_its_cost() -> None:
    listing = call_listing(FOUND.calls[:2], BERLIN, 126)
    assert " ".join(plain(listing.head).split()) == (
        "time model input cache read write 1h output price row source cost"
    )
    (first, _) = listing.entries
    assert " ".join(plain(first.lines[0]).split()) == (
        "11:03:07 opus-5.5 10 139,584 1,200 136 since ever list prices $0.08755"
    )
    assert first.target == CallTarget(event_key="claude:msg_1", title="Call")


def test_costs_stand_at_the_right_edge() -> None:
    listing = call_listing(FOUND.calls, BERLIN, 126)
    for line in (listing.head, *(entry.lines[0] for entry in listing.entries)):
        assert width_of(line) == 126
        assert plain(line)[-1] != " "


@pytest.mark.parametrize(
    ("width", "first", "last"), [(30, "time", "cost"), (60, "time", "cost"), (12, "cost", "cost")]
)
def test_cost_and_time_have_room_first(width: int, first: str, last: str) -> None:
    titles = plain(call_listing(FOUND.calls, BERLIN, width).head).split()
    assert (titles[0], titles[-1]) == (first, last)


@pytest.mark.parametrize("width", [8, 12, 30, 46, 60, 76, 100, 126])
def test_every_width_holds_its_lines(width: int) -> None:
    listing = call_listing(FOUND.calls, BERLIN, width)
    for line in (listing.head, *(entry.lines[0] for entry in listing.entries)):
        assert width_of(line) <= width
    assert width_of(sum_line(FOUND.calls, "book", width)) <= max(width, 12)


def test_what_has_no_price_says_why() -> None:
    entry = call_listing(FOUND.calls, BERLIN, 126).entries[-1]
    assert plain(entry.lines[0]).endswith("unpriced")
    assert plain(entry.detail[0]) == "claude:msg_5   no such model"


def test_the_sum_says_how_many_and_by_which_prices() -> None:
    text = plain(sum_line(FOUND.calls[:2], "1440103efb7a", 100))
    assert text.startswith("2 calls, 282k tokens, price book 1440103efb7a")
    assert text.endswith("$0.18")
    assert plain(sum_line(FOUND.calls, "b", 100)).endswith("≥$0.35")
    assert plain(sum_line((), "b", 100)).endswith("—")


def test_calls_of_several_days_say_the_day() -> None:
    late = explanation_in(explanation(call_fields(1), call_fields(60 * 24)))
    texts = [plain(entry.lines[0]) for entry in call_listing(late.calls, BERLIN, 100).entries]
    assert [text.split()[0] for text in texts] == ["11-22", "11-23"]


def test_no_name_of_a_log_acts_on_the_screen() -> None:
    price = {"model": "x", "from": "2026-01-02T00:00:00Z", "source": HOSTILE, "tier": HOSTILE}
    call = call_fields(1, model=HOSTILE, subagent_id=HOSTILE, event_key=HOSTILE, price=price)
    (entry,) = call_listing(explanation_in(explanation(call)).calls, BERLIN, 126).entries
    assert "".join(map(plain, (*entry.lines, *entry.detail))).isprintable()


def test_text_is_shown_as_it_is_and_acts_on_nothing() -> None:
    listing = text_listing(text_lines("Kind   Count\n\x1b[31minput  10\n"))
    assert [plain(entry.lines[0]) for entry in listing.entries] == [
        "Kind   Count", "�[31minput  10",
    ]  # fmt: skip
    assert all(entry.is_heading for entry in listing.entries)


def test_notes_are_wrapped_paragraph_by_paragraph() -> None:
    listing = note_listing(("one two three", "four"), 8)
    assert [plain(entry.lines[0]) for entry in listing.entries] == ["one two", "three", "", "four"]


def test_without_a_call_there_is_no_line() -> None:
    listing = call_listing((), BERLIN, 100)
    assert listing.entries == ()
    assert Explanation(price_book="b").calls == ()
