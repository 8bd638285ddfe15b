"""The component: nothing before somebody joined, nothing before all is read, then each day once."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from claude_logs import TOO_LATE_S, eventually
from fault_server import Faulty, faulty_server
from log_builders import calls_read, event, flat_book
from msgspec.structs import replace
from teams import join

from aicost.core.team import schedule
from aicost.daemon.sending import sending_lock
from aicost.daemon.syncer import Rests, Syncer
from aicost.daemon.teamwork import load_member
from aicost.platform.dirs import Dirs, load_dirs
from aicost.platform.membership import save_membership
from aicost.store.ledger import Ledger
from aicost.store.outbox import Outbox

AT_ONCE = Rests(look_s=0.005, gap_s=0.005, rest_s=0.005, spread=0)


class Read:
    """Stands for the reader."""

    def __init__(self) -> None:
        self.has_read_all, self.looks = True, 0

    def __getattribute__(self, name: str) -> Any:
        if name == "has_read_all":
            self.looks += 1
        return super().__getattribute__(name)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Faulty]:
    with faulty_server(tmp_path) as found:
        yield found


@pytest.fixture
def dirs() -> Iterator[Dirs]:
    """A ledger with a call of the day before yesterday, which is due by now."""
    found = load_dirs(os.environ)
    day = datetime.now(UTC) - timedelta(days=2)
    with Ledger(found.ledger_file, book=flat_book(), zone=ZoneInfo("UTC")) as ledger:
        ledger.record([calls_read(event(1, at=day))])
        ledger.settle()
        yield found


async def run(dirs: Dirs, read: Read, until: Callable[[], Any]) -> None:
    task = asyncio.ensure_future(Syncer(dirs, read, AT_ONCE).run())
    try:
        await eventually(lambda: until() or task.done(), "the syncer")
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=TOO_LATE_S)
    assert task.cancelled()


def sent(server: Faulty) -> list[tuple[Any, ...]]:
    return server.rows("SELECT requests FROM day_row")


async def test_a_member_sends_each_day_once(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    rounds = Read()
    await run(dirs, rounds, lambda: sent(server) and rounds.looks > 5)
    assert sent(server) == [(1,)]
    assert len(server.puts) == 1


async def test_without_a_team_nothing_is_loaded_or_made(dirs: Dirs) -> None:
    before = {path.name for path in dirs.data_dir.iterdir()}
    looks = asyncio.get_running_loop().time() + 0.1
    await run(dirs, Read(), lambda: asyncio.get_running_loop().time() > looks)
    assert {path.name for path in dirs.data_dir.iterdir()} == before


async def test_nothing_is_sent_before_all_is_read(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    read = Read()
    read.has_read_all = False
    await run(dirs, read, lambda: read.looks > 5)
    assert server.puts == []
    assert not dirs.outbox_file.exists()


async def test_who_left_sends_nothing(dirs: Dirs, server: Faulty) -> None:
    membership = join(dirs, server)
    save_membership(dirs.team_file, replace(membership, left=True))
    read = Read()
    await run(dirs, read, lambda: read.looks > 5)
    assert server.puts == []


async def test_a_trouble_is_logged_and_tried_again(
    dirs: Dirs, server: Faulty, caplog: pytest.LogCaptureFixture
) -> None:
    join(dirs, server)
    secret = dirs.team_secret_file.read_bytes()
    dirs.team_secret_file.write_bytes(b"{")
    await run(dirs, Read(), lambda: "nothing is sent to the team" in caplog.text)
    dirs.team_secret_file.write_bytes(secret)
    await run(dirs, Read(), lambda: sent(server))


async def test_while_another_sends_it_does_not(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    read = Read()
    with sending_lock(dirs.data_dir / "team.lock"):
        await run(dirs, read, lambda: read.looks > 5)
        assert server.puts == []
    await run(dirs, read, lambda: sent(server))


async def test_a_server_that_does_not_answer_holds_up_nobodys_end(
    dirs: Dirs, server: Faulty
) -> None:
    join(dirs, server)
    server.faults.append("slow")
    await run(dirs, Read(), lambda: server.puts)
    assert not server.slow.is_set()
    assert {one.daemon for one in threading.enumerate() if one.name == "syncer"} <= {True}
    with closing(Outbox.open(dirs.outbox_file)) as outbox:
        assert [one.state for one in outbox.places().values()] == ["due"]


async def test_each_key_begins_at_a_moment_of_its_own(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    waits = list[float]()

    async def rest(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 1:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Syncer(dirs, Read(), sleep=rest).run()
    member = load_member(dirs)
    assert member is not None
    assert waits == [schedule.first_look_s(member.key), Rests().rest_s]
