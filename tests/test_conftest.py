"""The fence around the tests: nothing of the developer's machine gets in, nothing gets out."""

import asyncio
import os
import socket
import time
from pathlib import Path

import pytest


def test_home_and_every_agent_home_are_empty_and_below_the_tests_own_folder(home: Path) -> None:
    assert Path.home() == home
    assert not list(home.iterdir())
    for name in ("AICOST_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        assert Path(os.environ[name]).parent == home


def test_the_developers_settings_stay_out(home: Path) -> None:
    assert "NO_COLOR" not in os.environ
    assert [name for name in os.environ if name.startswith(("ANTHROPIC_", "XDG_"))] == []
    assert time.tzname[0] == "UTC"


@pytest.mark.parametrize("host", ["192.0.2.1", "example.invalid", "2001:db8::1"])
def test_the_network_is_out_of_reach(host: str) -> None:
    with pytest.raises(AssertionError, match="tests stay on this machine"):
        socket.create_connection((host, 80))
    with socket.socket() as tcp, pytest.raises(AssertionError, match=host):
        tcp.connect((host, 80))


async def test_asyncio_cannot_reach_the_network_either() -> None:
    with pytest.raises(AssertionError, match="tests stay on this machine"):
        await asyncio.open_connection("192.0.2.1", 80)


async def test_loopback_and_unix_sockets_work(home: Path) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    path = home / "s"
    async with (
        await asyncio.start_unix_server(hang_up, path),
        await asyncio.start_server(hang_up, "localhost", 0) as server,
    ):
        for opening in (
            asyncio.open_unix_connection(path),
            asyncio.open_connection(*server.sockets[0].getsockname()[:2]),
        ):
            reader, writer = await opening
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
