"""Make tests/data/codex_lab from a folder of recorded Codex scenarios.

    PYTHONPATH=tests python -m lab.trim_codex SCENARIOS tests/data/codex_lab

Each SCENARIOS/NAME holds the client's `sessions/` and `archived_sessions/`, and `truth.json`:
the responses that the fake API served, by thread. Written are `homes.tar.xz` (NAME/sessions …,
long texts cut, one scenario whole) and `truth.json` (by NAME and thread: the calls served).
Refuses to write if trimming changed what counts tokens.
"""

import json
import sys
from pathlib import Path
from typing import Any

from lab.archive import pack
from lab.trimming import TEXT_CHARS, trim_log

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNTRIMMED = "plain"  # real sizes, once
_FOLDERS = ("sessions", "archived_sessions")
_USAGE = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
)
_EMPTIED = {  # of a line of this type, these fields of its payload: tens of kB that nothing reads
    "session_meta": ("base_instructions", "dynamic_tools"),
    "world_state": ("state",),
}
_KEPT = frozenset(
    (
        *("type", "id", "session_id", "forked_from_id", "parent_thread_id", "source"),
        *("cli_version", "history_base", "model", "turn_id", "root_turn_id", "thread_id"),
        *("response_id", "usage", "thread_token_usage", "info", "rate_limits"),
    )
)

Json = dict[str, Any]


def trim_rollout(data: bytes, text_chars: int = TEXT_CHARS) -> bytes:
    """Cut the texts of a log's lines; broken lines stay as they are."""
    lines = [_emptied(line) for line in data.split(b"\n")]
    return trim_log(b"\n".join(lines), text_chars)


def _emptied(line: bytes) -> bytes:
    try:
        record = json.loads(line)
    except ValueError:
        return line
    payload = record.get("payload")
    names = [name for name in _EMPTIED.get(record.get("type"), ()) if payload.get(name)]
    if not names:
        return line
    short = record | {"payload": payload | {name: {} for name in names}}
    return json.dumps(short, ensure_ascii=False, separators=(",", ":")).encode()


def counted(data: bytes) -> list[Json]:
    """Return the lines that count tokens or say whose they are, as JSON, without texts."""
    found = []
    for line in data.split(b"\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        payload = record.get("payload") or {}
        kept = {key: value for key, value in payload.items() if key in _KEPT}
        found.append({"at": record.get("timestamp"), "type": record.get("type")} | kept)
    return found


def trim_scenario(scenario: Path) -> dict[str, bytes]:
    """Return the logs of one scenario by their place below the corpus. Raises ValueError."""
    files = {}
    for path in (path for folder in _FOLDERS for path in scenario.glob(f"{folder}/**/rollout-*")):
        packed = path.read_bytes()
        plain = zstd.decompress(packed) if path.suffix == ".zst" else packed
        trimmed = plain if scenario.name == UNTRIMMED else trim_rollout(plain)
        if counted(trimmed) != counted(plain):
            raise ValueError(f"{path}: trimming changed what is counted")
        content = zstd.compress(trimmed) if path.suffix == ".zst" else trimmed
        files[f"{scenario.name}/{path.relative_to(scenario)}"] = content
    return files


def truth_of(scenario: Path) -> Json:
    """Return the calls served in one scenario, by thread. Raises ValueError."""
    recorded = json.loads((scenario / "truth.json").read_text())
    threads = {}
    for thread_id, thread in recorded["threads"].items():
        calls = [
            [call["response_id"], call["model"], *(call[name] for name in _USAGE)]
            for call in thread["responses"]
        ]
        sums = [sum(call[column] for call in calls) for column in range(2, 2 + len(_USAGE))]
        if sums != [thread["total"][name] for name in _USAGE]:
            raise ValueError(f"{scenario.name}: the calls of {thread_id} are not its total")
        threads[thread_id] = {"source": thread["thread_source"], "calls": calls}
    return threads


def main(source: Path, target: Path) -> None:
    """Trim every scenario below `source` into `target`."""
    files: dict[str, bytes] = {}
    truth = {}
    for scenario in sorted(path for path in source.iterdir() if (path / "truth.json").exists()):
        files |= trim_scenario(scenario)
        truth[scenario.name] = truth_of(scenario)
    target.mkdir(parents=True, exist_ok=True)
    pack(files, target / "homes.tar.xz")
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in truth.items()]
    (target / "truth.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    size = sum(map(len, files.values()))
    print(f"{len(truth)} scenarios, {len(files)} files, {size / 1e6:.1f} MB unpacked")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
