"""Records what the real client writes in a scenario, with what it was served: see trim_corpus.py.

    PYTHONPATH=tests python -m lab.record OUT [SCENARIO.json …]     # default: all of lab/scenarios

Written per scenario are OUT/NAME/.claude (projects and sessions, the lab's own paths made neutral),
`truth.json` and `run/requests.jsonl`.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from lab.client import find_client
from lab.driver import SCENARIOS, Played, play
from lab.fake_anthropic import Served
from lab.scenario import Json

_KEPT = ("projects/**/*", "sessions/*.json")
_TRUTH_FIELDS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_5m": "cache_5m",
    "cache_1h": "cache_1h",
    "web_search": "web_search_requests",
}


def collect(played: Played, target: Path) -> None:
    """Copy the client's logs to `target`/.claude as if the home were /home/dev."""
    home = str(played.home.path)
    slug = re.sub(r"[^A-Za-z0-9]", "-", home)
    for path in (path for pattern in _KEPT for path in played.home.claude.glob(pattern)):
        if path.is_file():
            place = str(path.relative_to(played.home.path)).replace(slug, "-home-dev")
            data = path.read_bytes().replace(home.encode(), b"/home/dev")
            copy = target / place
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data.replace(slug.encode(), b"-home-dev"))


def truth_of(played: Played, logs: Path) -> Json:
    """Return the served tokens by session and model, and the client's own totals."""
    sessions: dict[str, Json] = {}
    for served in (served for served in played.served if served.complete):
        session = sessions.setdefault(
            served.session_id, {"requests": 0, "models": {}, "cost_state": None}
        )
        session["requests"] += 1
        sums = session["models"].setdefault(served.model, dict.fromkeys(_TRUTH_FIELDS, 0))
        for name, field in _TRUTH_FIELDS.items():
            sums[name] += getattr(served.usage, field)
    for record in _records(path.read_text() for path in logs.glob("projects/**/*.jsonl")):
        if record.get("type") == "cost-state" and record["sessionId"] in sessions:
            sessions[record["sessionId"]]["cost_state"] = {
                "total_cost_usd": record["totalCostUSD"],
                "modelUsage": record["modelUsage"],
            }
    return {"sessions": sessions, "client_results": _results(played.outputs)}


def _records(texts: Iterable[str]) -> Iterator[Json]:
    for text in texts:
        for line in text.splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def _results(outputs: list[str]) -> list[Json]:
    keys = ("session_id", "subtype", "total_cost_usd", "modelUsage")
    results = (record for record in _records(outputs) if record.get("type") == "result")
    return [{key: record.get(key) for key in keys} for record in results]


def _request(served: Served) -> Json:
    return {
        "kind": "messages",
        "status": 200 if served.message_id else 500,
        "message_id": served.message_id,
        "session_id": served.session_id,
        "lane": served.lane,
        "served_model": served.model,
        "complete": served.complete,
        "usage": asdict(served.usage),
    }


def main(out: Path, files: list[Path]) -> None:
    """Play each scenario file and write what it left."""
    client = find_client()
    for file in files:
        data = json.loads(file.read_text())
        with tempfile.TemporaryDirectory(prefix="lab-") as folder:
            played = play(client, data, Path(folder, "home"))
            target = out / data["name"]
            collect(played, target)
        (target / "truth.json").write_text(json.dumps(truth_of(played, target / ".claude")))
        (target / "run").mkdir(parents=True, exist_ok=True)
        requests = [json.dumps(_request(served)) for served in played.served]
        (target / "run" / "requests.jsonl").write_text("\n".join(requests) + "\n")
        print(f"{data['name']}: {len(requests)} requests")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]] or sorted(SCENARIOS.iterdir()))
