"""A day document that somebody sends to the team's server."""

from fuzz.target import Target
from team_documents import document, row

from aicost.core.team.checking import MOST_FAULTS, NotADocument, parse_document
from aicost.core.team.documents import canonical_bytes


def check(content: bytes) -> None:
    """Any body is a document that can be written again, or has faults."""
    faults = None
    try:
        found = parse_document(content)
        assert parse_document(canonical_bytes(found)).revision == found.revision
    except NotADocument as error:
        faults = error.faults
    assert faults is None or 0 < len(faults) <= MOST_FAULTS


def seeds() -> list[bytes]:
    """Return documents of each shape."""
    days = [
        document(),
        document(rows=()),
        document(row(), row(project="shop", cost_list_microusd=None, credits_milli=5)),
        document(row(tool="codex", provider="openai", model="gpt-6-sol"), final=True),
    ]
    return [canonical_bytes(day) for day in days]


TARGET = Target(
    name="team_document", modules=("aicost.core.team.checking",), seeds=seeds, check=check
)
