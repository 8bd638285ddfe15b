"""What must hold of the second reading of any agent's logs."""

from zoneinfo import ZoneInfo

from fuzz.log_lines import check_facts, read
from fuzz.target import cut_by_head
from ledgers import BOOK, Rows, evidence

from aicost.core.facts import FileRead, Parsed
from aicost.core.tailing import Cursor
from aicost.sources.base import Parser
from aicost.store.ledger import Ledger

_OF_SPAN = 3  # columns of a row that only name it


def check_evidence(parser: Parser, content: bytes) -> None:
    """Assert that any bytes end in facts; however they are cut, the ledger keeps the same."""
    stream, pieces = cut_by_head(content)
    whole, in_pieces = read([stream], parser), read(pieces, parser)
    check_facts(whole, lines=stream.count(b"\n") + 1)
    assert in_pieces.thread == whole.thread
    if in_pieces != whole:
        assert kept(parser, in_pieces) == kept(parser, whole)


def kept(parser: Parser, found: Parsed) -> Rows:
    """Return what a ledger makes of a log's facts; not which spans it has that nothing is told of.

    (Such a span remains of an error that a file tells of twice, in two turns.)
    """
    reading = FileRead(
        path="/l", home="/", agent=parser.agent, cursor=Cursor(), parsed=(found,), stage="evidence"
    )
    with Ledger(":memory:", book=BOOK, zone=ZoneInfo("UTC")) as ledger:
        ledger.record([reading])
        rows = evidence(ledger.db)
    rows["settings"] = [row for row in rows["settings"] if any(row[_OF_SPAN:])]
    return rows
