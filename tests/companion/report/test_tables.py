"""Tables: aligned, as narrow as asked, with totals and every doubt; never a control character."""

import re
import unicodedata
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from builders import session_row
from hypothesis import given
from hypothesis import strategies as st
from report_builders import mismatch, outcome_sums, report, row, turn
from waste_builders import hit

from aicost.core.reports import Each, HiddenSpend, UsageReport
from aicost.report.tables import (
    Style,
    id_column,
    notes_text,
    report_table,
    sessions_table,
    turns_table,
)

WIDE, NARROW = Style(120), Style(80)
BERLIN = ZoneInfo("Europe/Berlin")


def cells(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in line)
    return len(line) + wide - sum(unicodedata.category(char) == "Mn" for char in line)


def last_column(text: str) -> list[str]:
    return [line.split()[-1] for line in text.splitlines() if not line.startswith("─")]


def test_a_report_is_rows_a_line_and_the_total() -> None:
    found = report(row("2026-11-21", "1"), row("2026-11-22", "1234.5"))
    assert report_table(found, WIDE) == (
        "Day         Requests  Input   Output  Cache write  Cache read       Cost\n"
        "2026-11-21       412  1,200   78,000       56,000   3,400,000      $1.00\n"
        "2026-11-22       412  1,200   78,000       56,000   3,400,000  $1,234.50\n"
        "────────────────────────────────────────────────────────────────────────\n"
        "Total            824  2,400  156,000      112,000   6,800,000  $1,235.50\n"
    )


@pytest.mark.parametrize(
    ("usd", "unpriced_tokens", "shown"),
    [
        ("0", 0, "$0.00"),
        ("0.000000001", 0, "<$0.01"),
        ("0.009999999", 0, "<$0.01"),
        ("0.01", 0, "$0.01"),
        ("3.2", 0, "$3.20"),
        ("3.2", 1, "≥$3.20"),
        ("3.209", 1, "≥$3.20"),
        ("0.001", 1, "≥$0.00"),
        (None, 1, "unpriced"),
        (None, 0, "—"),
    ],
)
def test_a_cost_says_what_it_does_not_know(
    usd: str | None, unpriced_tokens: int, shown: str
) -> None:
    found = report(row(usd=usd, unpriced_tokens=unpriced_tokens))
    assert last_column(report_table(found, WIDE)) == ["Cost", shown, shown]


def test_doubts_are_told_below_the_table() -> None:
    found = report(
        row(unpriced_tokens=4_321),
        unpriced_models=("claude-mystery-7", "other"),
        skipped_lines=3,
        complete=False,
        pending_bytes=1_000_000,
    )
    assert report_table(found, WIDE).splitlines()[-3:] == [
        "unpriced: 4,321 tokens (claude-mystery-7, other)",
        "skipped: 3 log lines that could not be read",
        "not all is read yet: 1,000,000 bytes of logs are left",
    ]


def test_no_rows_are_a_sentence_and_the_doubts_stay() -> None:
    assert report_table(report(), WIDE) == "No usage.\n"
    asked = replace(report().query, since=date(2026, 11, 1), homes=("/home/ada/.claude", "/b"))
    said = report_table(replace(report(), query=asked), WIDE)
    assert said == "No usage in this range (looked in /home/ada/.claude, /b).\n"
    unread = report(complete=False, pending_bytes=5)
    assert "not all is read yet" in report_table(unread, WIDE)
    assert sessions_table([], WIDE, BERLIN) == "No sessions.\n"
    assert turns_table([], WIDE, BERLIN) == "No turns.\n"


LONG = "monorepo-of-the-whole-company · feature/PAY-2214-retry-webhooks-with-backoff"


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_narrow_terminals_get_fewer_columns_and_still_the_cost(width: int) -> None:
    texts = (
        report_table(report(row(LONG), by="branch"), Style(width)),
        sessions_table([session_row(repo="m" * 50)], Style(max(width, 60)), BERLIN),
        turns_table([turn()], Style(width), BERLIN),
    )
    for text in texts:
        lines = text.splitlines()
        assert max(map(cells, lines)) <= max(width, 60 if "State" in text else 0)
        assert lines[0].endswith("Cost")


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (69, "Requests Input Output Cache write Cache read Cost"),
        (68, "Requests Input Output Cache read Cost"),
        (56, "Requests Input Output Cache read Cost"),
        (55, "Requests Output Cache read Cost"),
        (49, "Requests Output Cache read Cost"),
        (48, "Requests Output Cost"),
        (37, "Requests Output Cost"),
        (36, "Output Cost"),
        (27, "Output Cost"),
        (26, "Cost"),
        (1, "Cost"),
    ],
)
def test_columns_go_in_the_order_of_need(width: int, headings: str) -> None:
    text = report_table(report(row("2026-11-21"), row("2026-11-22")), Style(width))
    assert " ".join(text.splitlines()[0].split()[1:]) == headings


