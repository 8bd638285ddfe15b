"""A session's context: its growth as a chart, what fills it, the largest results. Pure."""

from datetime import tzinfo

from aicost.core.session_page import ContextPart, SessionPage, Source, ToolResult
from aicost.core.text import UNKNOWN, clean
from aicost_tui import format as fmt
from aicost_tui.charts import Chart, Series
from aicost_tui.columns import context_role
from aicost_tui.entries import Entry, Listing, NoteTarget
from aicost_tui.session_turns import time_style
from aicost_tui.spans import Line, Role, Span, crop, pad, width_of

SOURCE_WORDS: dict[Source, str] = {
    "start": "system+tools",
    "summary": "summary",
    "prompts": "your prompts",
    "answers": "answers",
    "files": "files",
    "commands": "commands",
    "searches": "searches",
    "agents": "subagents",
    "other": "other",
}
_MEANINGS: dict[Source, str] = {
    "start": "What every prompt of this session begins with: the system prompt, the tools'"
    " descriptions and instructions such as CLAUDE.md or AGENTS.md. It is the session's first"
    " prompt, less the words that you typed.",
    "summary": "What a compaction put in the place of the conversation before it, or what was"
    " left of that when it was cleared.",
    "prompts": "What you typed: what the context grew by at a new turn, less the results that"
    " came with it.",
    "answers": "What the model wrote: its words, and what it asked tools for.",
    "files": "Files that were read, and what edits gave back.",
    "commands": "What shell commands printed.",
    "searches": "What searches found.",
    "agents": "What subagents gave back to the main thread.",
    "other": "Results of other tools, and what the agent adds on its own: reminders, hooks.",
}
_NAMELESS: dict[Source, str] = {
    "searches": "a search",
    "commands": "a command",
    "agents": "a subagent",
}
_NAME_CELLS, _LEAST_BAR, _MOST_BAR = 12, 4, 40
_TOKENS_CELLS, _PERCENT_CELLS = 6, 4


def context_title(page: SessionPage) -> str:
    """Return how large the context is now, of what, and how often it was compacted."""
    if page.context_tokens is None:
        return "Context"
    parts = [f"Context {fmt.tokens(page.context_tokens)}"]
    if page.context_window_tokens:
        share = fmt.percent(page.context_tokens / page.context_window_tokens)
        parts = [f"{parts[0]} of {fmt.tokens(page.context_window_tokens)}, {share}"]
    compactions = sum(point.is_compacted for point in page.points)
    if compactions:
        parts.append("1 compaction" if compactions == 1 else f"{compactions} compactions")
    return " · ".join(parts)


