"""Bodies are read and unpacked up to a limit, whatever they pretend to be."""

import gzip

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.team.bodies import Refused, read_object, unpacked

LIMIT = 1_000


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What a request may hold."""

    code: str


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
