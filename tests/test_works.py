"""The same work by both real clients, as their logs tell it: what it is said to have been for.

`tests/lab/works.py` has what was asked and done, and the label, which was written first.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from corpora import DATA
from lab.archive import unpack
from lab.works import UPGRADES, WORKS

from aicost.core.category import Classified, classify
from aicost.core.turn_features import TurnFeatures, unpacked
from aicost.sources.claude.evidence import ClaudeEvidenceParser
from aicost.sources.codex.evidence import CodexEvidenceParser

Parser = ClaudeEvidenceParser | CodexEvidenceParser
PARSERS: Mapping[str, type[Parser]] = {"claude": ClaudeEvidenceParser, "codex": CodexEvidenceParser}
# Both clients' logs of it look like a question: no file is changed, and the weights do not take
# "review" and "feedback" in so short a prompt for enough.
MISSED = {"review": "exploration"}
# What is counted alike; files Codex reads with commands ("ran_look").
SAME = (
    "edit_", "new_", "ran_", "commit_", "test_", "build_", "tests_", "code_", "prompt_", "closing_",
)  # fmt: skip


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(DATA / "works" / "homes.tar.xz", tmp_path_factory.mktemp("works"))


def features_of(logs: Path, agent: str, name: str) -> TurnFeatures:
    """Return what is kept of the one turn of a log, at its end."""
    (log,) = (logs / agent / name).rglob("*.jsonl")
    seen = PARSERS[agent]().parse(log.read_bytes(), "").work
    assert len({one.turn_id for one in seen}) == 1
    return unpacked(seen[-1].features)


def told(logs: Path, agent: str, name: str) -> Classified:
    return classify(features_of(logs, agent, name))


@pytest.mark.parametrize("agent", PARSERS)
@pytest.mark.parametrize("name", UPGRADES)
def test_a_real_upgrade_is_told_as_one(logs: Path, agent: str, name: str) -> None:
    found = told(logs, agent, name)
    assert found.category == "dependency-upgrade"
    assert "it changed manifests or lock files" in found.evidence
    counts = features_of(logs, agent, name).counts
    assert all(counts[name] for name in ("edit_manifest", "edit_code", "ran_package"))
    assert counts.get("test_failed", 0) + counts.get("build_failed", 0) == 1


@pytest.mark.parametrize("agent", PARSERS)
@pytest.mark.parametrize("name", WORKS)
def test_each_kind_of_work_is_told_by_its_label(logs: Path, agent: str, name: str) -> None:
    assert told(logs, agent, name).category == MISSED.get(name, WORKS[name].label)


@pytest.mark.parametrize("name", WORKS)
def test_the_same_work_gives_the_same_evidence_whoever_did_it(logs: Path, name: str) -> None:
    claude, codex = (features_of(logs, agent, name).counts for agent in PARSERS)
    same = {count for count in (*claude, *codex) if count.startswith(SAME)} - {"ran_look"}
    assert {"prompt_log2_chars", "closing_log2_chars"} < same
    assert {count: claude.get(count) for count in same} == {
        count: codex.get(count) for count in same
    }
