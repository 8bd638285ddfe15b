"""A weekly report as JSON."""

from dataclasses import asdict
from typing import Any

from aicost.core.mismatch import Mismatch, mismatch_words
from aicost.core.money import usd
from aicost.core.reports import OutcomeSums
from aicost.core.weekly import LargeContexts, Loss, Trend, WeeklyReport
from aicost.core.weekly_advice import Suggestion
from aicost.core.weekly_use import Use
from aicost.report.documents import token_fields
from aicost.report.weekly_words import loss_text

SCHEMA = 1
Document = dict[str, Any]


def weekly_document(report: WeeklyReport) -> Document:
    """Return the document of `aicost weekly --json`."""
    return {
        "schema": SCHEMA,
        "week": report.week,
        "since": report.monday.isoformat(),
        "until": report.last_day.isoformat(),
        "timezone": report.timezone or None,
        "shared": report.is_shared,
        "is_over": report.is_over,
        "complete": report.complete and report.has_evidence,
        **_use(report.use),
        "sessions": report.sessions,
        "turns": report.turns,
        "usual_week": _use(report.usual) if report.usual else None,
        "usual_weeks": report.usual_weeks,
        **_trends(report),
        "losses": [_loss(one, report) for one in report.losses],
        "more_losses": report.more_losses,
        "loops_usd": _dollars(report.loops_nusd),
        "losses_usd": {kind: _dollars(nusd) for kind, nusd in report.by_kind.items()},
        "large_contexts": _large(report.large),
        "cheaper_models": _mismatches(report),
        "outcomes": [
            {"outcome": one.outcome, "sessions": one.sessions, "cost_usd": _usd(one.cost_nusd)}
            for one in report.outcomes
        ],
        "brought": _sums(report.sums),
        "budgets": asdict(report.events),
        "suggestions": [_suggestion(one) for one in report.suggestions],
        "unpriced_models": list(report.unpriced_models),
        "hidden": _hidden(report),
        "skipped_lines": report.skipped_lines,
        "team": asdict(report.band) if report.band else None,
    }


def _trends(report: WeeklyReport) -> Document:
    return {
        "weeks": [
            {"week": one.week, "known": one.is_known, **_use(one.use)} for one in report.weeks
        ],
        "days": [
            {"day": one.day.isoformat(), "usual_usd": _usd(one.usual_nusd), **_use(one.use)}
            for one in report.days
        ],
        "categories": [_trend("category", one) for one in report.categories],
        "models": [_trend("model", one) for one in report.models],
    }


def _large(large: LargeContexts) -> Document:
    return {
        "above_tokens": large.threshold_tokens,
        "calls": large.calls,
        "extra_tokens": large.extra_tokens,
        "cost_usd": _usd(large.nusd),
    }


def _use(use: Use) -> Document:
    return {
        "requests": use.requests,
        **token_fields(use.tokens),
        "cost_usd": _usd(use.cost_nusd),
        "unpriced_tokens": use.unpriced_tokens,
    }


def _trend(name: str, trend: Trend) -> Document:
    cause = trend.cause
    return {
        name: trend.name,
        **_use(trend.use),
        "usual_week": _use(trend.usual) if trend.usual else None,
        "likely_cause": cause
        and {
            "kind": cause.kind,
            "cost_usd": _dollars(cause.nusd),
            "was": cause.was,
            "now": cause.now,
            "model": cause.model or None,
        },
    }


def _loss(loss: Loss, report: WeeklyReport) -> Document:
    return {
        "kind": loss.hit.kind,
        "evidence": loss_text(loss.hit, is_shared=report.is_shared),
        "session_id": loss.session_id or None,
        "repo": loss.repo or None,
        "branch": loss.branch or None,
        "cost_usd": _usd(loss.hit.cost_nusd),
    }


def _suggestion(one: Suggestion) -> Document:
    return {"kind": one.kind, "at_most_usd": _dollars(one.nusd), "count": one.count}


def _mismatches(report: WeeklyReport) -> Document | None:
    if report.mismatches is None:
        return None
    return {"weeks": report.mismatch_weeks, "found": list(map(_mismatch, report.mismatches))}


def _mismatch(one: Mismatch) -> Document:
    return {
        "evidence": mismatch_words(one),
        "model": one.model,
        "cheaper_model": one.cheaper_model,
        "saving_usd": _dollars(one.saving_nusd),
    }


def _sums(sums: OutcomeSums | None) -> Document | None:
    if sums is None:
        return None
    return {
        name: {"count": each.count, "cost_usd": _usd(each.cost_nusd)}
        for name, each in sums._asdict().items()
    }


def _hidden(report: WeeklyReport) -> Document | None:
    hidden = report.hidden
    if hidden is None:
        return None
    return {"cost_usd": _usd(hidden.cost_nusd), "why": list(hidden.why)}


def _usd(nusd: int | None) -> float | None:
    return None if nusd is None else _dollars(nusd)


def _dollars(nusd: int) -> float:
    """Return dollars; what rounding for others left of less than a half one is none."""
    return 0.0 if nusd == 1 else usd(nusd)
