"""The labelled turns with what the product keeps of each; no text is in them.

    AICOST_CORPUS=HOME PYTHONPATH=tests python -m classify.labelled

makes `tests/data/labels/features.jsonl.xz` anew, by the product's own reading of the real logs.
"""

import json
import lzma
import os
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aicost.core.facts import WorkSeen
from aicost.core.turn_features import TurnFeatures, unpacked
from aicost.sources.claude.evidence import ClaudeEvidenceParser

LABELS = Path(__file__).parents[1] / "data" / "labels"
FEATURES = LABELS / "features.jsonl.xz"
MORE = LABELS / "more.jsonl"

Key = tuple[str, str]  # session id, turn id


@dataclass(frozen=True, slots=True)
class Labelled:
    """One turn, and what people say it was for."""

    session_id: str
    turn_id: str
    repo: str
    who: str  # the developer, by number
    label: str
    also: tuple[str, ...]  # other labels that are right too
    cost_usd: float
    is_gold: bool  # of the set that figures are measured on; the others are only for training
    features: TurnFeatures


def labelled_turns() -> tuple[Labelled, ...]:
    """Return all of them, those of the gold set first."""
    known = dict(_known())
    gold = _gold()
    more = [json.loads(line) for line in MORE.read_text().splitlines()]
    rows = [(row, True) for row in gold] + [(row, False) for row in more]
    return tuple(_labelled(row, is_gold, known) for row, is_gold in rows)


def _labelled(row: Mapping[str, object], is_gold: bool, known: Mapping[Key, object]) -> Labelled:
    session_id, turn_id = str(row["session"]), str(row["uuid"])
    stored = known[session_id, turn_id]
    assert isinstance(stored, dict)
    also = row["also"]
    assert isinstance(also, list)
    return Labelled(
        session_id,
        turn_id,
        str(stored["repo"]),
        str(stored["who"]),
        str(row["label"]),
        tuple(map(str, also)),
        float(str(row.get("cost", 0.0))),
        is_gold,
        unpacked(bytes.fromhex(str(stored["features"]))),
    )


def _gold() -> list[dict[str, object]]:
    with tarfile.open(LABELS / "labels.tar.xz") as archive:
        member = archive.extractfile("gold.json")
        assert member is not None
        rows: list[dict[str, object]] = json.load(member)
        return rows


def _known() -> Iterator[tuple[Key, object]]:
    for line in lzma.decompress(FEATURES.read_bytes()).splitlines():
        row = json.loads(line)
        yield (row["session"], row["turn"]), row


def turns_in(paths: Iterable[Path]) -> dict[Key, bytes]:
    """Return the stored features of each turn in logs, as the ledger would have them."""
    longest: dict[tuple[str, str, str], WorkSeen] = {}
    for path in paths:
        for seen in _work_in(path):
            key = (seen.session_id, seen.turn_id, seen.subagent_id)
            known = longest.get(key)
            if known is None or (known.steps, known.features) < (seen.steps, seen.features):
                longest[key] = seen
    return {
        (session_id, turn_id): seen.features
        for (session_id, turn_id, subagent_id), seen in longest.items()
        if turn_id and not subagent_id
    }


def _work_in(path: Path) -> Iterator[WorkSeen]:
    data = path.read_bytes()
    yield from ClaudeEvidenceParser().parse(data[: data.rfind(b"\n") + 1], "").work


def _folders_in(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_bytes().splitlines():
        if b'"type":"user"' in line and b'"cwd"' in line:
            row = json.loads(line)
            yield row["uuid"], row["cwd"]


def main(home: Path) -> None:
    """Write the features of all labelled turns."""
    logs = sorted(home.glob(".claude/projects/**/*.jsonl"))
    found = turns_in(logs)
    folders = dict(found for path in logs for found in _folders_in(path))
    gold = _gold()
    more = [json.loads(line) for line in MORE.read_text().splitlines()]
    people: dict[str, str] = {}
    lines = []
    for row in (*gold, *more):
        key = (str(row["session"]), str(row["uuid"]))
        folder = folders.get(key[1], "")
        owner = "/".join(folder.split("/")[:3])  # "/Users/ada", "/home/ada"
        told = {
            "session": key[0],
            "turn": key[1],
            "repo": "spotter" if "spotter" in folder else "cli",
            "who": people.setdefault(owner, f"developer {len(people) + 1}"),
            "features": found[key].hex(),
        }
        lines.append(json.dumps(told))
    FEATURES.write_bytes(lzma.compress("\n".join(lines).encode(), preset=9))
    print(f"{len(lines)} turns, {FEATURES.stat().st_size} bytes")


if __name__ == "__main__":
    named = os.environ.get("AICOST_CORPUS")
    if not named:
        sys.exit("AICOST_CORPUS names no home of real Claude Code logs")
    main(Path(named))
