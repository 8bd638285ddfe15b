"""Codex' rollouts, read for what the money was spent on."""

from fuzz.target import Target, log_seeds
from fuzz.targets.claude_evidence import check_kept
from fuzz.targets.codex_parser import SEEDS

from aicost.sources.codex.evidence import CodexEvidenceParser


def check(content: bytes) -> None:
    """Any bytes end in facts; however they are cut, the ledger keeps the same."""
    check_kept(CodexEvidenceParser(), content)


TARGET = Target(
    name="codex_evidence",
    modules=(
        "aicost.sources.codex.evidence",
        "aicost.sources.codex.asking",
        "aicost.sources.codex.tools",
        "aicost.sources.codex.circumstances",
    ),
    seeds=lambda: log_seeds(SEEDS),
    check=check,
)
