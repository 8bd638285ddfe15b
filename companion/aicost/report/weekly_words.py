"""The sentences of a weekly report: the head, the trends, the suggestions. Pure."""

from collections.abc import Iterator, Sequence

from aicost.core.mismatch import mismatch_words
from aicost.core.money import NANO, cost_text, dollars
from aicost.core.reports import UNALLOCATED
from aicost.core.text import UNKNOWN, clean
from aicost.core.waste.hits import Hit, WasteKind
from aicost.core.waste_words import ACTIONS, evidence_of
from aicost.core.weekly import LEAST_RISE_NUSD, Trend, WeeklyReport, is_risen
from aicost.core.weekly_advice import Suggestion
from aicost.core.weekly_causes import Cause
from aicost.core.weekly_use import Use

_MOST_ROWS = 11
_MOST_CAUSES = 3
NAMES = {UNALLOCATED: "not known"}
_WHEN: dict[WasteKind, str] = {
    "repeat": "a command fails the same way again",
    "edit-test": "edits do not turn a test green",
    "reread": "a file is read again and again",
    "search": "searches find nothing",
    "retry-storm": "requests are refused",
    "stalled": "nothing comes of it for long",
    "dump": "a result is large",
    "thrash": "compactions follow each other",
    "cache": "you pause, or change the model",
    "subagent": "a subagent would return little",
}


class Words:
    """How amounts are written in a report: to the cent, or to the dollar where it is shared."""

    def __init__(self, report: WeeklyReport) -> None:
        self._is_shared = report.is_shared

    def money(self, nusd: int | None) -> str:
        """Return an amount; an em dash where it is not known."""
        if nusd is None:
            return UNKNOWN
        if not self._is_shared:
            return dollars(nusd)
        return "<$1" if 0 < nusd < NANO // 2 else f"${nusd // NANO:,}"

    def cost(self, use: Use) -> str:
        """Return what some calls cost, with what of that is not known."""
        if not self._is_shared:
            return cost_text(use.cost_nusd, use.unpriced_tokens)
        if use.cost_nusd is None:
            return "unpriced" if use.unpriced_tokens else UNKNOWN
        return f"{'≥' if use.unpriced_tokens else ''}{self.money(use.cost_nusd)}"

    def change(self, nusd: int) -> str:
        """Return a difference with its sign."""
        return f"{'+' if nusd > 0 else '−'}{self.money(abs(nusd))}" if nusd else "the same"


def title(report: WeeklyReport) -> str:
    """Return `Week 47 · 16–22 November 2026`."""
    first, last = report.days[0].day, report.days[-1].day
    begin = f"{first.day}" if first.month == last.month else f"{first:%-d %B}"
    if first.year != last.year:
        begin = f"{first:%-d %B %Y}"
    return f"Week {int(report.week[-2:])} · {begin}–{last:%-d %B %Y}"


def headline(report: WeeklyReport, words: Words) -> Iterator[str]:
    """Yield the first sentences: how much, and beside what."""
    if not report.use.requests:
        yield "Nothing was used in this week."
        return
    so_far = "" if report.is_over else f" so far, up to {report.last_day:%A}"
    yield (
        f"{words.cost(report.use)}{so_far}: {counted(report.use.requests, 'call')} in"
        f" {counted(report.sessions, 'session')}."
    )
    yield _beside_usual(report, words)
    if driver := _driver(report):
        yield (
            f"Most of the difference is {name_of(driver.name)}"
            f" ({words.change(driver.rise_nusd or 0)})."
        )


def _beside_usual(report: WeeklyReport, words: Words) -> str:
    usual, cost = report.usual, report.use.cost_nusd
    if usual is None or usual.cost_nusd is None:
        return "There are no weeks before it to compare with."
    when = "" if report.is_over else " by the same day"
    weeks = f"the {report.usual_weeks} weeks" if report.usual_weeks > 1 else "the one week"
    average = f"{weeks} of work before it had {words.cost(usual)}"
    average += f" on average{when}" if report.usual_weeks > 1 else when
    if cost is None:
        return f"{upper(average)}."
    return f"{upper(average)}: {_compared(cost, usual.cost_nusd)}."


def _compared(now: int, usual: int) -> str:
    if not usual:
        return "this is more"
    percent = round(100 * (now - usual) / usual)
    if abs(percent) < 10:
        return "about as much"
    if percent >= 100:
        return f"{now / usual:.1f} times as much this week"
    return f"{abs(percent)} % {'more' if percent > 0 else 'less'} this week"


def _driver(report: WeeklyReport) -> Trend | None:
    """Return the category that makes most of the difference, if one does."""
    if report.usual is None or report.use.cost_nusd is None:
        return None
    whole = report.use.cost_nusd - (report.usual.cost_nusd or 0)
    if abs(whole) < LEAST_RISE_NUSD:
        return None
    rises = [one for one in report.categories if one.rise_nusd is not None]
    same = [one for one in rises if (one.rise_nusd or 0) * whole > 0]
    best = max(same, key=lambda one: abs(one.rise_nusd or 0), default=None)
    return best if best and abs(best.rise_nusd or 0) * 2 >= abs(whole) else None


