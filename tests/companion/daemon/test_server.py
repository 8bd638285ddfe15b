"""The socket: answers everything, is bounded everywhere, and outlives its worst clients."""

import asyncio
import json
import logging
import os
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from builders import session_row, view
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import WAIT_S, served, until

from aicost.core.errors import StoreError
from aicost.core.view import DashboardView
from aicost.daemon.server import Limits, Notify, Server
from aicost.ipc.protocol import PROTOCOL, request


async def echo(params: Mapping[str, object], _notify: Notify) -> object:
    return {"got": params}


class Peer:
    """A client that does as it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, line: bytes) -> None:
        self.writer.write(line + b"\n")

    def ask(self, method: str, number: int = 1, **params: object) -> None:
        self.say(json.dumps(request(number, method, params)).encode())

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            frame: dict[str, Any] = json.loads(await self.reader.readuntil(b"\n"))
            return frame

    async def hears_the_end(self) -> bool:
        async with asyncio.timeout(WAIT_S):
            try:
                return await self.reader.read() == b""
            except ConnectionResetError:
                return True


class Peers:
    """Makes clients, and hangs up for those that forget to."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self, path: Path) -> Peer:
        reader, writer = await asyncio.open_unix_connection(path, limit=2**24)
        self.writers.append(writer)
        return Peer(reader, writer)

    def close(self) -> None:
        for writer in self.writers:
            writer.close()


@pytest.fixture
async def peers() -> AsyncIterator[Peers]:
    made = Peers()
    yield made
    made.close()


async def test_the_socket_is_private_and_gone_after_the_end(home: Path) -> None:
    async with served(home / "s"):
        assert stat.S_IMODE((home / "s").stat().st_mode) == 0o600
    assert not (home / "s").exists()


async def test_the_socket_of_a_killed_daemon_is_taken_over(home: Path, peers: Peers) -> None:
    async with served(home / "s"):
        (home / "s").rename(home / "dead")
    (home / "dead").rename(home / "s")
    async with served(home / "s"):
        peer = await peers.connect(home / "s")
        assert (await peer.hear())["pid"] == os.getpid()


async def test_the_socket_of_a_successor_is_left_alone(home: Path) -> None:
    async with served(home / "s"):
        (home / "s").unlink()
        (home / "s").write_text("somebody else's")
    assert (home / "s").read_text() == "somebody else's"


async def test_requests_are_answered_in_order_under_their_numbers(home: Path, peers: Peers) -> None:
    async with served(home / "s", {"echo": echo}):
        peer = await peers.connect(home / "s")
        assert (await peer.hear())["v"] == PROTOCOL
        for number in range(50):  # many more than may wait
            peer.ask("echo", number, n=number)
        for number in range(50):
            assert await peer.hear() == {"v": 1, "id": number, "result": {"got": {"n": number}}}


async def test_a_client_may_close_its_side_before_the_answer(home: Path, peers: Peers) -> None:
    go = asyncio.Event()

    async def slow(_params: Mapping[str, object], _notify: Notify) -> object:
        await go.wait()
        return {}

    async with served(home / "s", {"slow": slow}):
        peer = await peers.connect(home / "s")
        await peer.hear()
        peer.ask("slow")
        peer.writer.write_eof()
        go.set()
        assert (await peer.hear())["result"] == {}
        assert await peer.hears_the_end()


@pytest.mark.parametrize(
    ("line", "number", "words"),
    [
        (b"nonsense", None, "not a request"),
        (b"[]", None, "not a request"),
        (b'"\xff"', None, "not a request"),
        (b'{"v":1,"id":"x"}', None, "not a request"),
        (b'{"v":1,"id":3,"method":"none"}', 3, "no method 'none'"),
        (b'{"v":1,"id":3,"method":"echo","params":[]}', None, "not a request"),
        (b'{"v":2,"id":3,"method":"echo"}', 3, "speaks protocol 1, not 2"),
        (b"[" * 100_000, None, "not a request"),
    ],
    ids=["text", "a list", "not UTF-8", "odd id", "no such method", "odd params", "v2", "deep"],
)
async def test_what_is_no_request_is_answered_and_the_next_one_is_served(
    home: Path, peers: Peers, line: bytes, number: int | None, words: str
) -> None:
    async with served(home / "s", {"echo": echo}):
        peer = await peers.connect(home / "s")
        await peer.hear()
        peer.say(line)
        answer = await peer.hear()
        assert (answer["v"], answer["id"]) == (1, number)
        assert words in answer["error"]["what"]
        peer.ask("echo", 9)
        assert (await peer.hear())["id"] == 9


