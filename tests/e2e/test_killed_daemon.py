"""The daemon is killed again and again while logs grow; in the end the ledger lacks nothing."""

from functools import partial
from pathlib import Path
from random import Random

import psutil
import pytest
from arrivals import append, arrivals, logs_of
from corpora import Excerpt
from e2e.running import Aicost
from lab.homes import LabHome
from lab.waiting import until
from ledgers import Rows, content, opened, read_everything

KILLS = 6


def rows_in(profile: Path, home: Path, zone: str) -> Rows:
    with opened(profile, [home], zone) as engine:
        return content(engine.ledger.db)


@pytest.fixture(params=["real_excerpt", "real_corpus"])
def logs(request: pytest.FixtureRequest) -> dict[str, bytes]:
    found = request.getfixturevalue(request.param)
    return logs_of(found.home if isinstance(found, Excerpt) else found)


def test_kills_at_random_moments_lose_and_repeat_nothing(
    logs: dict[str, bytes], tmp_path: Path
) -> None:
    random = Random(20261122)
    lab = LabHome(tmp_path / "home")
    aicost = Aicost(tmp_path / "profile", lab)
    (lab.claude / "projects").mkdir(parents=True)
    left = list(arrivals(logs, random))
    pieces_per_life = len(left) // (KILLS + 1)
    for _ in range(KILLS):
        aicost.run("daemon", "start")
        daemon = psutil.Process(aicost.ask("daemon", "status")["pid"])
        killed_at = random.randrange(pieces_per_life)
        for number in range(pieces_per_life):
            append(lab.claude, *left.pop(0))
            if number == killed_at:
                if random.random() < 0.5:
                    aicost.wait_until_read()
                daemon.kill()
        until(partial(has_ended, daemon), "the daemon's end")
    for name, piece in left:
        append(lab.claude, name, piece)
    zone = aicost.ask("report")["timezone"]
    with opened(tmp_path / "reference", [lab.claude], zone) as engine:
        read_everything(engine)
        expected = content(engine.ledger.db)
    assert rows_in(aicost.profile, lab.claude, zone) == expected


def has_ended(process: psutil.Process) -> bool:
    """A container without an init keeps ended processes as zombies."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
