"""A session's subagents, what led nowhere, what was cached twice, and what came of it. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from aicost.core.days import from_us
from aicost.core.money import cost_text_short
from aicost.core.outcome import MEANINGS, sentence
from aicost.core.session_page import CommandRuns, PageSubagent, Rebuild, SessionPage
from aicost.core.tasks import Task
from aicost.core.text import clean, wrapped
from aicost.core.waste.hits import LOOPS, Hit
from aicost.core.waste_words import ACTIONS, evidence_of, progress_text
from aicost_tui import format as fmt
from aicost_tui.entries import CallsTarget, Entry, Listing, NoteTarget, heading
from aicost_tui.session_turns import duration, outcome_line, time_style, turn_facts
from aicost_tui.spans import Line, Role, Span, crop, glue, pad, width_of

_SECOND_US = 1_000_000
_COST_CELLS = 8
_CAUSES = {"model switch": "model switch", "pause": "pause", "": "cause not known"}
_CAUSE_NOTES = {
    "model switch": "Another model was asked: each has a cache of its own.",
    "pause": "The provider keeps a prompt for some minutes only, and nothing was asked for longer.",
    "": "The log does not say why. Changed tools, changed instructions or an edited conversation"
    " make the provider forget what comes after them.",
}


# Subagents


def agent_listing(page: SessionPage, zone: tzinfo, width: int) -> Listing:
    """Return subagents as a tree below the turns that started them."""
    if not page.subagents:
        return Listing()
    rows = {row.turn.turn_id: row for row in turn_facts(page, zone)}
    order = {turn.turn_id: number for number, turn in enumerate(page.turns)}
    agents = sorted(page.subagents, key=lambda agent: order.get(agent.turn_id, -1))
    entries: list[Entry] = []
    for turn_id, group in groupby(agents, key=lambda agent: agent.turn_id):
        some = list(group)
        row = rows.get(turn_id)
        words = f"turn {row.number}" if row and row.number else "no turn"
        prompt = clean(row.turn.prompt) if row else ""
        title: Line = (Span(words, "text"), Span(f"  {prompt}" if prompt else "", "label"))
        entries.append(heading(f"turn:{turn_id}", crop(title, width)))
        entries += [
            _agent_entry(page, agent, is_last=agent is some[-1], width=width) for agent in some
        ]
    return Listing(head=_agent_head(width), entries=tuple(entries))


_AGENT_COLUMNS = (("calls", 5), ("context", 7), ("took", 6), ("cost", _COST_CELLS))


def _agent_head(width: int) -> Line:
    figures = glue(
        (pad((Span(name, "label"),), cells, right=True) for name, cells in _shown(width)), 1
    )
    return (*pad((Span("subagent", "label"),), width - width_of(figures) - 1), Span(" "), *figures)


def _shown(width: int) -> Sequence[tuple[str, int]]:
    """Return the columns that leave room for a name."""
    some = list(_AGENT_COLUMNS)
    while len(some) > 1 and sum(cells + 1 for _, cells in some) > width - 16:
        some.pop(1 if len(some) > 2 else 0)
    return some


def _agent_entry(page: SessionPage, agent: PageSubagent, *, is_last: bool, width: int) -> Entry:
    took = None
    if agent.started_at is not None and agent.last_at is not None:
        took = (agent.last_at - agent.started_at).total_seconds() * _SECOND_US
    texts: dict[str, Span] = {
        "calls": Span(f"{agent.requests:,}", "text"),
        "context": Span(fmt.tokens(agent.context_tokens), "text"),
        "took": Span(duration(took), "text"),
        "cost": Span(cost_text_short(agent.cost_nusd, agent.unpriced_tokens), "figure"),
    }
    figures = glue((pad((texts[name],), cells, right=True) for name, cells in _shown(width)), 1)
    kind, model = clean(agent.kind), fmt.short_model(agent.model)
    name: Line = (
        Span("└ " if is_last else "├ ", "faint"),
        Span(kind or "subagent", "text"),
        Span(f"  {model}" if model else "", "label"),
    )
    target = CallsTarget(
        session_id=page.session_id, title=f"Subagent {kind}".rstrip(), thread=agent.subagent_id
    )
    detail: Line = (
        Span(f"{kind or 'subagent'} ", "figure"),
        Span(f"{clean(agent.subagent_id)}  {clean(agent.model)}", "label"),
    )
    return Entry(
        key=agent.subagent_id,
        lines=((*pad(name, width - width_of(figures) - 1), Span(" "), *figures),),
        target=target if agent.requests else None,
        detail=(detail,),
    )


# What led nowhere, and what was cached twice


def waste_listing(page: SessionPage, zone: tzinfo, width: int) -> Listing:
    """Return loops and other waste, the dearest first, then each rebuilt cache."""
    entries: list[Entry] = []
    if page.hits:
        costs = [hit.cost_nusd for hit in page.hits]
        entries.append(heading("hits", crop(_title("Led nowhere", costs), width)))
        dearest = sorted(page.hits, key=lambda hit: -(hit.cost_nusd or 0))
        entries += [
            _hit_entry(page, hit, zone, width, number) for number, hit in enumerate(dearest)
        ]
    if page.rebuilds:
        costs = [one.cost_nusd for one in page.rebuilds]
        entries.append(heading("rebuilds", crop(_title("Cache rebuilt", costs), width)))
        entries += [_rebuild_entry(page, one, zone, width) for one in reversed(page.rebuilds)]
    return Listing(entries=tuple(entries))


def _title(words: str, costs: Sequence[int | None]) -> Line:
    known = [cost for cost in costs if cost is not None]
    cost = f", {cost_text_short(sum(known), 0)}" if known else ""
    return (Span(f"{words} ", "label"), Span(f"{len(costs):,}×{cost}", "text"))


def _hit_entry(page: SessionPage, hit: Hit, zone: tzinfo, width: int, number: int) -> Entry:
    is_loop = hit.kind in LOOPS
    word: Span = Span("LOOP " if is_loop else "", "bad")
    cost = pad((Span(_more(hit.cost_nusd), "figure"),), _COST_CELLS, right=True)
    room = max(1, width - width_of(cost) - 1)
    said = list(wrapped(evidence_of(hit), max(8, room - len(word.text))))
    first: Line = (*pad((word, Span(said[0], "text")), room), Span(" "), *cost)
    lines = [first, *((Span("  "), Span(part, "text")) for part in said[1:])]
    lines += [
        (Span("→ " if not at else "  ", "accent"), Span(part, "label"))
        for at, part in enumerate(wrapped(ACTIONS[hit.kind], max(8, width - 2)))
    ]
    since, until = (from_us(us).astimezone(zone) for us in (hit.since_us, hit.until_us))
    style = "%H:%M:%S" if since.date() == until.date() else "%m-%d %H:%M"
    detail: tuple[Line, ...] = (
        (
            Span(f"{since:{style}} – {until:{style}}  ", "label"),
            Span(f"{hit.kind}: ", "figure"),
            Span(evidence_of(hit), "text"),
        ),
        (Span("→ ", "accent"), Span(ACTIONS[hit.kind], "text")),
    )
    return Entry(
        key=f"hit:{number}",
        lines=tuple(crop(line, width) for line in lines),
        target=_turn_target(page, zone, hit.turn_id, hit.thread),
        detail=detail,
    )


def _turn_target(page: SessionPage, zone: tzinfo, turn_id: str, thread: str) -> CallsTarget:
    numbers = {row.turn.turn_id: row.number for row in turn_facts(page, zone)}
    number = numbers.get(turn_id)
    return CallsTarget(
        session_id=page.session_id,
        title=f"Turn {number}" if number else "Before any prompt",
        turns=frozenset((turn_id,)),
        thread=thread or None,
    )


def _rebuild_entry(page: SessionPage, one: Rebuild, zone: tzinfo, width: int) -> Entry:
    cost = pad((Span(_more(one.cost_nusd), "figure"),), _COST_CELLS, right=True)
    size = pad((Span(fmt.tokens(one.tokens), "text"),), 6, right=True)
    at = one.at.astimezone(zone)
    idle = duration(one.idle_s * _SECOND_US)
    cause = f"pause of {idle}" if one.cause == "pause" else _CAUSES[one.cause]
    style = time_style((rebuild.at for rebuild in page.rebuilds), zone)
    words: Line = (
        Span(f"{at:{style}} ", "label"),
        Span(cause, "text" if one.cause else "label"),
        Span(" in a subagent" if one.thread else "", "label"),
    )
    room = max(1, width - width_of(cost) - width_of(size) - 2)
    line = (*pad(words, room), Span(" "), *size, Span(" "), *cost)
    paragraphs = (
        f"At {at:%Y-%m-%d %H:%M:%S}, {idle} after the call before it, {one.tokens:,} tokens were"
        " written to the cache that had been there.",
        _CAUSE_NOTES[one.cause],
        f"Reading them there would have cost {_more(one.cost_nusd)} less."
        if one.cost_nusd is not None
        else "What it cost more is not known: the model has no price.",
    )
    return Entry(
        key=f"rebuild:{one.thread}:{one.at.timestamp()}",
        lines=(crop(line, width),),
        target=NoteTarget(title="Cache rebuilt", paragraphs=paragraphs),
        detail=((Span(paragraphs[0], "text"),), (Span(_CAUSE_NOTES[one.cause], "label"),)),
    )


def _more(nusd: int | None) -> str:
    return "?" if nusd is None else cost_text_short(nusd, 0)


# What came of it


def work_listing(page: SessionPage, zone: tzinfo, width: int) -> Listing:
    """Return the outcome with its reason, progress, tasks, and the commands that ran."""
    entries = [*_outcome_entries(page, width)]
    if page.tasks:
        entries.append(heading("tasks", (Span("Tasks", "label"),)))
        entries += [
            _task_entry(page, task, number, width) for number, task in enumerate(page.tasks)
        ]
    if page.commands:
        entries.append(heading("commands", (Span("Commands", "label"),)))
        entries += [_command_entry(one, zone, width) for one in page.commands]
    return Listing(entries=tuple(entries))


def _outcome_entries(page: SessionPage, width: int) -> Iterator[Entry]:
    verdict = page.outcome
    head: Line
    if verdict is None:
        said, head = "it is judged a while after its last call", (Span("not judged yet", "label"),)
        meaning = "nothing yet"
    else:
        said, head = sentence(verdict), outcome_line(verdict.outcome)
        meaning = MEANINGS[verdict.outcome]
    first: Line = (Span("Outcome ", "label"), *head)
    lines = [
        first,
        *((Span("  "), Span(part, "text")) for part in wrapped(said, max(8, width - 2))),
    ]
    paragraphs = (f"{said[:1].upper()}{said[1:]}.", f"It means: {meaning}.")
    yield Entry(
        key="outcome",
        lines=tuple(crop(line, width) for line in lines),
        target=NoteTarget(title="Outcome", paragraphs=paragraphs),
        detail=((Span(said, "text"),), (Span(meaning, "label"),)),
    )
    if page.progress is not None and page.progress.score:
        text = progress_text(page.progress)
        head_text, _, rest = text.partition(": ")
        points = "Points: 3 a commit, 3 a test or build turned green, 2 a file, 1 an answer."
        yield Entry(
            key="progress",
            lines=(
                crop((Span(head_text.capitalize(), "label"),), width),
                *((Span("  "), Span(part, "text")) for part in wrapped(rest, max(8, width - 2))),
            ),
            target=NoteTarget(title="Progress", paragraphs=(f"{rest}.", points)),
            detail=((Span(text, "text"),), (Span(points, "label"),)),
        )


def _task_entry(page: SessionPage, task: Task, number: int, width: int) -> Entry:
    turns = fmt.plural(len(task.turn_ids), "turn")
    cost = pad((Span(_more(task.cost_nusd), "figure"),), _COST_CELLS, right=True)
    name: Line = (Span(str(task.category), "text"), Span(f"  {turns}", "label"))
    return Entry(
        key=f"task:{task.turn_ids[0]}",
        lines=((*pad(name, max(1, width - width_of(cost) - 1)), Span(" "), *cost),),
        target=CallsTarget(
            session_id=page.session_id,
            title=f"Task {number + 1}: {task.category}",
            turns=frozenset(task.turn_ids),
        ),
        detail=((Span(f"{task.category}, {turns} in a row with one purpose", "text"),),),
    )


def _command_entry(one: CommandRuns, zone: tzinfo, width: int) -> Entry:
    role: Role = "bad" if one.last_failed else "good"
    sign = Span("✕ " if one.last_failed else "✓ ", role)
    failed = f", {one.failed:,} failed" if one.failed else ""
    counts: Line = (
        Span(fmt.plural(one.runs, "run"), "label"),
        Span(failed, "warn" if one.failed else "label"),
    )
    last = "failed" if one.last_failed else "passed"
    words = f"{clean(one.label)}: {fmt.plural(one.runs, 'run')}{failed}; the last one {last}"
    at = _time(one.last_at, zone)
    return Entry(
        key=f"command:{one.kind}:{one.label}",
        lines=(
            (
                *pad((sign, Span(clean(one.label), "text")), max(1, width - width_of(counts) - 1)),
                Span(" "),
                *counts,
            ),
        ),
        target=NoteTarget(
            title=clean(one.label),
            paragraphs=(f"{words}, at {at}.", "Only the command's name is kept, never its words."),
        ),
        detail=((Span(words, "text"), Span(f"  {at}", "label")),),
    )


def _time(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
