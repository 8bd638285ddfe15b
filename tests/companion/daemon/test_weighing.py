"""What is known of sessions beside the ledger, and how that changes how budgets stand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import usd
from log_builders import MODEL, at, calls_read, event, open_ledger, tokens

from aicost.core.allowance import Allowance
from aicost.core.budget import Budget, BudgetFilter, Traits
from aicost.core.facts import ClientTotal, Parsed, PromptSeen, SubagentSeen
from aicost.core.gate import PASS, Ask, CommandRun, Ruling
from aicost.core.reservation import EXPIRES, UNKNOWN_CALL
from aicost.core.session import LiveSession, Running
from aicost.core.spending import SessionNow
from aicost.daemon.weighing import Scales, Weighed
from aicost.daemon.world import World
from aicost.store.ledger import Ledger
from aicost.store.places import NO_ATTRIBUTION

NOW = at(60)
UTC_ZONE = ZoneInfo("UTC")
DAY = Budget(budget_id="day", scope="day", unit="usd", limit=usd(10), is_hard=True)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """A ledger with one session: ten calls of $0.40."""
    ledger = open_ledger()
    calls = tuple(event(number, tokens=tokens(0, 100_000)) for number in range(1, 11))
    prompt = PromptSeen(session_id="s-1", turn_id="t-1", at=at(0), prompt_id="p-1")
    ledger.record([replace(calls_read(), parsed=(Parsed(calls=calls, prompts=(prompt,)),))])
    ledger.settle()
    yield ledger
    ledger.close()


@pytest.fixture
def scales(ledger: Ledger) -> Scales:
    return Scales(ledger.db, NO_ATTRIBUTION)


def ask(event_: str = "PostToolBatch", session: str = "s-1", **changes: Any) -> Ask:
    fields = {"agent": "claude", "event": event_, "session_id": session, "path": ""}
    return Ask(**(fields | changes))


def world(minutes: float = 60, **changes: Any) -> World:
    fields: dict[str, Any] = {"now": at(minutes), "zone": UTC_ZONE, "budgets": (DAY,)}
    return World(**(fields | changes))


def live(session: str, state: Any = "busy", **changes: Any) -> LiveSession:
    fields: dict[str, Any] = {"pid": 1, "cwd": "/src/shop", "started_at": None}
    fields |= {"version": "", "entrypoint": "cli"}
    return LiveSession(session_id=session, state=state, **(fields | changes))


def running(*sessions: LiveSession) -> Running:
    sessions_ = {one.session_id: one for one in sessions}
    return Running(sessions=sessions_, registries=frozenset({"/home/ada/.claude"}))


def passes(scales: Scales, asked: Ask, minutes: float = 60, ruling: Ruling = PASS) -> None:
    scales.hear(asked, at(minutes))
    scales.follow(asked, ruling, at(minutes))


def reserved(weighed: Weighed) -> dict[str, int]:
    return {name: one.calls for name, one in weighed.reserved.items()}


def now_of(scales: Scales, session: str, asked: Ask | None = None, **changes: Any) -> SessionNow:
    return scales.weigh(world(**changes), asked).sessions[session]


# Who a session is


def test_a_new_session_is_what_its_hooks_say(scales: Scales) -> None:
    asked = ask(
        "UserPromptSubmit",
        "s-new",
        cwd="/src/api",
        entrypoint="sdk-cli",
        model="m-1",
        turn_id="p-9",
    )
    scales.hear(asked, NOW)
    assert now_of(scales, "s-new", asked) == SessionNow(
        session_id="s-new",
        turn_id="p-9",
        traits=Traits(agent="claude", repo="api", model="m-1", environment="headless"),
        cwd="/src/api",
    )


def test_a_known_session_is_what_its_newest_call_was(scales: Scales) -> None:
    scales.hear(ask(cwd="/src/shop"), NOW)
    found = now_of(scales, "s-1", ask())
    assert found.traits == Traits(agent="claude", repo="shop", branch="main", model=MODEL)
    assert found.is_busy
    assert not now_of(scales, "s-1", ask("UserPromptSubmit")).is_busy


def test_a_session_that_went_elsewhere_is_there(scales: Scales) -> None:
    scales.hear(ask(cwd="/src/api"), NOW)
    assert (now_of(scales, "s-1").traits.repo, now_of(scales, "s-1").cwd) == ("api", "/src/api")


@pytest.mark.parametrize(
    ("agent", "event_", "expected"),
    [
        ("claude", "UserPromptSubmit", "fix"),
        ("claude", "PostToolBatch", "fix"),
        ("claude", "PreToolUse", "main"),  # no call comes next
        ("codex", "UserPromptSubmit", "main"),  # its log names the branch it began on
    ],
)
def test_a_branch_checked_out_since_is_that_of_the_next_call(
    ledger: Ledger, tmp_path: Path, agent: Any, event_: str, expected: str
) -> None:
    head = tmp_path / ".git" / "HEAD"
    head.parent.mkdir()
    head.write_text("ref: refs/heads/main\n")
    call = event(11, cwd=str(tmp_path), agent=agent, session_id="s-9")
    ledger.record([calls_read(call)])
    scales = Scales(ledger.db, NO_ATTRIBUTION)
    asked = ask(event_, "s-9", cwd=str(tmp_path), agent=agent)
    scales.hear(asked, NOW)
    assert now_of(scales, "s-9", asked).traits.branch == "main"
    head.write_text("ref: refs/heads/fix\n")
    scales.hear(asked, NOW)
    assert now_of(scales, "s-9", asked).traits.branch == expected
    head.write_text("0123456789abcdef0123456789abcdef01234567\n")  # on no branch
    scales.hear(asked, NOW)
    assert now_of(scales, "s-9", asked).traits.branch == "main"
    head.write_text("ref: refs/heads/fix\n")
    scales.hear(asked, NOW)
    ledger.record(
        [calls_read(replace(call, event_key="claude:later", at=NOW + timedelta(seconds=1)))]
    )
    assert now_of(scales, "s-9", minutes=61).traits.branch == "main"  # what a call says is so


def test_a_switch_of_models_holds_until_the_next_call(ledger: Ledger, scales: Scales) -> None:
    switch = ask("PreModelSwitch", to_model="opus")
    scales.hear(switch, NOW)
    assert now_of(scales, "s-1", switch).traits.model == "opus"  # for this question
    assert now_of(scales, "s-1").traits.model == MODEL
    scales.follow(switch, Ruling(action="refuse"), NOW)
    assert now_of(scales, "s-1").traits.model == MODEL
    scales.follow(switch, PASS, NOW)
    assert now_of(scales, "s-1").traits.model == "opus"
    ledger.record([calls_read(event(11, at=NOW + timedelta(seconds=1), model="haiku"))])
    assert now_of(scales, "s-1", minutes=61).traits.model == "haiku"


def test_a_subagent_is_asked_about_as_its_own_model(ledger: Ledger, scales: Scales) -> None:
    call = event(11, at=at(59), subagent_id="a1", model="haiku")
    subagent = SubagentSeen(session_id="s-1", subagent_id="a1", at=at(59))
    ledger.record([replace(calls_read(), parsed=(Parsed(calls=(call,), subagents=(subagent,)),))])
    of_haiku = replace(DAY, budget_id="haiku", filter=BudgetFilter(model="haiku"))
    budgets: tuple[Budget, ...] = (DAY, of_haiku)

    def found(asked: Ask | None) -> tuple[str, frozenset[str], list[str]]:
        weighed = scales.weigh(world(budgets=budgets), asked)
        session, statuses = weighed.sessions["s-1"], weighed.evaluation.by_session["s-1"]
        return session.traits.model, session.models, [one.budget.budget_id for one in statuses]

    assert found(ask()) == (MODEL, frozenset(), ["day"])
    assert found(ask(thread_id="a1")) == ("haiku", frozenset(), ["day", "haiku"])
    assert found(ask(thread_id="a2")) == (MODEL, frozenset(), ["day"])  # it did not call yet
    assert found(ask(thread_id="a2", model="haiku"))[2] == ["day", "haiku"]
    assert found(ask(session="s-2"))[1] == {"haiku"}
    assert found(None) == (MODEL, frozenset({"haiku"}), ["day", "haiku"])
    budgets = (DAY,)
    assert found(None) == (MODEL, frozenset(), ["day"])  # nobody wants to know


def test_the_turn_is_that_of_the_last_prompt(ledger: Ledger, scales: Scales) -> None:
    assert now_of(scales, "s-1", ask()).turn_id == ""  # the ledger's newest
    scales.hear(ask("UserPromptSubmit", turn_id="p-2"), NOW)
    assert now_of(scales, "s-1").turn_id == "p-2"
    later = PromptSeen(session_id="s-1", turn_id="t-3", at=NOW + timedelta(seconds=1))
    ledger.record([replace(calls_read(), parsed=(Parsed(prompts=(later,)),))])
    assert now_of(scales, "s-1", minutes=61).turn_id == ""


def test_who_runs_wrote_lately_or_asked_is_at_work(scales: Scales) -> None:
    scales.hear(ask(session="s-2"), at(60))
    found = scales.weigh(world(running=running(live("s-3", agent="codex"))))
    assert set(found.sessions) == {"s-2", "s-3"}
    assert found.sessions["s-3"].traits.agent == "codex"
    assert "s-1" in scales.weigh(world(10.5)).sessions
    assert set(scales.weigh(world(76)).sessions) == set()  # not heard of for long
    scales.hear(ask(session="s-2"), at(77))
    scales.hear(ask("SessionEnd", "s-2"), at(77))
    assert set(scales.weigh(world(77)).sessions) == set()
    assert set(scales.weigh(world(guards={"s-4": "12345678"})).sessions) == {"s-4"}


# What is reserved


def test_who_was_let_pass_has_a_call_under_way(ledger: Ledger, scales: Scales) -> None:
    for asked in (ask("UserPromptSubmit"), ask(session="s-2"), ask(session="s-2", thread_id="a1")):
        passes(scales, asked)
    scales.weigh(world())  # what calls cost is known from now on
    found = scales.weigh(world(), ask(session="s-3"))
    assert reserved(found) == {"s-1": 1, "s-2": 2}
    assert found.reserved["s-1"].nusd == usd("0.4")
    assert found.reserved["s-2"].nusd == 2 * UNKNOWN_CALL.nusd
    (status,) = found.evaluation.shared
    assert status.reserved == usd("0.4") + 2 * UNKNOWN_CALL.nusd
    assert reserved(scales.weigh(world(), ask("UserPromptSubmit"))) == {"s-2": 2}
    ledger.record([calls_read(event(11, at=NOW + timedelta(seconds=1)))])
    assert reserved(scales.weigh(world(61), ask(session="s-3"))) == {"s-2": 2}
    after = NOW + EXPIRES
    assert reserved(scales.weigh(replace(world(), now=after), ask(session="s-3"))) == {}


@pytest.mark.parametrize(
    ("asked", "ruling", "calls"),
    [
        pytest.param(ask("PostToolBatch"), PASS, 1, id="after tools"),
        pytest.param(ask("PostToolBatch"), Ruling(action="save"), 1, id="and told to save"),
        pytest.param(ask("PostToolBatch"), Ruling(action="stop"), 0, id="stopped"),
        pytest.param(ask("UserPromptSubmit"), Ruling(action="block"), 0, id="blocked"),
        pytest.param(ask("PreToolUse"), PASS, 0, id="Claude asks again after its tools"),
        pytest.param(ask("PreToolUse", agent="codex"), PASS, 1, id="Codex does not"),
        pytest.param(ask("PreToolUse", agent="codex"), Ruling(action="stop"), 1, id="nor stopped"),
        pytest.param(ask("PreToolUse", spawns=True), PASS, 1, id="a subagent begins"),
        pytest.param(ask("PreToolUse", spawns=True), Ruling(action="refuse"), 0, id="or not"),
        pytest.param(ask("PreCompact"), PASS, 0, id="a compaction is in no log"),
    ],
)
def test_what_is_reserved_depends_on_what_comes_next(
    scales: Scales, asked: Ask, ruling: Ruling, calls: int
) -> None:
    passes(scales, asked, ruling=ruling)
    assert reserved(scales.weigh(world(), ask(session="s-9"))).get("s-1", 0) == calls


@pytest.mark.parametrize("event_", ["PreCompact", "SessionStart", "PreModelSwitch"])
def test_what_comes_before_a_call_that_was_let_pass_does_not_end_it(
    scales: Scales, event_: str
) -> None:
    passes(scales, ask())
    passes(scales, ask(event_))
    assert reserved(scales.weigh(world(), ask(session="s-3"))) == {"s-1": 1}


def test_a_session_that_works_without_asking_counts_as_one_call(scales: Scales) -> None:
    at_work = running(live("s-1"), live("s-2"), live("s-3", "idle"))
    assert reserved(scales.weigh(world(running=at_work))) == {"s-1": 1, "s-2": 1}
    scales.asking = frozenset({"s-2"})
    assert reserved(scales.weigh(world(running=at_work))) == {"s-1": 1}
    assert reserved(scales.weigh(world(running=at_work), ask())) == {}


def test_a_session_that_was_killed_makes_no_call(scales: Scales) -> None:
    passes(scales, ask(session="s-2"))
    passes(scales, ask(session="s-3"))
    at_work = running(live("s-2"), live("s-3"))
    assert reserved(scales.weigh(world(running=at_work), ask())) == {"s-2": 1, "s-3": 1}
    half_written = replace(running(live("s-3")), registries=frozenset())
    assert reserved(scales.weigh(world(running=half_written), ask())) == {"s-2": 1, "s-3": 1}
    unsure = replace(running(), unsure=frozenset({"s-3"}))
    assert reserved(scales.weigh(world(running=unsure), ask())) == {"s-3": 1}


def test_a_client_that_was_killed_and_is_in_no_registry_makes_no_call(ledger: Ledger) -> None:
    processes = {7: "began at 5", 8: "began at 6"}
    scales = Scales(ledger.db, NO_ATTRIBUTION, lambda pid: processes.get(pid, ""))
    passes(scales, ask(session="s-2", pid=7))
    passes(scales, ask(session="s-3", pid=8))
    passes(scales, ask(session="s-4"))  # a hook that knows no process
    everyone = {"s-2": 1, "s-3": 1, "s-4": 1}
    assert reserved(scales.weigh(world(), ask())) == everyone
    del processes[7]
    assert reserved(scales.weigh(world(), ask())) == {"s-3": 1, "s-4": 1}
    processes[8] = "began at 9"  # another process got its number
    assert reserved(scales.weigh(world(), ask())) == {"s-4": 1}
    passes(scales, ask(session="s-3", pid=8))  # the session goes on in it
    assert reserved(scales.weigh(world(), ask())) == {"s-3": 1, "s-4": 1}


def test_a_session_of_a_server_that_others_share_goes_on_with_it(ledger: Ledger) -> None:
    scales = Scales(ledger.db, NO_ATTRIBUTION, lambda pid: f"began at {pid}")
    for session in ("s-2", "s-3"):
        passes(scales, ask(session=session, agent="codex", pid=7))
    assert reserved(scales.weigh(world(), ask())) == {"s-2": 1, "s-3": 1}


def test_a_subagents_prompt_begins_no_turn(scales: Scales) -> None:
    scales.hear(ask("UserPromptSubmit", turn_id="p-2"), NOW)
    scales.hear(ask("UserPromptSubmit", turn_id="p-3", thread_id="a1", agent="codex"), NOW)
    assert now_of(scales, "s-1").turn_id == "p-2"


# What the user allowed


def allowed(scales: Scales, minutes: float = 60, **changes: Any) -> frozenset[str]:
    fields: dict[str, Any] = {"amount_nusd": usd(1), "at": at(8.5), "until": at(120)}
    allowance = Allowance(**(fields | changes))
    asked = ask(session="s-2")
    scales.hear(asked, at(minutes))
    scales.hear(ask(), at(minutes))
    return scales.weigh(world(minutes, allowances=(allowance,)), asked).allowed


def test_an_allowance_is_used_up_by_what_its_sessions_spent_since(scales: Scales) -> None:
    # Two calls were made since, $0.80.
    assert allowed(scales) == {"s-1", "s-2"}
    assert allowed(scales, amount_nusd=usd("0.8")) == frozenset()
    assert allowed(scales, session_id="s-1", amount_nusd=usd("0.8")) == frozenset()
    assert allowed(scales, session_id="s-2", amount_nusd=usd("0.1")) == {"s-2"}
    assert allowed(scales, at=at(10.5), amount_nusd=1) == {"s-1", "s-2"}


def test_hidden_spend_is_spent_of_an_allowance_as_its_calls_are(
    ledger: Ledger, scales: Scales
) -> None:
    total = ClientTotal(
        session_id="s-1",
        model=MODEL,
        tokens=tokens(0, 1_250_000),
        web_searches=0,
        cost_nusd=usd(5),
    )
    parsed = (Parsed(client_totals=(total,)),)
    ledger.record([replace(calls_read(path="totals"), stage="evidence", parsed=parsed)])
    ledger.settle()
    # Of ten calls two were made since: $0.80, and a fifth of the dollar that no log shows.
    for session in ("", "s-1"):
        assert "s-1" not in allowed(scales, amount_nusd=usd("1.0"), session_id=session)
        assert "s-1" in allowed(scales, amount_nusd=usd("1.01"), session_id=session)
    assert allowed(scales, amount_nusd=usd("0.1"), session_id="s-2") == {"s-2"}
    assert allowed(scales, at=at(10.5), amount_nusd=1) == {"s-1", "s-2"}
    # All of it counts where all of the session came since.
    assert allowed(scales, at=at(-1), amount_nusd=usd("5.0")) == frozenset()
    assert allowed(scales, at=at(-1), amount_nusd=usd("5.01")) == {"s-1", "s-2"}


def test_what_is_under_way_is_spent_of_an_allowance(scales: Scales) -> None:
    scales.weigh(world(10.5))  # what calls of s-1 cost is known from now on
    scales.hear(ask(), NOW)
    passes(scales, ask())
    asked = ask(session="s-2")
    allowance = Allowance(amount_nusd=usd("1.1"), at=at(8.5), until=at(120), session_id="s-1")
    held = replace(allowance, amount_nusd=usd("1.3"))
    assert scales.weigh(world(allowances=(allowance,)), asked).allowed == frozenset()
    assert scales.weigh(world(allowances=(held,)), asked).allowed == {"s-1"}


# Failing commands


def test_commands_are_counted_as_hooks_tell_them_until_the_next_prompt(scales: Scales) -> None:
    repeats = Budget(
        budget_id="r", scope="turn", unit="repeats", limit=3, is_hard=True, filter=BudgetFilter()
    )
    key = "0123456789abcdef"
    for number in range(3):
        run = CommandRun(id=f"t{number}", command=key, label="npm test", failed=True, error=key)
        scales.hear(ask(commands=(run,)), at(60 + number / 60))
    footing = scales.weigh(world(61, budgets=(repeats,)), ask()).footing("s-1")
    assert (footing.statuses[0].spent, footing.repeated) == (3, key)
    repeat = scales.repeat_of("s-1")
    assert repeat is not None
    assert repeat.label == "npm test"
    assert scales.weigh(world(61)).repeats == {}  # nobody counts them
    scales.hear(ask("UserPromptSubmit"), at(62))
    assert scales.repeat_of("s-1") is None
