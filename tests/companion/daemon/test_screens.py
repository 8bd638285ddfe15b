"""What the daemon says to screens beside its views: real logs, a real socket."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from claude_logs import TOO_LATE_S, append, call_line, eventually, log_of, prompt_line

from aicost.core.errors import ConfigError
from aicost.core.history import History
from aicost.core.session_glance import SessionGlance
from aicost.core.session_page import SessionPage
from aicost.daemon.service import Service
from aicost.daemon.setup import load_setup
from aicost.ipc import wire
from aicost.ipc.answers import value_in
from aicost.platform.dirs import load_dirs


@pytest.fixture
async def service(home: Path) -> AsyncIterator[Service]:
    (home / ".claude" / "projects" / "-src-shop").mkdir(parents=True)
    found = Service(load_setup(load_dirs(os.environ), os.environ))
    ready = asyncio.Event()
    task = asyncio.create_task(found.run(ready.set))
    await asyncio.wait_for(ready.wait(), TOO_LATE_S)
    yield found
    found.stop()
    await asyncio.wait_for(task, TOO_LATE_S)


async def ask(method: str, **params: object) -> dict[str, Any]:
    path = load_dirs(os.environ).socket_path
    async with asyncio.timeout(TOO_LATE_S):
        return await asyncio.to_thread(wire.call, path, method, params, timeout_s=TOO_LATE_S)


async def test_a_session_is_told_whole_and_anew_when_it_goes_on(
    service: Service, home: Path
) -> None:
    log = append(log_of(home / ".claude"), prompt_line("u-1"), call_line("msg_1"))
    await ask("report")
    page = msgspec.convert(await ask("session.page", id="s-1"), SessionPage)
    assert (page.session_id, page.agent, page.requests) == ("s-1", "claude", 1)
    assert page.transcript == str(log)
    assert [(turn.prompt, turn.requests) for turn in page.turns] == [("go on", 1)]
    append(log, call_line("msg_2"))
    await ask("report")
    page = msgspec.convert(await ask("session.page", id="s-1"), SessionPage)
    assert [(turn.turn_id, turn.requests) for turn in page.turns] == [("u-1", 2)]


async def test_it_does_not_wait_for_what_is_not_read(service: Service, home: Path) -> None:
    append(log_of(home / ".claude"), prompt_line("u-1"), call_line("msg_1"))
    await ask("report")
    append(log_of(home / ".claude", "s-2"), call_line("msg_9", "s-2"))
    found = msgspec.convert(await ask("session.page", id="s-1", wait=True), SessionPage)
    assert found.requests == 1
    await eventually(lambda: service._reader.has_read_all, "the rest")


async def test_an_unknown_session_is_an_error_with_a_way_out(service: Service) -> None:
    with pytest.raises(ConfigError) as raised:
        await ask("session.page", id="nobody")
    assert "'nobody'" in raised.value.what
    assert raised.value.hint == "aicost sessions"


async def test_the_history_is_told_at_once(service: Service, home: Path) -> None:
    append(log_of(home / ".claude"), prompt_line("u-1"), call_line("msg_1"))
    await ask("report")
    found = value_in(await ask("history", by="session", within=[["agent", "claude"]]), History)
    assert [(row.key, row.requests) for row in found.rows] == [("s-1", 1)]
    assert sum(day.requests for day in found.days) == 1
    with pytest.raises(ConfigError, match="cannot be asked"):
        await ask("history", by="weather")


async def test_a_glance_is_asked_like_a_page(service: Service, home: Path) -> None:
    append(log_of(home / ".claude"), prompt_line("u-1"), call_line("msg_1"))
    await ask("report")
    found = msgspec.convert(await ask("session.glance", id="s-1"), SessionGlance)
    assert [point.turn_id for point in found.points] == ["u-1"]
    assert msgspec.convert(await ask("session.glance", id="nobody"), SessionGlance).points == ()
