"""Every hit on the real logs, read twice by hand: how many are right, and that none is missing.

A hit is right if both readings say so: its figures are true by the log, and whoever paid would
agree that the money led nowhere, or could have been spared.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ledgers import opened, read_everything

from aicost.core.days import from_us
from aicost.core.waste.hits import KINDS
from aicost.core.waste_words import evidence_of
from aicost.store.waste import waste_of

JUDGED = Path(__file__).parent / "data" / "loops_judged.jsonl"
LEAST_PRECISION = 0.90
Hit = Mapping[str, Any]


@pytest.fixture(scope="module")
def judged() -> list[Hit]:
    return [json.loads(line) for line in JUDGED.read_text().splitlines()]


def is_right(hit: Hit) -> bool:
    return bool(hit["first"]["right"] and hit["second"]["right"])


def test_nine_hits_of_ten_are_right(judged: list[Hit]) -> None:
    right = Counter(hit["kind"] for hit in judged if is_right(hit))
    every = Counter(hit["kind"] for hit in judged)
    for kind, count in sorted(every.items()):
        print(f"{kind}: {right[kind]} of {count} right")
    precision = right.total() / every.total()
    print(f"all: {right.total()} of {every.total()} right, {precision:.0%}")
    assert precision >= LEAST_PRECISION


def test_each_hit_has_its_evidence_and_two_readings(judged: list[Hit]) -> None:
    for hit in judged:
        assert hit["kind"] in KINDS
        assert hit["evidence"]
        assert all(hit[reading]["why"] for reading in ("first", "second"))
    places = [(hit["session"], hit["thread"], hit["kind"], hit["since"]) for hit in judged]
    assert len(places) == len(set(places))


def test_the_hits_on_the_real_logs_are_those_that_were_read(
    judged: list[Hit], real_corpus: Path, tmp_path: Path
) -> None:
    with opened(tmp_path / "ledger", [real_corpus]) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        engine.settle()
        found = {
            (session, hit.turn_id, hit.thread, hit.kind, _moment(hit.since_us), evidence_of(hit))
            for session, hits in waste_of(engine.ledger.db).items()
            for hit in hits
        }
    fields = ("session", "turn", "thread", "kind", "since", "evidence")
    assert found == {tuple(hit[name] for name in fields) for hit in judged}


def _moment(us: int) -> str:
    return from_us(us).isoformat().replace("+00:00", "Z")
