"""The lines around the table: header, progress, one session in detail, empty states. Pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aicost.core.errors import AicostError
from aicost.core.money import dollars
from aicost.core.session import session_name
from aicost.core.text import UNKNOWN, clean, fit
from aicost.core.view import DashboardView, Reading, SessionRow, SessionState
from aicost_tui import format as fmt
from aicost_tui.columns import STATE_ROLES
from aicost_tui.filters import EXAMPLE
from aicost_tui.gauges import budget_facts, header_parts
from aicost_tui.rows import STATES, Listed, Sort
from aicost_tui.spans import Line, Part, Span, arrange, crop

OLD_AFTER_S = 5  # an older view says how old it is
_DAY_S = 86_400
_TROUBLE_CHARS = 60  # of what the daemon says keeps it from reading
DEMO_COMMAND = "aicost top --demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What the header shows. `view` is None before the first one; `now` is timezone-aware."""

    view: DashboardView | None
    now: datetime
    paused: bool = False
    sort: Sort | None = None  # what the table is ordered by; None: there is no table
    is_reversed: bool = False
    listed: Listed = Listed.ALL


def header_lines(facts: HeaderFacts, width: int) -> tuple[Line, Line]:
    """Return today's money and the clock, then the burn, who is live, and what to distrust."""
    view = facts.view
    clock = _clock_part(facts)
    if view is None:
        return arrange([Part(0, (_named("aicost", ""),))], [clock], width), ()
    gauges, plans = header_parts(budget_facts(view, facts.now, zone_of(view, facts.now)))
    words: Line = (Span("paused", "warn"), Span(", space goes on", "label"))
    pause = Part(1, (words, words[:1])) if facts.paused else None
    money, tokens = _money_parts(view, facts.now)
    right = [part for part in (pause, clock) if part]
    first = arrange([money, *gauges, tokens], right, width)
    second = arrange([*_burn_parts(view), *plans], _doubt_parts(facts), width)
    return first, second


