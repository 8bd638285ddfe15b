"""What a folder of Claude Code logs holds, by the plainest reading: the tests' yardstick.

Standard library only and nothing of aicost, so that the two cannot share a mistake.

    python tests/lab/oracle.py HOME        # a folder with `projects/` in it: totals as JSON

The rule: over all files one usage per `message.id`, of each field the largest, `<synthetic>` left
out; in `progress` records (older clients) the nested message of a subagent counts like any other.
A line that is no JSON is skipped; a last line without newline counts if it is whole.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call or of many, disjoint, and web searches."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    web_searches: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Add field by field."""
        return Usage(*map(sum, zip(astuple(self), astuple(other))))

    def merged(self, other: "Usage") -> "Usage":
        """Take of each field the larger: the same call, written again as it streamed."""
        return Usage(*map(max, zip(astuple(self), astuple(other))))


@dataclass(frozen=True, slots=True)
class Reading:
    """All calls below a folder, and how many lines were no JSON."""

    calls: dict[str, tuple[str, Usage]]  # message id -> (model, usage)
    broken_lines: int

    def by_model(self) -> dict[str, tuple[int, Usage]]:
        """Return model -> (number of calls, their usage)."""
        sums: dict[str, tuple[int, Usage]] = {}
        for model, usage in self.calls.values():
            count, total = sums.get(model, (0, Usage()))
            sums[model] = (count + 1, total + usage)
        return sums

    def total(self) -> Usage:
        """Return the usage of all calls."""
        return sum((usage for _, usage in self.calls.values()), Usage())


def read_home(home: Path) -> Reading:
    """Read every log below `home`/projects, subagents' too."""
    calls: dict[str, tuple[str, Usage]] = {}
    broken = 0
    for path in sorted(home.glob("projects/**/*.jsonl")):
        for record in _records(path):
            if record is None:
                broken += 1
                continue
            message = message_of(record)
            if message is not None:
                model, before = calls.get(message["id"], (message["model"], Usage()))
                calls[message["id"]] = (model, before.merged(usage_of(message)))
    return Reading(calls, broken)


def _records(path: Path) -> Iterator[Json | None]:
    """Yield each line as JSON, None for a broken one; a torn tail is not yet a line."""
    *lines, tail = path.read_bytes().split(b"\n")
    for line in lines:
        if line.strip():
            yield _parsed(line)
    last = _parsed(tail)
    if last is not None:
        yield last


def _parsed(line: bytes) -> Json | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def message_of(record: Json) -> Json | None:
    """Return the API message whose usage a record reports, if it does."""
    if record.get("type") == "progress":
        data = record.get("data")
        nested = data.get("message") if isinstance(data, dict) else None
        record = nested if isinstance(nested, dict) else {}
    if record.get("type") != "assistant":
        return None
    message = record.get("message")
    if not isinstance(message, dict) or not message.get("id") or not message.get("usage"):
        return None
    return None if message.get("model") == "<synthetic>" else message


def usage_of(message: Json) -> Usage:
    usage = message["usage"]
    written = usage.get("cache_creation_input_tokens") or 0
    written_1h = (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens") or 0
    return Usage(
        input_tokens=usage.get("input_tokens") or 0,
        cache_read_tokens=usage.get("cache_read_input_tokens") or 0,
        cache_write_5m_tokens=max(0, written - written_1h),
        cache_write_1h_tokens=written_1h,
        output_tokens=usage.get("output_tokens") or 0,
        web_searches=(usage.get("server_tool_use") or {}).get("web_search_requests") or 0,
    )


def totals(reading: Reading) -> Json:
    """Return a reading as JSON: calls, broken lines, the sum, and the sum of each model."""
    models = sorted(reading.by_model().items())
    return {
        "calls": len(reading.calls),
        "broken_lines": reading.broken_lines,
        "total": asdict(reading.total()),
        "models": {name: {"calls": count, **asdict(usage)} for name, (count, usage) in models},
    }


if __name__ == "__main__":
    print(json.dumps(totals(read_home(Path(sys.argv[1]))), indent=1))
