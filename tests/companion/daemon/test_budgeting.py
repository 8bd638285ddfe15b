"""Which budgets there are, on which session each bears, and how large a session's calls are."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ledgers import BOOK
from log_builders import MODEL, at, calls_read, event, recorded, tokens

from aicost.core.budget import Budget, BudgetFilter, Scope, Traits
from aicost.core.facts import Parsed, RemoteSeen
from aicost.core.spending import LAST_CALLS, CallSize, Evaluation, SessionNow
from aicost.daemon.budgeting import Budgets, evaluate
from aicost.daemon.rules import Rules
from aicost.platform.dirs import load_dirs
from aicost.platform.repo_budgets import read_repo_file
from aicost.platform.trust import distrust, trust
from aicost.store.ledger import Ledger
from aicost.store.places import Attribution

CALL = 440_000


def budget(name: str, scope: Scope = "day", **filter_: Any) -> Budget:
    return Budget(budget_id=name, scope=scope, unit="usd", limit=1, filter=BudgetFilter(**filter_))


def evaluated(ledger: Ledger, budgets: list[Budget], *sessions: SessionNow) -> Evaluation:
    zone = ZoneInfo("UTC")
    return evaluate(ledger.db, budgets, sessions, now=at(60), zone=zone, reserved={}, repeats={})


def test_a_session_has_the_budgets_that_cover_it_in_their_order() -> None:
    budgets = [
        budget("turn", "turn"),
        budget("all"),
        budget("shop", repo="shop"),
        budget("opus", "session", model="*opus*"),
        budget("session", "session"),
        budget("api", "week", repo="api"),
    ]
    here = SessionNow(session_id="s-1", traits=Traits(agent="claude", repo="shop", model=MODEL))
    there = SessionNow(session_id="s-2", traits=Traits(agent="claude", repo="acme/api"))
    unknown = SessionNow(session_id="s-3")
    with recorded(calls_read(event(1), event(2, cwd="/src/api", session_id="s-2"))) as ledger:
        found = evaluated(ledger, budgets, here, there, unknown)
    names = {
        session: [status.budget.budget_id for status in statuses]
        for session, statuses in found.by_session.items()
    }
    assert [status.budget.budget_id for status in found.shared] == ["all", "shop", "api"]
    assert names == {
        "s-1": ["turn", "all", "shop", "session"],
        "s-2": ["turn", "all", "session", "api"],
        "s-3": ["turn", "all", "session"],
    }
    assert found.by_session["s-1"][1] is found.shared[0]
    assert found.by_session["s-2"][3].spent == CALL


def test_without_a_session_only_windows_stand() -> None:
    with recorded(calls_read(event())) as ledger:
        found = evaluated(ledger, [budget("all"), budget("session", "session")])
        assert [status.spent for status in found.shared] == [CALL]
        assert (found.by_session, found.sizes) == ({}, {})


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        (0, CallSize()),
        (1, CallSize(nusd=440_000, tokens=110, known_calls=1)),
        (LAST_CALLS + 1, CallSize(nusd=440_000, tokens=110, known_calls=LAST_CALLS)),
    ],
)
def test_a_size_is_the_dearest_of_the_last_calls(calls: int, expected: CallSize) -> None:
    """The very first one is dearer, and forgotten after LAST_CALLS more."""
    cheap = [event(n, turn_id=f"t-{n}") for n in range(1, calls + 1)]
    large = [event(0, tokens=tokens(990, 10), at=at(-1))] if calls > LAST_CALLS else []
    with recorded(calls_read(*large, *cheap)) as ledger:
        found = evaluated(ledger, [], SessionNow(session_id="s-1"))
        assert found.sizes == {"s-1": expected}


def test_each_measure_has_its_own_dearest_call() -> None:
    calls = [event(1), event(2, tokens=tokens(5000, 0), model="mystery", subagent_id="a1")]
    days = [event(n + 3, at=at(-60 * 24 * (n + 1))) for n in range(30)]
    with recorded(calls_read(*calls, *days)) as ledger:
        size = evaluated(ledger, [], SessionNow(session_id="s-1")).sizes["s-1"]
        assert size == CallSize(nusd=CALL, tokens=5000, known_calls=LAST_CALLS)


# Where budgets come from

HARD = '[[budgets]]\nscope = "{scope}"\namount = {amount}\nhard = true\n'


class Place:
    """A config, a trust file and a repository in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.config, self.trust = folder / "config.toml", folder / "trusted.json"
        self.repo = folder / "shop"
        (self.repo / ".git").mkdir(parents=True)
        (self.repo / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        (self.repo / "src").mkdir()
        self.file = self.repo / ".aicost.toml"
        self.repo_of: Callable[[str], str] = lambda folder: folder.rpartition("/")[2]
        self.now_s = 100.0
        self.budgets = Budgets(
            self.config,
            self.trust,
            repo_of=lambda folder: self.repo_of(folder),
            clock=lambda: self.now_s,
        )

    def known(self) -> list[tuple[str, int, bool]]:
        return [
            (one.filter.repo or one.scope, one.limit // 10**9, one.is_hard)
            for one in self.budgets.current().budgets
        ]

    def trusts(self) -> None:
        found = read_repo_file(self.repo)
        assert found is not None
        trust(self.trust, found, at(0))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_changed_config_counts_at_once(place: Place) -> None:
    assert (place.known(), place.budgets.current()) == ([], Rules())
    place.config.write_text(HARD.format(scope="day", amount=25) + "[gate]\ngrace_percent = 7\n")
    assert place.known() == [("day", 25, True)]
    assert place.budgets.current().grace_permille == 70
    place.config.write_text('[nudges]\ndesktop = true\n[gate]\nfail = "closed"\n')
    assert place.known() == []
    assert place.budgets.current().fail == "closed"
    assert place.budgets.settings.desktop_nudges
    place.config.unlink()
    assert place.budgets.current() == Rules()


def test_a_broken_config_changes_nothing_and_is_said(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.config.write_text(HARD.format(scope="day", amount=25))
    place.known()
    place.config.write_text("budgets = [")
    with caplog.at_level(logging.WARNING):
        assert place.known() == place.known() == [("day", 25, True)]
        place.budgets.reload()
    (trouble,) = place.budgets.troubles
    assert trouble.startswith(f"not valid TOML ({place.config}:1): ")
    assert trouble.endswith("what it said before still holds")
    assert [record.message for record in caplog.records] == [trouble]
    place.config.write_text("")
    assert place.known() == []
    assert not place.budgets.troubles


def test_a_repositorys_budgets_come_with_the_sessions_in_it(place: Place, tmp_path: Path) -> None:
    place.file.write_text(HARD.format(scope="day", amount=5))
    assert place.known() == []
    place.budgets.note_folders([str(tmp_path), "relative", ""])
    assert place.known() == []
    place.budgets.note_folders([str(place.repo / "src")])
    assert place.known() == [("shop", 5, False)]
    place.file.unlink()
    assert place.known() == []


def test_a_repository_that_is_called_otherwise_by_now_is_found_out(place: Place) -> None:
    place.file.write_text(HARD.format(scope="day", amount=25))
    place.budgets.note_folders([str(place.repo)])
    assert [name for name, _, _ in place.known()] == ["shop"]
    place.repo_of = lambda _: "github.com/acme/shop"
    place.now_s += 4.9
    assert [name for name, _, _ in place.known()] == ["shop"]
    place.now_s += 0.2
    assert [name for name, _, _ in place.known()] == ["github.com/acme/shop"]


def test_a_checkout_without_a_remote_is_called_as_its_log_says(
    place: Place, tmp_path: Path
) -> None:
    dirs = load_dirs({"AICOST_HOME": str(tmp_path / "aicost")})
    dirs.data_dir.mkdir(parents=True, exist_ok=True)
    place.file.write_text(HARD.format(scope="day", amount=25))

    def names() -> list[str]:
        budgets = Budgets.of(dirs, Attribution(key_of=lambda _: "shop"), tuple)
        budgets.note_folders([str(place.repo)])
        return [one.filter.repo for one in budgets.current().budgets]

    assert names() == ["shop"]  # there is no ledger yet
    seen = RemoteSeen(cwd=str(place.repo), repo_key="github.com/acme/shop")
    with Ledger(dirs.ledger_file, book=BOOK, zone=ZoneInfo("UTC")) as ledger:
        ledger.record([calls_read()])
        assert names() == ["shop"]
        ledger.record([replace(calls_read(path="r.jsonl"), parsed=(Parsed(remotes=(seen,)),))])
    assert names() == ["github.com/acme/shop"]


def test_a_repository_stops_nothing_before_it_is_trusted(place: Place) -> None:
    place.file.write_text(HARD.format(scope="day", amount=5))
    place.budgets.note_folders([str(place.repo)])
    assert place.known() == [("shop", 5, False)]
    assert place.budgets.untrusted == (str(place.repo),)
    place.trusts()
    assert place.known() == [("shop", 5, True)]
    assert not place.budgets.untrusted
    place.file.write_text(HARD.format(scope="day", amount=4))  # changed: another file
    assert place.known() == [("shop", 4, False)]
    place.trusts()
    assert place.known() == [("shop", 4, True)]
    distrust(place.trust, place.file)
    assert place.known() == [("shop", 4, False)]


def test_a_repository_adds_to_the_users_budgets_and_changes_none(place: Place) -> None:
    place.config.write_text(HARD.format(scope="day", amount=25))
    place.file.write_text(HARD.format(scope="day", amount=1000))
    place.budgets.note_folders([str(place.repo)])
    assert place.known() == [("day", 25, True), ("shop", 1000, False)]
    place.file.write_text('[gate]\nfail = "closed"')
    assert place.budgets.current().fail == "open"


def test_soft_budgets_of_a_repository_need_no_trust(place: Place) -> None:
    place.file.write_text('[[budgets]]\nscope = "day"\namount = 5\n')
    place.budgets.note_folders([str(place.repo)])
    assert place.known() == [("shop", 5, False)]
    assert place.budgets.untrusted == ()


def test_a_broken_file_of_a_repository_changes_nothing_and_is_said(place: Place) -> None:
    place.file.write_text(HARD.format(scope="day", amount=5))
    place.trusts()
    place.budgets.note_folders([str(place.repo)])
    assert place.known() == [("shop", 5, True)]
    place.file.write_text("ignore all budgets")
    assert place.known() == [("shop", 5, True)]
    (trouble,) = place.budgets.troubles
    assert f"({place.file}:1)" in trouble
    assert "ignore" not in trouble
    distrust(place.trust, place.file)
    assert place.known() == [("shop", 5, False)]


def test_a_broken_trust_file_is_said_and_changes_nothing(place: Place) -> None:
    place.file.write_text(HARD.format(scope="day", amount=5))
    place.trusts()
    place.budgets.note_folders([str(place.repo)])
    place.known()
    place.trust.write_text("{")
    assert place.known() == [("shop", 5, True)]
    assert len(place.budgets.troubles) == 1


def test_only_the_last_repositories_are_looked_at(place: Place, tmp_path: Path) -> None:
    place.file.write_text("broken")
    place.budgets.note_folders([str(place.repo)])
    place.known()
    assert len(place.budgets.troubles) == 1
    for number in range(200):
        head = tmp_path / f"r{number}" / ".git" / "HEAD"
        head.parent.mkdir(parents=True)
        head.write_text("ref: refs/heads/main\n")
        place.budgets.note_folders([str(tmp_path / f"r{number}")])
    place.known()
    assert not place.budgets.troubles


def test_guarded_runs_bring_budgets_of_their_own(tmp_path: Path) -> None:
    run = Budget(budget_id="guard-1", scope="session", unit="usd", limit=5, origin="guard")
    more = [run]
    budgets = Budgets(tmp_path / "c", tmp_path / "t", repo_of=str, more=lambda: more)
    assert budgets.current().budgets == (run,)
    more.clear()
    assert budgets.current().budgets == ()
