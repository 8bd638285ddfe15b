"""A session's context: how it grew, what fills it, what was largest, and how that is known."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from builders import BERLIN
from session_builders import bare_page, hostile_page, result, session_page

from aicost.core.session_page import ContextPart, Source
from aicost_tui.entries import Entry, NoteTarget
from aicost_tui.session_context import (
    SOURCE_WORDS,
    context_chart,
    context_title,
    fill_listing,
    result_listing,
)
from aicost_tui.spans import plain, width_of


def note(entry: Entry) -> str:
    assert isinstance(entry.target, NoteTarget)
    return " ".join(entry.target.paragraphs)


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "Context 124k of 200k, 62% · 1 compaction"),
        ({"points": ()}, "Context 124k of 200k, 62%"),
        ({"context_window_tokens": None, "points": ()}, "Context 124k"),
        ({"context_tokens": None}, "Context"),
    ],
)
def test_the_title_says_how_full_it_is(changes: dict[str, Any], title: str) -> None:
    assert context_title(session_page(**changes)) == title


def test_the_chart_has_every_call_and_marks_compactions() -> None:
    page = session_page()
    chart = context_chart(page, BERLIN)
    assert chart is not None
    assert chart.up.values == tuple(point.tokens for point in page.points)
    assert [text for _, text in chart.marks] == ["compact"]
    ((at, _),) = chart.marks
    assert page.points[round(at)].is_compacted
    assert chart.ticks[0] == (0, "11:02")


def test_a_full_context_is_another_colour() -> None:
    full = context_chart(session_page(context_tokens=180_000), BERLIN)
    free = context_chart(session_page(context_tokens=40_000), BERLIN)
    assert full is not None
    assert free is not None
    assert (full.up.role, free.up.role) == ("bad", "good")


def test_without_a_call_of_the_main_thread_there_is_no_chart() -> None:
    assert context_chart(session_page(points=()), BERLIN) is None


def test_parts_are_told_as_estimates_with_what_is_free() -> None:
    lines = [plain(entry.lines[0]) for entry in fill_listing(session_page(), 56).entries]
    assert [line.split()[-2:] for line in lines] == [
        ["~41.0k", "20%"], ["~27.3k", "14%"], ["~21.0k", "10%"], ["~18.2k", "9%"],
        ["~13.0k", "6%"], ["~3.5k", "2%"], ["76.0k", "38%"],
    ]  # fmt: skip
    assert lines[0].startswith("files")
    assert lines[-1].startswith("free")


def test_what_the_provider_counted_is_no_estimate() -> None:
    (start, free) = fill_listing(bare_page(), 56).entries
    assert "~" not in plain(start.lines[0])
    assert "The provider counted it." in note(start)
    assert note(free) == "76,000 of the window's 200,000 tokens are not used."


def test_every_part_says_what_it_is_and_how_it_was_measured() -> None:
    for source in get_args(Source):
        page = session_page(parts=(ContextPart(source=source, tokens=124_000),))
        (entry, _) = fill_listing(page, 56).entries
        assert SOURCE_WORDS[source] in plain(entry.lines[0])
        assert "About 124,000 of the last prompt's 124,000 tokens." in note(entry)
        assert "2.6 bytes of results made the context grow by a token" in note(entry)
        assert plain(entry.detail[0]).endswith("~124,000 tokens, 100% of the last prompt")


def test_a_session_without_a_measure_says_so() -> None:
    (entry, *_) = fill_listing(session_page(bytes_per_token=None), 56).entries
    assert "Too few results in this session to measure with" in note(entry)


@pytest.mark.parametrize("changes", [{"context_tokens": None}, {"context_tokens": 0}])
def test_without_a_context_nothing_fills_it(changes: dict[str, Any]) -> None:
    assert fill_listing(session_page(**changes), 56).entries == ()


def test_an_unknown_window_leaves_nothing_free() -> None:
    page = session_page(context_window_tokens=None)
    assert [entry.key for entry in fill_listing(page, 56).entries][-1] == "prompts"


def test_results_are_told_with_their_place() -> None:
    listing = result_listing(session_page(), BERLIN, 78)
    texts = [plain(entry.lines[0]).split() for entry in listing.entries]
    assert [text[0] for text in texts] == ["~18.4k", "~14.7k", "~7.9k", "~5.4k"]
    assert [text[-1] for text in texts] == ["files", "commands", "gone", "subagent"]
    assert texts[3][1:3] == ["a", "search"]
    assert [word in note(entry) for entry, word in zip(listing.entries, (
        "sent again with every prompt", "sent again", "out of the context", "a subagent's context",
    ))] == [True] * 4  # fmt: skip


def test_bars_stand_below_each_other() -> None:
    lines = [plain(one.lines[0]) for one in result_listing(session_page(), BERLIN, 78).entries]
    assert len({line.index("━") for line in lines}) == 1


@pytest.mark.parametrize("width", [1, 12, 20, 34, 46, 58, 78, 137])
@pytest.mark.parametrize("page", [session_page(), hostile_page()])
def test_every_width_holds_its_lines(page: Any, width: int) -> None:
    for listing in (fill_listing(page, width), result_listing(page, BERLIN, width)):
        for entry in listing.entries:
            assert all(width_of(line) <= width for line in entry.lines)
        assert width_of(listing.head) <= width


def test_no_name_of_a_log_acts_on_the_screen() -> None:
    for entry in result_listing(hostile_page(), BERLIN, 137).entries:
        assert isinstance(entry.target, NoteTarget)
        text = entry.target.title + "".join(map(plain, (*entry.lines, *entry.detail)))
        assert text.isprintable()


def test_without_results_there_is_no_list() -> None:
    assert result_listing(replace(session_page(), results=()), BERLIN, 78).entries == ()
    assert result().size_bytes == 47_899
