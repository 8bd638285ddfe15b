"""How one budget stands: what counts in it, on both sides of each window's ends."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from log_builders import HOME, MODEL, at, calls_read, event, flat_book, recorded, tokens, user_line
from log_builders import file_read as lines_read

from aicost.core.budget import (
    STEPS,
    Budget,
    BudgetFilter,
    BudgetStatus,
    Scope,
    Traits,
    Unit,
)
from aicost.core.categories import TaskCategory
from aicost.core.facts import ClientTotal, FileRead, LimitsSeen, Parsed, SettingsSeen, WorkSeen
from aicost.core.limits import CLAUDE_LIMITS, LimitWindow, RateLimits
from aicost.core.purpose import Tag
from aicost.core.spending import Evaluation, Reserved, SessionNow
from aicost.core.usage import UsageEvent
from aicost.daemon.budgeting import evaluate
from aicost.store.ledger import Ledger

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
CALL = 440_000  # nano-dollars of a call of 110 tokens
NOW = at(60)  # 11:00
AT_NOON = at(120)
MINUTE = STEPS["minutes"]


def budget(scope: Scope = "day", unit: Unit = "usd", limit: int = 10**9, **changes: Any) -> Budget:
    """A budget; changes that it has no field for are those of its filter."""
    own = {name: changes.pop(name) for name in ("origin", "guard_id", "since") if name in changes}
    covered = BudgetFilter(**changes)
    return Budget(budget_id="b", scope=scope, unit=unit, limit=limit, filter=covered, **own)


def session(session_id: str = "s-1", **changes: Any) -> SessionNow:
    traits = Traits(agent="claude", repo="shop", branch="main", model=MODEL)
    return SessionNow(session_id=session_id, **({"traits": traits} | changes))


def evaluated(
    ledger: Ledger, one: Budget, sessions: Iterable[SessionNow], **changes: Any
) -> Evaluation:
    plain: dict[str, Any] = {"now": NOW, "zone": UTC_ZONE, "reserved": {}, "repeats": {}}
    return evaluate(ledger.db, [one], list(sessions), **(plain | changes))


def shared(ledger: Ledger, one: Budget, *sessions: SessionNow, **changes: Any) -> BudgetStatus:
    (status,) = evaluated(ledger, one, sessions, **changes).shared
    return status


def of_session(ledger: Ledger, one: Budget, *sessions: SessionNow, **changes: Any) -> BudgetStatus:
    """Return how a budget stands for the first of the sessions."""
    asked = sessions or (session(),)
    (status,) = evaluated(ledger, one, asked, **changes).by_session[asked[0].session_id]
    return status


# Windows


@pytest.mark.parametrize(
    ("scope", "inside", "outside"),
    [
        ("day", "2026-11-25T00:00", "2026-11-24T23:59:59.999999"),
        ("week", "2026-11-23T00:00", "2026-11-22T23:59:59.999999"),
        ("month", "2026-11-01T00:00", "2026-10-31T23:59:59.999999"),
        ("5h", "2026-11-25T07:00", "2026-11-25T06:59:59.999999"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_window_counts_from_its_first_moment(
    scope: Scope, inside: str, outside: str, zone: str
) -> None:
    """Also if the ledger counts days in another zone than is asked in."""
    here = ZoneInfo(zone)
    moments = [datetime.fromisoformat(text).replace(tzinfo=here) for text in (inside, outside)]
    calls = [event(n, at=moment.astimezone(UTC)) for n, moment in enumerate(moments)]
    now = datetime(2026, 11, 25, 12, tzinfo=here).astimezone(UTC)
    for of_ledger in ("UTC", zone):
        with recorded(calls_read(*calls), zone=of_ledger) as ledger:
            found = shared(ledger, budget(scope, "requests"), now=now, zone=here)
            assert found.spent == 1


def test_each_unit_has_its_own_sum() -> None:
    calls = [
        event(1, tokens=tokens(100, 10, reasoning_tokens=7)),
        event(2, turn_id="t-2"),
        event(3, model="mystery", session_id="s-2"),
    ]
    with recorded(calls_read(*calls)) as ledger:

        def spent(unit: Unit) -> int:
            return shared(ledger, budget(unit=unit)).spent

        assert [spent(unit) for unit in ("usd", "tokens", "requests", "turns")] == [
            2 * CALL,
            330,
            3,
            3,
        ]
        assert shared(ledger, budget()).unpriced_tokens == 110
        assert shared(ledger, budget(unit="tokens")).unpriced_tokens == 0


def test_a_window_resets_at_its_end() -> None:
    with recorded(calls_read(event())) as ledger:
        assert shared(ledger, budget(), zone=BERLIN).resets_at == at(13 * 60)


@pytest.mark.parametrize(
    ("limit", "leaves"),
    [(4, None), (3, 0), (2, 10), (1, 20)],  # three calls, at 0, 10 and 20 minutes
)
def test_five_hours_reset_when_enough_has_left(limit: int, leaves: int | None) -> None:
    calls = [event(n, at=at(n * 10)) for n in range(3)]
    with recorded(calls_read(*calls)) as ledger:
        sizes: dict[Unit, int] = {"requests": 1, "usd": CALL, "tokens": 110}
        for unit, size in sizes.items():
            one = budget("5h", unit, limit * size)
            resets_at = shared(ledger, one).resets_at
            if leaves is None:
                assert resets_at is None
                continue
            assert resets_at == at(leaves + 300) + timedelta(microseconds=1)
            assert shared(ledger, one, now=resets_at).spent < one.limit
            just_before = resets_at - timedelta(microseconds=1)
            assert shared(ledger, one, now=just_before).spent >= one.limit


# Filters


@pytest.mark.parametrize(
    ("filter_", "spent"),
    [
        ({}, 5),
        ({"repo": "shop"}, 4),
        ({"repo": "api"}, 1),
        ({"branch": "fix/*"}, 1),
        ({"model": "*opus*"}, 1),
        ({"agent": "codex"}, 1),
        ({"agent": "c*"}, 5),
        ({"environment": "headless"}, 3),  # its subagent, too
        ({"environment": "ci"}, 0),
        ({"category": "docs"}, 3),  # its subagent, too
        ({"category": "do*"}, 3),
        ({"category": "ops"}, 0),
        ({"repo": "shop", "model": MODEL, "branch": "main"}, 2),
    ],
)
@pytest.mark.parametrize("scope", ["day", "5h"])
def test_only_covered_calls_count(filter_: dict[str, Any], spent: int, scope: Scope) -> None:
    calls = [
        event(1),
        event(2, cwd="/src/api", agent="codex", session_id="s-2"),
        event(3, branch="fix/it", turn_id="t-3"),
        event(4, model="claude-opus-9", turn_id="t-3"),
        event(5, turn_id="", subagent_id="a1"),
    ]
    prompt = lines_read(user_line("t-1"), user_line("t-3", minutes=2.5), path="other.jsonl")
    headless = SettingsSeen(session_id="s-1", turn_id="t-3", entrypoint="sdk-cli")
    way = replace(
        calls_read(path="w.jsonl"), stage="evidence", parsed=(Parsed(settings=(headless,)),)
    )
    with recorded(prompt, calls_read(*calls), way) as ledger:
        tagged = Tag(session_id="s-1", turn_id="t-3", category=TaskCategory.DOCS, at=NOW)
        work = WorkSeen(session_id="s-1", turn_id="t-3", subagent_id="", steps=1, features=b"")
        ledger.record([replace(way, parsed=(Parsed(work=(work,)),))])
        ledger.write_tags([tagged])
        ledger.settle()
        assert shared(ledger, budget(scope, "requests", **filter_)).spent == spent


# Sessions, turns, guards


def two_sessions() -> Ledger:
    calls = [
        event(1),
        event(2, turn_id="t-2"),
        event(3, turn_id="", subagent_id="a1"),
        event(4, session_id="s-2", turn_id="t-9"),
    ]
    prompts = lines_read(user_line("t-1"), user_line("t-2", minutes=1.5))
    return recorded(prompts, calls_read(*calls))


def test_a_session_counts_its_subagents_and_no_other_session() -> None:
    with two_sessions() as ledger:
        both = (session("s-2"), session("s-1"))
        first = of_session(ledger, budget("session"), *reversed(both))
        assert (first.spent, first.subject, first.resets_at) == (3 * CALL, "s-1", None)
        assert of_session(ledger, budget("session"), *both).spent == CALL


@pytest.mark.parametrize(
    ("turn_id", "spent", "subject"),
    [
        ("t-1", 1, "s-1 t-1"),
        ("p-t-1", 1, "s-1 p-t-1"),  # as the client calls the prompt
        ("t-2", 2, "s-1 t-2"),
        ("", 2, "s-1 t-2"),  # the latest
        ("t-3", 0, "s-1 t-3"),  # just begun
    ],
)
def test_a_turn_counts_the_calls_it_caused(turn_id: str, spent: int, subject: str) -> None:
    with two_sessions() as ledger:
        found = of_session(ledger, budget("turn", "requests"), session(turn_id=turn_id))
        assert (found.spent, found.subject) == (spent, subject)


@pytest.mark.parametrize("scope", ["session", "turn"])
def test_what_the_ledger_does_not_know_has_spent_nothing(scope: Scope) -> None:
    for known in (event(), event(session_id="s-3")):
        with recorded(calls_read(known)) as ledger:
            found = of_session(ledger, budget(scope), session("new", turn_id="p-1"), session("x"))
            assert (found.spent, found.hidden) == (0, 0)


def test_a_guard_counts_the_sessions_of_its_run_since_it_began() -> None:
    calls = [event(1), event(10), event(11, session_id="s-2"), event(12, session_id="s-3")]
    group = (
        session("s-1", guard_id="g1"),
        session("s-2", guard_id="g1"),
        session("s-3", guard_id="g2"),
        session("s-4", guard_id="g1"),
    )
    one = budget("session", "requests", origin="guard", guard_id="g1", since=at(5))
    with recorded(calls_read(*calls)) as ledger:
        found = evaluated(ledger, one, group)
        assert found.shared == ()
        assert [(status.spent, status.subject) for status in found.by_session["s-1"]] == [(2, "g1")]
        assert found.by_session["s-4"] == found.by_session["s-1"]
        assert found.by_session["s-3"] == ()
        alone = budget("session", "requests", origin="guard", guard_id="g9", since=at(5))
        status = of_session(ledger, alone, session("s-9", guard_id="g9"))
        assert status.spent == 0  # no session of it has called yet


# Minutes


def test_active_time_is_that_of_reports_and_the_gap_of_who_is_busy() -> None:
    """Calls at 1, 2 and 20 minutes after a prompt at 0: 1 + 1 + 5 (no longer pause is work)."""
    reads = [lines_read(user_line("t-1")), calls_read(event(1), event(2), event(20))]
    with recorded(*reads) as ledger:
        for scope in ("day", "5h", "session", "turn"):
            one = budget(scope, "minutes")

            def spent(one: Budget = one, **changes: Any) -> int:
                now = changes.pop("now", at(22))
                return of_session(ledger, one, session(**changes), now=now).spent // MINUTE

            assert spent() == 7
            assert spent(is_busy=True) == 9
            assert spent(is_busy=True, now=at(24.99)) == 11
            assert spent(is_busy=True, now=at(40)) == 12
            assert spent(is_busy=True, now=at(19)) == 7  # a clock that is behind


def test_active_time_of_who_runs_needs_no_settling() -> None:
    with recorded(lines_read(user_line("t-1")), calls_read(event(1))) as ledger:
        ledger.record([calls_read(event(3), path="more.jsonl")])
        day, turn = budget(unit="minutes"), budget("turn", "minutes")
        assert shared(ledger, day, session()).spent == 3 * MINUTE
        assert of_session(ledger, turn).spent == 3 * MINUTE
        assert shared(ledger, day).spent == 1 * MINUTE  # as reports have it until then
        ledger.settle()
        assert shared(ledger, day).spent == 3 * MINUTE


def test_a_gap_counts_from_the_prompt_and_in_all_that_covers_the_session() -> None:
    with recorded(lines_read(user_line("t-1", minutes=58))) as ledger:
        busy = session(is_busy=True)
        assert shared(ledger, budget(unit="minutes", repo="shop"), busy).spent == 2 * MINUTE
        assert shared(ledger, budget(unit="minutes", repo="api"), busy).spent == 0


# Hidden spend


def with_total(cost_nusd: int, *calls: UsageEvent, model: str = MODEL) -> list[FileRead]:
    """Calls, and what the client says their session cost in all."""
    used = tokens(1000, 100)
    total = ClientTotal(
        session_id="s-1", model=model, tokens=used, web_searches=0, cost_nusd=cost_nusd
    )
    said = replace(
        calls_read(path="totals"), stage="evidence", parsed=(Parsed(client_totals=(total,)),)
    )
    return [calls_read(*calls), said]


def test_hidden_spend_counts_in_full_where_the_session_lies_within() -> None:
    with recorded(*with_total(10 * CALL, event(1), event(2))) as ledger:
        for scope in ("day", "month", "5h"):
            found = shared(ledger, budget(scope))
            assert (found.spent, found.hidden) == (10 * CALL, 8 * CALL)
        assert of_session(ledger, budget("session")).spent == 10 * CALL
        assert shared(ledger, budget(unit="tokens")).spent == 1100
        assert shared(ledger, budget(unit="requests")).spent == 2


def test_of_an_older_session_the_share_of_its_calls_counts() -> None:
    """One of four calls is today's: a quarter of what is hidden."""
    calls = [event(n, at=at(-60 * 24 + n)) for n in range(3)]
    with recorded(*with_total(12 * CALL, *calls, event(9))) as ledger:
        today = shared(ledger, budget())
        assert (today.spent, today.hidden) == (3 * CALL, 2 * CALL)
        assert shared(ledger, budget("month")).hidden == 8 * CALL
        tomorrow = shared(ledger, budget(), now=NOW + timedelta(days=1))
        assert (tomorrow.spent, tomorrow.hidden) == (0, 0)


