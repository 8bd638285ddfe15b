"""A real server on a real socket for tests, beside the test or in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from builders import view

from aicost.core.view import DashboardView
from aicost.daemon.server import Method, Server

WAIT_S = 10.0  # for what takes milliseconds: only a broken test waits so long


async def a_view() -> DashboardView:
    return view()


@asynccontextmanager
async def served(
    socket_path: Path,
    methods: Mapping[str, Method] | None = None,
    *,
    first_view: Callable[[], Awaitable[DashboardView]] = a_view,
    **options: Any,
) -> AsyncIterator[Server]:
    """Run a server until the block ends."""
    socket_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = Server(socket_path, methods or {}, first_view=first_view, **options)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(server.run())
        async with asyncio.timeout(WAIT_S):
            await server.listening.wait()
        try:
            yield server
        finally:
            running.cancel()


@contextmanager
def served_in_thread(
    socket_path: Path, methods: Mapping[str, Method] | None = None, **options: Any
) -> Iterator[None]:
    """Run a server for clients that block."""
    listening, ended = threading.Event(), threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        async with served(socket_path, methods, **options):
            listening.set()
            await stop.wait()

    def run() -> None:
        asyncio.run(serve())
        ended.set()

    thread = threading.Thread(target=run, name="server")
    thread.start()
    assert listening.wait(WAIT_S)
    try:
        yield
    finally:
        ((loop, stop),) = loops
        loop.call_soon_threadsafe(stop.set)
        assert ended.wait(WAIT_S)
        thread.join(WAIT_S)


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop go on until the condition holds."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - what it waits for sets no event
            await asyncio.sleep(0.001)