def tiles(report: WeeklyReport, words: Words) -> Iterator[tuple[str, str, str]]:
    """Yield the figures that stand first: (figure, what it is, more about it)."""
    yield words.cost(report.use), "spent", f"{counted(report.turns, 'turn')}"
    usual = report.usual
    if usual and usual.cost_nusd is not None:
        yield words.cost(usual), "usual week", f"average of {report.usual_weeks}"
    if report.use.tokens.context_tokens:
        cached = cached_percent(report.use)
        more = f"usual: {cached_percent(usual)} %" if usual else "of all that was sent"
        yield f"{cached} %", "from the cache", more
    if report.has_evidence:
        yield words.money(report.loops_nusd), "in loops", "motion without progress"


def trend_rows(trends: Sequence[Trend], words: Words) -> tuple[tuple[tuple[str, ...], float], ...]:
    """Return rows of a trend table, with each row's share of the whole."""
    whole = sum(one.use.cost_nusd or 0 for one in trends)
    rows = []
    for one in trends[:_MOST_ROWS]:
        share = (one.use.cost_nusd or 0) / whole if whole else 0.0
        cells = [name_of(one.name), words.cost(one.use), f"{round(100 * share)} %"]
        cells.append(f"{one.use.requests:,}")
        if one.usual is not None:
            rise = one.rise_nusd
            cells.append(words.cost(one.usual))
            cells.append(UNKNOWN if rise is None else words.change(rise))
        rows.append((tuple(cells), share))
    return tuple(rows)


def cause_lines(trends: Sequence[Trend], words: Words) -> Iterator[str]:
    """Yield what got dearer, and the likely cause."""
    if trends and all(one.usual is None for one in trends):
        yield "What the weeks before were for is mostly not known: no task is compared with them."
        return
    risen = sorted(filter(is_risen, trends), key=lambda one: -(one.rise_nusd or 0))
    known = [one for one in risen if one.usual is not None and one.usual.requests]
    for one in known[:_MOST_CAUSES]:
        said = f"{upper(name_of(one.name))} took {words.money(one.rise_nusd)} more than usual"
        if one.cause is None:
            yield f"{said}; no single change explains it."
        else:
            yield f"{said}, likely because of {_because(one.cause)}."
    new = [name_of(one.name) for one in risen if one not in known]
    if new:
        yield f"New this week: {', '.join(new)}."


def _because(cause: Cause) -> str:
    now, was = f"{cause.now:,}", f"{cause.was:,}"
    match cause.kind:
        case "calls":
            return f"more calls: {now} instead of {was} a week"
        case "model":
            return f"a dearer model: {now} % of its calls on {clean(cause.model)} (usual {was} %)"
        case "context":
            return f"larger contexts: {now} tokens a call instead of {was}"
        case "cache":
            return f"more written to the cache: {now} tokens a call instead of {was}"
        case "output":
            return f"longer answers: {now} tokens a call instead of {was}"


def suggestion_steps(report: WeeklyReport, words: Words) -> Iterator[tuple[str, str, str]]:
    """Yield what to try: (what, why, how much)."""
    for one in report.suggestions:
        what, why = _step(one, report)
        yield f"{upper(what)}.", f"{upper(why)}.", f"up to {words.money(one.nusd)} a week"


def _step(one: Suggestion, report: WeeklyReport) -> tuple[str, str]:
    if one.kind == "large-context":
        large = report.large
        size = tokens_text(large.threshold_tokens)
        return (
            "/clear when a task is done, /compact when it is long",
            f"{counted(large.calls, 'call')} carried more than {size} of context",
        )
    if one.mismatch is not None:
        found = one.mismatch
        return (
            f"take {clean(found.cheaper_model)} for {found.category} of {found.size}",
            f"in {counted(report.mismatch_weeks, 'week')}, {mismatch_words(found)}",
        )
    assert one.hit is not None
    more = f", and {one.count - 1} more of this kind" if one.count > 1 else ""
    kind = one.hit.kind
    return (
        f"when {_WHEN[kind]}: {ACTIONS[kind]}",
        f"{loss_text(one.hit, is_shared=report.is_shared)}{more}",
    )


def loss_text(hit: Hit, *, is_shared: bool) -> str:
    """Say what led nowhere; without the name of a command or a file where it is shared."""
    if not is_shared:
        said = evidence_of(hit)
        return f"the file {said}" if hit.kind == "reread" else said  # (it begins with the name)
    match hit.kind:
        case "repeat":
            return f"a command failed {hit.count:,} times the same way"
        case "edit-test":
            return f"a test failed as before after {hit.count:,} rounds of edits"
        case "reread":
            return f"a file was read {hit.count:,} times, unchanged"
        case "dump":
            share = f"{tokens_text(hit.size)} ({hit.cause} % of the window)"
            return f"one result put about {share} into the context of {counted(hit.count, 'call')}"
        case _:
            return evidence_of(hit)


def name_of(key: str) -> str:
    """Return how a category or a model is shown."""
    return NAMES.get(key) or clean(key) or "(none)"


def tokens_text(tokens: int) -> str:
    """Return `100k tokens`."""
    if tokens >= 10_000_000:
        return f"{tokens / 1e6:,.0f}M tokens"
    return f"{round(tokens / 1000):,}k tokens" if tokens >= 10_000 else f"{tokens:,} tokens"


def cached_percent(use: Use) -> int:
    """Return how much of what was sent came from the cache."""
    return 100 * use.tokens.cache_read_tokens // max(1, use.tokens.context_tokens)


def counted(count: int, one: str) -> str:
    """Return `1 call`, `1,012 calls`."""
    return f"1 {one}" if count == 1 else f"{count:,} {one}s"


def upper(text: str) -> str:
    """Return a text that begins a sentence."""
    return text[:1].upper() + text[1:]
