"""Claude Code's transcripts, read for what the money was spent on."""

from fuzz.evidence import check_evidence
from fuzz.target import Target, log_seeds
from fuzz.targets.claude_parser import SEEDS

from aicost.sources.claude.evidence import ClaudeEvidenceParser


def check(content: bytes) -> None:
    """Any bytes end in facts; however they are cut, the ledger keeps the same."""
    check_evidence(ClaudeEvidenceParser(), content)


TARGET = Target(
    name="claude_evidence",
    modules=(
        "aicost.sources.claude.evidence",
        "aicost.sources.claude.notebook",
        "aicost.sources.claude.findings",
        "aicost.sources.claude.records",
        "aicost.sources.claude.results",
    ),
    seeds=lambda: log_seeds(SEEDS),
    check=check,
)
