"""The calls behind a figure, as a list; one call, as `aicost explain` tells it. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from decimal import Decimal

from aicost.core.money import cost_text, nusd
from aicost.core.text import clean, visible, wrapped
from aicost.ipc.session_answers import Explanation, PricedCall
from aicost_tui import format as fmt
from aicost_tui.entries import CallsTarget, CallTarget, Entry, Listing, heading
from aicost_tui.spans import Line, Role, Span, crop, glue, pad, width_of

_COST_CELLS = 10
_MOST_CELLS = 34


def chosen(found: Explanation, target: CallsTarget) -> tuple[PricedCall, ...]:
    """Return the calls that a target means."""
    return tuple(
        call
        for call in found.calls
        if call.session_id in ("", target.session_id)
        and (target.turns is None or call.prompt_uuid in target.turns)
        and (target.thread is None or call.subagent_id == target.thread)
    )


def call_listing(calls: Sequence[PricedCall], zone: tzinfo, width: int) -> Listing:
    """Return calls with their tokens, price row and cost."""
    columns = _columns(calls, zone, width)
    head = (pad((Span(name, "label"),), cells, right=right) for name, cells, right, _ in columns)
    return Listing(
        head=crop(glue(head, 2), width),
        entries=tuple(
            Entry(
                key=call.event_key,
                lines=(crop(_row(columns, at), width),),
                target=CallTarget(event_key=call.event_key, title="Call"),
                detail=(_detail(call),),
            )
            for at, call in enumerate(calls)
        ),
    )


def sum_line(calls: Sequence[PricedCall], price_book: str, width: int) -> Line:
    """Return the sum of calls, and by which prices."""
    many = f"{fmt.plural(len(calls), 'call')}, {fmt.tokens(sum(map(_tokens, calls)))} tokens"
    said = pad(
        (Span(many, "text"), Span(f", price book {clean(price_book)}", "label")),
        max(1, width - _COST_CELLS - 1),
    )
    return (*said, Span(" "), *pad((Span(_total(calls), "figure"),), _COST_CELLS, right=True))


def _row(columns: "_Columns", at: int) -> Line:
    return glue((pad(texts[at], cells, right=right) for _, cells, right, texts in columns), 2)


_Columns = list[tuple[str, int, bool, list[Line]]]


def _columns(calls: Sequence[PricedCall], zone: tzinfo, width: int) -> _Columns:
    """Return (title, cells, right-aligned, texts) of the columns that fit, in screen order."""
    every = {title: (right, texts) for title, right, texts in _texts(calls, zone)}
    found, room = _Columns(), width + 2
    for title in _BY_IMPORTANCE:
        right, texts = every[title]
        if not any(span.text for line in texts for span in line):
            continue
        cells = min(_MOST_CELLS, max(len(title), *map(width_of, texts)))
        if title == "source":
            cells = min(cells, room - 2)
        if cells < len(title) or cells + 2 > room:
            continue
        found.append((title, cells, right, texts))
        room -= cells + 2
    found.sort(key=lambda column: _ORDER.index(column[0]))
    return _spread(found, room)


def _spread(columns: _Columns, room: int) -> _Columns:
    """Return columns of which the last stands at the right edge."""
    if len(columns) > 1:
        title, cells, right, texts = columns[-2]
        texts = [pad(text, cells, right=right) for text in texts]
        columns[-2] = (title, cells, right, [(*text, Span(" " * room)) for text in texts])
        title, cells, right, texts = columns[-2]
        columns[-2] = (f"{title:>{cells}}" if right else title, cells + room, False, texts)
    return columns


def _texts(calls: Sequence[PricedCall], zone: tzinfo) -> Iterator[tuple[str, bool, list[Line]]]:
    """Yield every column with what it says of each call."""
    is_long = len({call.at.astimezone(zone).date() for call in calls}) > 1
    style = "%m-%d %H:%M:%S" if is_long else "%H:%M:%S"

    def some(role: Role, words: Callable[[PricedCall], str]) -> list[Line]:
        return [(Span(words(call), role),) for call in calls]

    yield "time", False, some("label", lambda call: f"{call.at.astimezone(zone):{style}}")
    yield "model", False, some("text", lambda call: fmt.short_model(call.model))
    yield "subagent", False, some("label", lambda call: clean(call.subagent_id))
    for title, count in _COUNTS.items():
        yield title, True, some("text", lambda call, count=count: _count(count(call)))  # type: ignore[misc]
    yield "price row", False, some("label", _price_row)
    yield (
        "source",
        False,
        some("label", lambda call: clean(call.price.source) if call.price else ""),
    )
    yield "cost", True, some("figure", _cost)


def _count(tokens: int) -> str:
    return f"{tokens:,}" if tokens else ""


_COUNTS: Mapping[str, Callable[[PricedCall], int]] = {
    "input": lambda call: call.input_tokens,
    "cache read": lambda call: call.cache_read_tokens,
    "write 5m": lambda call: call.cache_write_5m_tokens,
    "write 1h": lambda call: call.cache_write_1h_tokens,
    "output": lambda call: call.output_tokens,
}
_ORDER = ("time", "model", "subagent", *_COUNTS, "price row", "source", "cost")
_BY_IMPORTANCE = ("cost", "time", *_COUNTS, "model", "subagent", "price row", "source")


def _price_row(call: PricedCall) -> str:
    price = call.price
    if price is None:
        return "unpriced"
    since = "since ever" if price.since is None else f"from {price.since.astimezone(UTC):%Y-%m-%d}"
    tier = clean(price.tier)
    return f"{since}, {tier}" if tier and tier != "standard" else since


def _cost(call: PricedCall) -> str:
    return "unpriced" if call.cost_usd is None else f"${call.cost_usd:.5f}"


def _total(calls: Sequence[PricedCall]) -> str:
    known = [nusd(Decimal(str(call.cost_usd))) for call in calls if call.cost_usd is not None]
    unpriced = sum(_tokens(call) for call in calls if call.cost_usd is None)
    return cost_text(sum(known) if known else None, unpriced)


def _tokens(call: PricedCall) -> int:
    return (
        call.input_tokens
        + call.cache_read_tokens
        + call.cache_write_5m_tokens
        + call.cache_write_1h_tokens
        + call.output_tokens
    )


def _detail(call: PricedCall) -> Line:
    parts: list[Line] = [(Span(clean(call.event_key), "label"),)]
    if call.why_unpriced:
        parts.append((Span(clean(call.why_unpriced), "warn"),))
    elif call.price is not None:
        parts.append((Span(clean(call.price.source), "label"),))
    return glue(parts, 3)


def text_lines(text: str) -> tuple[Line, ...]:
    """Return the daemon's own words, line by line; nothing in them acts on a terminal."""
    return tuple((Span(visible(line), "text"),) for line in text.rstrip("\n").split("\n"))


def text_listing(lines: Iterable[Line]) -> Listing:
    """Return lines to read: none of them can be selected."""
    return Listing(entries=tuple(heading(str(at), line) for at, line in enumerate(lines)))


def note_listing(paragraphs: Sequence[str], width: int) -> Listing:
    """Return paragraphs in lines of at most `width` cells, apart from each other."""
    lines: list[Line] = []
    for paragraph in paragraphs:
        if lines:
            lines.append(())
        lines += [(Span(part, "text"),) for part in wrapped(clean(paragraph), max(8, width))]
    return text_listing(lines)
