"""The JSON contract: what `--json` prints. Shapes change only with `SCHEMA`.

A field that is not measured (yet) is null, never 0. Money is in US dollars, at full precision.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aicost.core.budget import STEPS, Budget, BudgetFilter, BudgetStatus
from aicost.core.money import usd
from aicost.core.nudge import Nudge
from aicost.core.reports import OutcomeSums, ReportRow, TurnRow, UsageReport, WorkDone
from aicost.core.text import escaped
from aicost.core.usage import TokenCounts
from aicost.core.view import BurnRate, DashboardView, SessionRow, Totals
from aicost.core.waste.hits import Hit

if TYPE_CHECKING:
    from aicost.core.mismatch import Mismatch
    from aicost.core.tasks import Task

SCHEMA = 1
Document = dict[str, Any]

_MICRO = 1_000_000
_NANO = 1_000_000_000


def as_json(document: Document) -> str:
    """Return a document as text that is safe to print, with a newline at its end."""
    from msgspec.json import format as indented  # json itself indents in Python, at a tenth of that

    return escaped(indented(json.dumps(document, ensure_ascii=False), indent=2)) + "\n"


def report_document(report: UsageReport, generated_at: datetime) -> Document:
    """Return the document of `aicost report --json`."""
    return {
        "schema": SCHEMA,
        "generated_at": moment(generated_at),
        "timezone": report.query.timezone,
        "by": report.query.by,
        "price_book": report.price_book,
        "rows": [{"key": row.key, **usage_fields(row)} for row in report.rows],
        "total": usage_fields(report.total),
        "unpriced_models": list(report.unpriced_models),
        "skipped_lines": report.skipped_lines,
        "complete": report.complete,
        "pending_bytes": report.pending_bytes,
        "active_days": report.active_days,
        "cost_per_active_day_usd": _usd(report.nusd_per_active_day),
        "hidden": report.hidden
        and {
            "cost_usd": _usd(report.hidden.cost_nusd),
            "why": "; ".join(report.hidden.why),
        },
        "mismatches": None
        if report.mismatches is None
        else [mismatch_fields(one) for one in report.mismatches],
        "outcomes": report.outcomes and _outcome_fields(report.outcomes),
    }


def mismatch_fields(one: "Mismatch") -> Document:
    """Return a kind of work that a cheaper model did as well."""
    from aicost.core.mismatch import mismatch_words  # as `evidence_of` below

    return {
        "evidence": mismatch_words(one),
        "agent": one.agent,
        "category": str(one.category),
        "size": one.size,
        "model": one.model,
        "turns": one.turns,
        "flawless_turns": one.good,
        "cost_usd": _usd(one.cost_nusd),
        "cheaper_model": one.cheaper_model,
        "cheaper_turns": one.cheaper_turns,
        "cheaper_flawless_turns": one.cheaper_good,
        "saving_usd": _usd(one.saving_nusd),
    }


def _outcome_fields(sums: OutcomeSums) -> Document:
    """Return what the sessions of a report by outcome led to, and what one of each cost."""
    return {
        "commits": sums.commits.count,
        "merged_commits": sums.merged_commits.count,
        "merged_branches": sums.merged_branches.count,
        "fixed_tests": sums.fixed_tests.count,
        "tickets": sums.tickets.count,
        "closed_tickets": sums.closed_tickets.count,
        "abandoned_sessions": sums.abandoned.count,
        "reverted_sessions": sums.reverted.count,
        "cost_per_commit_usd": _usd(sums.commits.nusd_each),
        "cost_per_merged_branch_usd": _usd(sums.merged_branches.nusd_each),
        "cost_per_fixed_test_usd": _usd(sums.fixed_tests.nusd_each),
        "cost_per_ticket_usd": _usd(sums.tickets.nusd_each),
        "cost_per_closed_ticket_usd": _usd(sums.closed_tickets.nusd_each),
        "abandoned_usd": _usd(sums.abandoned.cost_nusd),
        "reverted_usd": _usd(sums.reverted.cost_nusd),
    }


def usage_fields(row: ReportRow) -> Document:
    """Return a row without its key."""
    return {
        "agents": list(row.agents),
        "models": list(row.models),
        "requests": row.requests,
        "sessions": row.sessions,
        "turns": row.turns,
        "tool_calls": row.tool_calls,
        "api_errors": row.api_errors,
        "active_seconds": _seconds(row.active_us),
        **token_fields(row.tokens),
        "web_searches": row.web_searches,
        "cost_usd": _usd(row.cost_nusd),
        "credits": None if row.ncredits is None else row.ncredits / _NANO,
        "uncertain_credits": None if row.ncredits is None else row.uncertain_ncredits / _NANO,
        "unpriced_tokens": row.unpriced_tokens,
    }


def turns_document(rows: Iterable[TurnRow], *, complete: bool, pending_bytes: int) -> Document:
    """Return the document of `aicost turns --json`."""
    return {
        "schema": SCHEMA,
        "complete": complete,
        "pending_bytes": pending_bytes,
        "turns": [turn_fields(row) for row in rows],
    }


def turn_fields(row: TurnRow) -> Document:
    """Return one turn."""
    purpose = row.evidence and row.evidence.purpose
    return {
        "session_id": row.session_id,
        "prompt_uuid": row.prompt_uuid,
        "started_at": moment(row.started_at),
        **_purpose_fields(row.evidence),
        "category_evidence": purpose and purpose.evidence,
        "corrected": purpose and purpose.is_corrected,
        "task": _task(row.evidence),
        "requests": row.requests,
        **token_fields(row.tokens),
        "cost_usd": _usd(row.cost_nusd),
        "unpriced_tokens": row.unpriced_tokens,
        "retries": row.evidence and row.evidence.retries,
        "loop": row.loop and loop_fields(row.loop),
        "outcome": (row.evidence and row.evidence.outcome) or None,
        "mode": row.evidence and _mode(row.evidence),
        "tool_calls": row.evidence and row.evidence.tool_calls,
        "active_seconds": row.evidence and _seconds(row.evidence.active_us),
    }


def loop_fields(hit: Hit) -> Document:
    """Return motion without progress."""
    from aicost.core.waste_words import evidence_of  # few reports show any, most need to be quick

    return {"kind": hit.kind, "evidence": evidence_of(hit), "cost_usd": _usd(hit.cost_nusd)}


def _purpose_fields(work: WorkDone | None) -> Document:
    purpose = work and work.purpose
    return {
        "category": purpose and str(purpose.category),
        "category_confidence": purpose and purpose.confidence,
    }


def task_fields(task: "Task") -> Document:
    """Return a run of turns with one purpose."""
    return {
        "category": str(task.category),
        "first_prompt_uuid": task.turn_ids[0],
        "turns": len(task.turn_ids),
        "cost_usd": _usd(task.cost_nusd),
    }


def _task(work: WorkDone | None) -> Document | None:
    return task_fields(work.task) if work and work.task else None


def _mode(work: WorkDone) -> Document:
    return {
        "effort": work.effort or None,
        "tier": work.tier or None,
        "permission_mode": work.permission_mode or None,
    }


def sessions_document(
    rows: Iterable[SessionRow],
    work: Mapping[str, WorkDone] | None = None,
    *,
    complete: bool,
    pending_bytes: int,
) -> Document:
    """Return the document of `aicost sessions --json`; `work` by session, None if not read."""
    return {
        "schema": SCHEMA,
        "complete": complete,
        "pending_bytes": pending_bytes,
        "sessions": [session_fields(row, work_of(row, work)) for row in rows],
    }


def work_of(row: SessionRow, work: Mapping[str, WorkDone] | None) -> WorkDone | None:
    """Return what a session's calls were made for; None if that is not read."""
    return None if work is None else work.get(row.session_id, WorkDone())


