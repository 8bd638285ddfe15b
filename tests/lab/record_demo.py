"""Make the recorded day that `aicost top --demo` replays, out of real transcripts.

    PYTHONPATH=tests python -m lab.record_demo REAL_HOME companion/aicost/demo/day.jsonl.xz

Only times, models and token counts are kept: no text, no tool, no name of the original. Folders
and branches are stand-ins, prompts and tools are made up; long pauses are cut short. One session
gets a test that fails again and again.
"""

import json
import lzma
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lab.demo_story import told

LONGEST_PAUSE_S = 75.0


@dataclass(frozen=True)
class Part:
    """One session of the day: which transcript plays it, where, and when it begins."""

    transcript: str  # how its name starts
    repo: str
    branch: str
    start_s: float  # seconds before (-) or after the moment the demo starts
    story: str = ""  # what is done in it; "": that of the repository


DAY = (
    Part("a318ad73", "web", "feat/login", -5.4 * 3600),
    Part("f8190a9b", "infra", "chore/terraform-6", -3.6 * 3600),
    Part("a032db5a", "docs", "main", -2.2 * 3600),
    Part("266b3f40", "api", "feat/export", -38 * 60),
    Part("2aeee101", "shop", "fix/dedup", -22 * 60),
    Part("258c7280", "shop", "main", -9 * 60, story="stuck"),
)


def main() -> None:
    """Write the recording named on the command line."""
    home, target = Path(sys.argv[1]), Path(sys.argv[2])
    parts = (told(list(played(home, part)), part.story or part.repo) for part in DAY)
    lines = sorted((line for part in parts for line in part), key=lambda x: x["at_s"])
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    target.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(lines)} lines, {target.stat().st_size} bytes")


def played(home: Path, part: Part) -> Iterator[dict[str, Any]]:
    """Yield the lines of one session, each with its time in the demo's day."""
    session_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"aicost-demo/{part.repo}/{part.branch}"))
    records = sorted(_records(home, part), key=lambda record: record[0])
    at_s, before = part.start_s, records[0][0]
    for at, line in records:
        at_s += min((at - before).total_seconds(), LONGEST_PAUSE_S)
        before = at
        line |= {
            "sessionId": session_id,
            "cwd": f"/home/dev/{part.repo}",
            "gitBranch": part.branch,
            "version": "2.1.330",
        }
        yield {"at_s": round(at_s, 1), "line": line}


def _records(home: Path, part: Part) -> Iterator[tuple[datetime, dict[str, Any]]]:
    seen: dict[str, dict[str, Any]] = {}
    for path in home.glob(f".claude/projects/**/*{part.transcript}*/**/*.jsonl"):
        yield from _of_file(path, part, seen)
    for path in home.glob(f".claude/projects/**/{part.transcript}*.jsonl"):
        yield from _of_file(path, part, seen)


def _of_file(
    path: Path, part: Part, seen: dict[str, dict[str, Any]]
) -> Iterator[tuple[datetime, dict[str, Any]]]:
    for raw in path.read_text(errors="replace").splitlines():
        try:
            record = json.loads(raw)
        except ValueError:
            continue
        at = record.get("timestamp")
        if record.get("type") == "user" and _is_prompt(record):
            yield (
                datetime.fromisoformat(at),
                {
                    "type": "user",
                    "uuid": _new_id("prompt", record["uuid"], part),
                    "isSidechain": False,
                    "message": {"role": "user", "content": "…"},
                },
            )
        message, agent_id = _message(record)
        if message is None or message["id"] in seen:
            continue
        line = seen[message["id"]] = _call_line(message, agent_id, part)
        yield datetime.fromisoformat(at), line


def _is_prompt(record: dict[str, Any]) -> bool:
    content = record.get("message", {}).get("content")
    return isinstance(content, str) and not record.get("isSidechain") and content[:1] not in "<["


def _message(record: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    if record.get("type") == "assistant":
        found, agent_id = record.get("message"), record.get("agentId", "")
    elif record.get("type") == "progress":
        data = record.get("data", {})
        found, agent_id = (data.get("message") or {}).get("message"), data.get("agentId", "")
    else:
        return None, ""
    if not isinstance(found, dict) or not found.get("usage") or found.get("model") == "<synthetic>":
        return None, ""
    return found, agent_id


def _call_line(message: dict[str, Any], agent_id: str, part: Part) -> dict[str, Any]:
    usage = message["usage"]
    kept = {
        name: usage.get(name) or 0
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    }
    # Transcripts of that time held the first count of a streamed answer: a stand-in for the last.
    written = kept["cache_creation_input_tokens"]
    kept["output_tokens"] = max(usage["output_tokens"], 40 + written // 6)
    kept["cache_creation"] = usage.get("cache_creation")
    return {
        "type": "assistant",
        "uuid": _new_id("line", message["id"], part),
        "isSidechain": bool(agent_id),
        **({"agentId": agent_id} if agent_id else {}),
        "message": {
            "id": "msg_demo_" + _new_id("message", message["id"], part)[:12],
            "model": message["model"],
            "usage": kept,
        },
    }


def _new_id(kind: str, what: object, part: Part) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"aicost-demo/{part.repo}/{kind}/{what}"))


if __name__ == "__main__":
    main()
