"""Work in a thread that nobody waits for at the end of the process."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def in_loose_thread(name: str, work: Callable[[], T]) -> T:
    """Run work in a thread that does not hold up the end of the process. Raises what it raises.

    The executor of the event loop would: Python waits for the threads of such.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if not ended.done():
            ended.set_exception(error) if error else ended.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the work is waited for
            failed = error
        with suppress(RuntimeError):  # the daemon ended meanwhile: nobody waits any more
            loop.call_soon_threadsafe(tell, result, failed)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await ended
