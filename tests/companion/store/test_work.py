"""What turns and sessions were made for, and how: a turn's way is that of its own thread."""

from dataclasses import replace

from log_builders import at, calls_read, event, recorded

from aicost.core.facts import ErrorSeen, Parsed, PromptSeen, SettingsSeen, ToolCallSeen
from aicost.core.outcome import Outcome, Verdict
from aicost.core.reports import WorkDone
from aicost.store.ledger import Ledger
from aicost.store.outcomes import Judged, due_sessions, session_done, write_outcomes
from aicost.store.tasks import session_tasks
from aicost.store.work import work_done

MINUTE_US = 60_000_000


def tool(number: int, call: int) -> ToolCallSeen:
    return ToolCallSeen(
        key=f"claude:t{number}", event_key=f"claude:msg_{call}", name="Bash", at=at(call)
    )


def settings(turn: str, entrypoint: str, **changes: str) -> SettingsSeen:
    return SettingsSeen(session_id="s-1", turn_id=turn, entrypoint=entrypoint, **changes)


def ledger() -> Ledger:
    prompts = tuple(
        PromptSeen(session_id="s-1", turn_id=turn, at=at(minute), prompt_id=turn)
        for turn, minute in (("t-1", 0), ("t-2", 2.5))
    )
    calls = (
        event(1),
        event(2, subagent_id="a1", turn_id=""),
        event(3, turn_id="t-2", speed="fast"),
    )
    facts = Parsed(
        tool_calls=(tool(1, 1), tool(2, 2), tool(3, 3)),
        errors=(
            ErrorSeen(
                key="e", session_id="s-1", turn_id="t-2", subagent_id="", at=at(3), is_retried=True
            ),
        ),
        settings=(
            settings("t-1", "cli", effort="high", permission_mode="plan"),
            settings("t-2", "sdk-cli", command="/release"),
        ),
    )
    usage = replace(calls_read(), parsed=(Parsed(calls=calls, prompts=prompts),))
    return recorded(usage, replace(calls_read(), stage="evidence", parsed=(facts,)))


def test_a_subagents_work_is_its_turns() -> None:
    with ledger() as found:
        work = work_done(found.db, "turn")
        (task,) = session_tasks(found.db)["s-1"]
    assert work["s-1", "t-1"] == WorkDone(
        tool_calls=2,
        active_us=MINUTE_US,
        environment="interactive",
        workflow="cli",
        effort="high",
        permission_mode="plan",
        task=task,
    )
    assert work["s-1", "t-2"] == WorkDone(
        tool_calls=1,
        api_errors=1,
        retries=1,
        active_us=MINUTE_US // 2,
        environment="headless",
        workflow="/release",
        tier="fast",
        task=task,
    )


def test_what_came_of_it_is_told_of_session_and_turn() -> None:
    with ledger() as found:
        (due,) = due_sessions(found.db, 2**60, quiet_us=0, limit=9)
        first, _ = session_done(found.db, due).turns
        turns = {first: Outcome.ANSWERED}
        judged = Judged(session=due, verdict=Verdict(Outcome.MERGED), turns=turns)
        write_outcomes(found.db, [judged])
        sessions, turns_done = work_done(found.db, "session"), work_done(found.db, "turn")
        assert sessions["s-1", ""].outcome == "merged"
        assert [turns_done["s-1", turn].outcome for turn in ("t-1", "t-2")] == ["answered", ""]


def test_a_session_is_run_as_its_last_prompt_was() -> None:
    with ledger() as found:
        (work,) = work_done(found.db, "session").values()
        assert (work.tool_calls, work.environment, work.workflow) == (3, "headless", "/release")
        assert work_done(found.db, "session", homes=["/elsewhere"]) == {}
        assert set(work_done(found.db, "session", session_id="s")) == {("s-1", "")}
