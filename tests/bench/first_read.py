"""Reading everything with nothing prepared: beside what the peers do at each report or at first."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.measuring import Run, alternating, peak_bytes, timed
from bench.peers import CCUSAGE, TOKSCALE, Peer
from bench.setting import LEDGER, Bench, Skipped
from bench.table import Figure
from lab.oracle import read_home

MB = 10**6
AT_MOST = {CCUSAGE.name: 1.0, TOKSCALE.name: 0.4}

Json = dict[str, Any]


def first_read(bench: Bench, home: Path) -> Run:
    """Report without a daemon and without a ledger: all tokens and dollars, synced to disk.

    What it gives is the same report as JSON, with nothing read after it.
    """
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        profile = Path(folder)
        env = bench.environment(profile, [home])
        run = timed(bench.aicost("report"), env)
        check_synced(profile / LEDGER)
        found = timed(bench.aicost("report", "--no-wait", "--json"), env).output
    if json.loads(found)["pending_bytes"]:
        raise RuntimeError("the first read is not complete")
    return replace(run, output=found)


def check_synced(ledger: Path) -> None:
    """Raise RuntimeError if a ledger is not on the disk as a whole: its time would say nothing."""
    log_of_writes = ledger.with_name(f"{ledger.name}-wal")
    if not ledger.exists() or log_of_writes.exists():
        raise RuntimeError("the first read is not synced to disk")


def ccusage_report(bench: Bench) -> Run:
    """Let ccusage report; it has no store, so each run reads everything."""
    return timed(_ccusage(bench), bench.environment(bench.scratch))


def _ccusage(bench: Bench) -> list[str]:
    return [bench.peer(CCUSAGE), "claude", "daily", "--json", "--offline"]


def tokscale_first_run(bench: Bench) -> Run:
    """Let tokscale report in a home where it never ran, so it has no cache yet.

    It may not fetch prices: what is measured needs no network. So its dollars are 0.
    """
    command = [bench.peer(TOKSCALE), "models", "--json", "--no-spinner", "--client", "claude"]
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        (Path(folder) / ".claude").symlink_to(bench.home)
        env = bench.environment(bench.scratch) | {
            "HOME": folder,
            "TOKSCALE_PRICING_CACHE_ONLY": "1",
        }
        return timed(command, env)


def measure(bench: Bench) -> list[Figure]:
    """Measure first reads beside the peers'."""
    runs: dict[str, Callable[[], Run]] = {"aicost": partial(first_read, bench, bench.home)}
    runs |= _peers(bench)
    found = alternating(runs, bench.sizes.rounds)
    if CCUSAGE.name in runs:
        print_totals(bench)
    (wall, cpu), figures = found.pop("aicost"), list[Figure]()
    for name, (peer_wall, peer_cpu) in found.items():
        figures += [
            Figure(
                what="first read",
                value=wall,
                beside=peer_wall,
                beside_what=_named(name),
                at_most=AT_MOST[name],
            ),
            Figure(
                what="first read, processor",
                value=cpu,
                beside=peer_cpu,
                beside_what=_named(name),
            ),
        ]
    return [*figures, _peak(bench)]


def _peers(bench: Bench) -> dict[str, Callable[[], Run]]:
    """Return the runs of those peers that there are; say which are not."""
    known: Mapping[Peer, Callable[[Bench], Run]] = {
        CCUSAGE: ccusage_report,
        TOKSCALE: tokscale_first_run,
    }
    found: dict[str, Callable[[], Run]] = {}
    for peer, run in known.items():
        try:
            bench.peer(peer)
        except Skipped as reason:
            print(f"SKIPPED {peer.name}: {reason}")
        else:
            found[peer.name] = partial(run, bench)
    return found


def _named(peer: str) -> str:
    return {"tokscale": "tokscale, first run"}.get(peer, peer)


def _peak(bench: Bench) -> Figure:
    beside = None
    if isinstance(bench.peers[CCUSAGE.name], Path):
        beside = peak_bytes(_ccusage(bench), bench.environment(bench.scratch)) / MB
    return Figure(
        what="first read, memory of all processes",
        value=peak_of_first_read(bench, bench.home) / MB,
        unit="MB",
        beside=beside,
        beside_what=CCUSAGE.name if beside else "",
    )


def peak_of_first_read(bench: Bench, home: Path) -> int:
    """Return the peak memory of a first read, workers included."""
    with tempfile.TemporaryDirectory(dir=bench.scratch) as profile:
        return peak_bytes(bench.aicost("report"), bench.environment(Path(profile), [home]))


def print_totals(bench: Bench) -> None:
    """Print all totals, the plainest reading's too: a faster read of fewer tokens is no win."""
    ours: Json = json.loads(first_read(bench, bench.home).output)["total"]
    theirs: Json = json.loads(ccusage_report(bench).output)["totals"]
    truth = read_home(bench.home)
    plain = truth.total()
    rows = {
        "calls": (ours["requests"], None, len(truth.calls)),
        "input": (ours["input_tokens"], theirs["inputTokens"], plain.input_tokens),
        "cache read": (
            ours["cache_read_tokens"],
            theirs["cacheReadTokens"],
            plain.cache_read_tokens,
        ),
        "cache write": (
            ours["cache_write_5m_tokens"] + ours["cache_write_1h_tokens"],
            theirs["cacheCreationTokens"],
            plain.cache_write_5m_tokens + plain.cache_write_1h_tokens,
        ),
        "output": (ours["output_tokens"], theirs["outputTokens"], plain.output_tokens),
        "cents": (round(ours["cost_usd"] * 100), round(theirs["totalCost"] * 100), None),
    }
    print(f"{'':<12}{'aicost':>16}{CCUSAGE.name:>16}{'oracle':>16}")
    for name, values in rows.items():
        shown = "".join(f"{'' if value is None else format(value, ','):>16}" for value in values)
        is_same = len({value for value in values if value is not None}) == 1
        print(f"{name:<12}{shown}  {'the same' if is_same else 'DIFFERENT'}")
