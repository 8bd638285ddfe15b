"""What a request carries: read up to a limit, unpacked up to a limit, JSON or an error."""

import asyncio
import zlib
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request

BODY_S = 30.0  # that a body may take: who sends a byte a minute would hold a connection for days
_GZIP = 31  # zlib's word for gzip with the largest window


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, status: int, error: str, hint: str = "", *, more: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(error)
        self.status, self.error, self.hint = status, error, hint
        self.more, self.headers = more or {}, headers or {}


async def read_body(request: Request, most_bytes: int, most_s: float = BODY_S) -> bytes:
    """Return a request's body, unpacked.

    Raises Refused: 408, 413, 415, or 400 if it is damaged, or nobody is there to send the rest.
    """
    try:
        async with asyncio.timeout(most_s):
            body = await _received(request, most_bytes)
    except TimeoutError as error:
        raise Refused(408, "the body came too slowly") from error
    except ClientDisconnect as error:
        raise Refused(400, "the body is not whole") from error
    match request.headers.get("content-encoding", "identity").lower():
        case "identity":
            return body
        case "gzip":
            return unpacked(body, most_bytes)
        case _:
            raise Refused(415, "the body's encoding is not known", "send it as gzip")


async def _received(request: Request, most_bytes: int) -> bytes:
    parts, size = list[bytes](), 0
    async for part in request.stream():
        size += len(part)
        if size > most_bytes:
            raise _too_large(most_bytes)
        parts.append(part)
    return b"".join(parts)


def unpacked(packed: bytes, most_bytes: int) -> bytes:
    """Return what gzip packed, up to a limit: a small body may hold gigabytes. Raises Refused."""
    unpacking = zlib.decompressobj(_GZIP)
    try:
        body = unpacking.decompress(packed, most_bytes + 1)
    except zlib.error as error:
        raise Refused(400, "the body is no gzip") from error
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    if not unpacking.eof or unpacking.unused_data:
        raise Refused(400, "the body is not one whole gzip")
    return body


def read_object(body: bytes, shape: type[Any]) -> Any:  # noqa: ANN401 - whatever `shape` is
    """Return a body as a struct. Raises Refused, without repeating what was sent."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(422, "the body is not as documented", "GET /openapi.json") from error


def _too_large(most_bytes: int) -> Refused:
    return Refused(413, f"a body has at most {most_bytes} bytes")