@given(st.binary(max_size=200))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_leave_the_server_serving(home: Path, junk: bytes) -> None:
    async def scenario() -> None:
        async with served(home / "s", {"echo": echo}):
            peers = Peers()
            peer = await peers.connect(home / "s")
            await peer.hear()
            peer.say(junk)
            peer.ask("echo", 77)
            while (await peer.hear())["id"] != 77:
                pass
            peers.close()

    asyncio.run(scenario())


async def test_a_users_error_keeps_its_words_and_code(home: Path, peers: Peers) -> None:
    async def locked(_params: Mapping[str, object], _notify: Notify) -> object:
        raise StoreError("locked", why="by 4711", hint="wait")

    async with served(home / "s", {"locked": locked}):
        peer = await peers.connect(home / "s")
        await peer.hear()
        peer.ask("locked")
        said = (await peer.hear())["error"]
    assert said == {"what": "locked", "why": "by 4711", "hint": "wait", "code": 5}


async def test_a_bug_in_one_request_is_logged_and_harms_no_other(
    home: Path, peers: Peers, caplog: pytest.LogCaptureFixture
) -> None:
    async def bug(_params: Mapping[str, object], _notify: Notify) -> object:
        raise KeyError("oops")

    async def unsendable(_params: Mapping[str, object], _notify: Notify) -> object:
        return object()

    async with served(home / "s", {"bug": bug, "unsendable": unsendable, "echo": echo}):
        peer = await peers.connect(home / "s")
        await peer.hear()
        for method in ("bug", "unsendable"):
            peer.ask(method)
            assert (await peer.hear())["error"]["code"] == 1
        peer.ask("echo")
        assert "result" in await peer.hear()
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


async def test_a_request_line_over_the_limit_ends_the_connection(home: Path, peers: Peers) -> None:
    async with served(home / "s", {"echo": echo}, limits=Limits(line_bytes=1000)):
        peer = await peers.connect(home / "s")
        await peer.hear()
        spare = 1000 - len(json.dumps(request(1, "echo", {"pad": ""})))
        peer.ask("echo", pad="x" * spare)
        assert "result" in await peer.hear()
        peer.ask("echo", pad="x" * (spare + 1))
        assert "over 1000 bytes" in (await peer.hear())["error"]["what"]
        assert await peer.hears_the_end()


async def test_a_line_without_end_is_cut_off(home: Path, peers: Peers) -> None:
    async with served(home / "s", limits=Limits(line_bytes=1000)):
        peer = await peers.connect(home / "s")
        await peer.hear()
        peer.writer.write(b"x" * 1001)
        assert "error" in await peer.hear()
        assert await peer.hears_the_end()


async def test_one_client_too_many_hears_why(home: Path, peers: Peers) -> None:
    async with served(home / "s", limits=Limits(clients=2)):
        first, second = [await peers.connect(home / "s") for _ in range(2)]
        assert "aicost" in await first.hear()
        assert "aicost" in await second.hear()
        third = await peers.connect(home / "s")
        assert "too many clients" in (await third.hear())["error"]["what"]
        assert await third.hears_the_end()
        first.writer.close()
        fourth = await peers.connect(home / "s")
        while "aicost" not in await fourth.hear():  # until the server noticed that one left
            fourth = await peers.connect(home / "s")


async def test_another_user_is_refused(home: Path, peers: Peers) -> None:
    async with served(home / "s", allowed_uid=os.geteuid() + 1):
        peer = await peers.connect(home / "s")
        assert await peer.hears_the_end()


