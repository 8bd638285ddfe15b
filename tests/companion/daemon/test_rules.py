"""Budgets are those that the config file names now."""

import logging
from pathlib import Path

import pytest

from aicost.core.budget import Budget
from aicost.daemon.rules import Rules, RulesFile

DAY = '[[budgets]]\nscope = "day"\namount = {amount}\nhard = true\n'


def limits(rules: Rules) -> list[int]:
    return [one.limit for one in rules.budgets]


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert RulesFile(tmp_path / "config.toml").current() == Rules()


def test_a_changed_file_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    rules = RulesFile(file)
    assert limits(rules.current()) == []
    file.write_text(DAY.format(amount=25))
    assert limits(rules.current()) == [25 * 10**9]
    file.write_text(DAY.format(amount=7) + '[gate]\nfail = "closed"\ngrace_percent = 2\n')
    found = rules.current()
    assert (limits(found), found.fail, found.grace_permille) == ([7 * 10**9], "closed", 20)
    file.unlink()
    assert rules.current() == Rules()


def test_a_file_that_cannot_be_read_changes_nothing_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(DAY.format(amount=25))
    rules = RulesFile(file)
    before = rules.current()
    with caplog.at_level(logging.WARNING):
        for text in ("budgets = [", "budgets =  ["):
            file.write_text(text)
            assert rules.current() == before
    assert len(caplog.records) == 1


def test_guarded_runs_bring_budgets_of_their_own(tmp_path: Path) -> None:
    run = Budget(budget_id="guard-1", scope="session", unit="usd", limit=5, origin="guard")
    more = [run]
    rules = RulesFile(tmp_path / "config.toml", lambda: more)
    assert rules.current().budgets == (run,)
    more.clear()
    assert rules.current().budgets == ()
