"""Claude Code's transcripts."""

from fuzz.log_lines import check_parser
from fuzz.target import Target, log_seeds

from aicost.sources.claude.parser import ClaudeParser

SEEDS = ("claude_lab/homes.tar.xz", "real_excerpt/home.tar.xz")


def check(content: bytes) -> None:
    """Any bytes end in facts or in the count of broken lines, however they are cut."""
    check_parser(ClaudeParser(), content)


TARGET = Target(
    name="claude_parser",
    modules=("aicost.sources.claude.parser", "aicost.core.tailing", "aicost.core.usage"),
    seeds=lambda: log_seeds(SEEDS),
    check=check,
)
