"""Codex' rollouts."""

from fuzz.log_lines import check_parser
from fuzz.target import Target, log_seeds

from aicost.sources.codex.parser import CodexParser

SEEDS = ("codex_lab/homes.tar.xz",)


def check(content: bytes) -> None:
    """Any bytes end in facts or in the count of broken lines, however they are cut."""
    check_parser(CodexParser(), content)


TARGET = Target(
    name="codex_parser",
    modules=(
        "aicost.sources.codex.parser",
        "aicost.sources.codex.counting",
        "aicost.sources.codex.following",
        "aicost.sources.codex.records",
        "aicost.sources.codex.ids",
    ),
    seeds=lambda: log_seeds(SEEDS),
    check=check,
)
