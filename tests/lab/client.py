"""Finds the real clients, or installs them from npm into the checkout's `.lab/`."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

# Those that the recorded logs and the facts in the tests come from.
VERSION = "2.1.330"
CODEX_VERSION = "0.169.0"
CACHE = Path(__file__).parents[2] / ".lab"
_INSTALL_TIMEOUT_S = 600  # about 110 MB over a slow line
MACHINES = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class ClientMissing(Exception):
    """There is no client to run; the text says why."""


def find_client(cache: Path = CACHE) -> Path:
    """Return Claude Code's binary: CLAUDE_BIN, else the one in `cache`, else fetched from npm.

    Raises ClientMissing with the reason.
    """
    if named := _named("CLAUDE_BIN"):
        return named
    package = package_name(platform.system(), platform.machine())
    folder = cache / f"{package.rpartition('/')[2]}-{VERSION}"
    binary = folder / "node_modules" / package / "claude"
    if not binary.exists():
        install(package, VERSION, folder)
    binary.chmod(0o755)
    return binary


def find_codex(cache: Path = CACHE) -> Path:
    """Return Codex's binary: CODEX_BIN, else the one in `cache`, else fetched from npm.

    Raises ClientMissing with the reason.
    """
    if named := _named("CODEX_BIN"):
        return named
    folder = cache / f"codex-{CODEX_VERSION}"
    if not folder.exists():
        install("@openai/codex", CODEX_VERSION, folder)
    binary = next(folder.glob("node_modules/@openai/codex*/vendor/*/bin/codex"), None)
    if binary is None:
        raise ClientMissing(f"no native Codex for {platform.system()} on {platform.machine()}")
    binary.chmod(0o755)
    return binary


def _named(variable: str) -> Path | None:
    """Return the binary that a variable names, None if it names none. Raises ClientMissing."""
    named = os.environ.get(variable)
    if not named:
        return None
    if not os.access(named, os.X_OK):
        raise ClientMissing(f"{variable}: {named} cannot be run")
    return Path(named)


def package_name(system: str, machine: str) -> str:
    """Return the npm package of the native client for a platform.

    Raises ClientMissing where there is none.
    """
    if system not in ("Darwin", "Linux") or machine not in MACHINES:
        raise ClientMissing(f"no native Claude Code for {system} on {machine}")
    return f"@anthropic-ai/claude-code-{system.lower()}-{MACHINES[machine]}"


def install(package: str, version: str, folder: Path) -> None:
    """Install one npm package into `folder`, which is there afterwards whole or not at all.

    Raises ClientMissing if npm is missing or fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise ClientMissing("no npm to install it with")
    partial = folder.with_name(folder.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    soon = ("--fetch-retries=1", "--fetch-retry-mintimeout=2000")  # offline is no reason to wait
    command = [npm, "install", *quiet, *soon, "--prefix", str(partial), f"{package}@{version}"]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ClientMissing(f"npm took more than {_INSTALL_TIMEOUT_S} s") from error
    if run.returncode != 0:
        reason = next(iter(run.stderr.strip().splitlines()), f"status {run.returncode}")
        raise ClientMissing(f"npm could not install {package}@{version}: {reason}")
    partial.rename(folder)