async def test_a_client_that_leaves_ends_its_request(home: Path, peers: Peers) -> None:
    ended, begun = asyncio.Event(), asyncio.Event()

    async def endless(_params: Mapping[str, object], notify: Notify) -> object:
        begun.set()
        try:
            while True:
                await notify({"still": "here"})
                await asyncio.sleep(0)
        finally:
            ended.set()

    async with served(home / "s", {"endless": endless}):
        peer = await peers.connect(home / "s")
        peer.ask("endless")
        await begun.wait()
        peer.writer.transport.abort()
        async with asyncio.timeout(WAIT_S):
            await ended.wait()


async def test_the_end_of_the_server_ends_requests_in_flight(home: Path, peers: Peers) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def endless(_params: Mapping[str, object], _notify: Notify) -> object:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return {}

    async with asyncio.timeout(WAIT_S), served(home / "s", {"endless": endless}):
        peer = await peers.connect(home / "s")
        peer.ask("endless")
        await begun.wait()
    assert cancelled.is_set()


async def test_subscribers_are_counted_until_they_leave(home: Path, peers: Peers) -> None:
    async with served(home / "s") as server:
        peer = await peers.connect(home / "s")
        await peer.hear()
        assert server.subscribers == 0
        peer.ask("subscribe")
        assert (await peer.hear())["result"] == {}
        assert (await peer.hear())["push"] == "view"
        assert server.subscribers == 1
        peer.writer.close()
        await until(lambda: server.subscribers == 0)


async def test_without_subscribers_nothing_is_encoded(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(home / "s") as server:
        monkeypatch.setattr("aicost.daemon.server._encode", None)
        server.publish(view())


def numbered(number: int) -> DashboardView:
    """A view of some 50 kB that can be told from others."""
    return view(*[session_row(f"s{n}") for n in range(100)], skipped_lines=number)


async def test_a_slow_subscriber_gets_the_newest_view_and_costs_no_memory(
    home: Path, peers: Peers
) -> None:
    limits = Limits(unread_bytes=100_000)
    async with served(home / "s", limits=limits) as server:
        slow, quick = [await peers.connect(home / "s") for _ in range(2)]
        for peer in (slow, quick):
            peer.ask("subscribe")
            for _ in range(3):  # hello, answer, first view
                await peer.hear()
        slow.reader._transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(1, 101):
            server.publish(numbered(number))
            assert (await quick.hear())["view"]["skipped_lines"] == number
        unread = max(_unsent_bytes(server))
        assert unread < 100_000 + 2 * len(msgspec.json.encode(numbered(1)))
        slow.reader._transport.resume_reading()  # type: ignore[attr-defined]
        seen = [(await slow.hear())["view"]["skipped_lines"]]
        while seen[-1] != 100:
            seen.append((await slow.hear())["view"]["skipped_lines"])
        assert len(seen) < 50
        assert seen == sorted(seen)


async def test_a_client_that_asks_and_never_reads_costs_no_memory(home: Path, peers: Peers) -> None:
    answered = list[object]()

    async def long(params: Mapping[str, object], _notify: Notify) -> object:
        answered.append(params["n"])
        return "x" * 20_000

    limits = Limits(unread_bytes=100_000, waiting_lines=4)
    async with served(home / "s", {"long": long, "echo": echo}, limits=limits) as server:
        greedy, other = [await peers.connect(home / "s") for _ in range(2)]
        await other.hear()
        greedy.reader._transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(500):
            greedy.ask("long", number, n=number)
        await until(lambda: max(_unsent_bytes(server)) > 100_000)
        for _ in range(20):  # the others are served on
            other.ask("echo")
            await other.hear()
        assert max(_unsent_bytes(server)) < 100_000 + 2 * 20_000
        assert len(answered) < 100
        greedy.reader._transport.resume_reading()  # type: ignore[attr-defined]
        await greedy.hear()
        assert [(await greedy.hear())["id"] for _ in range(500)] == list(range(500))


def _unsent_bytes(server: Server) -> list[int]:
    transports = [client._transport for client in server._clients]
    return [transport.get_write_buffer_size() for transport in transports if transport]
