"""aicost beside ccusage and tokscale on a gigabyte of logs; prints one table. Asserts nothing.

    PYTHONPATH=tests python -m bench.main [--quick] [--large] [--only PARTS] [--profile]

The logs are grown from the home that AICOST_CORPUS names, else from the excerpt in tests/data.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import (
    appends,
    first_read,
    gate,
    large,
    ledger,
    prompts,
    resident,
    screen,
    second_pass,
    statusline,
    storm,
    team,
)
from bench.grow import MIB, corpus
from bench.ours import ROOT, install_ours
from bench.peers import CCUSAGE, TOKSCALE, Peer, PeerMissing, find_peer
from bench.setting import Bench, Sizes, Skipped
from bench.stages import time_stages
from bench.table import Figure, render
from lab.archive import unpack

from aicost.core.errors import AicostError

CACHE = ROOT / ".bench"
EXCERPT = ROOT / "tests" / "data" / "real_excerpt" / "home.tar.xz"
LARGE_FACTOR = 10
PARTS: Mapping[str, Callable[[Bench], list[Figure]]] = {
    "first-read": first_read.measure,
    "evidence": second_pass.measure,
    "rest": resident.measure_rest,
    "restart": resident.measure_restart,
    "answers": resident.measure_answers,
    "starts": resident.measure_starts,
    "gate": gate.measure,
    "statusline": statusline.measure,
    "prompts": prompts.measure,
    "ledger": ledger.measure,
    "appends": appends.measure,
    "screen": screen.measure,
    "storm": storm.measure,
    "large": large.measure,
    "team": team.measure,
}
USUAL = {"mib": 1024, "rounds": 5, "starts": 15, "idle_s": 30.0, "appends": 200, "storm_s": 60.0,
         "developers": 2_000, "documents": 1_000}  # fmt: skip
QUICK = {"mib": 64, "rounds": 2, "starts": 5, "idle_s": 5.0, "appends": 50, "storm_s": 10.0,
         "developers": 200, "documents": 200}  # fmt: skip


def main() -> None:
    """Measure and print."""
    asked = parse(sys.argv[1:])
    CACHE.mkdir(exist_ok=True)
    source = source_home()
    home = corpus(source, CACHE, asked.mib)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        bench = Bench(
            source=source,
            home=home,
            cache=CACHE,
            scratch=Path(scratch),
            ours=install_ours(CACHE),
            peers={peer.name: found_or_why(peer) for peer in (CCUSAGE, TOKSCALE)},
            sizes=Sizes(
                mib=asked.mib,
                large_mib=LARGE_FACTOR * asked.mib if asked.large else 0,
                rounds=asked.rounds,
                starts=asked.starts,
                idle_s=asked.idle_s,
                appends=asked.appends,
                storm_s=asked.storm_s,
                developers=asked.developers,
                documents=asked.documents,
            ),
        )
        print(described(home), flush=True)
        figures = run_parts(bench, asked.only)
    if figures:
        print(f"\n{render(figures)}")
    if asked.profile:
        print_stages(home)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small version of everything")
    parser.add_argument("--large", action="store_true", help="also ten times the logs")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PARTS", help="of: %(default)s")
    parser.add_argument("--profile", action="store_true", help="say where a first read's time goes")
    parser.add_argument("--mib", type=int, help="size of the corpus")
    parser.add_argument("--rounds", type=int, help="measured runs of what takes seconds")
    parser.add_argument("--starts", type=int, help="measured runs of what takes milliseconds")
    parser.add_argument("--idle-s", type=float, help="how long to watch the daemon do nothing")
    parser.add_argument("--appends", type=int, help="calls written one by one")
    parser.add_argument("--storm-s", type=float, help="how long many sessions write at once")
    parser.add_argument("--developers", type=int, help="of a team whose reports are asked for")
    parser.add_argument("--documents", type=int, help="days sent to a team's server")
    parser.set_defaults(**(QUICK if "--quick" in arguments else USUAL))
    asked = parser.parse_args(arguments)
    asked.only = asked.only.split(",")
    if unknown := set(asked.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return asked


def source_home() -> Path:
    """Return the agent's folder to grow logs from."""
    if named := os.environ.get("AICOST_CORPUS"):
        return Path(named) / ".claude"
    folder = CACHE / "excerpt"
    if not folder.exists():
        unpack(EXCERPT, folder)
    return folder / ".claude"


def found_or_why(peer: Peer) -> Path | str:
    """Return a peer's binary, or why there is none."""
    try:
        return find_peer(peer, CACHE)
    except PeerMissing as reason:
        return str(reason)


def described(home: Path) -> str:
    """Say what is measured on."""
    sizes = [path.stat().st_size for path in home.glob("projects/**/*.jsonl")]
    text = f"{sum(sizes) / MIB:,.0f} MiB in {len(sizes):,} logs, {os.cpu_count()} cores"
    if not os.environ.get("AICOST_CORPUS"):
        text += "; grown from short excerpts: the bounds are meant for real logs (AICOST_CORPUS)"
    return text


def run_parts(bench: Bench, names: Sequence[str]) -> list[Figure]:
    """Run parts in their order; say of each what became of it. Returns all figures."""
    figures: list[Figure] = []
    for name, measure in PARTS.items():
        if name not in names:
            print(f"SKIPPED {name}: not asked for", flush=True)
            continue
        start = time.monotonic()
        try:
            figures += measure(bench)
        except Skipped as reason:
            print(f"SKIPPED {name}: {reason}", flush=True)
        except (AicostError, RuntimeError) as error:  # the other parts' figures still count
            print(f"FAILED {name}: {error}", flush=True)
        else:
            print(f"RAN {name} in {time.monotonic() - start:,.0f} s", flush=True)
    return figures


def print_stages(home: Path) -> None:
    """Print where a first read's processor time goes."""
    print("\nstages of a first read, one process, one after another:")
    for name, value in time_stages(home).items():
        print(f"  {value:6.2f} s  {name}")


if __name__ == "__main__":
    main()
