"""The background: judged when all is read, written by the ledger's writer, ended at once."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from claude_logs import TOO_LATE_S, eventually
from repositories import Repository, make_repository
from sessions_in_git import Told, ledger_of

from aicost.core.errors import StoreError
from aicost.core.outcome import Outcome
from aicost.daemon import outcome_rounds
from aicost.daemon.outcome_rounds import Access, OutcomeRounds, Rounds
from aicost.store.ledger import Ledger
from aicost.store.outcomes import Judged, verdicts, write_outcomes
from aicost.store.recovery import LedgerDamaged

AT_ONCE = Rounds(rest_s=0.005, gap_s=0.005, quiet_s=0)


class Reads:
    """Stands for the reader: what is left to read, and the one writer."""

    def __init__(self, ledger: Ledger) -> None:
        self.has_read_all, self._ledger = True, ledger
        self.troubles: list[Exception] = []
        self.written = 0

    async def note_outcomes(self, judged: tuple[Judged, ...]) -> None:
        if self.troubles:
            raise self.troubles.pop()
        write_outcomes(self._ledger.db, judged)
        self.written += len(judged)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "shop")


async def run(
    repo: Repository,
    sessions: list[Told],
    until: Callable[[Reads], Any],
    prepare: Callable[[Reads], None] = lambda _: None,
) -> tuple[dict[str, Outcome], list[LedgerDamaged]]:
    """Run rounds until something holds; return what is known then, and what was damaged."""
    path, damages = repo.top.parent / "ledger.db", list[LedgerDamaged]()
    with ledger_of(sessions, path) as ledger:
        reads = Reads(ledger)
        prepare(reads)
        env = {"PATH": os.environ["PATH"], "HOME": str(repo.top.parent)}
        access = Access(ledger_file=path, reader=reads, env=env, damaged=damages.append)  # type: ignore[arg-type]
        task = asyncio.ensure_future(OutcomeRounds(access, AT_ONCE).run())
        try:
            await eventually(lambda: until(reads) or damages, "the rounds")
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=TOO_LATE_S)
        assert task.cancelled()
        return {name: found.outcome for name, found in verdicts(ledger.db).items()}, damages


async def test_sessions_are_judged_round_by_round(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome_rounds, "AT_ONCE", 2)
    sessions = [Told(repo, f"s-{n}").answer() for n in range(5)]
    found, _ = await run(repo, sessions, lambda reads: reads.written >= 5)
    assert found == dict.fromkeys((f"s-{n}" for n in range(5)), Outcome.ANSWERED)


async def test_nothing_is_judged_before_all_is_read(repo: Repository) -> None:
    looks = []

    def unread(reads: Reads) -> None:
        reads.has_read_all = False

    def has_looked(reads: Reads) -> bool:
        looks.append(reads.written)
        return len(looks) > 20

    found, _ = await run(repo, [Told(repo).answer()], has_looked, unread)
    assert found == {}


async def test_what_could_not_be_written_is_written_later(
    repo: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    def full(reads: Reads) -> None:
        reads.troubles = [StoreError("the disk is full")]

    found, _ = await run(repo, [Told(repo).answer()], lambda reads: reads.written, full)
    assert found == {"s-1": Outcome.ANSWERED}
    assert "no outcomes: the disk is full" in caplog.text


async def test_a_damaged_ledger_is_told(repo: Repository) -> None:
    def broken(reads: Reads) -> None:
        reads.troubles = [LedgerDamaged("broken")]

    _, damages = await run(repo, [Told(repo).answer()], lambda _: False, broken)
    assert [damage.what for damage in damages] == ["broken"]


async def test_a_repository_that_makes_git_wait_does_not_keep_the_daemon(repo: Repository) -> None:
    """Git is ended when the rounds are; nothing is judged by half of what it says."""
    told = Told(repo).prompt("t").edit("README").answer()
    (repo.top / ".git" / "info" / "exclude").unlink(missing_ok=True)
    os.mkfifo(repo.top / ".git" / "info" / "exclude")
    waits = repo.top / ".git" / "info" / "exclude"

    def is_read(_: Reads) -> bool:
        try:  # somebody has it open to read
            os.close(os.open(waits, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    started = asyncio.get_running_loop().time()
    found, _ = await run(repo, [told], is_read)
    assert asyncio.get_running_loop().time() - started < TOO_LATE_S / 4
    assert found in ({}, {"s-1": Outcome.OPEN})