def session_fields(row: SessionRow, work: WorkDone | None = None) -> Document:
    """Return one session."""
    return {
        "session_id": row.session_id,
        "agent": row.agent,
        "repo": row.repo,
        "branch": row.branch,
        "cwd": row.cwd,
        "model": row.model,
        **_purpose_fields(work),
        "task": _task(work),
        "tasks": work and work.tasks,
        "state": row.state,
        "pid": row.pid,
        "started_at": moment(row.started_at),
        "last_at": moment(row.last_at),
        "requests": row.requests,
        "context_tokens": row.context_tokens,
        "context_window_tokens": row.context_window_tokens,
        "context_share": row.context_share,
        **burn_fields(row.burn),
        "cost_usd": _usd(row.cost_nusd),
        "unpriced_tokens": row.unpriced_tokens,
        "next_prompt_usd": _usd(row.next_prompt_nusd),
        "cache_share": row.cache_share,
        "subagents": row.subagents,
        "retries": work and work.retries,
        "loop": row.loop and loop_fields(row.loop),
        "outcome": (work and work.outcome) or None,
        "environment": (work and work.environment) or None,
        "workflow": (work and work.workflow) or None,
        "tool_calls": work and work.tool_calls,
        "active_seconds": work and _seconds(work.active_us),
        "api_errors": work and work.api_errors,
    }


