"""What must hold of any agent's log parser, for any bytes in any pieces."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

from fuzz.target import cut_by_head

from aicost.core.facts import Parsed, together
from aicost.core.tailing import LineBlocks
from aicost.sources.base import Parser

SHORT_LINE_BYTES = 2048  # so that inputs of a fuzzer's size have lines that are too long, too


def check_parser(parser: Parser, content: bytes) -> None:
    """Assert that a parser takes any bytes, and that it does not matter how they arrive."""
    stream, pieces = cut_by_head(content)
    whole, in_pieces = read([stream], parser), read(pieces, parser)
    assert in_pieces == whole
    assert read([stream], parser) == whole, "the same bytes say something else"
    check_facts(whole, lines=stream.count(b"\n") + 1)


def read(pieces: Sequence[bytes], parser: Parser) -> Parsed:
    """Return what a log says that comes in these pieces, as daemon.reading would find it."""
    blocks, parsed, thread = LineBlocks(0, max_line_bytes=SHORT_LINE_BYTES), list[Parsed](), ""
    dropped = 0
    for piece in pieces:
        block = blocks.feed(piece)
        parsed.append(parser.parse(block.lines, thread))
        thread = parsed[-1].thread
        dropped += block.broken_lines
    parsed.append(parser.parse(blocks.tail, thread))
    thread = parsed[-1].thread
    broken = dropped + sum(facts.broken_lines for facts in parsed)
    return replace(together(parsed), broken_lines=broken, thread=thread)


def check_facts(found: Parsed, lines: int) -> None:
    """Assert what every reader of facts takes for granted."""
    assert 0 <= found.broken_lines <= lines
    for call in found.calls:
        assert call.event_key.partition(":")[0] == call.agent
        assert call.session_id
        assert call.model
        assert call.at.tzinfo is UTC
        assert min(call.tokens.counts()) >= 0
        assert call.tokens.reasoning_tokens <= 10**9
    for prompt in found.prompts:
        assert prompt.at.tzinfo is UTC
    for subagent in found.subagents:
        assert subagent.at.tzinfo is UTC
        assert subagent.subagent_id
