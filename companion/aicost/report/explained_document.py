"""`aicost explain --json`, and the sum of the calls that it explains."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from aicost.core.credits import NANO, Credits
from aicost.core.days import from_us
from aicost.core.explain import CallExplained, Explained, PriceExplained
from aicost.core.money import NANO as NUSD_PER_USD
from aicost.core.money import usd
from aicost.core.outcome import Verdict, sentence
from aicost.core.reconcile import Finding
from aicost.core.usage import TokenCounts
from aicost.core.waste.hits import Hit
from aicost.core.waste.progress import Progress
from aicost.core.waste_words import ACTIONS
from aicost.report.documents import SCHEMA, Document, loop_fields, task_fields


@dataclass(frozen=True, slots=True)
class CallsTotal:
    """Many calls added up."""

    tokens: TokenCounts
    web_searches: int
    cost_nusd: int | None  # None: none of them has a price
    unpriced_tokens: int
    uncertain_tiers: int  # calls at the standard price, because their tier has none
    ncredits: int | None
    uncertain_ncredits: int


def total_of(calls: Sequence[CallExplained]) -> CallsTotal:
    """Add calls up."""
    priced = [call.price.nusd for call in calls if call.price.nusd is not None]
    credits = [call.price.credits for call in calls if call.price.credits is not None]
    return CallsTotal(
        tokens=sum((call.event.tokens for call in calls), start=TokenCounts()),
        web_searches=sum(call.event.web_searches for call in calls),
        cost_nusd=sum(priced) if priced else None,
        unpriced_tokens=sum(
            call.event.tokens.total_tokens for call in calls if call.price.nusd is None
        ),
        uncertain_tiers=sum(call.price.status == "tier_uncertain" for call in calls),
        ncredits=sum(c.ncredits for c in credits) if credits else None,
        uncertain_ncredits=sum(c.ncredits for c in credits if c.is_uncertain),
    )


def explained_document(found: Explained) -> Document:
    """Return the document of `aicost explain --json`. Money is at full precision."""
    total = total_of(found.calls)
    return {
        "schema": SCHEMA,
        "complete": found.complete,
        "pending_bytes": found.pending_bytes,
        "kind": found.kind,
        "id": found.id,
        "price_book": found.price_book,
        "calls": [_call_fields(call) for call in found.calls],
        "hidden": [_hidden_fields(one) for one in found.hidden],
        "category": found.purpose and str(found.purpose.category),
        "category_confidence": found.purpose and found.purpose.confidence,
        "category_evidence": (found.purpose and found.purpose.evidence) or None,
        "corrected": found.purpose and found.purpose.is_corrected,
        "tasks": [task_fields(task) for task in found.tasks],
        "outcome": found.outcome and _outcome_fields(found.outcome),
        "waste": [_waste_fields(hit) for hit in found.waste],
        "progress": found.progress and _progress_fields(found.progress),
        "total": {
            "requests": len(found.calls),
            **_token_fields(total.tokens),
            "web_searches": total.web_searches,
            "cost_usd": None if total.cost_nusd is None else usd(total.cost_nusd),
            "unpriced_tokens": total.unpriced_tokens,
            "tier_uncertain_requests": total.uncertain_tiers,
            "credits": _in_credits(total.ncredits, total.ncredits),
            "uncertain_credits": _in_credits(total.ncredits, total.uncertain_ncredits),
        },
    }


def _waste_fields(hit: Hit) -> Document:
    return {
        **loop_fields(hit),
        "prompt_uuid": hit.turn_id,
        "subagent_id": hit.thread,
        "count": hit.count,
        "since": _time(from_us(hit.since_us)),
        "until": _time(from_us(hit.until_us)),
        "action": ACTIONS[hit.kind],
    }


def _progress_fields(progress: Progress) -> Document:
    return {"score": progress.score, **asdict(progress)}


def _outcome_fields(verdict: Verdict) -> Document:
    return {
        "outcome": verdict.outcome,
        "evidence": sentence(verdict),
        "commits": verdict.commits,
        "merged_commits": verdict.merged,
        "reverted_commits": verdict.reverted,
        "fixed_tests": verdict.fixed_tests,
        "pull_requests": verdict.pull_requests,
        "edited_files": verdict.files,
        "uncommitted_files": verdict.left_files,
    }


def _hidden_fields(one: Finding) -> Document:
    spent = one.hidden
    return {
        "model": one.model or None,
        **_token_fields(spent.tokens),
        "web_searches": spent.web_searches,
        "cost_usd": None if spent.cost_nusd is None else usd(spent.cost_nusd),
        "causes": [{"cause": cause.value, "why": cause.sentence} for cause in one.causes],
    }


def _in_credits(known: int | None, ncredits: int | None) -> float | None:
    """Return an amount, if credits are known at all."""
    return None if known is None or ncredits is None else ncredits / NANO


def _call_fields(call: CallExplained) -> Document:
    event, price = call.event, call.price
    return {
        "event_key": event.event_key,
        "agent": event.agent,
        "session_id": event.session_id,
        "prompt_uuid": call.turn_id,
        "subagent_id": event.subagent_id,
        "at": _time(event.at),
        "model": event.model,
        "speed": event.speed,
        "service_tier": event.service_tier,
        "inference_geo": event.inference_geo,
        **_token_fields(event.tokens),
        "web_searches": event.web_searches,
        "cost_usd": None if price.nusd is None else usd(price.nusd),
        "cost_status": price.status,
        "why_unpriced": price.why or None,
        "price": _price_fields(price) if price.model_id else None,
        "credits": None if price.credits is None else _credit_fields(price.credits),
        "ledger_cost_usd": None if call.ledger_nusd is None else usd(call.ledger_nusd),
        "ledger_price_book": call.ledger_book,
    }


def _price_fields(price: PriceExplained) -> Document:
    return {
        "model": price.model_id,
        "from": _time(price.row_from),
        "source": price.source,
        "checked": price.checked or None,
        "tier": price.tier,
        "unknown_tier": price.unknown_tier or None,
        "tier_factor": None if price.tier_factor is None else float(price.tier_factor),
        "place_factor": float(price.place_factor),
        "above_tokens": price.above_tokens,
        "is_long_prompt": price.is_long_prompt,
        "charges": [
            {
                "kind": charge.kind,
                "count": charge.count,
                "rate_usd": None if charge.rate_usd is None else float(charge.rate_usd),
                "per": charge.per,
                "is_long": charge.is_long,
                "cost_usd": None if charge.nusd is None else float(charge.nusd / NUSD_PER_USD),
            }
            for charge in price.charges
        ],
    }


def _credit_fields(credits: Credits) -> Document:
    return {
        "credits": credits.ncredits / NANO,
        "is_uncertain": credits.is_uncertain,
        "doubts": list(credits.doubts),
        "from": _time(credits.rates.start),
        "multiplier": float(credits.multiplier),
        "source": credits.rates.source,
        "checked": credits.rates.checked or None,
    }


def _token_fields(tokens: TokenCounts) -> dict[str, Any]:
    return {name: getattr(tokens, name) for name in TokenCounts.__dataclass_fields__}


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