@pytest.mark.parametrize(
    ("filter_", "hidden"),
    [
        ({"repo": "shop"}, 6),
        ({"repo": "api"}, 2),
        ({"model": MODEL}, 8),
        ({"model": "*opus*"}, 0),
        ({"model": MODEL, "repo": "api"}, 2),
    ],
)
def test_of_a_filter_the_share_of_covered_calls_counts(
    filter_: dict[str, Any], hidden: int
) -> None:
    calls = [event(1), event(2), event(3), event(4, cwd="/src/api")]
    with recorded(*with_total(12 * CALL, *calls)) as ledger:
        for scope in ("day", "5h"):
            one = budget(scope, **filter_)
            assert shared(ledger, one).hidden == hidden * CALL


def test_a_total_of_no_model_counts_for_models_as_their_calls_do() -> None:
    calls = [event(1), event(2), event(3), event(4, model=f"{MODEL}-x")]
    book = flat_book("4", MODEL, f"{MODEL}-x")
    with recorded(*with_total(12 * CALL, *calls, model=""), book=book) as ledger:
        both = [shared(ledger, budget(model=name)).hidden for name in (MODEL, f"{MODEL}-x")]
        assert both == [6 * CALL, 2 * CALL]
        assert shared(ledger, budget()).hidden == 8 * CALL


