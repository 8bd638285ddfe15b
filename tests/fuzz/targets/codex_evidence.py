"""Codex' rollouts, read for what the money was spent on."""

from fuzz.evidence import check_evidence
from fuzz.target import Target, log_seeds
from fuzz.targets.codex_parser import SEEDS

from aicost.sources.codex.evidence import CodexEvidenceParser


def check(content: bytes) -> None:
    """Any bytes end in facts; however they are cut, the ledger keeps the same."""
    check_evidence(CodexEvidenceParser(), content)


TARGET = Target(
    name="codex_evidence",
    modules=(
        "aicost.sources.codex.evidence",
        "aicost.sources.codex.commands",
        "aicost.sources.codex.tools",
    ),
    seeds=lambda: log_seeds(SEEDS),
    check=check,
)
