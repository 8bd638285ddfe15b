"""The table as text: columns by width, numbers to the right, unknowns told apart from nothing."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, burn, session_row, subagent_glance, usd
from hypothesis import given
from hypothesis import strategies as st
from waste_builders import hit

from aicost.core.view import BurnRate, SessionRow, SessionState
from aicost_tui.columns import (
    context_role,
    fit_columns,
    gap_for,
    head_line,
    row_line,
    subagent_line,
)
from aicost_tui.rows import Sort
from aicost_tui.spans import Line, plain, width_of


def titles(width: int) -> list[str]:
    return [column.title for column in fit_columns(width)]


def drawn(row: SessionRow, width: int = 200) -> Line:
    return row_line(fit_columns(width), row, NOW, gap_for(width))


def cell(row: SessionRow, title: str, width: int = 200) -> str:
    """Return what stands in one column."""
    columns = fit_columns(width)
    column = next(column for column in columns if column.title == title)
    return plain(column.cell(row, column.width, NOW)).strip()


def roles(row: SessionRow, text: str, width: int = 200) -> set[str]:
    return {span.role for span in drawn(row, width) if text in span.text}


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (46, "name context $/h cost"),
        (78, "name model context $/h cost next cache"),
        (98, "agent name model task context $/h cost next cache"),
        (138, "state agent name model task context $/h cost next cache last"),
        (158, "state agent name model task context tok/min $/h cost next cache last flags"),
        (
            198,
            "state agent name model task context tokens tok/min $/h cost next cache calls last"
            " flags",
        ),
    ],
)
def test_a_wider_table_has_more_columns(width: int, expected: str) -> None:
    sign, *titled = titles(width)
    assert sign == ""  # the state's sign is always there
    assert " ".join(titled).replace("repo · branch", "name") == expected


@given(st.integers(1, 300))
def test_money_and_context_are_there_wherever_they_fit_and_rows_never_overflow(width: int) -> None:
    if width >= 46:
        assert {"context", "cost", "$/h"} <= set(titles(width))
    head = head_line(fit_columns(width), Sort.BURN, gap_for(width))
    assert width_of(head) == width_of(drawn(session_row(), width)) <= width


@given(st.integers(1, 300))
def test_a_wider_table_never_loses_a_column_but_where_the_gap_grows(width: int) -> None:
    if gap_for(width) == gap_for(width + 1) and width + 1 not in (64, 110):
        assert set(titles(width)) <= set(titles(width + 1))


def test_numbers_end_below_the_end_of_their_title() -> None:
    columns, gap = fit_columns(138), gap_for(138)
    head = plain(head_line(columns, Sort.NAME, gap))
    row = plain(row_line(columns, session_row(), NOW, gap))
    for title, text in (
        ("$/h", "$4.10"),
        ("cost", "$3.20"),
        ("next prompt", "$0.41"),
        ("cache", "91%"),
    ):
        assert head.index(title) + len(title) == row.index(text) + len(text)


@pytest.mark.parametrize(
    ("sort", "title"),
    [(Sort.BURN, "▾$/h"), (Sort.COST, "▾cost"), (Sort.NAME, "repo · branch▾")],
)
def test_the_sorted_column_carries_an_arrow(sort: Sort, title: str) -> None:
    head = head_line(fit_columns(78), sort, 1)
    assert title in plain(head)
    assert plain(head).count("▾") == 1


def test_subagents_are_counted_even_where_the_name_is_cut() -> None:
    row = session_row(branch="feature/" + "x" * 90, subagents=3)
    assert "… ▸3 " in plain(drawn(row, 46))
    assert cell(session_row(subagents=1), "repo · branch", 220).endswith("▸1 agent")
    assert cell(session_row(subagents=2), "repo · branch", 220).endswith("▸2 agents")
    assert "▸" not in cell(session_row(), "repo · branch")


@pytest.mark.parametrize(
    ("share", "role"),
    [(0.0, "good"), (0.599, "good"), (0.6, "warn"), (0.849, "warn"), (0.85, "bad"), (1.3, "bad")],
)
def test_context_levels(share: float, role: str) -> None:
    assert context_role(share) == role


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"context_tokens": 124_000}, "━━━━━━━╸──── 62%"),
        ({"context_tokens": None}, "—"),
        ({"context_window_tokens": None}, "124k"),
        ({"context_tokens": 260_000}, "━━━━━━━━━━━━ 130%"),
    ],
)
def test_context_says_what_is_known(changes: dict[str, Any], text: str) -> None:
    assert cell(session_row(**changes), "context").replace("  ", " ") == text


@pytest.mark.parametrize(
    ("title", "changes", "text"),
    [
        ("$/h", {"burn": burn()}, "$0.00"),
        ("$/h", {"burn": burn(0.004, 10)}, "<$0.01"),
        ("$/h", {"burn": burn(0, 10)}, "?"),
        ("cost", {"cost_nusd": None}, "—"),
        ("cost", {"cost_nusd": None, "unpriced_tokens": 5}, "unpriced"),
        ("cost", {"unpriced_tokens": 5}, "≥$3.20"),
        ("next", {"next_prompt_nusd": None}, "—"),
        ("next", {"next_prompt_nusd": usd("0.002")}, "<$0.01"),
        ("cache", {"cache_share": None}, "—"),
        ("cache", {"cache_share": 0.0}, "0%"),
        ("model", {"model": ""}, "—"),
        ("tokens", {}, "124k of 200k"),
        ("tokens", {"context_window_tokens": None}, "124k of ?"),
        ("tokens", {"context_tokens": None}, "—"),
        ("tok/min", {}, "52.1k"),
        ("task", {"task": "bugfix"}, "bugfix"),
        ("task", {"task": "dependency-upgrade"}, "dep-upgrade"),
        ("task", {}, "—"),
        ("calls", {"requests": 1234}, "1,234"),
        ("last", {"last_at": None}, "—"),
        ("last", {"last_at": NOW - timedelta(minutes=5)}, "5m"),
        ("last", {"last_at": NOW + timedelta(minutes=5)}, "now"),
        ("state", {"state": "waiting"}, "waiting"),
        ("agent", {"agent": "codex"}, "codex"),
    ],
)
def test_unknown_is_never_shown_as_nothing(title: str, changes: dict[str, Any], text: str) -> None:
    width = 200
    assert cell(session_row(**changes), title, width) == text


@pytest.mark.parametrize("width", [46, 78, 98, 99, 100, 118, 138, 170])
def test_a_table_uses_all_its_room(width: int) -> None:
    assert width_of(drawn(session_row(), width)) == width


@pytest.mark.parametrize(
    ("rate", "text", "role"),
    [
        (burn(), "$0.00", "label"),
        (burn(4, 1), "$4.00", "figure"),
        (burn(0, 1), "?", "warn"),
    ],
)
def test_a_burn_that_is_not_zero_stands_out(rate: BurnRate, text: str, role: str) -> None:
    assert roles(session_row(burn=rate), text) == {role}


@pytest.mark.parametrize(("share", "role"), [(0.5, "text"), (0.499, "warn")])
def test_a_cold_cache_stands_out(share: float, role: str) -> None:
    assert roles(session_row(cache_share=share), "50%") == {role}


def test_an_ended_session_is_dim_but_for_its_cost() -> None:
    row = session_row(state="ended", burn=burn(), cache_share=0.1)
    assert {span.role for span in drawn(row) if span.text.strip()} <= {"label", "faint", "text"}
    assert roles(row, "$3.20") == {"text"}
    assert roles(row, "10%") == {"label"}


@pytest.mark.parametrize(
    "text",
    [
        "[bold]x[/]",
        "\x1b[2J\x1b]0;t\x07",
        "a\nb\nc",
        "日本語" * 30,
        "שלום עולם",
        "e\u0301" * 200,
        "\t\t",
    ],
    ids=["markup", "escapes", "lines", "wide", "right to left", "accents", "tabs"],
)
@pytest.mark.parametrize("width", [46, 78, 138])
def test_foreign_text_moves_no_column(text: str, width: int) -> None:
    hostile = session_row(repo=text, branch=text, model=text, cwd=text, session_id=text)
    line = drawn(hostile, width)
    assert width_of(line) == width_of(drawn(session_row(), width))
    assert plain(line).isprintable()
    assert "$3.20" in plain(line)


@pytest.mark.parametrize("width", [48, 80, 138])
def test_a_loop_is_flagged_and_never_cut(width: int) -> None:
    row = session_row(loop=hit(), repo="m" * 80, subagents=3)
    assert " LOOP ▸3" in cell(row, "repo · branch", width)
    assert "LOOP" not in cell(session_row(), "repo · branch", width)


def test_a_wide_table_has_a_column_for_what_is_wrong() -> None:
    row = session_row(loop=hit(), cache_ends_at=NOW)
    assert cell(row, "flags", 198) == "⟳ loop ×4  cold cache"
    assert "LOOP" not in cell(row, "repo · branch", 198)
    assert cell(session_row(), "flags", 198) == ""


@pytest.mark.parametrize(
    ("state", "seconds", "is_cold"),
    [("busy", 0, True), ("idle", -1, True), ("waiting", 1, False), ("ended", -1, False)],
)
def test_a_cache_that_ended_is_told_while_one_may_go_on(
    state: str, seconds: float, *, is_cold: bool
) -> None:
    row = session_row(state=state, cache_ends_at=NOW + timedelta(seconds=seconds))
    assert ("cold cache" in cell(row, "flags", 198)) is is_cold


def test_only_wanted_columns_are_shown_and_sign_and_name_always_are() -> None:
    wanted = frozenset({"calls", "cost", "weather"})
    assert [column.title for column in fit_columns(198, wanted)] == [
        "",
        "repo · branch",
        "cost",
        "calls",
    ]
    assert [column.title for column in fit_columns(198, frozenset())] == ["", "repo · branch"]


def test_the_arrow_says_which_way_the_order_runs() -> None:
    columns = fit_columns(138)
    assert "▾cost" in plain(head_line(columns, Sort.COST, 2))
    assert "▴cost" in plain(head_line(columns, Sort.COST, 2, is_reversed=True))


@given(st.integers(1, 300))
def test_a_subagent_stands_in_the_columns_of_its_session(width: int) -> None:
    one = subagent_glance(kind="Explore", cost_nusd=usd(0.04))
    line = subagent_line(fit_columns(width), one, NOW, gap_for(width))
    assert width_of(line) == width_of(drawn(session_row(), width))
    if width >= 78:
        assert "└ Explore a1b2c3d4" in plain(line)
        assert "haiku-5.5" in plain(line)
        assert "$0.04" in plain(line)
        assert "9%" in plain(line)


@pytest.mark.parametrize(
    ("width", "titles"),
    [(80, "cost next"), (140, "cost next prompt"), (200, "cost so far next prompt")],
)
def test_a_title_says_more_where_it_has_room(width: int, titles: str) -> None:
    head = plain(head_line(fit_columns(width), Sort.BURN, gap_for(width)))
    assert f" {titles} cache" in " ".join(head.split())
    by_cost = plain(head_line(fit_columns(width), Sort.COST, gap_for(width)))
    assert f" ▾{titles} cache" in " ".join(by_cost.split())


@pytest.mark.parametrize(("state", "text"), [("ended", ""), ("idle", "$0.00")])
def test_what_has_ended_burns_nothing_and_says_nothing(state: SessionState, text: str) -> None:
    assert cell(session_row(state=state, burn=burn()), "$/h") == text