def test_a_call_that_the_client_knew_first_counts_once() -> None:
    """A status line is ahead of the log; what it said is set against the log at once."""
    ahead = with_total(3 * CALL, event(1), event(2), model="")
    with recorded(*ahead) as ledger:
        assert shared(ledger, budget(), session()).spent == 3 * CALL
        ledger.record([calls_read(event(3), path="more.jsonl")])
        for one in (budget(), budget("session"), budget("turn"), budget("5h")):
            found = of_session(ledger, one)
            assert (found.spent, found.hidden) == (3 * CALL, 0)
        ledger.settle()
        assert shared(ledger, budget(), session()).spent == 3 * CALL


def test_a_turn_counts_its_share_of_what_is_hidden() -> None:
    prompts = lines_read(user_line("t-1"), user_line("t-2", minutes=3.5))
    calls = [event(1), event(2), event(3), event(4, turn_id="t-2")]
    with recorded(prompts, *with_total(12 * CALL, *calls)) as ledger:
        assert of_session(ledger, budget("turn")).hidden == 2 * CALL


# Reserved, repeats


def test_calls_under_way_are_reserved_for_all_that_cover_them() -> None:
    reserved = {
        "s-1": Reserved(calls=1, nusd=10, tokens=20, ncredits=30),
        "s-2": Reserved(calls=2, nusd=1, tokens=2, ncredits=3),
    }
    other = session("s-2", traits=Traits(agent="codex", repo="api"))
    with two_sessions() as ledger:

        def kept(one: Budget) -> int:
            return shared(ledger, one, session(), other, reserved=reserved).reserved

        assert kept(budget()) == 11
        assert kept(budget(unit="tokens")) == 22
        assert kept(budget(unit="credits")) == 33
        assert kept(budget(unit="requests")) == 3
        assert kept(budget(unit="turns")) == 0
        assert kept(budget(agent="codex")) == 1
        own = of_session(ledger, budget("session"), session(), other, reserved=reserved)
        assert own.reserved == 10


