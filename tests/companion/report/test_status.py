"""The screen of `aicost status`, and its document: what is known, and what is said not to be."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, budget_status, nudge, plan_status, session_row
from report_builders import AT, report, row

from aicost.core.limits import LimitWindow, PlanLimits, RateLimits
from aicost.core.reports import HiddenSpend
from aicost.core.text import cells_of
from aicost.core.view import BurnRate
from aicost.report.status import ReaderState, Status, status_document, status_screen
from aicost.report.tables import Style

UTC_ZONE = ZoneInfo("UTC")
TODAY = report(row(), hidden=HiddenSpend(cost_nusd=0))
PRIMARY = LimitWindow(
    used_percent=12.5, window_minutes=300, resets_at=AT + timedelta(hours=2, minutes=10)
)
SECONDARY = LimitWindow(used_percent=40, window_minutes=10080, resets_at=AT + timedelta(days=3))


def plan(home: str = "/home/ada/.codex", minutes: float = 4, **changes: Any) -> PlanLimits:
    fields: dict[str, Any] = {
        "limit_id": "codex",
        "plan_type": "pro",
        "primary": PRIMARY,
        "secondary": SECONDARY,
    }
    limits = RateLimits(**(fields | changes))
    return PlanLimits(home=home, at=AT - timedelta(minutes=minutes), limits=limits)


def status(**changes: Any) -> Status:
    fields: dict[str, Any] = {
        "at": AT,
        "day": "2026-11-22",
        "today": TODAY,
        "burn": BurnRate(tokens_per_minute=1234.4, nusd_per_hour=4_100_000_000),
        "sessions": (),
        "limits": (),
        "reader": ReaderState(log_files=12, daemon_pid=42),
        "price_book": "a1b2c3d4e5f6",
        "priced_on": "2026-11-20",
    }
    return Status(**(fields | changes))


def rows(wanted: Status, width: int = 200) -> dict[str, str]:
    """Return the screen by label, lines of one label joined."""
    found: dict[str, str] = {}
    label = ""
    for line in status_screen(wanted, Style(width), UTC_ZONE).splitlines():
        if line.strip() and not line.startswith(("Session", "s-")):
            label = line[:10].strip() or label
            found[label] = f"{found.get(label, '')} {line[12:]}".strip()
    return found


def test_all_is_well_on_one_screen() -> None:
    assert rows(status()) == {
        "today": "$12.35 in 412 requests, 0 turns, 0 sessions (2026-11-22, Europe/Berlin)",
        "burn": "$4.10 an hour, 1,234 tokens a minute (over the last 10 min)",
        "sessions": "none runs",
        "logs": "12 files, all read",
        "daemon": "running (pid 42)",
        "prices": "price book a1b2c3d4e5f6, prices as of 2026-11-20",
    }


@pytest.mark.parametrize(
    ("total", "text"),
    [
        (row(usd="0.5", requests=1, turns=1, sessions=1), "$0.50 in 1 request, 1 turn, 1 session"),
        (row(usd="0.5", unpriced_tokens=7), "≥$0.50 in"),
        (row(usd=None, unpriced_tokens=7), "unpriced in"),
        (row(usd="0.5", ncredits=1_500_000_000), "$0.50 (1.50 credits) in"),
        (
            row(usd="0.5", ncredits=1_500_000_000, uncertain_ncredits=1),
            "$0.50 (~1.50 credits) in",
        ),
        (row(requests=0), "nothing used on 2026-11-22 (Europe/Berlin)"),
    ],
)
def test_today_says_what_it_does_not_know(total: Any, text: str) -> None:
    shown = rows(status(today=replace(TODAY, total=total)))
    assert shown["today"].startswith(text)


def test_sessions_that_run_are_counted_and_listed() -> None:
    live = [session_row("s-1", state="busy"), session_row("s-2", state="idle", cost_nusd=None)]
    text = status_screen(status(sessions=live), Style(200), UTC_ZONE)
    assert rows(status(sessions=live))["sessions"].startswith("2 run, ")
    assert rows(status(sessions=live[:1]))["sessions"].startswith("1 runs, ")
    table = [line for line in text.splitlines() if line.startswith(("Session", "s-"))]
    assert [line.split()[:3] for line in table] == [
        ["Session", "Agent", "State"],
        ["s-1", "claude", "busy"],
        ["s-2", "claude", "idle"],
    ]


# Limits


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (
            plan(),
            "codex pro: 5 h 12.5 % used, resets in 2 h 10 min; week 40 % used, resets in 3 d"
            " (as of 4 min ago)",
        ),
        (
            plan(secondary=None, credit_balance=Decimal("17.50"), minutes=60 * 26),
            "codex pro: 5 h 12.5 % used, resets in 2 h 10 min; 17.50 credits left"
            " (as of 1 d 2 h ago)",
        ),
        (
            plan(primary=None, secondary=None, has_unlimited_credits=True, minutes=0.5),
            "codex pro: credits without limit (as of less than 1 min ago)",
        ),
        (
            plan(
                primary=LimitWindow(used_percent=100, window_minutes=90),
                secondary=LimitWindow(used_percent=1 / 3),
                reached_type="primary",
                plan_type="",
            ),
            "codex: 1 h 30 min 100 % used; limit 0.333333 % used; stopped by its limit (primary)"
            " (as of 4 min ago)",
        ),
        (
            plan(primary=replace(PRIMARY, resets_at=AT), secondary=None, limit_id="", plan_type=""),
            "plan: 5 h began anew since (as of 4 min ago)",
        ),
        (plan(primary=None, secondary=None), "codex pro: nothing said (as of 4 min ago)"),
    ],
)
def test_a_limit_is_told_with_its_age(limits: PlanLimits, text: str) -> None:
    assert rows(status(limits=[limits]))["limits"] == text


def test_limits_of_several_homes_are_told_apart() -> None:
    shown = rows(status(limits=[plan(), plan("/home/ada/.codex-work")]))["limits"]
    assert "ago in /home/ada/.codex)" in shown
    assert "ago in /home/ada/.codex-work)" in shown


# What is not known, and the reader


HIDDEN = HiddenSpend(cost_nusd=420_000_000, why=("compaction is in no log line", "nor is …"))


@pytest.mark.parametrize(
    ("changes", "label", "text"),
    [
        ({"hidden": HIDDEN}, "hidden",
         "$0.42 more, in no figure above (compaction is in no log line; nor is …)"),
        ({"hidden": HiddenSpend(cost_nusd=0, why=("Codex at least",))}, "hidden", "Codex at least"),
        ({"hidden": HiddenSpend(cost_nusd=None, why=("a new model",))}, "hidden",
         "more, at a price that is not known, in no figure above (a new model)"),
        ({"hidden": None}, "hidden", "not known yet: the logs are not all read for it"),
        ({"unpriced_models": ("odd\x1b[1m-1", "b")}, "unpriced", "0 tokens today (odd-1, b)"),
        ({"skipped_lines": 1}, "skipped", "1 log line that could not be read"),
        ({"skipped_lines": 2}, "skipped", "2 log lines that could not be read"),
        ({"complete": False, "pending_bytes": 1234}, "logs", "12 files, 1,234 bytes not read yet"),
        ({"complete": False}, "logs", "12 files, not all read"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_said(changes: Mapping[str, Any], label: str, text: str) -> None:
    assert rows(status(today=replace(TODAY, **changes)))[label] == text
    assert label not in rows(status()) or label == "logs"


def test_the_reader_says_what_is_in_its_way() -> None:
    reader = ReaderState(
        log_files=1,
        unwatched={"/a": "no watches left", "/b": "a network"},
        unreadable=tuple(f"/log-{number}" for number in range(7)),
        trouble="the ledger is locked",
        budget_troubles=("not valid TOML (/c:1)", "cannot read /t"),
        team=("nothing is sent to the team: \x1b[31mno token",),
        otlp="https://otel.example does not take counters",
    )
    shown = rows(status(reader=reader))
    assert shown["logs"] == "1 file, all read"
    assert shown["polled"] == "/a: no watches left /b: a network"
    assert shown["unreadable"] == "/log-0 /log-1 /log-2 /log-3 /log-4"
    assert shown["budgets"] == "not valid TOML (/c:1) cannot read /t"
    assert shown["team"] == "nothing is sent to the team: no token"
    assert shown["counters"] == "https://otel.example does not take counters"
    assert shown["trouble"] == "the ledger is locked; trying again, nothing is lost"
    assert shown["daemon"].startswith("not running; `aicost daemon start`")


def test_a_book_that_nobody_looked_at_has_no_date() -> None:
    assert rows(status(priced_on=""))["prices"] == "price book a1b2c3d4e5f6"


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_screen_is_no_wider_than_it_may_be(width: int) -> None:
    full = status(limits=[plan()], today=replace(TODAY, hidden=HIDDEN))
    text = status_screen(full, Style(width), UTC_ZONE)
    assert max(map(cells_of, text.splitlines())) <= width
    assert rows(full, width) == rows(full)


def test_labels_are_dim_where_there_is_colour() -> None:
    text = status_screen(status(), Style(80, colour=True), UTC_ZONE)
    assert text.startswith("\x1b[2mtoday     \x1b[0m  $12.35")
    assert "\x1b" not in status_screen(status(), Style(80), UTC_ZONE)


# The document


def test_the_document_has_all_of_it() -> None:
    live = session_row("s-1", state="busy")
    found = status_document(status(sessions=[live], limits=[plan(credit_balance=Decimal("17.5"))]))
    assert (found["schema"], found["at"]) == (1, "2026-11-22T05:00:00Z")
    assert (found["complete"], found["pending_bytes"]) == (True, 0)
    assert found["today"]["day"] == "2026-11-22"
    assert found["today"]["cost_usd"] == 12.345678
    assert found["burn"] == {
        "tokens_per_minute": 1234.4,
        "usd_per_hour": 4.1,
        "window_seconds": 600,
    }
    assert [one["session_id"] for one in found["sessions"]] == ["s-1"]
    assert found["limits"] == [
        {
            "home": "/home/ada/.codex",
            "limit_id": "codex",
            "plan_type": "pro",
            "at": "2026-11-22T04:56:00Z",
            "age_seconds": 240.0,
            "primary": {
                "used_percent": 12.5,
                "window_minutes": 300,
                "resets_at": "2026-11-22T07:10:00Z",
                "has_reset": False,
            },
            "secondary": {
                "used_percent": 40,
                "window_minutes": 10080,
                "resets_at": "2026-11-25T05:00:00Z",
                "has_reset": False,
            },
            "credits": {"has_credits": None, "unlimited": None, "balance": 17.5},
            "reached": False,
        }
    ]
    assert found["hidden"] == {"cost_usd": 0.0, "why": ""}
    assert found["unpriced_models"] == []
    assert found["reader"] == {
        "daemon_pid": 42,
        "log_files": 12,
        "skipped_lines": 0,
        "unwatched": {},
        "unreadable": [],
        "trouble": None,
        "budget_troubles": [],
    }
    assert (found["team"], found["otlp"]) == ([], None)
    assert found["price_book"] == {"id": "a1b2c3d4e5f6", "date": "2026-11-20"}


def test_what_is_not_known_is_null_not_zero() -> None:
    bare = plan(primary=None, secondary=None, plan_type="")
    found = status_document(status(today=replace(TODAY, hidden=None), limits=[bare], priced_on=""))
    assert found["hidden"] is None
    assert found["price_book"]["date"] is None
    (limit,) = found["limits"]
    assert (limit["plan_type"], limit["primary"], limit["secondary"]) == (None, None, None)
    assert limit["credits"]["balance"] is None


def test_budgets_and_the_most_serious_advice_are_told() -> None:
    row_ = session_row("s-1", repo="api", branch="main")
    told = rows(
        status(
            at=NOW,
            sessions=[row_],
            budgets=[
                budget_status("6.02", "6.25", "session", is_hard=True, subject="s-1"),
                plan_status(82),
                budget_status("18.42", 25, forecast=41.2),
                budget_status(1, 5, "turn", subject="unknown-session t-1"),
                budget_status(41, 80, "plan-5h", "percent"),
            ],
            nudges=[
                nudge("context", severity="info", sentence="a", action="b"),
                nudge("budget", severity="serious", sentence="no", action="no"),
                nudge("plan", severity="serious", sentence="no", action="no"),
                nudge("loop", severity="serious", sentence="c", action="d", session_id="s-1"),
                nudge("forecast", severity="warning", sentence="e", action="f"),
                nudge("hidden", severity="info", sentence="g", action="h"),
            ],
        )
    )
    assert told["budgets"] == (
        "■ api · main: $6.02 of this session's $6.25 spent, 96 % (hard)"
        " ▲ $18.42 of today's $25.00 spent, 73 %; resets at 23:00"
        " ○ unknown-: $1.00 of this turn's $5.00 spent, 20 %"
        " ○ 41 % of the plan's 5 hours used, 80 % is your limit"
    )
    assert told["nudges"] == "■ api · main: c → d ▲ e → f ○ a → b 1 more: aicost top"


def test_without_budgets_and_advice_nothing_is_said_of_them() -> None:
    assert {"budgets", "nudges"}.isdisjoint(rows(status()))
    document = status_document(status(budgets=[budget_status(1, 2)], nudges=[nudge()]))
    assert [one["scope"] for one in document["budgets"]] == ["day"]
    assert [one["kind"] for one in document["nudges"]] == ["budget"]
