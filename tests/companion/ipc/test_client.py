"""Living on the wire: views arrive as the values they were, and every end has a name."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from builders import busy_day
from serving import WAIT_S, served

from aicost.core.errors import DaemonDown, ProtocolMismatch, StoreError
from aicost.core.reports import WorkDone
from aicost.core.view import DashboardView
from aicost.daemon.server import Notify
from aicost.ipc.client import ask, subscribe, work_in
from aicost.ipc.protocol import hello

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(path: Path, *lines: bytes, hold: bool = False) -> AsyncIterator[None]:
    """Listen, send these bytes to whoever comes, then hang up or hold the line."""
    done = asyncio.Event()

    async def peer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(lines))
        if hold:
            await done.wait()
        writer.close()

    server = await asyncio.start_unix_server(peer, path)
    try:
        yield
    finally:
        done.set()
        server.close()


def line(frame: object) -> bytes:
    return json.dumps(frame).encode() + b"\n"


async def test_the_first_view_comes_at_once_and_later_ones_as_they_are_published(
    home: Path,
) -> None:
    day = busy_day()

    async def first() -> DashboardView:
        return day

    later = replace(day, skipped_lines=99)
    async with (
        asyncio.timeout(WAIT_S),
        served(home / "s", first_view=first) as server,
        aclosing(subscribe(home / "s")) as views,
    ):
        assert await anext(views) == day
        assert server.subscribers == 1
        server.publish(later)
        assert await anext(views) == later


async def test_the_daemon_is_told_of_the_callers_homes_first(home: Path) -> None:
    told: list[object] = []

    async def add(params: Mapping[str, object], _notify: Notify) -> object:
        told.append(params["homes"])
        return {}

    async with served(home / "s", {"homes.add": add}):
        async for _ in subscribe(home / "s", homes=["/home/ada/.claude"]):
            break
    assert told == [["/home/ada/.claude"]]


async def test_a_daemon_that_ends_is_a_daemon_down(home: Path) -> None:
    async with asyncio.timeout(WAIT_S):
        async with served(home / "s"):
            views = subscribe(home / "s")
            await anext(views)
        with pytest.raises(DaemonDown, match="closed the connection"):
            await anext(views)


async def test_nobody_listening_is_a_daemon_down(home: Path) -> None:
    with pytest.raises(DaemonDown, match="no daemon is running"):
        await anext(subscribe(home / "s"))


async def test_a_view_that_cannot_be_built_is_raised_as_what_it_is(home: Path) -> None:
    async def broken() -> DashboardView:
        raise StoreError("the ledger cannot be read")

    async with served(home / "s", first_view=broken):
        with pytest.raises(StoreError, match="the ledger cannot be read"):
            await anext(subscribe(home / "s"))


@pytest.mark.parametrize(
    ("lines", "error", "words"),
    [
        ([line({"v": 3, "aicost": "3.0"})], ProtocolMismatch, "protocol 3"),
        ([b"\xff\n"], DaemonDown, "cannot be read"),
        ([line(hello(1)), b"nonsense\n"], DaemonDown, "cannot be read"),
        ([line(hello(1)), line({"view": {"at": "soon"}})], DaemonDown, "cannot be read"),
        ([line(hello(1)), b"[" * 100_000 + b"\n"], DaemonDown, "cannot be read"),
        ([line(hello(1)), b'{"view":'], DaemonDown, "closed"),
    ],
    ids=["v3", "not UTF-8", "text", "odd view", "deep", "half a line"],
)
async def test_what_is_no_view_is_told_apart(
    home: Path, lines: list[bytes], error: type[DaemonDown], words: str
) -> None:
    async with scripted(home / "s", *lines):
        with pytest.raises(error) as caught:
            await anext(subscribe(home / "s"))
    assert words in caught.value.render()


async def test_a_listener_that_says_nothing_is_given_up(home: Path) -> None:
    async with scripted(home / "s", hold=True):
        with pytest.raises(DaemonDown, match="cannot be read") as caught:
            await anext(subscribe(home / "s", hello_s=0.01))
    assert caught.value.why == "no greeting within 0.01 s"


def test_the_work_of_sessions_is_as_it_was_said() -> None:
    done = WorkDone()
    assert work_in({"work": {"s-1": msgspec.to_builtins(done)}}) == {"s-1": done}
    assert work_in({"work": None}) is None


async def test_a_question_gets_its_answer_whatever_is_told_before(home: Path) -> None:
    async def double(params: Mapping[str, object], notify: Notify) -> object:
        await notify({"bytes_done": 1})
        number = params["number"]
        assert isinstance(number, int)
        return {"twice": 2 * number}

    async with asyncio.timeout(WAIT_S), served(home / "s", {"double": double}):
        assert await ask(home / "s", "double", {"number": 21}) == {"twice": 42}


async def test_a_question_that_is_refused_raises_what_the_daemon_says(home: Path) -> None:
    async def refuse(_params: Mapping[str, object], _notify: Notify) -> object:
        raise StoreError("the ledger is locked", hint="aicost status")

    async with asyncio.timeout(WAIT_S), served(home / "s", {"refuse": refuse}):
        with pytest.raises(StoreError, match="the ledger is locked") as refused:
            await ask(home / "s", "refuse", {})
    assert refused.value.hint == "aicost status"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "hung up"),
        ((b"nonsense\n",), "malformed"),
        ((line({"v": 1, "id": 1, "result": 3}),), "an answer without a result"),
        ((line({"v": 1, "id": 1}),), "an answer without a result"),
    ],
)
async def test_what_is_no_answer_is_a_daemon_that_is_down(
    home: Path, lines: tuple[bytes, ...], why: str
) -> None:
    async with (
        asyncio.timeout(WAIT_S),
        scripted(home / "s", line(hello(1)), *lines),
    ):
        with pytest.raises(DaemonDown) as raised:
            await ask(home / "s", "report", {})
    told = f"{raised.value.what} {raised.value.why}"
    assert why in told or (why == "hung up" and "closed the connection" in told)


async def test_a_question_waits_only_so_long(home: Path) -> None:
    async with (
        asyncio.timeout(WAIT_S),
        scripted(home / "s", line(hello(1)), hold=True),
    ):
        with pytest.raises(DaemonDown) as raised:
            await ask(home / "s", "report", {}, answer_s=0.01)
    assert "no answer within 0.01 s" in raised.value.why


async def test_a_question_to_nobody_says_how_to_start_a_daemon(home: Path) -> None:
    with pytest.raises(DaemonDown) as raised:
        await ask(home / "nobody", "report", {})
    assert raised.value.hint == "aicost daemon start"
