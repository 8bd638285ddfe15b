"""Make tests/data/claude_lab from a folder of recorded scenarios.

    PYTHONPATH=tests python -m lab.trim_corpus SCENARIOS tests/data/claude_lab

Each SCENARIOS/NAME is what tests/lab/record.py leaves: `.claude/` (the client's own folder),
`truth.json`, and `run/requests.jsonl` (what the fake API served). Written are `homes.tar.xz`
(NAME/.claude, trimmed, one scenario whole) and `truth.json` (by NAME: what was served). Refuses
to write if trimming changed what the oracle counts.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from lab.archive import pack
from lab.oracle import read_home, totals
from lab.trimming import trim_log

UNTRIMMED = "01_plain"  # real sizes and payloads, once
_KEPT = ("projects/**/*.jsonl", "projects/**/*.meta.json", "sessions/*.json")

Json = dict[str, Any]


def trim_scenario(scenario: Path) -> dict[str, bytes]:
    """Return the files of one scenario's home, by their place below the corpus."""
    home = scenario / ".claude"
    files = {}
    for path in (path for pattern in _KEPT for path in home.glob(pattern)):
        content = path.read_bytes()
        if path.suffix == ".jsonl" and scenario.name != UNTRIMMED:
            content = trim_log(content)
        files[f"{scenario.name}/.claude/{path.relative_to(home)}"] = content
    return files


def truth_of(scenario: Path) -> Json:
    """Return what was served to the client in one scenario, and the client's own totals."""
    recorded = json.loads((scenario / "truth.json").read_text())
    served, failed = [], 0
    for line in (scenario / "run" / "requests.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["kind"] == "messages" and record["status"] == 200:
            served.append(_served(record))
        elif record["kind"] == "messages":
            failed += 1
    return {
        "sessions": {
            session_id: {
                "requests": session["requests"],
                "models": session["models"],
                "cost_state": _cost_state(session["cost_state"]),
            }
            for session_id, session in recorded["sessions"].items()
        },
        "served": served,
        "failed_requests": failed,
        "client_results": [
            {key: result[key] for key in ("session_id", "subtype", "total_cost_usd", "modelUsage")}
            for result in recorded["client_results"]
        ],
    }


def _served(record: Json) -> Json:
    """One response of the fake API; `complete` is False if it was cut or failed on the way."""
    usage = record["usage"]
    odd = {
        key: usage[key]
        for key, usual in (("speed", None), ("inference_geo", None), ("service_tier", "standard"))
        if usage[key] != usual
    }
    return {
        "message_id": record["message_id"],
        "session_id": record["session_id"],
        "lane": record["lane"],
        "model": record["served_model"],
        "complete": record["complete"],
        "input": usage["input_tokens"],
        "output": usage["output_tokens"],
        "cache_read": usage["cache_read_input_tokens"],
        "cache_5m": usage["cache_5m"],
        "cache_1h": usage["cache_1h"],
        "web_search": usage["web_search_requests"],
        **odd,
    }


def _cost_state(state: Json | None) -> Json | None:
    if state is None:
        return None
    return {"total_cost_usd": state["total_cost_usd"], "modelUsage": state["modelUsage"]}


def check_unchanged(before: Path, files: dict[str, bytes]) -> None:
    """Raise ValueError if the trimmed logs count otherwise than the recorded ones."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        after = Path(folder, before.name, ".claude")
        if totals(read_home(after)) != totals(read_home(before / ".claude")):
            raise ValueError(f"{before.name}: trimming changed the totals")


def main(source: Path, target: Path) -> None:
    """Trim every scenario below `source` into `target`."""
    files: dict[str, bytes] = {}
    truth = {}
    for scenario in sorted(path for path in source.iterdir() if (path / "truth.json").exists()):
        trimmed = trim_scenario(scenario)
        check_unchanged(scenario, trimmed)
        files |= trimmed
        truth[scenario.name] = truth_of(scenario)
    target.mkdir(parents=True, exist_ok=True)
    pack(files, target / "homes.tar.xz")
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in truth.items()]
    (target / "truth.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    size = sum(map(len, files.values()))
    print(f"{len(truth)} scenarios, {len(files)} files, {size / 1e6:.1f} MB unpacked")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
