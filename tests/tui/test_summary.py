"""Header, progress, detail and empty states: honest, and right at any width."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from builders import NOW, burn, busy_day, session_row, usd, view
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import (
    DaemonDown,
)
from aicost.core.usage import TokenCounts
from aicost.core.view import DashboardView, Reading, Totals
from aicost_tui.rows import Sort
from aicost_tui.spans import Line, plain, width_of
from aicost_tui.summary import (
    HeaderFacts,
    blank_lines,
    detail_lines,
    header_lines,
    reading_line,
    too_small_lines,
    zone_of,
)

BERLIN = timezone(timedelta(hours=1))


def header(shown: DashboardView | None, width: int = 140, **facts: Any) -> list[str]:
    lines = header_lines(HeaderFacts(**({"view": shown, "now": NOW} | facts)), width)
    return [plain(line) for line in lines]


def today(**changes: Any) -> DashboardView:
    return view(today=Totals(**changes))


def text_of(lines: tuple[Line, ...]) -> str:
    return "\n".join(plain(line) for line in lines)


READING = Reading(
    files_done=1234,
    files_total=3021,
    bytes_done=1_230_000_000,
    bytes_total=2_900_000_000,
    seconds_left=95,
)


def test_the_header_tells_the_day_in_two_lines() -> None:
    first, second = header(busy_day(), sort=Sort.BURN)
    assert first.split("  ")[0] == "today $18.42 + 12.3k unpriced tokens"
    assert "3.1M tokens today" in first
    assert first.endswith("12:41:07")  # the view's zone, not the clock's
    assert second.startswith(
        "burn $6.10/h   84.5k tokens/min, last 10 min   6 live   ◐ 1 waits for you"
    )
    assert second.endswith("3 log lines unreadable   by $/h ▾")


def test_eighty_columns_have_all_of_it_a_little_shorter() -> None:
    first, second = header(replace(busy_day(), at=NOW - timedelta(seconds=9)), 78, sort=Sort.COST)
    assert first.startswith("today $18.42 + 12.3k unpriced tokens   3.1M tokens today   ")
    assert first.endswith("12:41:07")
    assert "6 live" in second
    assert "◐ 1 waits for you" in second
    assert "3 unreadable" in second
    assert "9s old" in second


@given(st.integers(1, 200), st.booleans())
def test_the_header_never_overflows_and_money_goes_last(width: int, is_paused: bool) -> None:
    lines = header_lines(HeaderFacts(view=busy_day(), now=NOW, paused=is_paused), width)
    assert all(width_of(line) <= width for line in lines)
    if width >= 24:
        assert "$18.42" in plain(lines[0])
        assert "$6.10" in plain(lines[1])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "today $0.00 "),
        ({"requests": 1, "cost_nusd": usd("0.004")}, "today <$0.01 "),
        ({"requests": 1, "cost_nusd": usd(12345)}, "today $12,345.00 "),
        ({"cost_nusd": usd(2), "unpriced_tokens": 900}, "today $2.00 + 900 unpriced tokens "),
        ({"cost_nusd": None, "unpriced_tokens": 12_300}, "today unpriced: 12.3k tokens "),
    ],
)
def test_todays_cost_says_what_it_leaves_out(changes: dict[str, Any], text: str) -> None:
    assert header(today(**changes))[0].startswith(text)


def test_while_old_logs_are_read_todays_cost_is_so_far() -> None:
    assert "$18.42 so far" in header(view(reading=READING))[0]


def test_a_view_of_yesterday_is_not_called_today() -> None:
    midnight = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # 00:00 in Berlin
    assert header(view(), now=midnight - timedelta(seconds=1))[0].startswith("today ")
    assert header(view(), now=midnight)[0].startswith("2026-11-22 ")


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (burn(), "burn $0.00/h   0 tokens/min"),
        (burn(0.004, 3), "burn <$0.01/h   3 tokens/min"),
        (burn(0, 500), "burn unpriced   500 tokens/min"),
    ],
)
def test_burn_without_a_price_is_not_zero(rate: Any, text: str) -> None:
    assert header(view(burn=rate))[1].startswith(text)


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ("busy idle ended", "2 live"),
        ("busy waiting ended", "2 live   ◐ 1 waits for you"),
        ("waiting waiting", "2 live   ◐ 2 wait for you"),
        ("ended", "0 live"),
    ],
)
def test_live_and_waiting_are_counted(states: str, text: str) -> None:
    rows = [session_row(str(n), state=state) for n, state in enumerate(states.split())]
    assert header(view(*rows))[1].rstrip().endswith(text)


@pytest.mark.parametrize(("seconds", "is_told"), [(5, False), (5.1, True), (64, True)])
def test_numbers_older_than_five_seconds_say_so(seconds: float, is_told: bool) -> None:
    assert ("old" in header(view(at=NOW - timedelta(seconds=seconds)))[1]) is is_told


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (0, None),
        (1, "1 log line unreadable"),
        (2, "2 log lines unreadable"),
        (12_345, "12.3k log lines"),
    ],
)
def test_skipped_lines_are_shown_when_there_are_any(lines: int, text: str | None) -> None:
    second = header(view(skipped_lines=lines))[1]
    assert "unreadable" not in second if text is None else text in second


@pytest.mark.parametrize(
    ("width", "text"),
    [(140, "not reading: the ledger cannot be used: database is locked"), (60, "not reading")],
)
def test_what_keeps_the_daemon_from_reading_is_shown(width: int, text: str) -> None:
    trouble = "the ledger cannot be used: database is locked"
    assert text in header(view(trouble=trouble), width)[1]
    assert "not reading" not in header(view(), width)[1]


def test_a_pause_is_told_in_the_header() -> None:
    assert "paused, space goes on" in header(view(), paused=True)[0]
    assert "paused" in header(view(), 48, paused=True)[0]


def test_before_the_first_view_there_is_the_name_and_the_clock() -> None:
    assert header(None, 40) == ["aicost" + " " * 26 + "11:41:07", ""]


def test_progress_says_files_bytes_and_time_left() -> None:
    text = plain(reading_line(READING, 100))
    assert "reading old logs" in text
    assert "42%" in text
    assert "1,234 of 3,021 files" in text
    assert "1.2 GB of 2.9 GB" in text
    assert "2 min left" in text


@pytest.mark.parametrize(
    ("done", "total", "text"), [(0, 0, "0%"), (0, 10, "0%"), (999, 1000, "99%"), (10, 10, "100%")]
)
def test_progress_is_full_only_at_the_end(done: int, total: int, text: str) -> None:
    reading = Reading(files_done=0, files_total=1, bytes_done=done, bytes_total=total)
    assert f" {text} " in plain(reading_line(reading, 78)) + " "


@given(st.integers(1, 200))
def test_progress_fits_any_width(width: int) -> None:
    assert width_of(reading_line(READING, width)) <= width


def test_the_detail_has_what_the_table_has_no_room_for() -> None:
    row = session_row()
    first, second = (plain(line) for line in detail_lines(row, NOW, BERLIN, 160))
    assert first.startswith("shop · fix/dedup   ● the agent works   claude pid 4411")
    assert first.endswith("started 11:02, 1h ago")
    assert row.session_id in second
    assert "context 124,000 of 200,000" in second
    assert "calls 412" in second
    assert "model claude-opus-5-5-20261001" in second
    assert second.endswith("in /home/ada/src/shop")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"context_tokens": None}, "context —"),
        ({"context_window_tokens": None}, "context 124,000 "),
        ({"pid": None}, "works   claude "),
        ({"started_at": None}, "claude pid 4411"),
        ({"started_at": NOW}, "started 12:41, just now"),
        ({"started_at": NOW - timedelta(days=1, seconds=-1)}, "started 12:41, 23h ago"),
        ({"started_at": NOW - timedelta(days=1)}, "started 2026-11-21 12:41, 1d ago"),
        ({"cwd": "/a\n\x1b[31mb"}, "in /a b"),
        ({"state": "waiting"}, "◐ waits for you"),
    ],
)
def test_the_detail_says_what_is_known(changes: dict[str, Any], text: str) -> None:
    assert text in text_of(detail_lines(session_row(**changes), NOW, BERLIN, 200)) + " "


@given(st.integers(1, 200))
def test_the_detail_fits_any_width_and_keeps_the_id(width: int) -> None:
    lines = detail_lines(session_row(), NOW, BERLIN, width)
    assert all(width_of(line) <= width for line in lines)
    if width >= 44:
        assert session_row().session_id in plain(lines[1])


def blank(latest: DashboardView | None, **facts: Any) -> str:
    return text_of(blank_lines(latest, **({"lost": None, "needle": "", "shown": 0} | facts)))


def test_each_empty_state_says_what_is_the_matter_and_what_to_do() -> None:
    assert "Connecting" in blank(None)
    assert "No numbers yet" in blank(None, lost=DaemonDown("gone"))
    nothing = blank(view(log_files=0))
    assert "No agent logs found" in nothing
    assert "/home/ada/.claude\n" in nothing
    assert "/home/ada/.config/claude\n" in nothing
    assert "aicost top --demo" in nothing
    assert "No folder" in blank(view(log_files=0, homes=()))
    assert "No sessions to show" in blank(view(log_files=1))
    assert "1 log found" in blank(view(log_files=1))
    assert "Reading the logs" in blank(view(log_files=0, reading=READING))
    assert "No session matches zzz" in blank(view(session_row()), needle="zzz")
    assert blank(view(session_row()), shown=1) == ""


def test_a_typed_filter_is_shown_as_harmless_text() -> None:
    text = blank(view(session_row()), needle="[red]\x1b[31m" + "x" * 99)
    assert "[red]xxx" in text
    assert text.splitlines()[0].endswith("…")


def test_a_tiny_terminal_still_gets_the_two_figures() -> None:
    lines = too_small_lines(busy_day(), 18)
    assert [plain(line) for line in lines][:2] == ["today $18.42", "burn $6.10/h"]
    assert all(width_of(line) <= 18 for line in lines)
    assert len(too_small_lines(None, 18)) == 1


@pytest.mark.parametrize(
    ("name", "hour"),
    [("Europe/Berlin", 12), ("UTC", 11), ("", 6), ("No/Such", 6), ("../x", 6), ("Europe", 6)],
)
def test_an_unknown_zone_falls_back_to_the_clocks_own(name: str, hour: int) -> None:
    now = NOW.astimezone(timezone(timedelta(hours=-5)))
    assert now.astimezone(zone_of(view(timezone=name), now)).hour == hour


def test_tokens_of_the_day_are_all_that_was_billed() -> None:
    tokens = TokenCounts(input_tokens=1, cache_read_tokens=2, output_tokens=4, reasoning_tokens=3)
    assert "7 tokens today" in header(today(tokens=tokens))[0]
