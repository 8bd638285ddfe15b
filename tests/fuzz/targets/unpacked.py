"""Logs that an agent compressed."""

import sys
from io import BytesIO

from fuzz.target import Target, cut_by_head, with_head

from aicost.daemon.unpacking import Unpacked

if sys.version_info >= (3, 14):
    from compression.zstd import compress
else:
    from backports.zstd import compress

CHUNK_BYTES = 4096
MOST_BYTES = 8 * 2**20  # a few bytes may stand for gigabytes: nobody needs all of them here


def check(content: bytes) -> None:
    """Any bytes unpack to bounded pieces, and end."""
    stream, _ = cut_by_head(content)
    unpacked, read = Unpacked(BytesIO(stream)), 0
    while read < MOST_BYTES and (piece := unpacked.read(CHUNK_BYTES)):
        assert len(piece) <= CHUNK_BYTES
        read += len(piece)


TARGET = Target(
    name="unpacked",
    modules=("aicost.daemon.unpacking",),
    seeds=lambda: [
        with_head(frame)
        for frame in (
            compress(b'{"type":"x"}\n' * 50),
            compress(b"one\n") + compress(b"two\n"),
            compress(b"\n" * 2**20),
            compress(b"cut off" * 50)[:-5],
        )
    ],
    check=check,
)
