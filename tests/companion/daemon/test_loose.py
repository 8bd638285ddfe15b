"""Work in a thread: what it gives and raises comes back, and nobody waits for it at the end."""

import asyncio
import subprocess
import sys
import threading

import pytest
from commands import own_environment

from aicost.daemon.loose import in_loose_thread


async def test_what_it_gives_comes_back() -> None:
    name = await in_loose_thread("counting", lambda: threading.current_thread().name)
    assert name == "counting"


async def test_what_it_raises_comes_back() -> None:
    def broken() -> None:
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        await in_loose_thread("broken", broken)


async def test_who_was_cancelled_does_not_wait_for_it() -> None:
    held, done = threading.Event(), threading.Event()

    def work() -> None:
        held.wait(30)
        done.set()

    task = asyncio.ensure_future(in_loose_thread("held", work))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not done.is_set()
    held.set()
    assert await asyncio.to_thread(done.wait, 30)


def test_the_process_ends_without_it() -> None:
    program = (
        "import asyncio, threading\n"
        "from aicost.daemon.loose import in_loose_thread\n"
        "async def main():\n"
        "    asyncio.ensure_future(in_loose_thread('held', threading.Event().wait))\n"
        "    await asyncio.sleep(0)\n"
        "asyncio.run(main())\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, env=own_environment())
