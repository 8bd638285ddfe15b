"""Folders as one small file: the same files give the same bytes, whoever packs them."""

import io
import lzma
import tarfile
from pathlib import Path

_MTIME = 1_795_323_600  # 2026-11-22 05:00 UTC; a real time would change the archive each time


def pack(files: dict[str, bytes], archive: Path) -> None:
    """Write `files` (relative name -> content) as a .tar.xz."""
    with (
        lzma.open(archive, "wb", preset=9 | lzma.PRESET_EXTREME) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as tar,
    ):
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), _MTIME
            tar.addfile(entry, io.BytesIO(content))


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a .tar.xz below `folder`, which is made; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder
