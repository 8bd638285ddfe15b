"""The sentences of a weekly report: losses, habits, models, outcomes, budgets, unknowns. Pure."""

from collections.abc import Iterator

from aicost.core.mismatch import mismatch_words
from aicost.core.outcome import MEANINGS, Outcome
from aicost.core.reports import Each
from aicost.core.repos import repo_label
from aicost.core.text import clean
from aicost.core.weekly import BudgetEvents, Loss, OutcomeUse, WeeklyReport
from aicost.core.weekly_use import Use
from aicost.report.weekly_words import (
    Words,
    cached_percent,
    counted,
    loss_text,
    tokens_text,
    upper,
)

_SHORT_ID = 8
_MOST_MISMATCHES = 3
_NOTHING_YET = "not judged yet"


def team_lines(report: WeeklyReport, words: Words) -> Iterator[str]:
    """Yield how the team did, if it is known."""
    band = report.band
    if band is None:
        return
    own = next((one.use for one in report.weeks if one.week == band.week and one.is_known), None)
    you = f"; you {words.cost(own)}" if own else ""
    yield (
        f"Your team in week {int(band.week[-2:])}: half of its {band.sources:,} people spent"
        f" ${band.low_usd:,} to ${band.high_usd:,}, the middle one ${band.middle_usd:,}{you}."
    )


def loss_items(report: WeeklyReport, words: Words) -> Iterator[tuple[str, str, str]]:
    """Yield (what, where, cost); where is "" if it is shared."""
    for one in report.losses:
        what = loss_text(one.hit, is_shared=report.is_shared)
        yield upper(what), _place(one), words.money(one.hit.cost_nusd)


def _place(loss: Loss) -> str:
    where = [clean(repo_label(loss.repo)), clean(loss.branch), clean(loss.session_id)[:_SHORT_ID]]
    return " · ".join(filter(None, where))


def loss_lines(report: WeeklyReport, words: Words) -> Iterator[str]:
    """Yield the sums of what led nowhere."""
    if not report.losses:
        yield "No loops, storms or lost caches were found."
        return
    if report.more_losses:
        yield f"And {report.more_losses} smaller ones."
    if report.loops_nusd:
        share = _percent(report.loops_nusd, report.use.cost_nusd)
        yield f"Loops together: {words.money(report.loops_nusd)}{share}."
    if not report.is_shared:
        yield "aicost explain ID tells the rest of a session."


def _percent(part: int, whole: int | None) -> str:
    return f", {round(100 * part / whole)} % of the week" if whole else ""


def habit_lines(report: WeeklyReport, words: Words) -> Iterator[str]:
    """Yield how contexts and caches were used, and what another way may save."""
    use, usual = report.use, report.usual
    was = f" (usual: {_a_call(usual)})" if usual and usual.requests else ""
    yield f"A call had {tokens_text(_context(use))} of context on average{was}."
    known = f" (usual: {cached_percent(usual)} %)" if usual and usual.tokens.context_tokens else ""
    cached = f"{cached_percent(use)} % of what was sent came from the cache"
    yield f"{cached}, at a fraction of the price{known}."
    large = report.large
    if large.calls and large.nusd is not None:
        size = tokens_text(large.threshold_tokens)
        yield (
            f"{counted(large.calls, 'call')} had more than {size} of context; what was above that"
            f" cost {words.money(large.nusd)} to read again. A /clear between tasks saves up to"
            " so much."
        )
    if nusd := report.by_kind.get("cache"):
        yield f"Caches written anew after a pause or a switch of models: {words.money(nusd)}."
    if nusd := report.by_kind.get("dump"):
        yield f"Single large results, and carrying them along: {words.money(nusd)}."


def _context(use: Use) -> int:
    return use.tokens.context_tokens // use.requests


def _a_call(use: Use) -> str:
    return tokens_text(_context(use))


def mismatch_lines(report: WeeklyReport, words: Words) -> Iterator[str]:
    """Yield where a cheaper model did as well."""
    if report.mismatches is None:
        yield "Where a cheaper model does as well is not looked for yet."
        return
    for one in report.mismatches[:_MOST_MISMATCHES]:
        yield (
            f"{upper(mismatch_words(one))}: about {words.money(one.saving_nusd)} less in"
            f" {counted(report.mismatch_weeks, 'week')}."
        )
    if not report.mismatches:
        yield "No kind of work shows yet that a cheaper model does it as well."


def outcome_lines(report: WeeklyReport, words: Words) -> Iterator[str]:
    """Yield what the week's sessions brought."""
    if report.sums is None or not any(map(_is_judged, report.outcomes)):
        yield f"What came of its sessions is {_NOTHING_YET}."
        return
    sums = report.sums
    said = [
        _each(sums.commits, "commit", words),
        _each(sums.merged_branches, "merged branch", words),
        _each(sums.fixed_tests, "fixed test", words),
        _each(sums.closed_tickets, "closed ticket", words),
    ]
    brought = [one for one in said if one]
    if brought:
        yield f"{', '.join(brought)}. A session counts in full for each thing that it led to."
    else:
        yield "No commit, merged branch or fixed test is known of its sessions."
    for each, name in ((sums.abandoned, "abandoned"), (sums.reverted, "taken back")):
        if each.count:
            yield f"{counted(each.count, 'session')} {name}: {words.money(each.cost_nusd)}."


def _each(each: Each, one: str, words: Words) -> str:
    if not each.count:
        return ""
    plural = "merged branches" if one == "merged branch" else f"{one}s"
    name = f"1 {one}" if each.count == 1 else f"{each.count:,} {plural}"
    if each.nusd_each is None:
        return name
    return f"{name} ({words.money(each.nusd_each)}{' each' if each.count > 1 else ''})"


def outcome_rows(report: WeeklyReport, words: Words) -> Iterator[tuple[str, ...]]:
    """Yield (outcome, sessions, cost, meaning)."""
    if not any(map(_is_judged, report.outcomes)):
        return
    for one in report.outcomes:
        is_judged = _is_judged(one)
        name = one.outcome if is_judged else _NOTHING_YET
        meaning = MEANINGS[Outcome(one.outcome)] if is_judged else "its end is not looked at yet"
        yield name, f"{one.sessions:,}", words.money(one.cost_nusd), meaning


def _is_judged(one: OutcomeUse) -> bool:
    return one.outcome in frozenset(Outcome)


def budget_lines(events: BudgetEvents) -> Iterator[str]:
    """Yield what budgets did."""
    if events == BudgetEvents():
        yield "No budget stopped anything, and none was lifted."
        return
    if events.stopped:
        turns = counted(events.stopped, "turn")
        yield f"{turns} stopped, or not begun, because a limit was reached."
    if events.refused:
        yield f"{counted(events.refused, 'tool call')} refused."
    if events.would_stop:
        times = counted(events.would_stop, "time")
        yield f"Soft budgets were used up {times}; hard ones would have stopped there."
    if events.allowed:
        yield f"You lifted a budget {counted(events.allowed, 'time')}."


def unknown_lines(report: WeeklyReport, words: Words) -> Iterator[str]:
    """Yield what the figures leave out."""
    if not report.complete or not report.has_evidence:
        yield "Logs are still being read: the figures will grow."
    if report.use.unpriced_tokens:
        models = ", ".join(map(clean, report.unpriced_models))
        of = f" ({models})" if models else ""
        tokens = tokens_text(report.use.unpriced_tokens)
        yield f"{tokens} have no known price{of}: every sum with ≥ is at least so much."
    hidden = report.hidden
    if hidden is not None and hidden.cost_nusd != 0:
        more = f"{words.money(hidden.cost_nusd)} more" if hidden.cost_nusd else "More"
        yield f"{more} was billed and is in no log line: {'; '.join(hidden.why)}."
    if hidden is None:
        yield "What is billed and in no log line is not known yet."
    if report.skipped_lines:
        lines = counted(report.skipped_lines, "log line")
        yield f"{lines} could not be read."
    unknown = [one for one in report.weeks[:-1] if not one.is_known]
    if unknown:
        weeks = (
            "1 of the weeks before is" if len(unknown) == 1 else f"{len(unknown)} weeks before are"
        )
        yield f"{weeks} not known: the logs begin later."