FAILING = SimpleNamespace(count=4, label="npm test")


def test_repeats_are_those_of_the_session() -> None:
    with two_sessions() as ledger:
        one = budget("turn", "repeats", 3)
        found = of_session(ledger, one, repeats={"s-1": FAILING, "s-2": None})
        assert (found.spent, found.command, found.is_over) == (4, "npm test", True)
        assert of_session(ledger, one, session("s-2"), repeats={"s-2": None}).spent == 0


# Plans


def limits_read(
    limit_id: str, *windows: LimitWindow, home: str = HOME, minutes: float = 50
) -> FileRead:
    primary, secondary = (*windows, None)[:2]
    said = RateLimits(limit_id=limit_id, primary=primary, secondary=secondary)
    seen = Parsed(limits=(LimitsSeen(at=at(minutes), limits=said),))
    read = calls_read(path=f"{limit_id}.jsonl", home=home)
    return replace(read, stage="evidence", parsed=(seen,))


def window(used: float, minutes: int = 300, resets_at: datetime | None = AT_NOON) -> LimitWindow:
    return LimitWindow(used_percent=used, window_minutes=minutes, resets_at=resets_at)


def test_a_plan_stands_as_its_provider_says() -> None:
    week = window(12.5, 10_080, at(9000))
    with recorded(limits_read("codex", window(81), week)) as ledger:
        found = shared(ledger, budget("plan-5h", "percent", 80_000))
        assert (found.spent, found.resets_at, found.is_over) == (81_000, at(120), True)
        assert found.window.start == at(120 - 300)
        assert shared(ledger, budget("plan-week", "percent", 80_000)).spent == 12_500


