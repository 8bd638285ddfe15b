"""The page for a team's lead: what is published, drawn by the server, without a script."""

import base64
from collections.abc import Mapping
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from aicost.core.team.anonymity import Dimension, Why
from aicost.core.team.overview import Group, Overview, WeekLine, overview_of
from aicost.core.team.weekly_report import TeamWeek
from aicost.team import charts
from aicost.team.publishing import AFTER
from aicost.team.settings import TeamSettings

RANGES = (4, 13, 26, 52)  # weeks that may be asked for
USUAL_RANGE = 13
BANDS = ("lower quarter", "middle", "upper quarter")
_MOST_BARS = 12  # in one chart; the table has all
_TEMPLATES = Path(__file__).parent / "templates"
_CSS = (_TEMPLATES / "page.css").read_text()
_CSS_HASH = base64.b64encode(sha256(_CSS.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; img-src data:; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_OUTCOMES = {
    "commits": "Commits", "merged": "Merged branches", "reverted": "Reverted commits",
    "fixed_tests": "Fixed tests",
}  # fmt: skip
_WORDS = {"claude-code": "Claude Code", "codex": "Codex"}
_UNITS = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))


def usd(value: float) -> str:
    """Return whole dollars."""
    return f"${value:,.0f}"


def cents(value: float | None) -> str:
    """Return dollars, with cents where they say something."""
    if value is None:
        return "—"
    return f"${value:,.2f}" if value < 100 else usd(value)


def number(value: int) -> str:
    """Return a count."""
    return f"{value:,}"


def tokens(value: int) -> str:
    """Return a number of tokens, short."""
    for unit, name in _UNITS:
        if value >= unit:
            short = value / unit
            return f"{short:.0f}{name}" if short >= 10 else f"{short:.1f}{name}"
    return str(value)


def some(value: int | None) -> str:
    """Return a number of tokens that may be withheld."""
    return "some" if value is None else tokens(value)


def percent(share: float | None) -> str:
    """Return a share of 1 as percent; one that is small is not nothing."""
    if share is None:
        return "—"
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def day(value: date) -> str:
    """Return a day without its year."""
    return f"{value.day} {value:%b}"


def word(key: str, dimension: Dimension) -> str:
    """Return how a word of a group is shown."""
    if key:
        return _WORDS.get(key, key)
    return "no cohort" if dimension == "cohort" else "unallocated"


def why_not(why: Why | None) -> str:
    """Return why a whole week is not shown."""
    match why:
        case "few":
            return "withheld: too few people"
        case "dominated":
            return "withheld: one or two people are most of it"
        case "would uncover others":
            return "withheld: it would uncover others"
        case None:
            return "nobody sent a day"


_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_environment.filters |= {
    "usd": usd, "cents": cents, "number": number, "tokens": tokens, "some": some,
    "percent": percent, "day": day, "word": word, "why_not": why_not,
    "outcome": _OUTCOMES.__getitem__,
}  # fmt: skip


def range_of(number: int, today: date) -> tuple[date, date]:
    """Return the first and the last day of so many weeks, the last that may be published."""
    last = today - AFTER - timedelta(days=1)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return sunday - timedelta(days=7 * number - 1), sunday


def login_page(settings: TeamSettings, problem: str = "") -> str:
    """Return the form that asks for the token."""
    return _environment.get_template("login.html").render(
        css=Markup(_CSS),  # our own file
        team=settings.team,
        k=settings.k,
        has_reader=settings.reader_hash is not None,
        problem=problem,
    )


def overview_page(
    weeks: list[TeamWeek], settings: TeamSettings, asked: int, *, has_session: bool
) -> str:
    """Return the page of some published weeks."""
    seen = overview_of(weeks)
    return _environment.get_template("page.html").render(
        css=Markup(_CSS),  # our own file
        team=settings.team,
        k=settings.k,
        head_count=settings.head_count,
        cohorts=settings.cohorts,
        retention_months=settings.retention_months,
        seen=seen,
        span=_span(seen),
        change=_change(seen),
        people=_people(seen, settings.head_count),
        charts=_charts(seen),
        gaps=len(seen.published) < len(seen.weeks),
        has_bands=any(line.total and line.total.bands_usd for line in seen.weeks),
        band_names=BANDS,
        whys=get_args(Why),
        ranges=RANGES,
        asked=asked,
        has_session=has_session,
    )


def _span(seen: Overview) -> str:
    if not seen.weeks:
        return "no weeks"
    first, last = seen.weeks[0].monday, seen.weeks[-1].sunday
    return f"{day(first)} {first.year} – {day(last)} {last.year}"


def _change(seen: Overview) -> str:
    """Say how the latest week stands to those before it."""
    latest, usual = seen.latest, seen.usual_usd
    if latest is None or latest.total is None or not usual:
        return "no earlier week to compare with"
    share = round(100 * (latest.total.cost_usd / usual - 1))
    if share == 0:
        return f"as the weeks before ({usd(usual)})"
    return f"{abs(share)} % {'more' if share > 0 else 'less'} than the weeks before ({usd(usual)})"


def _people(seen: Overview, head_count: int | None) -> str:
    """Say what the number of sources means: who has two devices with two keys counts twice."""
    if seen.latest is None or seen.latest.total is None:
        return ""
    if head_count is None:
        return "who sent days; the server was not told how many the team is"
    if seen.latest.total.sources > head_count:
        return "more than the team is: somebody sends under two names"
    return "who sent days of it"


def _charts(seen: Overview) -> Mapping[str, Markup]:
    """Return every chart of the page, by its name there."""
    mondays = [day(line.monday) for line in seen.weeks]
    cost = charts.Series("cost", [_cost(line) for line in seen.weeks])
    per_day = charts.Series("per day", [line.usd_per_active_day for line in seen.weeks])
    bands = [
        charts.Series(name, [_band(line, number) for line in seen.weeks])
        for number, name in enumerate(BANDS)
    ]
    said = "Dollars of each week; the table below has the figures"
    found = {
        "weeks": charts.bars(mondays, cost, usd, said, charts.USUAL_PX),
        "weeks_wide": charts.bars(mondays, cost, usd, said, charts.WIDE_PX),
        "per_day": charts.lines(
            mondays, [per_day], cents,
            "Dollars per active developer day, by week; figures are in the table of weeks",
            charts.USUAL_PX,
        ),
        "bands": charts.lines(
            mondays, bands, usd,
            "Quartiles of what one developer spent in a week; the table below has the figures",
            charts.USUAL_PX,
        ),
    }  # fmt: skip
    found |= {name: _bars(group) for name, group in seen.groups.items()}
    return {name: Markup(text) for name, text in found.items()}  # made by ElementTree


def _bars(group: Group) -> str:
    lines = group.lines[:_MOST_BARS]
    return charts.lying_bars(
        [word(line.key, group.dimension) for line in lines],
        charts.Series("cost", [float(line.cost_usd) for line in lines]),
        usd,
        f"Dollars by {group.dimension}; the table below has the figures",
    )


def _cost(line: WeekLine) -> float | None:
    return None if line.total is None else float(line.total.cost_usd)


def _band(line: WeekLine, number: int) -> float | None:
    if line.total is None or line.total.bands_usd is None:
        return None
    return float(line.total.bands_usd[number])
