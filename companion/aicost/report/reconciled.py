"""`aicost reconcile`: our figures beside the client's own, and what lies between."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from aicost.core.money import cost_text, usd
from aicost.core.reconcile import Cause, Finding
from aicost.core.spent import Spent
from aicost.core.text import UNKNOWN, clean
from aicost.report.documents import SCHEMA, Document, token_fields
from aicost.report.tables import Column, Style, as_table, id_column, notes_text

_ALL_MODELS = "all models"


def reconcile_document(findings: Iterable[Finding], *, complete: bool) -> Document:
    """Return the document of `aicost reconcile --json`."""
    return {
        "schema": SCHEMA,
        "complete": complete,
        "sessions": [
            {"session_id": session_id, "models": [_finding(one) for one in group]}
            for session_id, group in groupby(findings, key=lambda one: one.session_id)
        ],
    }


def _finding(one: Finding) -> Document:
    return {
        "model": one.model or None,
        "exact": one.is_exact,
        "ours": _spent(one.ours),
        "client": one.client and _spent(one.client),
        "inherited": _spent(one.inherited),
        "hidden": _spent(one.hidden),
        "missing": _spent(one.missing),
        "difference_usd": _usd(one.cost_difference_nusd),
        "causes": [{"cause": cause.value, "why": cause.sentence} for cause in one.causes],
    }


def _spent(spent: Spent) -> Document:
    return {
        "requests": spent.calls or None,
        **token_fields(spent.tokens),
        "web_searches": spent.web_searches,
        "cost_usd": _usd(spent.cost_nusd),
    }


def reconcile_rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return the lines of `aicost reconcile --csv`."""
    return [
        {
            "session_id": one.session_id,
            "model": one.model,
            "ours_tokens": one.ours.tokens.total_tokens,
            "client_tokens": one.client and one.client.tokens.total_tokens,
            "hidden_tokens": one.hidden.tokens.total_tokens,
            "ours_usd": _usd(one.ours.cost_nusd),
            "client_usd": one.client and _usd(one.client.cost_nusd),
            "hidden_usd": _usd(one.hidden.cost_nusd),
            "difference_usd": _usd(one.cost_difference_nusd),
            "causes": [cause.value for cause in one.causes],
        }
        for one in findings
    ]


def reconcile_table(findings: Sequence[Finding], style: Style, *, complete: bool = True) -> str:
    """Return `aicost reconcile` as text: a line a session and model, then what the causes mean.

    `complete`: all logs are read; what the client said may else be in what is not.
    """
    if not findings:
        return "No sessions.\n"
    columns = [
        id_column(("Session", *(one.session_id for one in findings))),
        Column(("Model", *map(_model, findings)), is_text=True, rank=2),
        Column(("Tokens", *(f"{one.ours.tokens.total_tokens:,}" for one in findings)), rank=4),
        Column(("Agent's tokens", *map(_client_tokens, findings)), rank=3),
        Column(("Cost", *(_cost(one.ours) for one in findings))),
        Column(("Agent's cost", *(_cost(one.client) for one in findings)), rank=1),
        Column(("Hidden", *map(_hidden, findings))),
        Column(("Why", *map(_why, findings)), is_text=True, rank=1),
    ]
    found = [cause for cause in Cause if any(cause in one.causes for one in findings)]
    notes = [f"{_word(cause)}: {cause.sentence}" for cause in found]
    if not complete:
        notes.append("not all is read yet: what the agent says may be in the rest")
    return as_table(columns, style) + notes_text(["", *notes] if notes else [], style)


def _model(one: Finding) -> str:
    return clean(one.model) or _ALL_MODELS


def _client_tokens(one: Finding) -> str:
    if one.client is None or not one.client.has_counts:
        return UNKNOWN
    return f"{one.client.tokens.total_tokens:,}"


def _cost(spent: Spent | None) -> str:
    if spent is None:
        return UNKNOWN
    return cost_text(spent.cost_nusd, 0 if spent.cost_nusd is not None else 1)


def _hidden(one: Finding) -> str:
    if not one.hidden.cost_nusd and not one.hidden.has_counts:
        return ""
    return _cost(one.hidden)


def _why(one: Finding) -> str:
    return ", ".join(map(_word, one.causes)) or "exact"


def _word(cause: Cause) -> str:
    return cause.value.replace("_", " ")


def _usd(nusd: int | None) -> float | None:
    return None if nusd is None else usd(nusd)
