"""Replace a file that others read: they see the old bytes or the new ones, never a part."""

import os
import secrets
from pathlib import Path


def write_atomic(path: Path, content: bytes, *, mode: int = 0o600, durable: bool = False) -> None:
    """Write `content` to `path` in one step. Raises OSError; then nothing is left behind.

    `durable` waits for the disk: for what cannot be made again. A link is replaced, not followed.
    """
    temp = path.with_name(f".{path.name[:64]}.{secrets.token_hex(6)}.tmp")
    try:
        descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temp.replace(path)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
