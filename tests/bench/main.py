"""aicost beside ccusage on a gigabyte of logs, in one run; prints one table. Nothing is asserted.

    PYTHONPATH=tests python -m bench.main [--mib 1024] [--rounds 5] [--idle-s 30] [--profile]

The logs are grown from the home that AICOST_CORPUS names, else from the excerpt in tests/data.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.grow import MIB, grow
from bench.measuring import Run, alternating, idle, peak_rss_bytes, timed
from bench.peer import VERSION as PEER_VERSION
from bench.peer import PeerMissing, find_peer
from lab.archive import unpack

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".bench"
START_ROUNDS = 15  # of what takes milliseconds
SOURCES = os.pathsep.join(str(ROOT / name) for name in ("companion", "tui", "hooks"))


@dataclass(frozen=True, slots=True)
class Bench:
    """One corpus, one scratch folder, and the two programs."""

    home: Path  # the agents' folder with the grown logs
    scratch: Path
    peer: Path | None

    def environment(self, profile: Path) -> dict[str, str]:
        """Return what every measured process sees."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.scratch),
            "CLAUDE_CONFIG_DIR": str(self.home),
            "AICOST_HOME": str(profile),
            "PYTHONPATH": SOURCES,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }

    def aicost(self, *arguments: str) -> list[str]:
        """Return the command line of aicost."""
        return [sys.executable, "-m", "aicost", *arguments]

    def first_read(self) -> Run:
        """Report without a daemon and without a ledger."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as profile:
            return timed(self.aicost("report", "--json"), self.environment(Path(profile)))

    def peer_report(self) -> Run:
        """Let the peer report; it has no store, so each run reads everything."""
        return timed(self.peer_command(), self.environment(self.scratch))

    def peer_command(self) -> list[str]:
        """Return the command line of the peer."""
        return [str(self.peer), "claude", "daily", "--json", "--offline"]


Row = tuple[str, str, str, str]  # what, aicost, peer, aicost / peer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mib", type=int, default=1024, help="size of the corpus")
    parser.add_argument("--rounds", type=int, default=5, help="measured runs of each")
    parser.add_argument("--idle-s", type=float, default=30.0, help="how long to watch the daemon")
    parser.add_argument("--profile", action="store_true", help="say where a first read's time goes")
    asked = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    try:
        peer = find_peer(CACHE)
    except PeerMissing as reason:
        print(f"SKIPPED the peer: {reason}")
        peer = None
    home = corpus(asked.mib)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        bench = Bench(home, Path(scratch), peer)
        rows = [*read_rows(bench, asked.rounds), *daemon_rows(bench, asked.rounds, asked.idle_s)]
        rows += start_rows(bench)
    print_table(rows, ("", "aicost", f"ccusage {PEER_VERSION}", "ratio"))
    if asked.profile:
        print_stages(home)


def corpus(mib: int) -> Path:
    """Return the agents' folder of a corpus of this size, grown if it is not there yet."""
    named = os.environ.get("AICOST_CORPUS")
    home = CACHE / f"{'corpus' if named else 'excerpt'}-{mib}-mib"
    if not home.exists():
        with tempfile.TemporaryDirectory() as folder:
            excerpt = ROOT / "tests" / "data" / "real_excerpt" / "home.tar.xz"
            source = Path(named) if named else unpack(excerpt, Path(folder))
            print(f"growing {mib} MiB of logs", file=sys.stderr)
            grow(source / ".claude", home, mib * MIB)
    files = list(home.glob("projects/**/*.jsonl"))
    size = sum(path.stat().st_size for path in files)
    print(f"{size / MIB:,.0f} MiB in {len(files):,} logs, {os.cpu_count()} cores")
    return home


def read_rows(bench: Bench, rounds: int) -> list[Row]:
    """Measure reading everything, with nothing prepared."""
    runs = {"aicost": bench.first_read}
    peaks = [aicost_peak(bench)]
    if bench.peer:
        runs["peer"] = bench.peer_report
        peaks.append(peak_rss_bytes(bench.peer_command(), bench.environment(bench.scratch)))
        compare_totals(bench)
    found = alternating(runs, rounds)
    walls, cpus = zip(*found.values())
    return [
        row("first read, wall", walls, "s"),
        row("first read, processor", cpus, "s"),
        row("first read, peak memory", [peak / MIB for peak in peaks], "MiB"),
    ]


