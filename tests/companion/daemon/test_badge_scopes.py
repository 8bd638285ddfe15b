"""What badges show: each shell's, each repository's and today's calls, and the budgets on them."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK, MODEL, at, calls_read, event, recorded

from aicost.core.budget import Budget, BudgetFilter, Scope
from aicost.core.days import to_us
from aicost.core.session import LiveSession, Running
from aicost.core.shell_links import Shell, ShellLinks
from aicost.core.usage import UsageEvent
from aicost.daemon.answers import Question
from aicost.daemon.badge_scopes import BadgeSet, Sight, find_badges
from aicost.daemon.world import World
from aicost.store.places import NO_ATTRIBUTION

CALL = 440_000  # nano-dollars
ONE, TWO = Shell(10, "a"), Shell(11, "b")
UTC = ZoneInfo("UTC")


def budget(name: str, limit_calls: float, scope: Scope = "day", **filter_: Any) -> Budget:
    return Budget(
        budget_id=name,
        scope=scope,
        unit="usd",
        limit=int(limit_calls * CALL),
        filter=BudgetFilter(**filter_),
    )


def live(session_id: str, **changes: Any) -> LiveSession:
    fields: dict[str, Any] = {
        "pid": 1,
        "state": "busy",
        "cwd": "/src/shop",
        "started_at": at(0),
        "version": "",
        "entrypoint": "cli",
    }
    return LiveSession(session_id=session_id, **(fields | changes))


def found(  # noqa: PLR0913 - all that badges depend on, by name
    *calls: UsageEvent,
    budgets: tuple[Budget, ...] = (),
    running: tuple[LiveSession, ...] = (),
    links: ShellLinks | None = None,
    roots: Mapping[str, str] | None = None,
    minutes: float = 30,
    zone: str = "UTC",
) -> BadgeSet:
    now = at(minutes)
    of = Running(
        sessions={one.session_id: one for one in running},
        registries=frozenset({"/home/ada/.claude"}),
    )
    sight = Sight(
        world=World(now=now, zone=UTC, budgets=budgets, running=of),
        attribution=NO_ATTRIBUTION,
        links=links or ShellLinks(),
        root_of=(roots or {}).get,
    )
    with recorded(calls_read(*calls), zone=zone) as ledger:
        return find_badges(Question(ledger.db, BOOK, UTC, now), sight)


def linked(*steps: tuple[str, tuple[Shell, ...], float]) -> ShellLinks:
    links = ShellLinks()
    for session_id, shells, minutes in steps:
        links.link(session_id, shells, to_us(at(minutes)))
    return links


# Today


def test_a_day_without_a_call_has_no_badge_even_while_an_agent_waits() -> None:
    assert found(event(-12 * 60), running=(live("s-1"),)) == BadgeSet()


@pytest.mark.parametrize(("zone", "calls"), [("UTC", 2), ("America/Los_Angeles", 1)])
def test_today_is_that_of_the_ledger(zone: str, calls: int) -> None:
    """Ten in the morning is two at night there; nine hours before was its yesterday."""
    badges = found(event(1, at=at(-9 * 60)), event(2), minutes=10, zone=zone)
    assert badges.today is not None
    assert badges.today.cost_nusd == calls * CALL


def test_what_is_not_priced_is_not_nothing() -> None:
    badges = found(event(1), event(2, model="claude-mystery-9"))
    assert badges.today is not None
    assert (badges.today.cost_nusd, badges.today.unpriced_tokens) == (CALL, 110)
    badges = found(event(2, model="claude-mystery-9"))
    assert badges.today is not None
    assert badges.today.cost_nusd is None


def test_today_tells_of_all_that_runs_the_newest_for_its_context() -> None:
    badges = found(
        event(1),
        event(2, session_id="s-2"),
        event(3, session_id="s-3"),
        running=(live("s-1"), live("s-2", state="idle"), live("s-9")),
        minutes=5,
    )
    today = badges.today
    assert today is not None
    assert (today.state, today.sessions) == ("busy", 2)
    assert today.nusd_per_hour == 3 * CALL * 6  # of the last ten minutes
    assert today.context_share == pytest.approx(100 / 200_000)


def test_burn_ends_with_its_window() -> None:
    badges = found(event(1), minutes=11)
    assert badges.today is not None
    assert badges.today.nusd_per_hour == 0


# Repositories


def test_checkouts_of_a_remote_are_one_repository_and_others_each_their_own() -> None:
    remote = NO_ATTRIBUTION.key_of("/x/acme/shop")
    assert remote == "shop"  # (without git a folder's name: each checkout is for itself)
    badges = found(
        event(1, cwd="/one/shop"),
        event(2, cwd="/one/shop/src"),
        event(3, cwd="/two/shop"),
        event(4, cwd="/gone/shop"),
        roots={"/one/shop": "/one/shop", "/one/shop/src": "/one/shop", "/two/shop": "/two/shop"},
    )
    costs = {root: badge.cost_nusd for root, badge in badges.repos.items()}
    assert costs == {"/one/shop": 2 * CALL, "/two/shop": CALL}


def test_a_session_in_two_repositories_is_told_in_both() -> None:
    badges = found(
        event(1, cwd="/one"),
        event(2, cwd="/two"),
        roots={"/one": "/one", "/two": "/two"},
        running=(live("s-1", state="waiting"),),
    )
    assert {badge.state for badge in badges.repos.values()} == {"waiting"}
    assert {badge.cost_nusd for badge in badges.repos.values()} == {CALL}


# Shells


def test_a_shell_s_badge_is_of_its_own_sessions_since_they_run_there() -> None:
    links = linked(("s-1", (ONE,), 0), ("s-2", (ONE, TWO), 3.5))
    badges = found(
        event(1),
        event(2),
        event(3, session_id="s-2"),
        event(4, session_id="s-2"),
        event(5, session_id="s-3"),
        links=links,
    )
    assert {shell: badge.cost_nusd for shell, badge in badges.shells.items()} == {
        ONE: 3 * CALL,
        TWO: CALL,
    }
    assert badges.shells[ONE].state == "ended"
    assert badges.shells[ONE].sessions == 2


def test_a_session_that_moved_on_left_what_it_used() -> None:
    links = linked(("s-1", (ONE,), 0), ("s-1", (TWO,), 2.5))
    badges = found(event(1), event(2), event(3), links=links, running=(live("s-1"),))
    assert badges.shells[ONE].cost_nusd == 2 * CALL
    assert (badges.shells[ONE].state, badges.shells[ONE].sessions) == ("ended", 0)
    assert badges.shells[TWO].cost_nusd == CALL
    assert badges.shells[TWO].state == "busy"


@pytest.mark.parametrize("moved_at", [-15 * 60, -11 * 60])
def test_a_shell_that_nothing_ran_from_today_has_no_badge(moved_at: float) -> None:
    """The calls were made on the day before and today; midnight is ten hours before the start."""
    links = linked(("s-1", (ONE,), -20 * 60), ("s-1", (TWO,), moved_at), ("s-2", (ONE,), 0))
    badges = found(event(1, at=at(-16 * 60)), event(2), links=links)
    assert set(badges.shells) == {TWO}


def test_a_shell_counts_what_it_started_before_midnight_too() -> None:
    links = linked(("s-1", (ONE,), -20 * 60))
    badges = found(event(1, at=at(-16 * 60)), event(2), links=links)
    assert badges.shells[ONE].cost_nusd == 2 * CALL
    assert badges.today is not None
    assert badges.today.cost_nusd == CALL


# Budgets


def used(badges: BadgeSet) -> dict[str, str]:
    """Return the budget of each badge."""
    assert badges.today is not None
    named = {
        "today": badges.today,
        **badges.repos,
        **{f"shell {shell.pid}": badge for shell, badge in badges.shells.items()},
    }
    return {name: one.used.budget.budget_id if one.used else "" for name, one in named.items()}


def test_a_badge_has_the_strictest_of_the_budgets_that_bear_on_it() -> None:
    badges = found(
        event(1, cwd="/src/shop"),
        event(2, cwd="/src/api", session_id="s-2"),
        budgets=(
            budget("all", 10),
            budget("shop", 2, repo="shop"),
            budget("codex", 1, agent="codex"),
        ),
        roots={"/src/shop": "/src/shop", "/src/api": "/src/api"},
        links=linked(("s-1", (ONE,), 0), ("s-2", (TWO,), 0)),
    )
    assert used(badges) == {
        "today": "shop",
        "/src/shop": "shop",
        "/src/api": "all",
        "shell 10": "shop",
        "shell 11": "all",
    }


def test_a_budget_of_a_model_bears_on_sessions_of_that_model() -> None:
    badges = found(
        event(1, cwd="/src/shop"),
        budgets=(budget("model", 2, model=MODEL), budget("all", 100)),
        roots={"/src/shop": "/src/shop"},
    )
    assert used(badges) == {"today": "model", "/src/shop": "model"}


def test_a_session_s_own_budget_ends_with_it() -> None:
    budgets = (budget("session", 1, "session"), budget("all", 100))
    links = linked(("s-1", (ONE,), 0))
    running = found(event(1), budgets=budgets, links=links, running=(live("s-1"),))
    assert used(running) == {"today": "session", "shell 10": "session"}
    ended = found(event(1), budgets=budgets, links=links)
    assert used(ended) == {"today": "all", "shell 10": "all"}


def test_without_a_budget_there_is_none() -> None:
    badges = found(event(1), links=linked(("s-1", (ONE,), 0)))
    assert used(badges) == {"today": "", "shell 10": ""}
