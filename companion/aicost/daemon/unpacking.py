"""Read a log that its agent compressed (zstd), in bounded memory."""

import sys

from aicost.daemon.reading import Chunks

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError
else:
    from backports.zstd import ZstdDecompressor, ZstdError

_READ_BYTES = 128 * 1024


class Unpacked:
    """The bytes in a file of one or more zstd frames."""

    def __init__(self, packed: Chunks) -> None:
        self._packed = packed
        self._decompressor = ZstdDecompressor()
        self.is_damaged = False

    def read(self, size_bytes: int) -> bytes:
        """Return up to that many of the next bytes, b"" at the end and where it is damaged.

        Raises OSError.
        """
        while not self.is_damaged:
            if self._decompressor.eof:  # another frame may follow
                rest = self._decompressor.unused_data
                self._decompressor = ZstdDecompressor()
            else:
                rest = b""
            if self._decompressor.needs_input and not rest:
                rest = self._packed.read(_READ_BYTES)
                if not rest:
                    return b""  # (a frame that was cut gives what it holds)
            try:
                found = self._decompressor.decompress(rest, size_bytes)
            except ZstdError:
                self.is_damaged = True
            else:
                if found:
                    return found
        return b""
