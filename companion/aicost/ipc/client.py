"""Living on the wire: the views the daemon pushes, and one question at a time beside them."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from aicost.core.reports import WorkDone
from aicost.core.view import DashboardView
from aicost.ipc.protocol import check_hello, error_in, garbled, hung_up, not_running, request

MAX_LINE_BYTES = 64 * 2**20  # far above any view; a daemon gone mad must not fill the memory
HELLO_S = 5.0
ANSWER_S = 30.0  # a daemon that reads years of logs answers from what it has


class _Frame(msgspec.Struct):
    """The frames that follow a hello; what we do not know is ignored."""

    view: DashboardView | None = None
    error: dict[str, Any] | None = None


_decode_frame = msgspec.json.Decoder(_Frame).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


async def subscribe(
    socket_path: str | os.PathLike[str], *, homes: Sequence[str] = (), hello_s: float = HELLO_S
) -> AsyncGenerator[DashboardView, None]:
    """Yield the view of now, then each later one the daemon pushes; a slow reader misses some.

    `homes` are folders of agents that the daemon may not know: it takes them on.
    Ends only with an exception: DaemonDown when the connection breaks or there is none,
    ProtocolMismatch when the daemon is of another version. `hello_s` is the wait for its greeting.
    """
    asked = [request(1, "homes.add", {"homes": list(homes)})] if homes else []
    async with _connected(socket_path, [*asked, request(2, "subscribe", {})], hello_s) as reader:
        while True:
            frame = _decoded(await _line(reader))
            if frame.error is not None:
                raise error_in({"error": frame.error})
            if frame.view is not None:
                yield frame.view


async def ask(
    socket_path: str | os.PathLike[str],
    method: str,
    params: Mapping[str, object],
    *,
    hello_s: float = HELLO_S,
    answer_s: float = ANSWER_S,
) -> dict[str, Any]:
    """Return the daemon's answer to one question, on a connection of its own.

    Raises what the daemon answers with (AicostError), DaemonDown where it does not answer within
    `answer_s` seconds, ProtocolMismatch when it is of another version.
    """
    async with _connected(socket_path, [request(1, method, params)], hello_s) as reader:
        try:
            async with asyncio.timeout(answer_s):
                while "progress" in (frame := _decoded_object(await _line(reader))):
                    continue
        except TimeoutError as error:
            raise garbled(f"no answer within {answer_s:g} s") from error
        if "error" in frame:
            raise error_in(frame)
        if not isinstance(result := frame.get("result"), dict):
            raise garbled("an answer without a result")
        return result


@asynccontextmanager
async def _connected(
    socket_path: str | os.PathLike[str], frames: Sequence[Mapping[str, object]], hello_s: float
) -> AsyncIterator[asyncio.StreamReader]:
    """Connect, send these frames, and read the daemon's greeting; hang up at the end."""
    try:
        reader, writer = await asyncio.open_unix_connection(
            os.fspath(socket_path), limit=MAX_LINE_BYTES
        )
    except OSError as error:
        raise not_running(error.strerror or "") from error
    try:
        writer.writelines(msgspec.json.encode(frame) + b"\n" for frame in frames)
        try:
            async with asyncio.timeout(hello_s):
                greeting = await _line(reader)
        except TimeoutError as error:
            raise garbled(f"no greeting within {hello_s:g} s") from error
        check_hello(_decoded_object(greeting))
        yield reader
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


def _decoded_object(line: bytes) -> dict[str, Any]:
    try:
        return _decode_object(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise garbled(f"{error}") from error
