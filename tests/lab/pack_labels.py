"""Make tests/data/labels from the labelled turns, with people's names replaced.

    PYTHONPATH=tests python -m lab.pack_labels LABELS HOME tests/data/labels

LABELS holds `turns.jsonl` (the evidence), `gold.json` (the category) and `TAXONOMY.md`; HOME is the
home of the logs that the turns come from: its folder names say which names to replace.
"""

import sys
from pathlib import Path

from lab.archive import pack
from lab.trimming import anonymise, people_in


def main(labels: Path, home: Path, target: Path) -> None:
    """Write `labels.tar.xz` and, readable, the definitions."""
    people: set[bytes] = set()
    for path in home.glob(".claude/projects/**/*.jsonl"):
        people |= people_in(path.read_bytes())
    files = {
        name: anonymise((labels / name).read_bytes(), people)
        for name in ("turns.jsonl", "gold.json")
    }
    target.mkdir(parents=True, exist_ok=True)
    pack(files, target / "labels.tar.xz")
    (target / "TAXONOMY.md").write_bytes((labels / "TAXONOMY.md").read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
