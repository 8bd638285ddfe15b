"""A refresh of the status line, beside peers that read logs for it: unchanged, and after a line."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path

from bench.appends import calls
from bench.daemon import Daemon, filled, running
from bench.gate import SHELL, install
from bench.measuring import Run, alternating, timed
from bench.ours import ROOT
from bench.peers import CCSTATUSLINE, CCUSAGE, PeerMissing, find_peer
from bench.replay import log_of_session, of_the_moment, session_id
from bench.setting import Bench
from bench.table import Figure

from aicost.core.hook_files import STATUS_LINE, status_line_command
from aicost.core.status_line import FOLDER, LINES, TOLD

NUMBER = 9_001  # of the session that is open: none of another part's
REFRESH_AT_MOST_S = 0.010
RUNS_A_START = 10
LINE_S = 30.0
_LOOK_S = 0.01


class Session:
    """An open session: its log, and what its client tells a status line."""

    def __init__(self, bench: Bench, profile: Path) -> None:
        self.home, self.id = bench.scratch / "statusline", session_id(NUMBER)
        self.log = log_of_session(self.home, NUMBER)
        self.log.parent.mkdir(parents=True)
        self._lines = calls(bench.source)
        self.env = bench.environment(profile, [bench.home, self.home]) | {"COLUMNS": "120"}
        self.append()

    def append(self) -> None:
        """Write one call more."""
        _, line = next(self._lines)
        with self.log.open("ab") as file:
            file.write(of_the_moment(line, self.id, datetime.now(UTC)))

    @property
    def payload(self) -> bytes:
        """What the client writes, on one line."""
        said = {
            "session_id": self.id,
            "transcript_path": str(self.log),
            "cwd": "/src",
            "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
            "workspace": {"current_dir": "/src", "project_dir": "/src", "added_dirs": []},
            "version": "2.1.330",
            "output_style": {"name": "default"},
            "cost": {
                "total_cost_usd": 0.25,
                "total_duration_ms": 8863,
                "total_api_duration_ms": 3055,
                "total_lines_added": 0,
                "total_lines_removed": 0,
            },
            "context_window": {
                "total_input_tokens": 21010,
                "total_output_tokens": 50,
                "context_window_size": 1_000_000,
                "used_percentage": 2,
            },
        }
        return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def measure(bench: Bench) -> list[Figure]:
    """Measure refreshes, and what an open status line takes the daemon."""
    profile = filled(bench)
    session = Session(bench, profile)
    with running(bench, profile, [bench.home, session.home]) as daemon:
        daemon.report()
        daemon.settle()
        hooks = install(bench, profile)
        shutil.copy(ROOT / "hooks" / "aicost_hooks" / STATUS_LINE, hooks)
        ours = [SHELL, "-c", status_line_command(str(hooks), "")]
        _until_shown(ours, session, profile)
        return [
            *_alone(bench, ours, session),
            *_beside_peers(bench, ours, session),
            *_of_daemon(bench, ours, session, daemon, profile),
        ]


def _until_shown(ours: list[str], session: Session, profile: Path) -> None:
    until = time.monotonic() + LINE_S
    while not timed(ours, session.env, session.payload).output:
        if time.monotonic() > until:
            raise RuntimeError("no status line is shown")
        time.sleep(_LOOK_S)


def _runs(argv: list[str], session: Session) -> Iterator[tuple[str, Callable[[], Run]]]:
    """Yield a refresh with nothing changed, and one right after a line that was appended."""

    def appended() -> Run:
        session.append()
        return timed(argv, session.env, session.payload)

    yield "unchanged", partial(timed, argv, session.env, session.payload)
    yield "after an appended line", appended


def _alone(bench: Bench, ours: list[str], session: Session) -> list[Figure]:
    runs = dict(_runs(ours, session)) | {"bare": partial(timed, [SHELL, "-c", ":"], session.env)}
    found = alternating(runs, bench.sizes.starts * RUNS_A_START)
    bare, _ = found.pop("bare")
    figures = [
        Figure(what=f"status line, {what}", value=wall, at_most=REFRESH_AT_MOST_S)
        for what, (wall, _) in found.items()
    ]
    return [*figures, Figure(what="sh -c :, in turn with it", value=bare)]


def _beside_peers(bench: Bench, ours: list[str], session: Session) -> list[Figure]:
    commands = {"aicost": ours, **dict(_peers(bench))}
    runs = {
        f"{name} {what}": run
        for name, argv in commands.items()
        for what, run in _runs(argv, session)
    }
    found = alternating(runs, bench.sizes.rounds)
    figures = []
    for name, what in product(commands, ("unchanged", "after an appended line")):
        if name != "aicost":
            (own, _), (wall, cpu) = found[f"aicost {what}"], found[f"{name} {what}"]
            figures += [
                Figure(what=f"status line, {what}", value=own, beside=wall, beside_what=name),
                Figure(what=f"{name}, {what}, processor", value=cpu),
            ]
    return figures


def _peers(bench: Bench) -> Iterator[tuple[str, list[str]]]:
    """Yield the status lines of others; say why one is missing."""
    found = bench.peers[CCUSAGE.name]
    if isinstance(found, Path):
        yield "ccusage statusline", [str(found), "statusline", "--offline"]
    else:
        print(f"SKIPPED ccusage statusline: {found}", flush=True)
    node = shutil.which("node")
    try:
        if node is None:
            raise PeerMissing("no node to run it with")
        yield "ccstatusline", [node, str(find_peer(CCSTATUSLINE, bench.cache))]
    except PeerMissing as reason:
        print(f"SKIPPED ccstatusline: {reason}", flush=True)


def _of_daemon(
    bench: Bench, ours: list[str], session: Session, daemon: Daemon, profile: Path
) -> list[Figure]:
    """Measure the daemon while a session is open, with and without its status line."""
    seconds = bench.sizes.idle_s
    timed(ours, session.env, session.payload)
    time.sleep(3.0)  # it has been told, and has said what it had to
    with_line = daemon.cpu_share(seconds)
    shared = profile / "run" / FOLDER
    (shared / TOLD / session.id).unlink()
    time.sleep(3.0)
    (shared / LINES / session.id).unlink(missing_ok=True)
    without = daemon.cpu_share(seconds)
    return [
        Figure(what="daemon with a status line open, of a core", value=with_line * 100, unit="%"),
        Figure(what="the same session without one", value=without * 100, unit="%"),
    ]