def aicost_peak(bench: Bench) -> int:
    """Return the peak memory of a first read, workers included."""
    with tempfile.TemporaryDirectory(dir=bench.scratch) as profile:
        return peak_rss_bytes(bench.aicost("report", "--json"), bench.environment(Path(profile)))


def compare_totals(bench: Bench) -> None:
    """Print both totals: a faster read of fewer tokens would be no win."""
    ours = json.loads(bench.first_read().output)["total"]
    theirs = json.loads(bench.peer_report().output)["totals"]
    written = ours["cache_write_5m_tokens"] + ours["cache_write_1h_tokens"]
    pairs = {
        "input": (ours["input_tokens"], theirs["inputTokens"]),
        "cache read": (ours["cache_read_tokens"], theirs["cacheReadTokens"]),
        "cache write": (written, theirs["cacheCreationTokens"]),
        "output": (ours["output_tokens"], theirs["outputTokens"]),
        "cents": (round(ours["cost_usd"] * 100), round(theirs["totalCost"] * 100)),
    }
    print(f"tokens and cost by aicost and by ccusage ({ours['requests']:,} calls by aicost):")
    for name, (own, other) in pairs.items():
        print(f"  {name:<12}{own:>16,}{other:>16,}{own / max(1, other):>8.3f}")


def daemon_rows(bench: Bench, rounds: int, idle_s: float) -> list[Row]:
    """Measure what the running daemon answers and costs."""
    profile = bench.scratch / "daemon"
    env = bench.environment(profile)
    timed(bench.aicost("daemon", "start"), env)
    try:
        timed(bench.aicost("report", "--json"), env)  # waits for the first read
        status = json.loads(timed(bench.aicost("daemon", "status", "--json"), env).output)
        rest = idle(status["pid"], idle_s)
        runs: dict[str, Callable[[], Run]] = {
            "aicost": partial(timed, bench.aicost("report", "--json"), env)
        }
        if bench.peer:
            runs["peer"] = bench.peer_report
        walls = [wall for wall, _ in alternating(runs, rounds).values()]
    finally:
        timed(bench.aicost("daemon", "stop"), env)
    return [
        row("warm report, wall", walls, "s"),
        row("daemon after the read, memory", [rest.rss_bytes / MIB], "MiB"),
        row(f"daemon idle over {idle_s:g} s, of a core", [rest.cpu_share * 100], "%"),
    ]


def start_rows(bench: Bench) -> list[Row]:
    """Measure what a start costs at least."""
    env = bench.environment(bench.scratch)
    python = [sys.executable, "-c", "pass"]
    found = alternating(
        {
            "version": partial(timed, bench.aicost("--version"), env),
            "bare": partial(timed, python, env),
        },
        START_ROUNDS,
    )
    (version, _), (bare, _) = found["version"], found["bare"]
    return [row("aicost --version", [version], "s"), row("python -c pass", [bare], "s")]


def row(what: str, values: Sequence[float], unit: str) -> Row:
    """Return a line of the table: ours, the peer's if it was measured, and the ratio."""
    shown = [f"{value:.3f} {unit}" if value < 10 else f"{value:,.1f} {unit}" for value in values]
    if len(values) < 2:
        return what, shown[0], "", ""
    return what, shown[0], shown[1], f"{values[0] / values[1]:.2f}"


def print_table(rows: Sequence[Row], head: Row) -> None:
    """Print aligned columns, figures to the right."""
    widths = [max(len(line[at]) for line in [head, *rows]) for at in range(len(head))]
    for line in [head, *rows]:
        figures = [text.rjust(width) for text, width in zip(line[1:], widths[1:])]
        print("  ".join([line[0].ljust(widths[0]), *figures]).rstrip())


def print_stages(home: Path) -> None:
    """Print where a first read's processor time goes."""
    sys.path[:0] = SOURCES.split(os.pathsep)
    from bench.stages import time_stages

    seconds = time_stages(home)
    print("\nstages of a first read, one process, one after another:")
    for name, value in seconds.items():
        print(f"  {value:6.2f} s  {name}")


if __name__ == "__main__":
    main()
