"""The measured aicost: this checkout, installed into a venv of its own as users install it."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ours:
    """An installed aicost."""

    python: Path  # of the venv it is in
    script: Path  # the command `aicost`


def install_ours(cache: Path) -> Ours:
    """Install the checkout into `cache`/venv, with the dependencies of its lock.

    So what is measured has no link to the checkout, and edits meanwhile change nothing. Where
    that fails (without a network), the running Python's own installation is measured.
    """
    folder = cache / "venv"
    python = folder / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    try:
        if not python.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _run([sys.executable, "-m", "venv", folder])
        _run([*pip, "--require-hashes", "-r", "requirements.lock"])
        # By uv, as users install it: the command that an old pip writes imports `re` first.
        _run([*pip, "uv"])
        uv: list[str | Path] = [python, "-m", "uv", "pip", "install", "--python", python]
        _run([*uv, "--no-deps", "--no-build-isolation", "--reinstall", "."])
    except subprocess.CalledProcessError as error:
        said = str(error.stderr).strip().splitlines() or ["no reason given"]
        print(f"SKIPPED an installation of its own: {said[-1]}")
        python = Path(sys.executable)
    return Ours(python, python.with_name("aicost"))


def _run(command: list[str | Path]) -> None:
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