def test_a_long_name_is_cut_before_a_column_goes_and_more_when_none_is_left() -> None:
    assert LONG in report_table(report(row(LONG), by="branch"), Style(200))
    fair = report_table(report(row(LONG), by="branch"), Style(100)).splitlines()
    assert "Cache read" in fair[0]
    assert fair[1].startswith("monorepo-of-the-whole-company · f")
    cut = report_table(report(row(LONG), by="branch"), Style(40)).splitlines()[1]
    assert cells(cut) <= 40
    assert "…" in cut
    assert cut.startswith("monorepo-of-the-whole-com")


def test_without_colour_there_is_no_escape_and_with_it_the_same_text() -> None:
    found = report(row())
    plain = report_table(found, Style(120))
    coloured = report_table(found, Style(120, colour=True))
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain


@pytest.mark.parametrize("by", ["repo", "branch", "session", "model", "agent", "week", "month"])
def test_every_group_has_a_heading_and_an_empty_key_a_name(by: str) -> None:
    text = report_table(report(row(""), by=by), WIDE)  # type: ignore[arg-type]
    assert text.splitlines()[0][0].isupper()
    assert text.splitlines()[1].startswith("(none)")


def test_an_invisible_name_is_no_name() -> None:
    text = report_table(report(row("\u202e\x1b[2J"), by="repo"), WIDE)
    assert text.splitlines()[1].startswith("(none)")


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_any_name_keeps_the_columns_aligned_and_the_terminal_unsteered(keys: list[str]) -> None:
    found: UsageReport = report(*(row(key) for key in keys), by="repo")
    text = report_table(found, WIDE)
    assert all(char.isprintable() for char in text.replace("\n", ""))
    assert len(text.split("\n")) == len(keys) + 4


def test_wide_characters_keep_the_columns_aligned() -> None:
    text = report_table(report(row("店舗"), row("shop"), by="repo"), WIDE)
    assert len({cells(line) for line in text.splitlines()}) == 1


def test_sessions_show_state_place_and_local_time() -> None:
    text = sessions_table([session_row(), session_row("s2", repo="", branch="")], WIDE, BERLIN)
    _, first, second = text.splitlines()
    assert "busy" in first
    assert "shop · fix/dedup" in first
    assert "2026-11-22 12:41" in first  # 11:41 UTC
    assert "62%" in first
    assert first.endswith("$3.20")
    assert "—" in second


def test_sessions_name_their_agent_where_there_is_room() -> None:
    rows = [session_row("s1"), session_row("s2", agent="codex")]
    heading, first, second = sessions_table(rows, WIDE, BERLIN).splitlines()
    assert heading.split()[:2] == ["Session", "Agent"]
    assert (first.split()[1], second.split()[1]) == ("claude", "codex")
    narrower = Style(len(heading) - 1)
    assert "Requests" in sessions_table(rows, narrower, BERLIN)
    assert "Agent" not in sessions_table(rows, narrower, BERLIN)


def test_turns_show_local_time_and_tokens() -> None:
    text = turns_table([turn(), turn("", usd=None, started_at=None)], Style(140), BERLIN)
    _, first, second = text.splitlines()
    assert first.startswith("2026-11-22 06:00")
    assert "78,000" in first
    assert first.endswith("$0.50")
    assert second.startswith("—")


def test_ids_are_whole_where_there_is_room_and_else_their_beginning() -> None:
    whole = "0bb9a2d9-a51e-4d5a-8275-566c766a0ff2"
    by_session = report(row(whole), by="session")
    full = max(map(len, report_table(by_session, Style(999)).splitlines()))
    assert report_table(by_session, Style(full)).splitlines()[1].startswith(f"{whole}  ")
    narrow = report_table(by_session, Style(full - 1))
    assert narrow.splitlines()[1].startswith("0bb9a2d9  ")
    assert (
        narrow.split("\n")[0].split()
        == report_table(by_session, Style(full)).split("\n")[0].split()
    )


