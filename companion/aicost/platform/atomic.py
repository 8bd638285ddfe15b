"""Files replaced at once: who reads one sees the old content or the new, never a part."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a file whole, or leave it as it was. Raises OSError.

    Where the path is a link, the file that it leads to is replaced and the link stays. `mode` is
    the file's then; without one it keeps its own, and a new file is the user's alone (0600). An
    owner is kept as far as this user may. Folders above it are made (0700).
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        found = target.stat()
    except FileNotFoundError:
        found = None
    bits = mode if mode is not None else stat.S_IMODE(found.st_mode) if found else 0o600
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)  # (of a process that was killed, and had our number)
    try:
        with open(temporary, "xb", opener=_private) as file:
            file.write(content)
            file.flush()
            if found and (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
                with suppress(PermissionError):  # only root may give a file away
                    os.fchown(file.fileno(), found.st_uid, found.st_gid)
            os.fchmod(file.fileno(), bits)
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