def reading_line(reading: Reading, width: int) -> Line:
    """Return how far the first read of old logs is; numbers are usable meanwhile."""
    share = reading.bytes_done / reading.bytes_total if reading.bytes_total > 0 else 0.0
    full, rest = fmt.bar(min(share, 1.0), max(6, min(24, width // 5)))
    bar = (Span(full, "accent"), Span(rest, "faint"), Span(f" {fmt.percent(share)}", "figure"))
    files = f"{reading.files_done:,} of {fmt.plural(reading.files_total, 'file')}"
    amount = f"{fmt.size(reading.bytes_done)} of {fmt.size(reading.bytes_total)}"
    return arrange(
        [
            Part(3, ((Span("reading old logs", "label"),), (Span("reading", "label"),), ())),
            Part(0, (bar,)),
            Part(2, ((Span(files, "text"),), ())),
            Part(4, ((Span(amount, "label"),), ())),
            Part(1, ((Span(fmt.time_left(reading.seconds_left), "text"),), ())),
        ],
        [],
        width,
    )


def detail_lines(row: SessionRow, now: datetime, zone: tzinfo, width: int) -> tuple[Line, Line]:
    """Return what the table has no room for: state in words, times, full id, folder, calls."""
    look = STATES[row.state]
    head, dot, tail = session_name(row).partition(" · ")
    name = (Span(head, "figure"), Span(dot + tail, "text"))
    state = (Span(f"{look.sign} ", STATE_ROLES[row.state]), Span(look.meaning, "text"))
    agent = Span(row.agent if row.pid is None else f"{row.agent} pid {row.pid}")
    first = arrange(
        [
            Part(0, (name,)),
            Part(2, (state, (Span(look.word, "text"),))),
            Part(5, ((agent,), ())),
        ],
        [Part(3, (_started(row, now, zone), ()))],
        width,
    )
    second = arrange(
        [
            Part(0, (_named("session", clean(row.session_id)),)),
            Part(2, (*_context_forms(row), ())),
            Part(3, (_named("calls", f"{row.requests:,}"), ())),
            Part(4, (_named("model", clean(row.model)), ())),
        ],
        [Part(5, (_named("in", clean(row.cwd)), ()))] if row.cwd else [],
        width,
    )
    return first, second


def blank_lines(
    view: DashboardView | None,
    *,
    lost: AicostError | None,
    needle: str,
    shown: int,
    listed: Listed = Listed.ALL,
) -> tuple[Line, ...]:
    """Return what stands in place of an empty table; () when there is a table to show."""
    if shown:
        return ()
    if view is None:
        if lost is not None:
            return ((Span("No numbers yet", "figure"),), _said("They come as it answers."))
        return ((Span("Connecting to the daemon …", "figure"),),)
    if view.sessions:
        return _none_shown(needle, listed)
    if view.reading is not None:
        return (
            (Span("Reading the logs …", "figure"),),
            _said("Sessions appear as they are found, the newest first."),
        )
    return _no_sessions(view) if view.log_files else _no_logs(view)


def too_small_lines(view: DashboardView | None, width: int) -> tuple[Line, ...]:
    """Return the few figures that fit a tiny terminal."""
    lines: list[Line] = []
    if view is not None:
        lines = [(Span("today ", "label"), *_today(view)[:1]), _burn_words(view)]
    lines.append((Span("a larger terminal shows more", "label"),))
    return tuple(crop(line, width) for line in lines)


def zone_of(view: DashboardView | None, now: datetime) -> tzinfo:
    """Return the zone that the view's day is in; the clock's own when it is not known here."""
    own = now.tzinfo
    assert own is not None  # the clock is timezone-aware by contract
    if view is None:
        return own
    try:
        return ZoneInfo(view.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # e.g. "", or a folder's name
        return own


def _money_parts(view: DashboardView, now: datetime) -> tuple[Part, Part]:
    """The day's money, and its tokens."""
    today, *rest = _today(view)
    is_today = view.day == now.astimezone(zone_of(view, now)).date().isoformat()
    label = "today" if is_today else clean(view.day)
    known: Line = (Span(f"{label} ", "label"), today)
    so_far: Line = (Span(" so far", "warn"),) if view.reading else ()
    unpriced = view.today.unpriced_tokens
    if rest:
        short = Span(f" + {fmt.tokens(unpriced)} unpriced", "warn")
        money = Part(0, ((*known, *rest, *so_far), (*known, short, *so_far), (*known, short)))
    else:
        money = Part(0, ((*known, *so_far), (*known,)))
    total = fmt.tokens(view.today.tokens.total_tokens)
    tokens = Part(
        3,
        (
            (Span(total, "figure"), Span(" tokens today", "label")),
            (Span(total, "figure"), Span(" tokens", "label")),
            (Span(total, "figure"), Span(" tok", "label")),
            (),
        ),
    )
    return money, tokens


def _today(view: DashboardView) -> tuple[Span, ...]:
    """The day's money, and what it leaves out."""
    day = view.today
    if day.cost_nusd is None and day.unpriced_tokens:
        return (Span(f"unpriced: {fmt.tokens(day.unpriced_tokens)} tokens", "warn"),)
    known = Span(dollars(day.cost_nusd or 0), "figure")  # no calls yet cost nothing
    if not day.unpriced_tokens:
        return (known,)
    return (known, Span(f" + {fmt.tokens(day.unpriced_tokens)} unpriced tokens", "warn"))


def _burn_words(view: DashboardView) -> Line:
    rate = view.burn
    unknown = rate.nusd_per_hour == 0 and rate.tokens_per_minute > 0
    text = Span("unpriced", "warn") if unknown else Span(fmt.money(rate.nusd_per_hour), "figure")
    return (Span("burn ", "label"), text, *(() if unknown else (Span("/h", "label"),)))


def _burn_parts(view: DashboardView) -> list[Part]:
    speed = Span(fmt.tokens(view.burn.tokens_per_minute), "figure")
    counts = Counter(row.state for row in view.sessions)
    parts = [
        Part(0, (_burn_words(view),)),
        Part(
            5,
            (
                (speed, Span(" tokens/min, last 10 min", "label")),
                (speed, Span(" tokens/min", "label")),
                (speed, Span(" tok/min", "label")),
                (speed, Span("/min", "label")),
                (),
            ),
        ),
        Part(1, ((Span(str(view.live), "figure"), Span(" live", "label")),)),
    ]
    if counts["waiting"]:
        count = _state_count("waiting", counts["waiting"])
        verb = "waits" if counts["waiting"] == 1 else "wait"
        parts.append(Part(2, ((*count, Span(f" {verb} for you", "warn")), count)))
    return parts


def _state_count(state: SessionState, count: int) -> Line:
    return (Span(f"{STATES[state].sign} {count}", STATE_ROLES[state]),)


def _doubt_parts(facts: HeaderFacts) -> list[Part]:
    """What makes the numbers less than whole and fresh, and the order of the table."""
    view, parts = facts.view, list[Part]()
    if view is None:
        return parts
    if view.skipped_lines:
        number = Span(fmt.tokens(view.skipped_lines), "text")
        is_one = view.skipped_lines == 1
        lines = " log line unreadable" if is_one else " log lines unreadable"
        short = (number, Span(" unreadable", "label"))
        parts.append(Part(6, ((number, Span(lines, "label")), short)))
    old_s = (facts.now - view.at).total_seconds()
    if old_s > OLD_AFTER_S:
        parts.append(Part(1, ((Span(f"{fmt.age(old_s)} old", "warn"),),)))
    if view.trouble:
        said = Span(f"not reading: {fit(clean(view.trouble), _TROUBLE_CHARS)}", "bad")
        parts.append(Part(1, ((said,), (Span("not reading", "bad"),))))
    if facts.sort is not None:
        arrow = "▴" if facts.is_reversed else "▾"
        by: Line = (Span("by ", "label"), Span(f"{facts.sort.value} {arrow}", "accent"))
        parts.append(Part(4, (by, ())))
        if facts.listed is not Listed.ALL:
            parts.append(Part(3, ((Span(f"{facts.listed.words} only", "accent"),),)))
    return parts


def _clock_part(facts: HeaderFacts) -> Part:
    local = facts.now.astimezone(zone_of(facts.view, facts.now))
    return Part(2, ((Span(f"{local:%H:%M:%S}", "label"),), (Span(f"{local:%H:%M}", "label"),)))


def _started(row: SessionRow, now: datetime, zone: tzinfo) -> Line:
    if row.started_at is None:
        return ()
    local, seconds = row.started_at.astimezone(zone), (now - row.started_at).total_seconds()
    at = f"{local:%H:%M}" if seconds < _DAY_S else f"{local:%Y-%m-%d %H:%M}"
    ago = "just now" if seconds < 1 else f"{fmt.age(seconds)} ago"
    return (Span("started ", "label"), Span(at, "text"), Span(f", {ago}", "label"))


def _context_forms(row: SessionRow) -> tuple[Line, ...]:
    """The context in full, then short."""
    used, limit = row.context_tokens, row.context_window_tokens
    if used is None:
        return (_named("context", UNKNOWN),)
    if not limit:
        return (_named("context", f"{used:,}"), _named("context", fmt.tokens(used)))
    return (
        (*_named("context", f"{used:,}"), Span(f" of {limit:,}", "label")),
        (*_named("context", fmt.tokens(used)), Span(f" of {fmt.tokens(limit)}", "label")),
    )


def _named(name: str, value: str) -> Line:
    return (Span(f"{name} ", "label"), Span(value, "text")) if value else (Span(name, "label"),)


def _said(text: str) -> Line:
    return (Span(text, "label"),)


def _none_shown(needle: str, listed: Listed) -> tuple[Line, ...]:
    """What hides every session there is, and how to see them."""
    more: Line = ()
    if listed is not Listed.ALL:
        words = f" lists all sessions, not only {listed.words}."
        more = (Span(f"{Listed.ALL:d}", "accent"), Span(words, "label"))
    if not needle.strip():
        return ((Span(f"No session to list: {listed.words} only", "figure"),), more)
    return (
        (Span("No session matches ", "figure"), Span(fit(clean(needle), 30), "accent")),
        (Span("A filter is like ", "label"), Span(EXAMPLE, "text")),
        (Span("esc", "accent"), Span(" shows all again.", "label")),
        *((more,) if more else ()),
    )


def _no_logs(view: DashboardView) -> tuple[Line, ...]:
    folders = [(Span(f"  {clean(home)}", "text"),) for home in view.homes]
    return (
        (Span("No agent logs found", "figure"),),
        _said("Looked in:" if folders else "No folder to look in is known."),
        *folders,
        (),
        _said("As soon as Claude Code or Codex writes there, it shows up here."),
        (Span("To see it at work, with made-up sessions: ", "label"), Span(DEMO_COMMAND, "accent")),
    )


def _no_sessions(view: DashboardView) -> tuple[Line, ...]:
    logs = fmt.plural(view.log_files, "log")
    return (
        (Span("No sessions to show", "figure"),),
        _said(f"{logs} found, and no call of a model in what is shown here."),
        _said("A session appears with its first answer."),
    )