def context_chart(page: SessionPage, zone: tzinfo) -> Chart | None:
    """Return the prompt of each call of the main thread; None: it made none."""
    points = page.points
    if not points:
        return None
    moments = [point.at.astimezone(zone) for point in points]
    style = time_style(moments, zone)
    step = max(1, len(points) // 6)
    share = (page.context_tokens or 0) / (page.context_window_tokens or 10**12)
    return Chart(
        Series(
            tuple(float(point.tokens) for point in points), fmt.tokens, role=context_role(share)
        ),
        ticks=tuple((at, f"{moments[at]:{style}}") for at in range(0, len(points), step)),
        marks=tuple((at, "compact") for at, point in enumerate(points) if point.is_compacted),
    )


def fill_listing(page: SessionPage, width: int) -> Listing:
    """Return what fills the context by source, the largest first, and what is free."""
    total, window = page.context_tokens, page.context_window_tokens
    if not total:
        return Listing()
    scale = max(total, window or 0)
    entries = [
        Entry(
            key=part.source,
            lines=(_part_line(part, scale, width),),
            target=NoteTarget(title=SOURCE_WORDS[part.source], paragraphs=_part_note(page, part)),
            detail=_part_detail(page, part),
        )
        for part in page.parts
    ]
    if window and window > total:
        free = _row("free", (window - total, scale), width, role="label")
        note = (f"{window - total:,} of the window's {window:,} tokens are not used.",)
        target = NoteTarget(title="Free", paragraphs=note)
        entries.append(Entry(key="free", lines=(free,), target=target))
    return Listing(entries=tuple(entries))


def _part_line(part: ContextPart, scale: int, width: int) -> Line:
    about = "~" if part.is_estimated else ""
    return _row(SOURCE_WORDS[part.source], (part.tokens, scale), width, about=about)


def _row(
    name: str, part: tuple[int, int], width: int, *, about: str = "", role: Role = "text"
) -> Line:
    """Return a line of `width` cells; `part`: tokens, and of how many."""
    tokens, scale = part
    figures: Line = (
        *pad((Span(f"{about}{fmt.tokens(tokens)}", role),), _TOKENS_CELLS, right=True),
        Span(" "),
        *pad((Span(fmt.percent(tokens / scale), "label"),), _PERCENT_CELLS, right=True),
    )
    room = min(_MOST_BAR, width - _NAME_CELLS - 2 - width_of(figures))
    head = pad((Span(name, role),), _NAME_CELLS)
    if room < _LEAST_BAR:
        return crop((*head, Span(" "), *figures), width)
    full, empty = fmt.bar(tokens / scale, room)
    colour: Role = "faint" if role == "label" else "accent"
    return (*head, Span(" "), Span(full, colour), Span(empty, "faint"), Span(" "), *figures)


def _part_detail(page: SessionPage, part: ContextPart) -> tuple[Line, ...]:
    share = fmt.percent(part.tokens / page.context_tokens) if page.context_tokens else UNKNOWN
    about = "~" if part.is_estimated else ""
    return (
        (
            Span(f"{SOURCE_WORDS[part.source]}: ", "label"),
            Span(f"{about}{part.tokens:,} tokens", "figure"),
            Span(f", {share} of the last prompt", "label"),
        ),
        (Span(_MEANINGS[part.source], "label"),),
    )


def _part_note(page: SessionPage, part: ContextPart) -> tuple[str, ...]:
    about = "about " if part.is_estimated else ""
    first = f"{about}{part.tokens:,} of the last prompt's {page.context_tokens or 0:,} tokens."
    return (first[:1].upper() + first[1:], _MEANINGS[part.source], *_how(page, part))


def _how(page: SessionPage, part: ContextPart) -> tuple[str, ...]:
    if not part.is_estimated:
        return ("The provider counted it.",)
    return (
        "How large each prompt was, the provider counted. Which part of its growth is whose is an"
        " estimate (~): all parts together are exactly the last prompt.",
        _measure_words(page),
    )


def _measure_words(page: SessionPage) -> str:
    if page.bytes_per_token is None:
        return "Too few results in this session to measure with: 3 bytes are taken for a token."
    return (
        f"Measured in this session: {page.bytes_per_token:.1f} bytes of results made the context"
        " grow by a token."
    )


def result_listing(page: SessionPage, zone: tzinfo, width: int) -> Listing:
    """Return the largest tool results, the largest first."""
    if not page.results:
        return Listing()
    largest = max(1, page.results[0].tokens)
    side_cells = max(map(len, map(_side, page.results)))
    head = (
        *pad((Span("tokens", "label"),), _TOKENS_CELLS + 1, right=True),
        Span("  what came back", "label"),
    )
    return Listing(
        head=crop(head, width),
        entries=tuple(
            Entry(
                key=f"{number}",
                lines=(_result_line(one, largest, side_cells, width),),
                target=NoteTarget(title=_label(one), paragraphs=_result_note(page, one, zone)),
                detail=_result_detail(one, zone),
            )
            for number, one in enumerate(page.results)
        ),
    )


def _label(one: ToolResult) -> str:
    return clean(one.label) or _NAMELESS.get(one.source, "a result")


def _side(one: ToolResult) -> str:
    where = "" if one.is_in_context else " subagent" if one.thread else " gone"
    return f"{SOURCE_WORDS[one.source]}{where}"


def _result_line(one: ToolResult, largest: int, side_cells: int, width: int) -> Line:
    role: Role = "text" if one.is_in_context else "label"
    figures = pad((Span(f"~{fmt.tokens(one.tokens)}", role),), _TOKENS_CELLS + 1, right=True)
    room = width - width_of(figures) - 2
    side = pad((Span(_side(one), "label"),), side_cells)
    if room < width_of(side) + 12:
        return crop((*figures, Span("  "), Span(_label(one), role)), width)
    cells = room - width_of(side) - 2
    bar_cells = min(16, cells - 26)
    name = pad((Span(_label(one), role),), cells - max(0, bar_cells + 1))
    if bar_cells < _LEAST_BAR:
        return (*figures, Span("  "), *name, Span("  "), *side)
    full, empty = fmt.bar(one.tokens / largest, bar_cells)
    bar = (Span(full, "accent" if one.is_in_context else "label"), Span(empty, "faint"))
    return (*figures, Span("  "), *name, Span(" "), *bar, Span("  "), *side)


def _result_detail(one: ToolResult, zone: tzinfo) -> tuple[Line, ...]:
    return (
        (
            Span(f"{one.at.astimezone(zone):%H:%M:%S}  ", "label"),
            Span(_label(one), "figure"),
            Span(f"  {fmt.size(one.size_bytes)}, about {one.tokens:,} tokens", "text"),
        ),
        (Span(_where_words(one), "label"),),
    )


def _where_words(one: ToolResult) -> str:
    if one.thread:
        return "It is in a subagent's context, not in that of the main thread."
    if one.is_in_context:
        return "It is in the context, and is sent again with every prompt."
    return "It is out of the context: compacted, cleared, or not sent yet."


def _result_note(page: SessionPage, one: ToolResult, zone: tzinfo) -> tuple[str, ...]:
    return (
        f"{one.size_bytes:,} bytes at {one.at.astimezone(zone):%Y-%m-%d %H:%M:%S},"
        f" about {one.tokens:,} tokens.",
        _where_words(one),
        _measure_words(page),
    )
