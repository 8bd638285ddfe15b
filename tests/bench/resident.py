"""The daemon that is already running: its memory, rest, restart, and how fast it answers."""

from functools import partial
from statistics import median

from bench.daemon import filled, running
from bench.measuring import alternating, timed
from bench.setting import Bench
from bench.table import Figure

MB = 10**6
RSS_AT_MOST_MB = 120
IDLE_AT_MOST_PERCENT = 0.5
RESTART_AT_MOST_S = 0.3
WARM_REPORT_AT_MOST = 3.0
VERSION_AT_MOST = 1.5
LONG_ANSWERS = ("report --json", "report --by session", "sessions", "turns")  # thousands of rows


def measure_rest(bench: Bench) -> list[Figure]:
    """Measure a daemon after its first read: memory, then doing nothing."""
    seconds = bench.sizes.idle_s
    with running(bench, bench.scratch / "rest") as daemon:
        daemon.read_usage()
        after_usage = daemon.rss_bytes()
        daemon.report()
        daemon.settle()
        at_rest = daemon.rss_bytes()
        idle = daemon.cpu_share(seconds)
        with daemon.watched():
            watched = daemon.cpu_share(seconds)
    return [
        Figure(
            what="daemon after reading all, memory",
            value=max(after_usage, at_rest) / MB,
            unit="MB",
            at_most=RSS_AT_MOST_MB,
        ),
        Figure(
            what=f"daemon idle over {seconds:g} s, of a core",
            value=idle * 100,
            unit="%",
            at_most=IDLE_AT_MOST_PERCENT,
        ),
        Figure(what="the same with a dashboard open", value=watched * 100, unit="%"),
    ]


def measure_restart(bench: Bench) -> list[Figure]:
    """Measure starts of the daemon with nothing changed, until its first complete report."""
    profile, cpu_s = filled(bench), list[float]()
    for number in range(bench.sizes.rounds + 1):
        with running(bench, profile) as daemon:
            daemon.report()
            if number:
                cpu_s.append(daemon.cpu_s())
    return [
        Figure(
            what="restart with nothing changed, processor",
            value=median(cpu_s),
            at_most=RESTART_AT_MOST_S,
        )
    ]


def measure_answers(bench: Bench) -> list[Figure]:
    """Measure answers of a running daemon, as its user waits for them."""
    env = bench.environment(filled(bench))
    with running(bench, filled(bench)) as daemon:
        daemon.report()
        runs = {
            "bare": partial(timed, bench.python("-c", "pass"), env),
            "script": partial(timed, bench.aicost("report"), env),
            "module": partial(timed, bench.python("-m", "aicost", "report"), env),
        }
        found = alternating(runs, bench.sizes.starts)
        long = {name: partial(timed, bench.aicost(*name.split()), env) for name in LONG_ANSWERS}
        taken = alternating(long, 1)
    bare, _ = found["bare"]
    return [
        beside_bare("warm aicost report", found["script"][0], bare, WARM_REPORT_AT_MOST),
        beside_bare("warm python -m aicost report", found["module"][0], bare, None),
        *(Figure(what=f"warm aicost {name}", value=wall) for name, (wall, _) in taken.items()),
    ]


def measure_starts(bench: Bench) -> list[Figure]:
    """Measure what any command takes at least."""
    env = bench.environment(bench.scratch)
    runs = {
        "bare": partial(timed, bench.python("-c", "pass"), env),
        "script": partial(timed, bench.aicost("--version"), env),
        "module": partial(timed, bench.python("-m", "aicost", "--version"), env),
    }
    found = alternating(runs, bench.sizes.starts)
    bare, _ = found["bare"]
    return [
        beside_bare("aicost --version", found["script"][0], bare, VERSION_AT_MOST),
        beside_bare("python -m aicost --version", found["module"][0], bare, None),
    ]


def beside_bare(what: str, value: float, bare: float, at_most: float | None) -> Figure:
    """Return a command's time beside what Python takes to do nothing."""
    return Figure(
        what=what, value=value, beside=bare, beside_what="python -c pass", at_most=at_most
    )
