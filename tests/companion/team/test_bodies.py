"""Bodies are read and unpacked up to a limit, whatever they pretend to be."""

import asyncio
import gzip
from collections.abc import MutableMapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from aicost.team.bodies import Refused, read_body, read_object, unpacked

LIMIT = 1_000


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What a request may hold."""

    code: str


@pytest.mark.parametrize(
    ("then", "status"), [({"type": "http.disconnect"}, 400), (None, 408)], ids=["gone", "silent"]
)
async def test_who_sends_a_part_and_no_more_is_not_waited_for(
    then: dict[str, str] | None, status: int
) -> None:
    parts = [{"type": "http.request", "body": b"{", "more_body": True}, then]

    async def receive() -> MutableMapping[str, Any]:
        part = parts.pop(0)
        return part if part is not None else await asyncio.Future()

    request = Request({"type": "http", "method": "PUT", "headers": []}, receive)
    with pytest.raises(Refused) as refused:
        await read_body(request, LIMIT, most_s=0.01)
    assert refused.value.status == status


@given(st.binary(max_size=LIMIT))
def test_what_was_packed_comes_out_again(body: bytes) -> None:
    assert unpacked(gzip.compress(body), LIMIT) == body


@pytest.mark.parametrize(
    ("packed", "status"),
    [
        (gzip.compress(b"x" * LIMIT), 200),
        (gzip.compress(b"x" * (LIMIT + 1)), 413),
        (gzip.compress(b"x" * 10_000_000), 413),
        (gzip.compress(b"abc")[:-1], 400),
        (gzip.compress(b"abc") + b"x", 400),
        (gzip.compress(b"abc") * 2, 400),
        (b"", 400),
        (b"no gzip", 400),
    ],
)
def test_limits_and_damage_are_refused(packed: bytes, status: int) -> None:
    if status == 200:
        assert len(unpacked(packed, LIMIT)) == LIMIT
        return
    with pytest.raises(Refused) as refused:
        unpacked(packed, LIMIT)
    assert refused.value.status == status


@given(st.binary(max_size=100))
def test_any_bytes_are_unpacked_or_refused(packed: bytes) -> None:
    try:
        assert len(unpacked(packed, LIMIT)) <= LIMIT
    except Refused as refused:
        status = refused.status
        assert status in (400, 413)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"code": 1}', b'{"code":"SECRET","x":1}'])
def test_an_object_of_another_shape_is_refused_without_a_word_of_it(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_object(body, Asked)
    assert refused.value.status == 422
    assert "SECRET" not in f"{refused.value.error}{refused.value.hint}"


def test_an_object_is_read() -> None:
    assert read_object(b'{"code": "abc"}', Asked).code == "abc"
