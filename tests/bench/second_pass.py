"""The second reading of the same logs: what the money was spent on.

python -m bench.second_pass HOME FOLDER     # both into a ledger in FOLDER; seconds as JSON
"""

import json
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from bench.first_read import ccusage_report
from bench.measuring import Run, alternating, timed
from bench.ours import ROOT
from bench.peers import CCUSAGE
from bench.setting import Bench, Skipped
from bench.table import Figure

AT_MOST = 3.0


def measure(bench: Bench) -> list[Figure]:
    """Measure the evidence reading beside a report of ccusage."""
    bench.peer(CCUSAGE)  # before anything is run
    runs = {
        "aicost": partial(evidence_reading, bench),
        CCUSAGE.name: partial(ccusage_report, bench),
    }
    found = alternating(runs, bench.sizes.rounds)
    (wall, cpu), (peer_wall, peer_cpu) = found["aicost"], found[CCUSAGE.name]
    return [
        Figure(
            what="evidence reading",
            value=wall,
            beside=peer_wall,
            beside_what=CCUSAGE.name,
            at_most=AT_MOST,
        ),
        Figure(
            what="evidence reading, processor",
            value=cpu,
            beside=peer_cpu,
            beside_what=CCUSAGE.name,
        ),
    ]


def evidence_reading(bench: Bench) -> Run:
    """Read all usage, then all evidence; return what the evidence took. Raises Skipped."""
    env = bench.environment(bench.scratch) | {"PYTHONPATH": str(ROOT / "tests")}
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        command = bench.python("-m", "bench.second_pass", str(bench.home), folder)
        said = json.loads(timed(command, env).output)
    if not said["logs"]:
        raise Skipped("this version reads no evidence in these logs")
    return Run(said["wall_s"], said["cpu_s"])


def read_both(home: Path, folder: Path) -> dict[str, float]:
    """Read usage, then evidence; return the seconds of the second. Raises RuntimeError."""
    from ledgers import opened  # here, so that the bench itself starts without

    with opened(folder, [home]) as engine:
        for _ in engine.read_all(engine.survey()):
            pass
        left = engine.survey().without_evidence
        cpu_s, start = _cpu_s(), time.perf_counter()
        for _ in engine.read(left):
            pass
        engine.settle()
        wall_s, cpu_s = time.perf_counter() - start, _cpu_s() - cpu_s
        if engine.survey().without_evidence:
            raise RuntimeError("the evidence reading is not complete")
    return {"wall_s": wall_s, "cpu_s": cpu_s, "logs": len(left)}


def _cpu_s() -> float:
    """Return the processor time of this process and of its ended workers."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    print(json.dumps(read_both(Path(sys.argv[1]), Path(sys.argv[2]))))
