"""Every hit on the real logs, read by two readers: how many are right, and that none is missing.

A hit is right if both say so: its figures are true by the log, and whoever paid would agree that
the money led nowhere, or could have been spared. The second reader saw the hits and the logs, not
what the first one said, but for five of `cache`. The first one read all once more later ("again").
Hits that are not "told" any more were judged wrong, and the detector was made stricter.
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
LEAST_AGREEMENT = 0.85
LEAST_HITS = 5  # of a kind, to speak of its precision
Hit = Mapping[str, Any]


@pytest.fixture(scope="module")
def judged() -> list[Hit]:
    return [json.loads(line) for line in JUDGED.read_text().splitlines()]


def is_right(hit: Hit, readings: tuple[str, ...] = ("first", "second")) -> bool:
    return all(hit[reading]["right"] for reading in readings)


@pytest.mark.parametrize("readings", [("first", "second"), ("first", "again", "second")])
def test_nine_hits_of_ten_are_right(judged: list[Hit], readings: tuple[str, ...]) -> None:
    told = [hit for hit in judged if hit["told"]]
    right = sum(is_right(hit, readings) for hit in told)
    print(f"{', '.join(readings)}: {right} of {len(told)} right, {right / len(told):.0%}")
    assert right / len(told) >= LEAST_PRECISION


def test_nine_of_ten_are_right_of_each_kind_that_is_told_often(judged: list[Hit]) -> None:
    every = Counter(hit["kind"] for hit in judged if hit["told"])
    right = Counter(hit["kind"] for hit in judged if hit["told"] and is_right(hit))
    for kind, count in sorted(every.items()):
        print(f"{kind}: {right[kind]} of {count} right")
        assert count < LEAST_HITS or right[kind] / count >= LEAST_PRECISION


def test_the_readers_mostly_agree_and_what_is_no_more_told_was_wrong(judged: list[Hit]) -> None:
    agreed = sum(hit["first"]["right"] == hit["second"]["right"] for hit in judged)
    print(f"agreed on {agreed} of {len(judged)}")
    assert agreed / len(judged) >= LEAST_AGREEMENT
    assert not any(is_right(hit) for hit in judged if not hit["told"])


def test_each_hit_has_its_evidence_and_two_readings(judged: list[Hit]) -> None:
    for hit in judged:
        assert hit["kind"] in KINDS
        assert hit["evidence"]
        assert all(hit[reading]["why"] for reading in ("first", "again", "second"))
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
    assert found == {tuple(hit[name] for name in fields) for hit in judged if hit["told"]}


def _moment(us: int) -> str:
    return from_us(us).isoformat().replace("+00:00", "Z")
