"""What a log says, into a real ledger: all that a parser lets through can be kept and reported."""

from functools import lru_cache
from zoneinfo import ZoneInfo

from fuzz.log_lines import read
from fuzz.target import Target, cut_by_head, log_seeds
from fuzz.targets import claude_parser
from ledgers import BOOK, content

from aicost.core.facts import FileRead, Parsed
from aicost.core.reports import ReportQuery
from aicost.core.tailing import Cursor
from aicost.sources.claude.parser import ClaudeParser
from aicost.store.ledger import Ledger
from aicost.store.queries import turns
from aicost.store.reports import report


def check(log: bytes) -> None:
    """Anything is recorded once, and reports are of all of it."""
    stream, pieces = cut_by_head(log)
    found = read([stream], ClaudeParser())
    with Ledger(":memory:", book=BOOK, zone=ZoneInfo("UTC")) as ledger:
        ledger.record([file_read(found)])
        rows = content(ledger.db)
        ledger.record([file_read(read(pieces, ClaudeParser()))])
        assert content(ledger.db) == rows
        total = report(ledger.db, ReportQuery()).total
        assert total.requests == len(found.calls)
        assert sum(turn.requests for turn in turns(ledger.db)) == total.requests


def file_read(found: Parsed) -> FileRead:
    """Return a reading of the whole log."""
    return FileRead(path="/l", home="/", agent="claude", cursor=Cursor(), parsed=(found,))


@lru_cache(maxsize=1)
def seeds() -> list[bytes]:
    """Return few seeds: each run makes a ledger."""
    return log_seeds(claude_parser.SEEDS, max_bytes=1500)


TARGET = Target(
    name="ledger",
    modules=("aicost.sources.claude.parser", "aicost.store.ledger", "aicost.store.sessions"),
    seeds=seeds,
    check=check,
)