@pytest.mark.parametrize(("minutes", "spent"), [(119.9, [81_000]), (120, [])])
def test_of_a_plan_that_reset_nothing_is_known(minutes: float, spent: list[int]) -> None:
    with recorded(limits_read("codex", window(81))) as ledger:
        found = evaluated(ledger, budget("plan-5h", "percent", 80_000), [], now=at(minutes))
        assert [status.spent for status in found.shared] == spent


def test_of_a_plan_that_nobody_spoke_of_nothing_is_known() -> None:
    with recorded(limits_read("codex", window(81, resets_at=None))) as ledger:
        five_hours = budget("plan-5h", "percent", 80_000)
        assert evaluated(ledger, budget("plan-week", "percent", 1), [session()]).shared == ()
        assert shared(ledger, five_hours, now=at(349.9)).spent == 81_000
        late = evaluated(ledger, five_hours, [session()], now=at(350))
        assert (late.shared, late.by_session["s-1"]) == ((), ())


def test_a_session_stands_as_the_plan_of_its_own_account() -> None:
    other = "/home/ada/.claude-work"
    reads = [
        limits_read(CLAUDE_LIMITS, window(10)),
        limits_read(CLAUDE_LIMITS, window(90), home=other),
        limits_read("codex", window(50), home="/home/ada/.codex"),
        calls_read(event(1)),
        calls_read(event(2, session_id="s-2"), path="s-2.jsonl", home=other),
    ]
    one = budget("plan-5h", "percent", 80_000)
    with recorded(*reads) as ledger:
        assert shared(ledger, one).spent == 90_000
        assert of_session(ledger, one, session("s-1")).spent == 10_000
        assert of_session(ledger, one, session("s-2")).spent == 90_000
        codex = session("new", traits=Traits(agent="codex"))
        assert of_session(ledger, one, codex).spent == 50_000
        assert shared(ledger, replace(one, filter=BudgetFilter(agent="codex"))).spent == 50_000
