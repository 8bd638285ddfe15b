"""Ten times the logs: the time may grow with them, the memory may not."""

import shutil
from functools import partial

from bench.daemon import running
from bench.first_read import first_read, peak_of_first_read
from bench.grow import MIB, corpus, corpus_path
from bench.measuring import alternating, timed
from bench.resident import WARM_REPORT_AT_MOST, beside_bare
from bench.setting import Bench, Skipped
from bench.table import Figure

MB = 10**6
RATIO_PER_SIZE_AT_MOST = 1.05
PEAK_AT_MOST_MB = 200
SPARE_MIB = 4 * 1024  # for ledgers, and for whoever else writes


def measure(bench: Bench) -> list[Figure]:
    """Measure first reads and a warm report of a large corpus beside those of the usual one."""
    mib, small_mib = bench.sizes.large_mib, bench.sizes.mib
    check_room(bench, mib)
    home = corpus(bench.source, bench.cache, mib, smaller=bench.home)
    found = alternating(
        {
            "large": partial(first_read, bench, home),
            "usual": partial(first_read, bench, bench.home),
        },
        bench.sizes.rounds,
    )
    peak = peak_of_first_read(bench, home)
    profile = bench.scratch / "large"
    env = bench.environment(profile, [home])
    with running(bench, profile, [home]) as daemon:
        daemon.report()
        daemon.settle()
        warm = alternating(
            {
                "bare": partial(timed, bench.python("-c", "pass"), env),
                "script": partial(timed, bench.aicost("report"), env),
            },
            bench.sizes.starts,
        )
    return [
        Figure(
            what=f"first read of {mib:,} MiB",
            value=found["large"][0],
            beside=found["usual"][0],
            beside_what=f"of {small_mib:,} MiB",
            at_most=RATIO_PER_SIZE_AT_MOST * mib / small_mib,
        ),
        Figure(
            what=f"first read of {mib:,} MiB, memory of all processes",
            value=peak / MB,
            unit="MB",
            at_most=PEAK_AT_MOST_MB,
        ),
        beside_bare(
            f"warm aicost report on {mib:,} MiB",
            warm["script"][0],
            warm["bare"][0],
            WARM_REPORT_AT_MOST,
        ),
    ]


def check_room(bench: Bench, mib: int) -> None:
    """Raise Skipped if a large corpus is not asked for, or does not fit on the disk."""
    if not mib:
        raise Skipped("not asked for: --large")
    if corpus_path(bench.source, bench.cache, mib).exists():
        return
    free_mib = shutil.disk_usage(bench.cache).free // MIB
    if free_mib < mib + SPARE_MIB:
        raise Skipped(f"{free_mib:,} MiB of disk are free, it takes {mib + SPARE_MIB:,}")
