"""The table of the history: what rows are called, their order, which columns have room, export."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import usd
from history_builders import TODAY, busy_history, day, group, history, note

from aicost.core.history import HISTORY_GROUPS, History, HistoryBy
from aicost.core.usage import TokenCounts
from aicost.ipc.answers import value_in
from aicost_tui.columns import gap_for
from aicost_tui.history_place import HistorySort, Level
from aicost_tui.history_table import (
    Entry,
    active_text,
    arranged,
    entries_of,
    export_of,
    fit_history_columns,
    history_head,
    history_line,
)
from aicost_tui.spans import plain, width_of

HOSTILE = "[bold red]x[/]\x1b]0;own\x07\x1b[2J\n\u202eevil\tbranch" + "\u0301" * 50


def entries(answer: History, **changes: Any) -> tuple[Entry, ...]:
    return arranged(entries_of(answer, "dollars"), Level(by=answer.by, **changes))


def names(answer: History, **changes: Any) -> list[str]:
    return [one.name for one in entries(answer, **changes)]


def lines(answer: History, width: int) -> list[str]:
    columns, gap = fit_history_columns(width, answer.by), gap_for(width)
    head = history_head(columns, Level(by=answer.by).order, gap, is_flipped=False)
    return [
        plain(line) for line in (head, *(history_line(columns, e, gap) for e in entries(answer)))
    ]


@pytest.mark.parametrize(
    ("by", "key", "name"),
    [
        ("repo", "github.com/acme/shop", "acme/shop"),
        ("repo", "unallocated", "unallocated"),
        ("branch", "github.com/acme/shop · fix/dedup", "acme/shop · fix/dedup"),
        ("branch", "unallocated · main", "unallocated · main"),
        ("model", "claude-opus-5-5-20261001", "opus-5.5"),
        ("category", "bugfix", "bugfix"),
        ("day", "2026-11-20", "Fri 20 Nov 2026"),
        ("day", "2026-11-22", "today"),
        ("week", "2026-W46", "9 – 15 Nov 2026"),
        ("month", "2026-10", "October 2026"),
        ("session", "3f2a91c4-aaaa", "3f2a91c4"),
    ],
)
def test_rows_have_short_names(by: HistoryBy, key: str, name: str) -> None:
    assert names(history(group(key), by=by)) == [name]


def test_two_rows_never_read_the_same() -> None:
    twins = ("github.com/acme/shop", "gitlab.com/acme/shop")
    assert names(history(*map(group, twins))) == list(twins)
    dated = ("claude-opus-5-5", "claude-opus-5-5-20261001")
    assert names(history(*map(group, dated), by="model")) == list(dated)


def test_a_session_is_called_by_where_it_was() -> None:
    answer = history(
        group("s-1"),
        group("s-2", 1.0),
        by="session",
        sessions={"s-1": note(), "s-2": note(repo="", branch="main")},
    )
    assert names(answer) == ["acme/shop · fix/dedup", "s-2"]
    first = entries(answer)[0]
    assert first.at is not None
    assert f"{first.at:%H:%M}" == "10:30"  # Berlin


def test_a_zone_that_is_not_known_here_is_utc() -> None:
    answer = history(group("s-1"), by="session", sessions={"s-1": note()}, timezone="Mars/Base")
    at = entries(answer)[0].at
    assert at is not None
    assert f"{at:%H:%M}" == "09:30"


ROWS = history(
    group("b", 3.0, requests=1, sessions=9, active_us=None),
    group("a", 1.0, requests=5, sessions=1, tokens=TokenCounts(input_tokens=90)),
    group("c", None, requests=3, sessions=4, active_us=1),
)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (None, "bac"),
        (HistorySort.COST, "bac"),
        (HistorySort.TOKENS, "bca"),
        (HistorySort.CALLS, "acb"),
        (HistorySort.SESSIONS, "bca"),
        (HistorySort.CACHE, "bca"),
        (HistorySort.ACTIVE, "acb"),
        (HistorySort.NAME, "abc"),
    ],
)
def test_rows_are_ordered_and_the_other_way_round(sort: HistorySort | None, expected: str) -> None:
    assert "".join(names(ROWS, sort=sort)) == expected
    flipped = "".join(names(ROWS, sort=sort, is_flipped=True))
    assert flipped[0] == expected[-1] or sort in (HistorySort.TOKENS, HistorySort.CACHE)
    assert flipped != expected


def test_times_come_newest_first_until_turned_round() -> None:
    days = history(group("2026-11-19", 9.0), group("2026-11-20", 1.0), by="day")
    assert names(days) == ["Fri 20 Nov 2026", "Thu 19 Nov 2026"]
    assert names(days, is_flipped=True) == ["Thu 19 Nov 2026", "Fri 20 Nov 2026"]
    assert names(days, sort=HistorySort.COST) == ["Thu 19 Nov 2026", "Fri 20 Nov 2026"]


@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("", 2),
        ("  ", 2),
        ("SHOP", 1),
        ("shop codex", 0),
        ("api codex", 1),
        ("gpt-6", 1),
        ("bugfix", 1),
        ("s-2", 1),
        ("zebra", 0),
    ],
)
def test_a_filter_looks_at_names_models_agents_and_tasks(needle: str, found: int) -> None:
    answer = history(
        group("s-1"),
        group("s-2", models=("gpt-6-sol",)),
        by="session",
        sessions={
            "s-1": note(),
            "s-2": note(agent="codex", repo="api", branch="main", task="docs"),
        },
    )
    assert len(entries(answer, needle=needle)) == found


def test_shares_are_of_all_and_sizes_of_the_largest() -> None:
    first, second, unpriced = entries(ROWS)
    assert (first.share, first.size) == (0.75, 1.0)
    assert (second.share, second.size) == (0.25, usd(1) / usd(3))
    assert (unpriced.share, unpriced.size) == (None, None)
    tokens = {one.name: one.share for one in entries_of(ROWS, "tokens")}
    assert tokens["c"] is not None
    assert sum(share or 0 for share in tokens.values()) == pytest.approx(1)


def test_without_any_price_there_are_no_shares() -> None:
    (only,) = entries(history(group("c", None)))
    assert (only.share, only.size, only.row.cost_nusd) == (None, None, None)


@pytest.mark.parametrize("by", HISTORY_GROUPS)
@pytest.mark.parametrize("width", [20, 46, 78, 100, 138, 198])
def test_every_line_is_as_wide_and_money_is_there(by: HistoryBy, width: int) -> None:
    answer = value_in(busy_history({"by": by, "last_days": 30}), History)
    drawn = lines(answer, width)
    assert len({width_of(line) for line in history_lines(answer, width)}) == 1
    assert all(len(line) <= width for line in drawn)
    if width >= 46:
        assert "cost" in drawn[0]
        assert "$" in drawn[1]


def history_lines(answer: History, width: int) -> list[Any]:
    columns, gap = fit_history_columns(width, answer.by), gap_for(width)
    return [history_line(columns, entry, gap) for entry in entries(answer)]


@pytest.mark.parametrize(
    ("by", "width", "titles"),
    [
        ("repo", 46, ["repo", "share", "▾cost", "tokens"]),
        ("repo", 78, ["repo", "share", "▾cost", "tokens", "calls", "sessions", "cache"]),
        ("day", 46, ["day▾", "size", "cost", "tokens"]),
    ],
)
def test_what_matters_has_room_first(by: HistoryBy, width: int, titles: list[str]) -> None:
    answer = history(group("2026-11-20"), by=by)
    assert lines(answer, width)[0].split() == titles


def test_a_wide_table_of_sessions_says_whose_they_were() -> None:
    answer = history(group("s-1"), by="session", sessions={"s-1": note()})
    row = lines(answer, 138)[1]
    for text in ("acme/shop · fix/dedup", "claude", "bugfix", "opus-5.5", "10:30", "$1.50", "90%"):
        assert text in row


def test_numbers_end_at_the_same_column_as_their_titles() -> None:
    head, *rows = lines(ROWS, 78)
    for title in ("cost", "tokens", "calls", "sessions", "cache"):
        end = head.index(title) + len(title)
        for row in rows:
            assert row[end - 1] != " "
            assert row[end : end + 1] in ("", " ")


def test_what_is_not_known_is_said() -> None:
    _, first, _, third = lines(ROWS, 138)
    assert "unpriced" in third
    assert "—" in first  # its active time
    assert "≥$2.00" in lines(history(group("x", 2.0, unpriced_tokens=5)), 78)[1]


@pytest.mark.parametrize("by", ["repo", "branch", "category", "environment"])
def test_hostile_names_are_text(by: HistoryBy) -> None:
    answer = history(group(HOSTILE), by=by)
    line = lines(answer, 138)[1]
    assert "[bold red]x[/]" in line
    assert all(char.isprintable() for char in line)
    assert "\u202e" not in line
    assert line.count("\u0301") <= 2


def test_hostile_models_and_notes_are_text() -> None:
    answer = history(
        group("s-1", models=(HOSTILE,)),
        by="session",
        sessions={"s-1": note(repo=HOSTILE, branch=HOSTILE, task=HOSTILE)},
    )
    assert all(char.isprintable() for line in lines(answer, 198) for char in line)


@pytest.mark.parametrize(
    ("active_us", "text"),
    [
        (None, "—"),
        (0, "0m"),
        (59_000_000, "<1m"),
        (60_000_000, "1m"),
        (3_599_000_000, "59m"),
        (3_600_000_000, "1.0h"),
        (359_000_000_000, "99.7h"),
        (3_600_000_000_000, "1,000h"),
    ],
)
def test_stretches_of_work(active_us: int | None, text: str) -> None:
    assert active_text(active_us) == text


def test_an_export_has_what_is_shown_in_its_order_with_whole_figures() -> None:
    table = export_of(entries(ROWS, sort=HistorySort.NAME), "repo")
    assert table.name == "history-by-repo"
    assert table.headers[:4] == ("repo", "name", "cost_usd", "unpriced_tokens")
    assert [row[0] for row in table.rows] == ["a", "b", "c"]
    assert [row[2] for row in table.rows] == [1.0, 3.0, None]
    assert all(len(row) == len(table.headers) for row in table.rows)
    by_name = dict(zip(table.headers, table.rows[1]))
    assert by_name["active_s"] is None
    assert by_name["cache_share"] == 0.9
    assert by_name["last_at"] is None


def test_today_is_the_ledgers_not_the_screens() -> None:
    yesterday = history(group("2026-11-21"), by="day", today=TODAY - timedelta(days=1))
    assert names(yesterday) == ["today"]
    assert names(replace(yesterday, today=TODAY)) == ["Sat 21 Nov 2026"]
    assert day(TODAY).day == TODAY
