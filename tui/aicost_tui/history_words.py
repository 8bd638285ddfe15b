"""What stands around the table of the history: the way, the sums, what to know of them. Pure.

An `action` of a span is what a click on it does: an action of the history screen.
"""

from collections.abc import Sequence
from datetime import date

from aicost.core.history import History
from aicost.core.money import cost_text, more_text
from aicost.core.text import clean, fit
from aicost_tui import format as fmt
from aicost_tui.history_place import GRAINS, UNITS, Place, Range, groupings
from aicost_tui.spans import Line, Part, Role, Span, arrange

_MOST_CRUMB = 28  # cells of one step of the way
_MOST_MODELS = 3  # without a price, by name
_EVIDENCE = frozenset({"category", "environment"})  # groups that a second reading finds


def header_lines(place: Place, history: History | None, width: int) -> tuple[Line, ...]:
    """Return where one is with the sums of it, and what can be chosen."""
    return _way(place, history, width), _choices(place, width)


def note_lines(place: Place, history: History | None, width: int) -> tuple[Line, ...]:
    """Return what to know of these numbers, in one line; () when there is nothing to say."""
    if history is None:
        return ()
    parts: list[Part] = []
    if not history.complete and history.pending_bytes:
        said: Line = (Span("◌ old logs are being read", "warn"),)
        left = Span(f", {fmt.size(history.pending_bytes)} to go", "text")
        more = Span(": the days before may lack some", "label")
        parts.append(Part(2, ((*said, left, more), (*said, left), said)))
    elif not history.has_evidence and _needs_evidence(place):
        said = (Span("◌ what the work was for is being read", "warn"),)
        more = Span(": until then some is unallocated", "label")
        parts.append(Part(2, ((*said, more), said)))
    if history.unpriced_models and place.unit == "dollars":
        parts.append(_unpriced(history))
    hidden = history.hidden
    if hidden is not None and hidden.why and hidden.cost_nusd != 0:
        said = (Span("+ ", "warn"), Span(more_text(hidden.cost_nusd), "text"))
        why = Span(" that no log line shows", "label")
        how = Span("  aicost reconcile", "accent")
        parts.append(Part(3, ((*said, why, how), (*said, why), (*said, Span(" hidden", "label")))))
    return (arrange(parts, [], width),) if parts else ()


def _unpriced(history: History) -> Part:
    names = [fmt.short_model(model) for model in history.unpriced_models]
    more = len(names) - _MOST_MODELS
    told = ", ".join(names[:_MOST_MODELS]) + (f" and {more} more" if more > 0 else "")
    said: Line = (Span("? ", "warn"), Span("no price known for ", "label"), Span(told, "text"))
    count = (Span("? ", "warn"), Span(f"{fmt.plural(len(names), 'model')} unpriced", "label"))
    return Part(1, ((*said, Span("  aicost prices set", "accent")), said, count))


def blank_history(
    place: Place, history: History | None, *, failed: bool, shown: int
) -> tuple[Line, ...]:
    """Return what stands in place of an empty table; () when there is one."""
    if shown:
        return ()
    if history is None:
        if failed:
            return (_big("No numbers yet"), _said("They come as the daemon answers."))
        return (_big("Looking into the ledger …"),)
    if place.level.needle and history.rows:
        return (
            (
                Span("Nothing matches ", "figure"),
                Span(fit(clean(place.level.needle), 30), "accent"),
            ),
            _said("Looked at: names, models, agents, tasks."),
            (Span("esc", "accent"), Span(" shows all again.", "label")),
        )
    if history.first_day is None:
        if not history.complete:
            return (
                _big("Reading the logs …"),
                _said("Days appear as they are found, the newest first."),
            )
        return (
            _big("Nothing was used yet"),
            _said("As soon as an agent makes its first call, its day is here."),
        )
    if place.level.since is not None:
        return (
            _big(f"Nothing was used: {place.level.crumb}"),
            (Span("← →", "accent"), Span(" the one before, the one after.", "label")),
        )
    return _big(f"Nothing was used {place.range.words}"), _further_back(history.first_day)


