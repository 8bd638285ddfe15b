"""Make tests/data/works: the same work by both real clients, as their logs tell it.

    CLAUDE_BIN=… CODEX_BIN=… PYTHONPATH=tests python -m lab.record_works tests/data/works

Written is `homes.tar.xz` (AGENT/NAME/…), with the recording's folder replaced by /home/dev.
"""

import re
import sys
import tempfile
from pathlib import Path

from lab.archive import pack
from lab.client import find_client, find_codex
from lab.codex import make_codex
from lab.driver import Driver
from lab.fake_anthropic import FakeAnthropic
from lab.fake_openai import FakeOpenAI
from lab.homes import make_home
from lab.responses import Play, Step
from lab.scenario import Json, Scenario
from lab.trim_codex import trim_rollout
from lab.trimming import trim_log
from lab.works import WORKS, Work, claude_turns, codex_steps, prepare

_BYPASS = ("--permission-mode", "bypassPermissions")
_TIMEOUT_S = 120
_SHOWN = "/home/dev"
_TEXT_CHARS = 2_000  # no text of a work is as long


def by_claude(work: Work, folder: Path) -> dict[str, bytes]:
    """Let Claude Code do a work; return its logs by name."""
    home = make_home(folder)
    prepare(work, home.project)
    last: Json = {"blocks": [{"type": "text", "text": work.says}]}
    lanes = {"main": [*claude_turns(work, home.project), last]}
    with FakeAnthropic(Scenario({"lanes": lanes})) as api:
        process = Driver(find_client(), home, api.url).start("-p", work.prompt, *_BYPASS)
        process.communicate(timeout=_TIMEOUT_S)
    return _logs(home.claude, "projects/**/*.jsonl", folder)


def by_codex(work: Work, folder: Path) -> dict[str, bytes]:
    """Let Codex do a work; return its logs by name."""
    with FakeOpenAI(Play(steps={"": (*codex_steps(work), Step(say=work.says))})) as api:
        codex = make_codex(find_codex(), folder, api.url)
        prepare(work, codex.home.project)
        codex.run(work.prompt)
    return _logs(codex.folder, "sessions/**/*.jsonl", folder)


def _logs(root: Path, pattern: str, folder: Path) -> dict[str, bytes]:
    path = str(folder.resolve())
    slug = re.sub(r"[^A-Za-z0-9]", "-", path)  # as Claude Code names the project's folder
    found = {}
    for log in sorted(root.glob(pattern)):
        text = log.read_bytes().replace(path.encode(), _SHOWN.encode())
        shown = _SHOWN.replace("/", "-")
        name = str(log.relative_to(root)).replace(slug, shown)
        found[name] = text.replace(slug.encode(), shown.encode())
    return found


def main(out: Path) -> None:
    """Record all works by both clients."""
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, work in WORKS.items():
            claude = by_claude(work, Path(scratch) / f"claude-{name}")
            codex = by_codex(work, Path(scratch) / f"codex-{name}")
            files |= {
                f"claude/{name}/{log}": trim_log(data, _TEXT_CHARS) for log, data in claude.items()
            }
            files |= {
                f"codex/{name}/{log}": trim_rollout(data, _TEXT_CHARS)
                for log, data in codex.items()
            }
            print(f"{name}: {len(claude)} and {len(codex)} logs")
    out.mkdir(parents=True, exist_ok=True)
    pack(files, out / "homes.tar.xz")
    print(f"{len(files)} logs, {(out / 'homes.tar.xz').stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
