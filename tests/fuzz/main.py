"""Fuzz all parsers, one after the other, and print one table. Ends with 1 if one is broken.

    PYTHONPATH=tests python -m fuzz.main [--seconds 60] [--folder .fuzz] [TARGET …]

Atheris (libFuzzer) watches which branches an input reaches. Where it cannot be had, hypothesis
tries inputs made from the seeds, and the reason is printed.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzz.run import names

ROOT = Path(__file__).parents[2]
SOURCES = os.pathsep.join(str(ROOT / name) for name in ("companion", "tui", "hooks", "tests"))
GRACE_S = 600  # seeds and large inputs, before the fuzzing itself


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one target did."""

    name: str
    known: int  # seeds and large inputs
    tried: int  # inputs that the engine made
    took_s: float
    end: str  # of its output, if it is broken


def missing_atheris() -> str:
    """Return why there is no atheris, "" where there is one."""
    if importlib.util.find_spec("atheris") is None:
        version = ".".join(map(str, sys.version_info[:2]))
        return f"no atheris for Python {version} on {sys.platform} is installed"
    return ""


def fuzzed(name: str, seconds: int, folder: Path, engine: str) -> Outcome:
    """Fuzz one target in a process of its own."""
    start = time.monotonic()
    command = [sys.executable, "-m", "fuzz.run", name, str(seconds), str(folder / name), engine]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([SOURCES, _others()])}
    run = subprocess.run(
        command,
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds + GRACE_S,
        check=False,
    )
    return Outcome(
        name=name,
        known=_number(r"^known (\d+)", run.stdout),
        tried=_number(r"stat::number_of_executed_units: *(\d+)", run.stdout),
        took_s=time.monotonic() - start,
        end="" if run.returncode == 0 else run.stdout[-4000:],
    )


def _others() -> str:
    return os.environ.get("PYTHONPATH", "")


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text, re.MULTILINE)
    return int(found[1]) if found else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz what the command line names; return the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz.main", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(names())}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".fuzz", help="what is kept (.fuzz)")
    parser.add_argument("--engine", choices=["atheris", "hypothesis"], help="instead of the best")
    args = parser.parse_args(argv)
    if unknown := set(args.targets) - set(names()):
        parser.error(f"no target {', '.join(sorted(unknown))}")
    why = "" if args.engine else missing_atheris()
    if why:
        print(f"SKIPPED atheris: {why}; hypothesis instead", flush=True)
    engine = args.engine or ("hypothesis" if why else "atheris")
    outcomes = []
    for name in args.targets or names():
        found = fuzzed(name, args.seconds, args.folder.resolve(), engine)
        outcomes.append(found)
        word = "BROKEN" if found.end else "ok"
        counts = f"{found.known:>6,} known {found.tried:>12,} made by {engine}"
        print(f"{found.name:<14} {word:<6} {counts} in {found.took_s:.0f} s", flush=True)
        if found.end:
            print(found.end)
    return int(any(found.end for found in outcomes))


if __name__ == "__main__":
    sys.exit(main())
