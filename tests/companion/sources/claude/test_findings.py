"""Facts of one block, each once."""

from dataclasses import replace

from log_builders import at

from aicost.core.facts import ClientTotal, Parsed, SettingsSeen, SubagentSeen
from aicost.core.usage import TokenCounts
from aicost.sources.claude.findings import Findings, Refused
from aicost.sources.claude.records import Place

MAIN = Place("s-1", "t-1", "")


def total(nusd: int, output: int = 0) -> ClientTotal:
    return ClientTotal(
        session_id="s-1",
        model="m",
        tokens=TokenCounts(output_tokens=output),
        web_searches=0,
        cost_nusd=nusd,
    )


def test_nothing_found_is_nothing_but_the_state() -> None:
    assert Findings().parsed("state") == Parsed(thread="state")


def test_what_is_repeated_is_found_once_and_as_it_was_first() -> None:
    found = Findings()
    for minute in (1, 2):
        found.tool_call("toolu_1", "claude:msg_1", "Bash", at(minute))
        found.error("u-1", MAIN, at(1), Refused(is_retried=True))
        found.skill("claude:msg_1", "dataviz")
        found.copy("fork", "claude:msg_1")
        found.hidden("claude:h-1", "s-1", at(minute), "hook")
    parsed = found.parsed("")
    assert [call.at for call in parsed.tool_calls] == [at(1)]
    assert [hint.at for hint in parsed.hidden] == [at(1)]
    assert len(parsed.errors) == len(parsed.skills) == len(parsed.copies) == 1


def test_one_record_in_two_sessions_is_left_for_the_ledger_to_decide() -> None:
    """A fork repeats its parent's, and a file may come in pieces: which is first says nothing."""
    found = Findings()
    for session in ("s-2", "s-1", "s-2"):
        found.error("u-1", Place(session, "t-1", ""), at(1), Refused(is_retried=session == "s-1"))
        found.hidden("claude:h-1", session, at(1), "hook")
    parsed = found.parsed("")
    assert [(error.session_id, error.is_retried) for error in parsed.errors] == [
        ("s-2", False),
        ("s-1", True),
    ]
    assert [hint.session_id for hint in parsed.hidden] == ["s-2", "s-1"]


def test_settings_grow_to_the_larger_value_each_and_unknown_is_the_smallest() -> None:
    found = Findings()
    found.settings(MAIN, "2.1.9", None, "high")
    found.settings(MAIN, "2.1.8", "cli", None, "plan", "/x")
    found.settings(Place("s-1", "", "a1"))
    assert found.parsed("").settings == (
        SettingsSeen(
            session_id="s-1",
            turn_id="t-1",
            version="2.1.9",
            entrypoint="cli",
            effort="high",
            permission_mode="plan",
            command="/x",
        ),
        SettingsSeen(session_id="s-1", turn_id="", subagent_id="a1"),
    )


def test_a_subagent_began_when_it_was_first_seen() -> None:
    seen = SubagentSeen(session_id="s-1", subagent_id="a1", at=at(2), kind="Plan")
    found = Findings()
    for minute in (2, 1, 3):
        found.subagent(replace(seen, at=at(minute)))
    found.subagent(replace(seen, kind="Explore"))
    assert found.parsed("").subagents == (replace(seen, at=at(1)), replace(seen, kind="Explore"))


def test_the_largest_total_stays_first_by_dollars_then_by_output() -> None:
    found = Findings()
    for one in (total(2, 5), total(3, 1), total(1, 9), total(3, 2), total(3)):
        found.total(one)
    assert found.parsed("").client_totals == (total(3, 2),)
    longer = replace(total(3, 2), tokens=TokenCounts(output_tokens=2, cache_write_1h_tokens=1))
    found.total(longer)
    found.total(total(3, 2))
    assert found.parsed("").client_totals == (longer,)
