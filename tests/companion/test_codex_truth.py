"""What the ledger says of Codex's recorded scenarios is what was served, thread by thread.

A thread without a log of its own leaves nothing to count; what is known of it stands here, exact.
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from corpora import Scenario
from ledgers import content, opened

from aicost.daemon.engine import Engine

Counts = tuple[int, int, int, int, int]  # fresh input, cache read, cache write, output, reasoning
_SUMS = "sum(input_tokens), sum(cache_read_tokens), sum(cache_write_5m_tokens)"
_QUERY = (
    "SELECT iif(s.subagent_id = '', x.session_id, s.subagent_id), m.name,"
    f" {_SUMS}, sum(output_tokens), sum(reasoning_tokens)"
    " FROM call c JOIN span s ON s.id = c.span JOIN session x ON x.id = s.session"
    " JOIN model m ON m.id = c.model GROUP BY 1, 2"
)
# What left nothing on disk: a thread that was deleted, and clients that wrote no usage.
NOTHING_LEFT = {"archive", "old_0_20_0", "old_0_39_0"}


def counted(engine: Engine) -> dict[tuple[str, str], Counts]:
    return {
        (thread, model): tuple(sums) for thread, model, *sums in engine.ledger.db.execute(_QUERY)
    }


def served(truth: Mapping[str, Any]) -> dict[tuple[str, str], Counts]:
    """Add up what was served, by thread and model; titles have a thread without a log."""
    found: dict[tuple[str, str], Counts] = {}
    for thread, of_thread in truth.items():
        if of_thread["source"] == "thread_title":
            continue
        for _, model, prompt, cached, written, output, reasoning in of_thread["calls"]:
            one = (prompt - cached - written, cached, written, output, reasoning)
            known = found.get((thread, model), (0, 0, 0, 0, 0))
            found[thread, model] = tuple(map(sum, zip(known, one)))  # type: ignore[assignment]
    return found


def by_thread(counts: Mapping[tuple[str, str], Counts]) -> dict[str, int]:
    """Add the models up: the copies of some clients do not say which it was."""
    found: dict[str, int] = {}
    for (thread, _), usage in counts.items():
        found[thread] = found.get(thread, 0) + sum(usage)
    return found


def read(engine: Engine, logs: Iterable[tuple[str, str]]) -> None:
    for log in logs:
        engine.read_paths([log])


def logs_of(engine: Engine) -> list[tuple[str, str]]:
    return [(log.path, log.home) for log in engine.survey().unread]


def test_every_scenario_is_what_was_served(
    codex_lab: Mapping[str, Scenario], tmp_path: Path
) -> None:
    differing = {}
    for name, scenario in codex_lab.items():
        with opened(tmp_path / name, [scenario.home]) as engine:
            read(engine, logs_of(engine))
            if counted(engine) != served(scenario.truth):
                differing[name] = counted(engine)
    assert set(differing) == NOTHING_LEFT
    for name in NOTHING_LEFT:
        truth = served(codex_lab[name].truth)
        assert all(sum(usage) <= sum(truth[key]) for key, usage in differing[name].items())


@pytest.mark.parametrize("name", ["legacy", "migrate", "old_0_125_0", "revert", "subagents_v1"])
def test_neither_the_order_of_files_nor_reading_twice_matters(
    codex_lab: Mapping[str, Scenario], tmp_path: Path, name: str
) -> None:
    found = []
    for seed in range(4):
        with opened(tmp_path / str(seed), [codex_lab[name].home]) as engine:
            logs = logs_of(engine)
            Random(seed).shuffle(logs)
            read(engine, logs)
            rows = content(engine.ledger.db)
            found.append((rows["calls"], rows["days"], rows["spans"]))
    assert all(rows == found[0] for rows in found)


@pytest.mark.parametrize("name", ["legacy", "old_0_110_0", "old_0_125_0", "old_0_133_0"])
def test_a_parent_that_is_missing_counts_as_far_as_its_copies_show_it(
    codex_lab: Mapping[str, Scenario], tmp_path: Path, name: str
) -> None:
    scenario = codex_lab[name]
    truth = served(scenario.truth)
    logs = sorted(scenario.home.rglob("rollout-*.jsonl"))
    for number, missing in enumerate(logs):
        home = tmp_path / f"home-{number}"
        shutil.copytree(scenario.home, home)
        (home / missing.relative_to(scenario.home)).unlink()
        with opened(tmp_path / str(number), [home]) as engine:
            read(engine, logs_of(engine))
            without = counted(engine)
            most = by_thread(truth)
            assert all(known <= most[thread] for thread, known in by_thread(without).items())
            own = {key for key in truth if key[0] not in missing.name}
            assert {key: without.get(key) for key in own} == {key: truth[key] for key in own}
            # It comes back, and what stood in for it goes.
            shutil.copy(missing, home / missing.relative_to(scenario.home))
            read(engine, logs_of(engine))
            if name not in NOTHING_LEFT:
                assert counted(engine) == truth