def top_document(view: DashboardView, work: Mapping[str, WorkDone] | None = None) -> Document:
    """Return the document of `aicost top --json`; `work` by session, None if not read."""
    return {
        "schema": SCHEMA,
        "at": moment(view.at),
        "complete": view.reading is None and not view.trouble and not view.unreadable,
        "today": {"day": view.day, "timezone": view.timezone, **_totals(view.today)},
        "burn": {**burn_fields(view.burn), "window_seconds": view.burn.window_s},
        "budgets": [budget_fields(one) for one in view.budgets],
        "nudges": [nudge_fields(one) for one in view.nudges],
        "sessions": [session_fields(row, work_of(row, work)) for row in view.sessions],
        "skipped_lines": view.skipped_lines,
    }


def budget_fields(status: BudgetStatus) -> Document:
    """Return a budget and how it stands. Amounts are in its unit: dollars, tokens, percent …"""
    return limit_fields(status.budget) | standing_fields(status)


def limit_fields(budget: Budget) -> Document:
    """Return what a budget is; the limit is in its unit."""
    return {
        "id": budget.budget_id,
        "scope": budget.scope,
        "unit": budget.unit,
        "limit": _units(budget, budget.limit),
        "hard": budget.is_hard,
        "origin": budget.origin,
        "filter": _filter_fields(budget.filter),
    }


def standing_fields(status: BudgetStatus) -> Document:
    """Return how a budget stands; amounts are in its unit. A guarded run is of no one session."""
    from aicost.core.nudging import severity_of  # as above

    budget = status.budget
    subject = "" if budget.origin == "guard" else status.subject
    session_id, _, turn_id = subject.partition(" ")
    return {
        "session_id": session_id or None,
        "turn_id": turn_id or None,
        "spent": _units(budget, status.spent),
        "hidden": _units(budget, status.hidden),
        "reserved": _units(budget, status.reserved),
        "left": _units(budget, status.left),
        "share": status.share,
        "level": status.level,
        "severity": severity_of(status),
        "forecast": None if status.forecast is None else _units(budget, status.forecast),
        "unpriced_tokens": status.unpriced_tokens,
        "resets_at": moment(status.resets_at),
    }


def _filter_fields(wanted: BudgetFilter) -> Document:
    fields = {
        "repo": wanted.repo,
        "branch": wanted.branch,
        "model": wanted.model,
        "agent": wanted.agent,
        "env": wanted.environment,
        "category": wanted.category,
    }
    return {name: text for name, text in fields.items() if text}


def _units(budget: Budget, steps: int) -> float:
    whole, rest = divmod(steps, STEPS[budget.unit])
    return steps / STEPS[budget.unit] if rest or budget.unit == "usd" else whole


def nudge_fields(nudge: Nudge) -> Document:
    """Return one piece of advice."""
    return {
        "kind": nudge.kind,
        "key": nudge.key,
        "severity": nudge.severity,
        "at": moment(nudge.at),
        "session_id": nudge.session_id or None,
        "sentence": nudge.sentence,
        "action": nudge.action,
        "cost_usd": _usd(nudge.cost_nusd),
    }


def _totals(totals: Totals) -> Document:
    return {
        "requests": totals.requests,
        "sessions": totals.sessions,
        **token_fields(totals.tokens),
        "cost_usd": _usd(totals.cost_nusd),
        "unpriced_tokens": totals.unpriced_tokens,
        "unpriced_models": list(totals.unpriced_models),
    }


def burn_fields(rate: BurnRate) -> Document:
    """Return a rate."""
    return {"tokens_per_minute": rate.tokens_per_minute, "usd_per_hour": usd(rate.nusd_per_hour)}


def token_fields(tokens: TokenCounts) -> Document:
    """Return token counts under the names of the contract."""
    return {
        "input_tokens": tokens.input_tokens,
        "cache_read_tokens": tokens.cache_read_tokens,
        "cache_write_5m_tokens": tokens.cache_write_5m_tokens,
        "cache_write_1h_tokens": tokens.cache_write_1h_tokens,
        "output_tokens": tokens.output_tokens,
        "reasoning_tokens": tokens.reasoning_tokens,
    }


def _usd(nusd: int | None) -> float | None:
    return None if nusd is None else usd(nusd)


def _seconds(us: int | None) -> float | None:
    return None if us is None else us / _MICRO


def moment(at: datetime | None) -> str | None:
    """Return e.g. 2026-11-22T05:00:00Z; fractions only where there are some."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
