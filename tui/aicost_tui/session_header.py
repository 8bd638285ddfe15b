"""The top of a session's screen: who it is, what it cost, what it was for; its states. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from aicost.core.errors import AicostError
from aicost.core.money import cost_text_short
from aicost.core.outcome import Outcome, sentence
from aicost.core.repos import repo_label
from aicost.core.session_page import SessionPage
from aicost.core.text import clean
from aicost.core.view import SessionRow
from aicost_tui import format as fmt
from aicost_tui.columns import STATE_ROLES, context_role
from aicost_tui.rows import STATES
from aicost_tui.session_turns import duration
from aicost_tui.spans import Line, Part, Span, arrange, glue

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class HeadFacts:
    """What the header shows. `row`: of the daemon's view, if the session is in it."""

    session_id: str
    now: datetime
    page: SessionPage | None = None
    row: SessionRow | None = None


def zone_of_page(page: SessionPage | None, now: datetime) -> tzinfo:
    """Return the zone that times are told in: that of the daemon's days."""
    if page is not None:
        try:
            return ZoneInfo(page.timezone)
        except (KeyError, OSError, ValueError):  # a zone that this machine does not know
            pass
    return now.tzinfo or ZoneInfo("UTC")


def head_lines(facts: HeadFacts, width: int) -> tuple[Line, Line]:
    """Return two lines of `width` cells."""
    return (
        arrange(_who(facts), [*_money(facts), _clock(facts)], width),
        arrange(_what(facts), _context(facts), width),
    )


def _who(facts: HeadFacts) -> list[Part]:
    page, row = facts.page, facts.row
    repo = (page.repo if page else "") or (row.repo if row else "")
    branch = clean((page.branch if page else "") or (row.branch if row else ""))
    name = clean(repo_label(repo)) or clean(facts.session_id)[:8]
    state = STATES[row.state] if row else None
    sign = Span(f"{state.sign} " if state else "", STATE_ROLES[row.state] if row else "label")
    title: Line = (sign, Span(name, "figure"))
    named: Line = (*title, Span(f" · {branch}", "text")) if branch else title
    parts = [Part(1, (named, title))]
    if row is not None:
        parts.append(Part(3, ((Span(STATES[row.state].word, STATE_ROLES[row.state]),), ())))
    agent = page.agent if page else row.agent if row else ""
    version = clean(page.version) if page else ""
    short: Line = (Span(agent, "label"),)
    whole: Line = (*short, Span(f" {version}", "label")) if version else short
    models = page.models if page else (row.model,) if row else ()
    words = ", ".join(fmt.short_model(model) for model in models[:3] if model)
    return [*parts, Part(6, (whole, short, ())), Part(4, ((Span(words, "text"),), ()))]


def _money(facts: HeadFacts) -> list[Part]:
    page = facts.page
    if page is None:
        return []
    cost = cost_text_short(page.cost_nusd, page.unpriced_tokens)
    parts = [Part(0, ((Span(cost, "figure", "explain"),),))]
    if page.hidden_tokens:
        unknown = page.hidden_tokens if page.hidden_nusd is None else 0
        hidden = cost_text_short(page.hidden_nusd, unknown)
        parts.append(Part(5, ((Span("+ ", "label"), Span(f"{hidden} hidden", "warn")), ())))
    calls: Line = (Span(fmt.plural(page.requests, "call"), "text"),)
    tokens = f"{fmt.tokens(page.tokens.total_tokens)} tokens"
    parts.append(Part(5, ((*calls, Span(f", {tokens}", "label")), calls, ())))
    if page.started_at and page.last_at:
        lasted = (page.last_at - page.started_at) / timedelta(microseconds=1)
        since = f"{page.started_at.astimezone(zone_of_page(page, facts.now)):%Y-%m-%d %H:%M}"
        took: Line = (Span(duration(lasted), "text"),)
        parts.append(Part(7, ((Span(f"{since}, ", "label"), *took), took, ())))
    return parts


def _clock(facts: HeadFacts) -> Part:
    now = facts.now.astimezone(zone_of_page(facts.page, facts.now))
    return Part(8, ((Span(f"{now:%H:%M:%S}", "label"),), ()))


def _what(facts: HeadFacts) -> list[Part]:
    page = facts.page
    if page is None:
        return []
    parts: list[Part] = []
    if page.purpose is not None:
        name: Line = (Span(str(page.purpose.category), "text"),)
        share = fmt.percent(page.purpose.confidence)
        parts.append(Part(1, ((*name, Span(f" {share} of its cost", "label")), name)))
    if page.outcome is not None:
        head: Line = (Span(str(page.outcome.outcome), "text"),)
        if page.outcome.outcome is Outcome.UNKNOWN:
            head = (Span("outcome ", "label"), *head)
        whole: Line = (*head, Span(f": {sentence(page.outcome)}", "label"))
        parts.append(Part(5, (whole, head, ())))
    if page.rebuilds:
        known = [one.cost_nusd for one in page.rebuilds if one.cost_nusd is not None]
        cost = f" {cost_text_short(sum(known), 0)}" if known else ""
        rebuilt = (Span(f"cache rebuilt {len(page.rebuilds)}×{cost}", "warn"),)
        parts.append(Part(4, (rebuilt, ())))
    if not page.has_evidence:
        parts.append(Part(2, ((Span("reading what the calls were for …", "label"),), ())))
    return parts


def _context(facts: HeadFacts) -> list[Part]:
    page = facts.page
    if page is None or page.context_tokens is None:
        return []
    window = page.context_window_tokens
    if not window:
        return [Part(2, ((Span(f"context {fmt.tokens(page.context_tokens)}", "text"),), ()))]
    share = page.context_tokens / window
    full, empty = fmt.bar(share, 12)
    role = context_role(share)
    figure: Line = (Span(f"context {fmt.percent(share)}", "text"),)
    of_all: Line = (*figure, Span(f" of {fmt.tokens(window)}", "label"))
    bar: Line = (Span(full, role), Span(empty, "faint"), Span(" "))
    return [Part(2, ((*bar, *of_all), (*bar, *figure), figure, ()))]


# States


def loading_lines() -> tuple[Line, ...]:
    """Return what stands there before the first answer."""
    return ((Span("Asking the daemon for this session …", "label"),),)


def no_calls_lines(row: SessionRow | None) -> tuple[Line, ...]:
    """Return what is said of a session without a call."""
    is_live = row is not None and row.state != "ended"
    second = (
        "It will show here with its first answer." if is_live else "There is nothing to show of it."
    )
    return ((Span("This session has made no call yet", "figure"),), (), (Span(second, "label"),))


def error_lines(error: AicostError) -> tuple[Line, ...]:
    """Return what went wrong, why, and what to do; `r` asks again."""
    lines: list[Line] = [(Span("✕ ", "bad"), Span(clean(error.what), "figure"))]
    if error.why:
        lines.append((Span("  why  ", "label"), Span(clean(error.why), "text")))
    if error.hint:
        lines.append((Span("  try  ", "label"), Span(clean(error.hint), "accent")))
    return (*lines, (), (Span("  r", "accent"), Span(" asks again", "label")))


def stale_line(error: AicostError) -> Line:
    """Return one line for a page that could not be brought up to date."""
    what: Line = (
        Span("✕ ", "bad"),
        Span("not up to date: ", "bad"),
        Span(clean(error.what), "text"),
    )
    hint: Line = (Span("try ", "label"), Span(clean(error.hint), "accent")) if error.hint else ()
    return glue((what, hint), 3)
