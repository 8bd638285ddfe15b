"""What an agent waits for at each of its events: the gate's shell, and a question to the daemon."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.daemon import filled, running
from bench.measuring import Run, alternating, timed
from bench.ours import ROOT
from bench.setting import Bench
from bench.table import Figure

from aicost.core.hook_files import Where, hook_command, where_text

GATE_AT_MOST = 1.3  # times a shell that does nothing
ASKED_AT_MOST = 4.0  # times a Python that does nothing
RUNS_A_START = 20  # a shell's start takes a millisecond: many are measured
SESSION = "808a1f9b-a028-42a8-8063-3b1d120f7fec"
SHELL = "/bin/sh"


def measure(bench: Bench) -> list[Figure]:
    """Measure the way past the gate, without and with a verdict, and a prompt asked about."""
    profile = filled(bench)
    with running(bench, profile) as daemon:
        daemon.report()
        hooks = install(bench, profile)
        return [*_passing(bench, profile, hooks), _asked(bench, profile, hooks)]


def install(bench: Bench, profile: Path) -> Path:
    """Put the files beside the agent's hooks; return their folder."""
    hooks = profile / "data" / "hooks"
    hooks.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copy(ROOT / "hooks" / "aicost_hooks" / "gate.sh", hooks)
    where = Where(
        run_dir=str(profile / "run"),
        hook=str(bench.ours.script.with_name("aicost-hook")),
        fail="open",
        daemon_pid=0,
    )
    (hooks / "where").write_text(where_text(where))
    return hooks


def _passing(bench: Bench, profile: Path, hooks: Path) -> list[Figure]:
    env = bench.environment(profile) | {"CLAUDE_CODE_SESSION_ID": SESSION}
    command = hook_command("claude", "PostToolBatch", str(hooks))
    verdict = profile / "run" / "verdict" / SESSION

    def without_verdict() -> Run:
        verdict.unlink(missing_ok=True)
        return timed([SHELL, "-c", command], env)

    def with_pass() -> Run:
        verdict.parent.mkdir(exist_ok=True, mode=0o700)
        verdict.write_text("pass\n")
        return timed([SHELL, "-c", command], env)

    runs: dict[str, Callable[[], Run]] = {
        "bare": partial(timed, [SHELL, "-c", ":"], env),
        "none": without_verdict,
        "pass": with_pass,
    }
    found = alternating(runs, bench.sizes.starts * RUNS_A_START)
    verdict.unlink(missing_ok=True)
    bare, _ = found["bare"]
    return [
        Figure(
            what=f"gate, {what}",
            value=found[name][0],
            beside=bare,
            beside_what="sh -c :",
            at_most=GATE_AT_MOST,
        )
        for name, what in (("none", "no verdict"), ("pass", "a verdict that lets pass"))
    ]


def _asked(bench: Bench, profile: Path, hooks: Path) -> Figure:
    """Measure a prompt, which is always asked about."""
    env = bench.environment(profile) | {"CLAUDE_CODE_SESSION_ID": SESSION}
    event = {
        "session_id": SESSION,
        "transcript_path": str(bench.home / "projects" / "-src" / f"{SESSION}.jsonl"),
        "cwd": "/src",
        "prompt": "Go on. " * 100,
    }
    command = hook_command("claude", "UserPromptSubmit", str(hooks))
    argv, content = [SHELL, "-c", command], json.dumps(event).encode()
    runs: dict[str, Callable[[], Run]] = {
        "bare": partial(timed, bench.python("-c", "pass"), env),
        "asked": partial(timed, argv, env, content),
    }
    found = alternating(runs, bench.sizes.starts)
    return Figure(
        what="gate, a prompt asked about",
        value=found["asked"][0],
        beside=found["bare"][0],
        beside_what="python -c pass",
        at_most=ASKED_AT_MOST,
    )
