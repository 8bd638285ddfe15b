"""What calls were made for: kept once, whatever order it comes in, and summed up by day."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ledgers import content
from ledgers import evidence as kept
from log_builders import BOOK, at, calls_read, event, open_ledger, tokens

from aicost.core.days import to_us
from aicost.core.facts import (
    ClientTotal,
    CommandRan,
    CompactionSeen,
    CopySeen,
    ErrorSeen,
    FileRead,
    HiddenSeen,
    Parsed,
    PromptSeen,
    SettingsSeen,
    SkillSeen,
    StepTaken,
    SubagentSeen,
    ToolCallSeen,
)
from aicost.store.ledger import Ledger
from aicost.store.places import Attribution

USAGE = replace(
    calls_read(event(1), event(2), event(3, subagent_id="a1", turn_id="")),
    parsed=(
        Parsed(
            calls=(event(1), event(2), event(3, subagent_id="a1", turn_id="")),
            prompts=(PromptSeen(session_id="s-1", turn_id="t-1", at=at(0)),),
        ),
    ),
)


def evidence(path: str = "s-1.jsonl", **facts: Any) -> FileRead:
    found = calls_read(path=path)
    return replace(found, stage="evidence", parsed=(Parsed(**facts),))


def tool_call(number: int, call: int, name: str = "Bash") -> ToolCallSeen:
    return ToolCallSeen(
        key=f"claude:tool_{number}", event_key=f"claude:msg_{call}", name=name, at=at(call)
    )


def ran(number: int, call: int, minutes: float, error: int | None = None) -> CommandRan:
    return CommandRan(
        key=f"claude:tool_{number}",
        event_key=f"claude:msg_{call}",
        at=at(minutes),
        command=7,
        label="npm test",
        error=error,
    )


def failed(key: str, minutes: float) -> ErrorSeen:
    return ErrorSeen(
        key=key, session_id="s-1", turn_id="t-1", subagent_id="", at=at(minutes), is_retried=True
    )


def total(output: int, cost_nusd: int) -> ClientTotal:
    return ClientTotal(
        session_id="s-1", model="m", tokens=tokens(1, output), web_searches=0, cost_nusd=cost_nusd
    )


TABLES = {
    "days": "SELECT e.day, s.turn_id, s.subagent_id, m.name, e.tool_calls, e.api_errors,"
    " e.active_us FROM evidence_day e JOIN span s ON s.id = e.span"
    " LEFT JOIN model m ON m.id = e.model",
    "settings": "SELECT s.turn_id, s.kind, t.version, t.effort FROM span s"
    " LEFT JOIN setting t ON t.id = s.setting",
    "totals": "SELECT model, output_tokens, cost_nusd FROM client_total",
    "skills": "SELECT c.event_key, k.name FROM call_skill JOIN skill k ON k.id = skill"
    " JOIN call c USING (key)",
    "copies": "SELECT x.session_id FROM copied_call JOIN session x ON x.id = session",
    "hints": "SELECT kind, context_tokens FROM hidden_hint",
}


def settled(ledger: Ledger) -> dict[str, list[tuple[object, ...]]]:
    ledger.settle()
    return {name: sorted(ledger.db.execute(query), key=repr) for name, query in TABLES.items()}


def recorded(*reads: FileRead) -> dict[str, list[tuple[object, ...]]]:
    """Record in every order, settling now and then; return what all orders agree on.

    Usage is read first: evidence only says more of the threads that it made.
    """
    found = []
    usage = [read for read in reads if read.stage == "usage"]
    for order in permutations(read for read in reads if read.stage == "evidence"):
        for settles in (False, True):
            with open_ledger() as ledger:
                ledger.record(usage)
                for read in order:
                    ledger.record([read])
                    if settles:
                        ledger.settle()
                found.append((settled(ledger), content(ledger.db), kept(ledger.db)))
    assert all(one == found[0] for one in found)
    return found[0][0]


DAY = at(0).date().toordinal()
MINUTE_US = 60_000_000


def test_tool_calls_errors_and_active_time_add_up_by_day() -> None:
    found = recorded(
        USAGE,
        evidence(tool_calls=(tool_call(1, 1), tool_call(2, 1), tool_call(3, 3))),
        evidence(
            "copy.jsonl",
            tool_calls=(tool_call(1, 1), tool_call(2, 1)),
            errors=(failed("e-1", 1), failed("e-2", 1.5), failed("e-1", 1)),
        ),
    )
    assert found["days"] == [
        (DAY, "", "a1", "claude-test-1", 1, 0, 0),
        (DAY, "t-1", "", "claude-test-1", 2, 2, 2 * MINUTE_US),
    ]


def step(number: int, call: int, minutes: float, **changes: Any) -> StepTaken:
    plain: dict[str, Any] = {
        "key": f"claude:tool_{number}",
        "event_key": f"claude:msg_{call}",
        "at": at(minutes),
        "kind": "read",
        "target": 5,
        "label": "pay.py",
        "size_bytes": 900,
    }
    return StepTaken(**(plain | changes))


def compacted(key: str, session: str = "s-1", turn: str = "t-1") -> CompactionSeen:
    return CompactionSeen(key=key, session_id=session, turn_id=turn, subagent_id="", at=at(3))


def test_steps_are_kept_once_and_as_the_earlier_record_has_them() -> None:
    recorded(
        USAGE,
        evidence(steps=(step(1, 1, 2), step(2, 2, 3, size_bytes=None))),
        evidence("copy.jsonl", steps=(step(1, 1, 1.5), step(2, 2, 3, content=-7))),
    )
    with open_ledger() as ledger:
        ledger.record([USAGE, evidence(steps=(step(1, 1, 2),))])
        ledger.record([evidence(steps=(step(1, 1, 1.5),)), evidence(steps=(step(1, 1, 4),))])
        (row,) = kept(ledger.db)["steps"]
        assert row[2:] == (to_us(at(1.5)), "read", 5, "pay.py", 0, 0, 900, 0)


def test_a_compaction_that_a_fork_repeats_is_one_of_the_same_session() -> None:
    first, copy = evidence(compactions=(compacted("c-1"), compacted("c-2"))), "fork.jsonl"
    fork = evidence(copy, compactions=(compacted("c-1", "a-fork", "t-7"),))
    recorded(USAGE, first, fork)
    for order in permutations((first, fork)):
        with open_ledger() as ledger:
            ledger.record([USAGE, *order])
            found = [row[1:4] for row in kept(ledger.db)["compactions"]]
            assert sorted(found) == [("a-fork", "", "t-7"), ("s-1", "", "t-1")]


def test_how_a_request_failed_is_kept() -> None:
    refused = replace(failed("e-1", 1), status=529, wait_ms=1500)
    with open_ledger() as ledger:
        ledger.record([USAGE, evidence(errors=(refused,))])
        assert [row[-2:] for row in kept(ledger.db)["errors"]] == [(529, 1_500_000)]


def test_an_error_that_a_fork_repeats_counts_once_for_the_same_session() -> None:
    of_fork = replace(failed("e-1", 1), session_id="a-fork", turn_id="t-7")
    found = recorded(
        USAGE,
        evidence(errors=(failed("e-1", 1), failed("e-2", 1))),
        evidence("fork.jsonl", errors=(of_fork,)),
    )
    assert [row[1:3] + row[5:6] for row in found["days"] if row[5]] == [
        ("t-1", "", 1),
        ("t-7", "", 1),
    ]


def test_a_long_pause_is_no_work() -> None:
    calls = (event(1), event(2, at=at(2) + timedelta(hours=1)))
    prompt = PromptSeen(session_id="s-1", turn_id="t-1", at=at(0))
    read = replace(calls_read(*calls), parsed=(Parsed(calls=calls, prompts=(prompt,)),))
    (day,) = recorded(read)["days"]
    assert day[-1] == (1 + 5) * MINUTE_US


def test_a_tool_call_of_a_call_that_is_not_known_waits_for_it() -> None:
    assert recorded(evidence(tool_calls=(tool_call(9, 9),)))["days"] == []


def test_of_two_settings_each_larger_value_is_kept() -> None:
    one = SettingsSeen(session_id="s-1", turn_id="t-1", version="2.1.0", effort="")
    two = SettingsSeen(session_id="s-1", turn_id="t-1", version="2.0.9", effort="high")
    found = recorded(USAGE, evidence(settings=(one,)), evidence("b.jsonl", settings=(two,)))
    assert found["settings"] == [("", "", None, None), ("t-1", "", "2.1.0", "high")]


def test_a_subagent_has_the_kind_that_a_log_says() -> None:
    seen = SubagentSeen(session_id="s-1", subagent_id="a1", at=at(2), kind="Explore")
    found = recorded(USAGE, evidence(subagents=(seen,)), evidence("b", subagents=(seen,)))
    assert ("", "Explore", None, None) in found["settings"]


def test_the_clients_largest_total_is_kept() -> None:
    found = recorded(
        evidence(client_totals=(total(10, 500),)),
        evidence("b.jsonl", client_totals=(total(30, 900), total(20, 700))),
        evidence("c.jsonl", client_totals=(total(31, 900),)),
    )
    assert found["totals"] == [("m", 31, 900)]


def test_a_total_that_is_in_no_file_is_kept_and_its_session_is_settled_anew() -> None:
    with open_ledger() as ledger:
        ledger.record([USAGE])
        ledger.settle()
        for cost_nusd in (500, 900, 700):
            ledger.note_told("claude", [replace(total(0, cost_nusd), model="")], {})
        assert ledger.db.execute("SELECT count(*) FROM stale_account").fetchone() == (1,)
        assert settled(ledger)["totals"] == [("", 0, 900)]
        assert ledger.db.execute("SELECT session_id FROM session").fetchall() == [("s-1",)]


def test_skills_copies_and_hints_are_kept_once() -> None:
    facts: dict[str, Any] = {
        "skills": (SkillSeen(event_key="claude:msg_1", skill="review"),),
        "copies": (CopySeen(session_id="fork", event_key="claude:msg_1"),),
        "hidden": (
            HiddenSeen(key="u-1", session_id="s-1", at=at(1), kind="compaction", context_tokens=9),
        ),
    }
    found = recorded(USAGE, evidence(**facts), evidence("b.jsonl", **facts))
    assert found["skills"] == [("claude:msg_1", "review")]
    assert found["copies"] == [("fork",)]
    assert found["hints"] == [("compaction", 9)]


def test_the_ci_job_of_the_reader_is_kept() -> None:
    with Ledger(
        ":memory:", book=BOOK, zone=ZoneInfo("UTC"), attribution=Attribution(ci_job="nightly")
    ) as ledger:
        ledger.record([USAGE, evidence(settings=(SettingsSeen(session_id="s-1", turn_id="t-1"),))])
        assert ledger.db.execute("SELECT ci_job FROM setting").fetchall() == [("nightly",)]


def test_another_time_zone_counts_the_days_anew(tmp_path: Path) -> None:
    days = list[list[int]]()
    for zone in ("UTC", "Pacific/Kiritimati"):  # 14 hours on: there it is tomorrow
        with Ledger(tmp_path / "l.sqlite", book=BOOK, zone=ZoneInfo(zone)) as ledger:
            ledger.record([USAGE])
            ledger.settle()
            query = "SELECT day FROM evidence_day ORDER BY span"
            days.append([day for (day,) in ledger.db.execute(query)])
    assert days == [[DAY, DAY], [DAY + 1, DAY + 1]]


def test_a_run_is_kept_once_as_its_earliest_record_says(tmp_path: Path) -> None:
    found = set()
    for number, order in enumerate(permutations([ran(1, 1, 2, -5), ran(1, 1, 3), ran(1, 1, 4, 9)])):
        with open_ledger(tmp_path / f"{number}.db") as ledger:
            for one in order:
                ledger.record([USAGE, evidence(commands=(one,))])
            found.add(tuple(kept(ledger.db)["commands"]))
    (rows,) = found
    assert [row[2:] for row in rows] == [(to_us(at(2)), 7, "npm test", -5)]