def _further_back(first: date) -> Line:
    since = f" at all there is, since {first.day} {first:%b %Y}."
    back = (Span("→", "accent"), Span(" looks further back; ", "label"))
    return (*back, Span("5", "accent"), Span(since, "label"))


def _needs_evidence(place: Place) -> bool:
    level = place.level
    return bool(_EVIDENCE & {level.by, *(part.by for part in level.within)})


def _big(text: str) -> Line:
    return (Span(text, "figure"),)


def _said(text: str) -> Line:
    return (Span(text, "label"),)


def _way(place: Place, history: History | None, width: int) -> Line:
    """Return the steps down, each to be clicked, and the sums at the right."""
    crumbs: list[Span] = [Span("History", "accent" if len(place.levels) == 1 else "text", "up(0)")]
    for at, level in enumerate(place.levels[1:], start=1):
        last = at == len(place.levels) - 1
        name = fit(clean(level.crumb), _MOST_CRUMB)
        crumbs += [Span(" › ", "faint"), Span(name, "accent" if last else "text", f"up({at})")]
    short = (crumbs[0], Span(" › … › ", "faint"), crumbs[-1]) if len(crumbs) > 3 else tuple(crumbs)
    left = Part(3, (tuple(crumbs), short))
    return arrange([left], _sums(history) if history else [], width)


def _sums(history: History) -> list[Part]:
    total, days = history.total, history.active_days
    cost = cost_text(total.cost_nusd, total.unpriced_tokens)
    role: Role = "warn" if total.unpriced_tokens else "figure"
    parts = [
        Part(0, ((Span(cost, role),),)),
        Part(
            1,
            (
                (Span(fmt.tokens(total.tokens.total_tokens), "text"), Span(" tokens", "label")),
                (Span(fmt.tokens(total.tokens.total_tokens), "text"), Span(" tok", "label")),
                (),
            ),
        ),
        Part(5, (_count(total.requests, "call"), ())),
        Part(6, (_count(total.sessions, "session"), ())),
    ]
    if days > 1 and total.cost_nusd is not None:
        each = f"{'≥' if total.unpriced_tokens else ''}{fmt.money(total.cost_nusd // days)}"
        words = (Span(f"{days}", "text"), Span(" days at ", "label"), Span(each, "text"))
        parts.append(Part(4, (words, ())))
    return parts


def _count(count: int, word: str) -> Line:
    number, _, rest = fmt.plural(count, word).partition(" ")
    return (Span(number, "text"), Span(f" {rest}", "label"))


def _choices(place: Place, width: int) -> Line:
    """Return what can be chosen; what is stands in brackets, so that it reads without colour."""
    level = place.level
    if level.since is None:
        ranges = [(one.value, f"range({one.value!r})", one is place.range) for one in Range]
        first = Part(1, (_one_of(ranges), _chosen(ranges)))
    else:
        beside: Line = (
            Span("← ", "accent", "step(-1)"),
            Span("before", "label", "step(-1)"),
            Span("  after", "label", "step(1)"),
            Span(" →", "accent", "step(1)"),
        )
        first = Part(1, (beside, ()))
    grains = [(f"{one}s", f"grain({one!r})", one == place.grain_asked) for one in GRAINS]
    units = [(one, f"unit({one!r})", one == place.unit) for one in UNITS]
    groups = [(one, f"group({one!r})", one == level.by) for one in groupings(place)]
    return arrange(
        [
            first,
            Part(3, (_one_of(grains), _chosen(grains), ())),
            Part(2, (_one_of(units), _chosen(units), ())),
        ],
        [
            Part(
                4,
                (
                    (Span("by ", "label"), *_one_of(groups)),
                    (Span("by ", "label"), *_chosen(groups)),
                ),
            )
        ],
        width,
    )


def _one_of(choices: Sequence[tuple[str, str, bool]]) -> Line:
    spans: list[Span] = []
    for name, action, is_chosen in choices:
        spans += [Span(" ")] if spans else []
        spans.append(
            Span(f"[{name}]", "accent", action) if is_chosen else Span(name, "label", action)
        )
    return tuple(spans)


def _chosen(choices: Sequence[tuple[str, str, bool]]) -> Line:
    return tuple(Span(f"[{name}]", "accent", action) for name, action, chosen in choices if chosen)