@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        (["01a217ce-8cbd-7be1-bedd-74e30e161e32"], ["01a217ce"]),
        (["01a217ce-8cbd-7be1", "01a217cf-8cbd-7be1"], ["01a217ce", "01a217cf"]),
        (["01a217ce-8cbd-7be1", "01a217ce-8cbe-70f1"], ["01a217ce-8cbd", "01a217ce-8cbe"]),
        (["b" * 9, "0bb9a2d9-a51e", "b" * 9 + "c"], ["b" * 9, "0bb9a2d9", "b" * 9 + "c"]),
        (["same-twice-over", "same-twice-over"], ["same-twi", "same-twi"]),
        (["", "short"], ["", "short"]),
    ],
)
def test_a_short_id_is_as_long_as_it_takes_to_tell_it_from_the_others(
    ids: list[str], shown: list[str]
) -> None:
    column = id_column(("Id", *ids))
    assert (column.cells, column.short) == (("Id", *ids), ("Id", *shown))


@given(st.lists(st.text("ab", max_size=12), max_size=6))
def test_different_ids_never_look_the_same_and_each_is_a_beginning(ids: list[str]) -> None:
    _, *shown = id_column(("Id", *ids)).short
    assert len(set(shown)) == len(set(ids))
    assert all(whole.startswith(short) for whole, short in zip(ids, shown, strict=True))


def test_notes_are_no_wider_than_the_table_may_be() -> None:
    hidden = HiddenSpend(cost_nusd=110_000_000, why=("one cause in words", "another, longer one"))
    found = report(row(), hidden=hidden)
    assert report_table(found, Style(48)).splitlines()[-2:] == [
        "hidden: $0.11 more, in no row (one cause in",
        "  words; another, longer one)",
    ]
    assert report_table(found, WIDE).endswith(
        "hidden: $0.11 more, in no row (one cause in words; another, longer one)\n"
    )


def test_a_report_by_outcome_says_what_one_of_each_cost() -> None:
    def notes(**changes: Each) -> list[str]:
        found = report(row(), by="outcome", outcomes=outcome_sums(**changes))
        text = report_table(found, WIDE)
        return text[text.rindex("Total") :].splitlines()[1:]

    one, more, free = Each(1, 2 * 10**9), Each(3, 10**9), Each(2, None)
    assert notes(commits=one, merged_branches=more, fixed_tests=free, tickets=one) == [
        "1 commit, $2.00 each",
        "3 merged branches, $0.33 each",
        "1 ticket, $2.00 each",
    ]
    assert notes(abandoned=one, reverted=more) == [
        "abandoned: $2.00 in 1 session",
        "reverted: $1.00 in 3 sessions",
    ]
    assert notes() == []


def test_hidden_spend_without_a_price_is_not_none() -> None:
    hidden = HiddenSpend(cost_nusd=None, why=("one cause",))
    said = "hidden: more, at a price that is not known, in no row (one cause)\n"
    assert report_table(report(row(), hidden=hidden), WIDE).endswith(said)


def test_groups_of_evidence_may_lack_some_though_no_bytes_are_left() -> None:
    found = report(row(), complete=False, pending_bytes=0)
    assert report_table(found, WIDE).endswith("not all is read yet; aicost status tells more\n")


def test_a_note_that_is_set_in_goes_on_further_in() -> None:
    assert notes_text(["", "  one two", "one two three"], Style(9)) == (
        "\n  one two\none two\n  three\n"
    )
    assert notes_text(["  one two three"], Style(11)) == "  one two\n    three\n"


def test_hidden_spend_that_nobody_looked_for_is_not_none() -> None:
    said = "hidden: not known yet; aicost reconcile looks for it\n"
    assert report_table(report(row(), hidden=None), WIDE).endswith(said)
    assert "hidden" not in report_table(report(row()), WIDE)
    assert "hidden" not in report_table(report(hidden=None), WIDE)


def test_one_skipped_line_is_a_line() -> None:
    assert "skipped: 1 log line that" in report_table(report(row(), skipped_lines=1), WIDE)
    assert "skipped: 2 log lines that" in report_table(report(row(), skipped_lines=2), WIDE)


def test_a_loop_is_flagged_beside_the_state() -> None:
    rows = [session_row(loop=hit()), session_row("s2")]
    _, first, second = sessions_table(rows, WIDE, BERLIN).splitlines()
    assert " busy LOOP " in first
    assert "LOOP" not in second


def test_work_for_a_cheaper_model_is_told_below_the_table() -> None:
    found = report(row(), by="model", mismatches=(mismatch(),) * 4)
    text = report_table(found, Style(200))
    line = "model mismatch: docs of up to 5 calls: 18 turns on claude-small-1 were done as well"
    assert text.count(line) == 3  # those that save the most; all are in the JSON
    assert "as 22 on claude-large-1 (90 %): $8.10 of $12.00 less\n" in text
