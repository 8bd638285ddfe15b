"""The wheel, built and installed for real: everything is in it, nothing else is, and it runs."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import aicost
from aicost.core.shell_code import FILES, READER

ROOT = Path(__file__).parents[1]
PACKAGES = [
    ROOT / "companion" / "aicost",
    ROOT / "tui" / "aicost_tui",
    ROOT / "hooks" / "aicost_hooks",
]


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a command to its good end; return its stdout."""
    ended = subprocess.run(
        command, cwd=cwd, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel once, outside the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a folder of its own; its libraries come from this environment."""
    folder = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "-qq", "--target")
    run(*pip, folder, wheel, cwd=folder)
    return folder


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    """Data files too: prices, stylesheets, the recorded day, type markers."""
    sources = {
        path.relative_to(package.parent).as_posix()
        for package in PACKAGES
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources - names_in(wheel) == set()


def test_the_shell_files_are_installed_as_data(installed: Path) -> None:
    shell = ROOT / "shell"
    files = [path.relative_to(shell) for path in shell.rglob("*") if path.is_file()]
    assert files
    for file in files:
        data = (installed / "share" / "aicost" / "shell" / file).read_bytes()
        assert data == (shell / file).read_bytes()


def test_nothing_but_the_packages_is_in_the_wheel(wheel: Path) -> None:
    own = f"aicost-{aicost.__version__}"
    tops = {name.partition("/")[0] for name in names_in(wheel)}
    allowed = {package.name for package in PACKAGES} | {f"{own}.dist-info", f"{own}.data"}
    assert tops <= allowed


def test_the_wheel_names_its_licence_and_python(wheel: Path) -> None:
    own = f"aicost-{aicost.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{own}/METADATA").decode()
        assert archive.read(f"{own}/licenses/LICENSE").startswith(b"MIT License")
    assert "License-Expression: MIT\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata


def test_the_installed_command_runs_from_the_wheel(installed: Path, home: Path) -> None:
    """In a foreign folder, as users do, with the checkout out of sight."""
    aicost_command = installed / "bin" / "aicost"
    version = run(aicost_command, "--version", cwd=home, PYTHONPATH=str(installed))
    assert version == f"aicost {aicost.__version__}\n"


def test_the_installed_command_finds_its_files_for_shells(installed: Path, home: Path) -> None:
    for name, file in FILES.items():
        code = run(installed / "bin" / "aicost", "init", name, cwd=home, PYTHONPATH=str(installed))
        assert code.splitlines()[0] == (ROOT / "shell" / file).read_text().splitlines()[0]
        assert f"{home}/.aicost/run/badge" in code
    assert str(installed / "share" / "aicost" / "shell" / READER) in code


def test_the_installed_hook_is_silent_and_never_in_the_way(installed: Path, home: Path) -> None:
    """Even when no daemon runs and the agent sends nothing that it understands."""
    hook, asked = installed / "bin" / "aicost-hook", ("gate", "claude", "PreToolUse")
    assert run(hook, *asked, cwd=home, PYTHONPATH=str(installed)) == ""


def test_the_installed_package_reads_its_own_data(installed: Path, home: Path) -> None:
    """A report on an empty home needs the price book, but neither logs nor a daemon."""
    report = run(
        installed / "bin" / "aicost", "report", "--json", cwd=home, PYTHONPATH=str(installed)
    )
    document = json.loads(report)
    assert document["rows"] == []
    assert document["price_book"]
