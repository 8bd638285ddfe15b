"""The audit as a table and as JSON."""

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
from builders import BERLIN, NOW, usd

from aicost.core.audit import GateEvent
from aicost.report.audit import audit_document, audit_table, events_in
from aicost.report.tables import Style

STOP = GateEvent(
    at=NOW,
    kind="stop",
    session_id="6f93eca8-5a14-4864-a8fb-a2090ed39aba",
    agent="claude",
    event="PostToolBatch",
    tool="Bash",
    budget_id="day-hard",
    unit="usd",
    limit=usd(25),
    spent=usd("25.13"),
    reserved=0,
    text="aicost: today's $25.00 is used up",
)
WOULD = replace(STOP, kind="would-stop", event="", tool="", text="", at=NOW + timedelta(hours=1))
ALLOW = GateEvent(at=NOW, kind="allow", unit="usd", limit=usd(5), text="aicost: all sessions …")


def test_each_entry_is_a_row() -> None:
    lines = audit_table((STOP, WOULD, ALLOW), BERLIN, Style(200)).splitlines()
    assert lines[0].split() == ["When", "What", "Session", "Where", "Budget", "Why"]
    assert lines[1].startswith("11-22 12:41:07  stop ")
    assert lines[1].endswith("PostToolBatch Bash  day-hard  aicost: today's $25.00 is used up")
    assert lines[2].startswith("11-22 13:41:07  would-stop ")
    assert lines[2].endswith("25.13 of 25 usd")
    assert " all " in lines[3]


def test_it_fits_a_small_terminal_and_prints_no_control_characters() -> None:
    evil = replace(STOP, tool="\x1b[31mBash\n", text="a\x07b")
    text = audit_table((evil,), BERLIN, Style(60))
    assert max(map(len, text.splitlines())) <= 60
    assert "\x1b" not in text
    assert "\x07" not in text


def test_an_empty_audit_says_so() -> None:
    said = audit_table((), BERLIN, Style(80))
    assert said == "Nothing was stopped, and nothing would have been.\n"


def test_what_the_daemon_sends_comes_back() -> None:
    events = [STOP, WOULD, ALLOW]
    assert events_in(json.loads(msgspec.json.encode(events))) == events


def test_json_has_amounts_in_their_unit() -> None:
    document = json.loads(json.dumps(audit_document((STOP, ALLOW))))
    assert document["schema"] == 1
    stop, allow = document["events"]
    assert (stop["limit"], stop["spent"], stop["reserved"]) == (25.0, 25.13, 0.0)
    assert stop["at"] == "2026-11-22T11:41:07Z"
    assert (allow["session_id"], allow["budget"], allow["spent"]) == (None, None, None)
    unread = json.loads(json.dumps(audit_document((GateEvent(at=NOW, kind="unread"),))))
    assert unread["events"][0]["limit"] is None
