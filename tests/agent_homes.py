"""Homes of both agents for tests of the installing, and programs that stand in for the agents."""

import os
import sys
from pathlib import Path

from aicost_hooks.install import Places


def places_in(root: Path, *, path: Path | None = None, system: str = "linux") -> Places:
    """Return places below a folder; agents' programs are looked for in `path` only."""
    (root / "cwd").mkdir(exist_ok=True)
    return Places(
        data_dir=root / "data",
        cwd=root / "cwd",
        homes={"claude": (root / ".claude", root / "other"), "codex": (root / ".codex",)},
        env={"PATH": str(path or root / "no programs"), "HOME": str(root)},
        system=system,
    )


def stand_in(folder: Path, agent: str, version: str) -> Path:
    """Write a program that only knows its version; return its folder, for PATH."""
    folder.mkdir(exist_ok=True)
    program = folder / agent
    program.write_text(
        f"#!{sys.executable}\nimport sys\nif '--version' in sys.argv: print({version!r})\n"
    )
    program.chmod(0o755)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by name."""
    return {
        os.path.relpath(path, folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
