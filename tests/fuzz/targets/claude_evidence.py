"""Claude Code's transcripts, read for what the money was spent on."""

from zoneinfo import ZoneInfo

from fuzz.log_lines import check_facts, read
from fuzz.target import Target, cut_by_head, log_seeds
from fuzz.targets.claude_parser import SEEDS
from ledgers import BOOK, Rows, evidence

from aicost.core.facts import FileRead, Parsed
from aicost.core.tailing import Cursor
from aicost.core.usage import Agent
from aicost.sources.base import Parser
from aicost.sources.claude.evidence import ClaudeEvidenceParser
from aicost.store.ledger import Ledger


def check(content: bytes) -> None:
    """Any bytes end in facts; however they are cut, the ledger keeps the same."""
    check_kept(ClaudeEvidenceParser(), content)


def check_kept(parser: Parser, content: bytes) -> None:
    """Assert that a parser takes any bytes, and that it does not matter how they are cut."""
    stream, pieces = cut_by_head(content)
    whole, in_pieces = read([stream], parser), read(pieces, parser)
    check_facts(whole, lines=stream.count(b"\n") + 1)
    assert in_pieces.thread == whole.thread
    if in_pieces != whole:
        assert kept(in_pieces, parser.agent) == kept(whole, parser.agent)


def kept(found: Parsed, agent: Agent) -> Rows:
    """Return what a ledger makes of a log's facts."""
    with Ledger(":memory:", book=BOOK, zone=ZoneInfo("UTC")) as ledger:
        ledger.record(
            [FileRead(path="/l", home="/", agent=agent, cursor=Cursor(), parsed=(found,),
                      stage="evidence")]
        )  # fmt: skip
        return evidence(ledger.db)


TARGET = Target(
    name="claude_evidence",
    modules=(
        "aicost.sources.claude.evidence",
        "aicost.sources.claude.notebook",
        "aicost.sources.claude.findings",
        "aicost.sources.claude.records",
    ),
    seeds=lambda: log_seeds(SEEDS),
    check=check,
)
