"""The team is asked only by who joined one, and a report never waits for it in vain."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import team_weeks
from commands import own_environment
from fault_server import Faulty, faulty_server
from teams import join

from aicost.daemon.weekly_band import team_band
from aicost.platform.dirs import Dirs, load_dirs
from aicost.platform.membership import Membership

MONDAY = date(2026, 11, 16)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def dirs() -> Dirs:
    return load_dirs(os.environ)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Faulty]:
    with faulty_server(tmp_path) as found:
        found.now = NOW
        yield found


def test_a_member_hears_how_the_team_did_and_tells_nothing(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    team_weeks.team(server.database, weeks=3)
    server.wire.clear()
    band = team_band(dirs, MONDAY, NOW)
    assert band is not None
    assert band.week == "2026-W47"
    assert server.puts == []
    (asked,) = [one for one in server.wire if one]
    assert asked.startswith(b"/v1/teams/acme/report?from=2026-10-19&to=2026-11-22&group=week")


def test_of_too_small_a_team_nothing_is_told(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    team_weeks.team(server.database, people=9, weeks=3)
    assert team_band(dirs, MONDAY, NOW) is None


def test_who_joined_nothing_or_left_asks_nobody(dirs: Dirs, server: Faulty) -> None:
    assert team_band(dirs, MONDAY, NOW) is None
    join(dirs, server, left=True)
    server.wire.clear()
    assert team_band(dirs, MONDAY, NOW) is None
    assert server.wire == []


def test_a_folder_publishes_nothing(dirs: Dirs, server: Faulty, tmp_path: Path) -> None:
    found = join(dirs, server, sink=str(tmp_path / "team"))
    assert isinstance(found, Membership)
    assert found.is_folder
    assert team_band(dirs, MONDAY, NOW) is None


def test_without_an_answer_the_report_does_without(
    dirs: Dirs, server: Faulty, caplog: pytest.LogCaptureFixture
) -> None:
    join(dirs, server, sink="http://127.0.0.1:9")
    with caplog.at_level("INFO"):
        assert team_band(dirs, MONDAY, NOW) is None
    assert "did not tell" in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_no_network_is_loaded_where_no_team_was_joined() -> None:
    program = (
        "import os, sys, datetime\n"
        "from aicost.daemon.weekly_band import team_band\n"
        "from aicost.platform.dirs import load_dirs\n"
        "team_band(load_dirs(os.environ), datetime.date(2026, 11, 16), None)\n"
        "print('httpx' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env=own_environment(),
    )  # fmt: skip
    assert run.stdout.strip() == "False"
