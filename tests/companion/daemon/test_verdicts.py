"""What hooks find before they ask: which files there are, what they say, how long they hold."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import BERLIN, NOW, usd

from aicost.core.budget import Budget, BudgetFilter, BudgetStatus, Traits, window_of
from aicost.core.gate import Ask, Ruling
from aicost.core.gate_words import Telling
from aicost.core.spending import CallSize, Evaluation, SessionNow
from aicost.daemon.verdict_files import HOLDS
from aicost.daemon.verdicts import Verdicts, find_verdicts
from aicost.daemon.weighing import Weighed
from aicost.daemon.world import World

CALLS = CallSize(nusd=usd("0.1"), known_calls=9)
MIDNIGHT = window_of("day", NOW, BERLIN).end
SECOND = timedelta(seconds=1)
assert MIDNIGHT is not None


def tell(_ask: Ask, _ruling: Ruling, world: World) -> Telling:
    return Telling(now=world.now, zone=BERLIN)


def day(spent: float, limit: float = 10, **changes: Any) -> BudgetStatus:
    fields: dict[str, Any] = {"budget_id": "day-hard", "scope": "day", "unit": "usd"}
    fields |= {"limit": usd(limit), "is_hard": True} | changes
    budget = Budget(**fields)
    window = window_of(budget.scope, NOW, BERLIN)
    return BudgetStatus(budget=budget, window=window, spent=usd(spent), resets_at=window.end)


def found(
    *statuses: BudgetStatus,
    agents: tuple[str, ...] = ("claude",),
    models: tuple[str, ...] = (),
    **changes: Any,
) -> Verdicts:
    """Find the verdicts of sessions s-0, s-1 … of these agents, on which all statuses bear.

    Their main threads are of the model `main`, their subagents of `models`.
    """
    sessions = {
        f"s-{number}": SessionNow(
            session_id=f"s-{number}",
            traits=Traits(agent=agent, model="main"),  # type: ignore[arg-type]
            models=frozenset(models),
        )
        for number, agent in enumerate(agents)
    }
    shared = tuple(one for one in statuses if one.budget.scope not in ("session", "turn"))
    world = World(now=NOW, zone=BERLIN, budgets=tuple(one.budget for one in statuses))
    weighed = Weighed(
        world=replace(world, **changes),
        sessions=sessions,
        evaluation=Evaluation(
            shared=shared,
            by_session={
                name: tuple(one for one in statuses if session.is_under(one.budget.filter))
                for name, session in sessions.items()
            },
            sizes=dict.fromkeys(sessions, CALLS),
        ),
        reserved={},
        repeats={},
        allowed=frozenset(),
    )
    return find_verdicts(weighed, tell)


def words(verdicts: Verdicts) -> dict[str, str]:
    return {name: one.word for name, one in verdicts.files.items()}


def test_without_a_hard_budget_there_is_no_file() -> None:
    assert found() == Verdicts({}, frozenset())
    assert words(found(day(11, is_hard=False))) == {}
    assert words(found(day(1))) == {}


def test_near_a_limit_all_ask_also_who_is_not_known_yet() -> None:
    # The dearest call that anybody could make is taken to cost $0.20, so $0.60 is near.
    assert words(found(day(9.45))) == {"s-0": "pass", ".codex": "", "default": "check"}
    verdicts = found(day(9.6), agents=("claude", "codex"))
    assert words(verdicts) == {"s-0": "check", ".codex": "", "default": "check"}
    assert list(verdicts.files)[-1] == "default"  # who is known has a file of its own by then
    assert verdicts.asking == {"s-0", "s-1"}


def test_a_session_that_is_far_from_its_own_limit_need_not_ask() -> None:
    session = replace(day(1, scope="session"), resets_at=None)
    assert words(found(session)) == {".codex": "", "default": "check", "s-0": "pass"}
    assert found(session).asking == frozenset()


def test_a_budget_of_one_agent_leaves_the_other_alone() -> None:
    of_claude = day(9.9, filter=BudgetFilter(agent="claude"))
    verdicts = found(of_claude, agents=("claude", "codex"))
    assert words(verdicts) == {"s-0": "check", "default": "check"}
    of_codex = day(9.9, filter=BudgetFilter(agent="codex"))
    assert words(found(of_codex, agents=("claude", "codex"))) == {
        "s-0": "pass",
        ".codex": "",
        "default": "check",
    }


@pytest.mark.parametrize(
    ("of", "models", "word"),
    [
        ("main", (), "stop"),
        ("main", ("main",), "stop"),
        ("main", ("other",), "check"),
        ("other", ("other",), "check"),
        ("*", ("other",), "stop"),
        ("other", (), "pass"),
    ],
)
def test_a_budget_of_a_model_stops_no_thread_of_another(
    of: str, models: tuple[str, ...], word: str
) -> None:
    over = day(10.01, filter=BudgetFilter(model=of))
    assert words(found(over, models=models))["s-0"] == word


def test_what_stops_all_threads_is_told_though_another_limit_is_exceeded_more() -> None:
    of_other = day(30, filter=BudgetFilter(model="main"))
    verdict = found(of_other, day(10.01), models=("other",)).files["s-0"]
    assert verdict.word == "stop"
    assert all("$10.01" in line and "$30" not in line for line in verdict.lines)


def test_over_a_limit_the_answers_are_prepared_until_its_window_ends() -> None:
    verdict = found(day(10.01)).files["s-0"]
    assert (verdict.word, verdict.until) == ("stop", NOW + HOLDS)
    lines = {line.split(" ")[0]: line.split(" ", 2)[1:] for line in verdict.lines}
    assert set(lines) == {"PreToolUse", "PostToolBatch", "PostToolUse", "PreCompact"}
    code, text = lines["PreToolUse"]
    assert code == "0"
    said = json.loads(text)
    assert said["continue"] is False
    assert said["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert lines["PreCompact"][0] == "2"
    assert all("\n" not in line for line in verdict.lines)

    assert MIDNIGHT is not None
    late = found(day(10.01), now=MIDNIGHT - SECOND).files["s-0"]
    assert late.until == MIDNIGHT


@pytest.mark.parametrize("evil", ["../evil", "", "a b", "x" * 129, "é", "default", ".codex"])
def test_a_session_of_a_strange_name_gets_no_file(evil: str) -> None:
    world = World(now=NOW, zone=BERLIN, budgets=(day(11).budget,))
    weighed = Weighed(
        world=world,
        sessions={evil: SessionNow(session_id=evil, traits=Traits(agent="claude"))},
        evaluation=Evaluation(shared=(day(11),), by_session={evil: (day(11),)}),
        reserved={},
        repeats={},
        allowed=frozenset(),
    )
    verdicts = find_verdicts(weighed, tell)
    assert words(verdicts) == {".codex": "", "default": "check"}
    assert evil in verdicts.asking


def test_sessions_under_guard_are_known_to_ask() -> None:
    assert found(guards={"s-0": "12345678"}).asking == {"s-0"}


# On disk
