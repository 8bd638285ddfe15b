"""Living on the wire: the views the daemon pushes, as an async iterator."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import msgspec

from aicost.core.reports import WorkDone
from aicost.core.view import DashboardView
from aicost.ipc.protocol import check_hello, error_in, garbled, hung_up, not_running, request

MAX_LINE_BYTES = 64 * 2**20  # far above any view; a daemon gone mad must not fill the memory
HELLO_S = 5.0


class _Frame(msgspec.Struct):
    """The frames that follow a hello; what we do not know is ignored."""

    view: DashboardView | None = None
    error: dict[str, Any] | None = None


_decode_frame = msgspec.json.Decoder(_Frame).decode
_decode_hello = msgspec.json.Decoder(dict[str, Any]).decode


async def subscribe(
    socket_path: str | os.PathLike[str], *, homes: Sequence[str] = (), hello_s: float = HELLO_S
) -> AsyncGenerator[DashboardView, None]:
    """Yield the view of now, then each later one the daemon pushes; a slow reader misses some.

    `homes` are folders of agents that the daemon may not know: it takes them on.
    Ends only with an exception: DaemonDown when the connection breaks or there is none,
    ProtocolMismatch when the daemon is of another version. `hello_s` is the wait for its greeting.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(
            os.fspath(socket_path), limit=MAX_LINE_BYTES
        )
    except OSError as error:
        raise not_running(error.strerror or "") from error
    try:
        asked = [request(1, "homes.add", {"homes": list(homes)})] if homes else []
        asked.append(request(2, "subscribe", {}))
        writer.writelines(msgspec.json.encode(frame) + b"\n" for frame in asked)
        async with asyncio.timeout(hello_s):
            greeting = await _line(reader)
        check_hello(_decoded_hello(greeting))
        while True:
            frame = _decoded(await _line(reader))
            if frame.error is not None:
                raise error_in({"error": frame.error})
            if frame.view is not None:
                yield frame.view
    except TimeoutError as error:
        raise garbled(f"no greeting within {hello_s:g} s") from error
    finally:
        writer.close()


def work_in(answer: Mapping[str, Any]) -> dict[str, WorkDone] | None:
    """Return what sessions' calls were made for, of an answer to `work`; None: it is not read."""
    return msgspec.convert(answer["work"], dict[str, WorkDone] | None)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except (asyncio.IncompleteReadError, OSError) as error:
        raise hung_up() from error
    except asyncio.LimitOverrunError as error:
        raise garbled(f"a line of over {MAX_LINE_BYTES} bytes") from error


def _decoded(line: bytes) -> _Frame:
    try:
        return _decode_frame(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise garbled(f"{error}") from error


def _decoded_hello(line: bytes) -> dict[str, Any]:
    try:
        return _decode_hello(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise garbled(f"{error}") from error
