"""`aicost audit`: what the gate did, as a document and as a table."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from aicost.core.audit import GateEvent
from aicost.core.budget import STEPS
from aicost.core.text import UNKNOWN, clean
from aicost.report.documents import SCHEMA, Document, moment
from aicost.report.tables import Column, Style, as_table, id_column


def events_in(said: object) -> list[GateEvent]:
    """Return the entries that the daemon sent."""
    return msgspec.convert(said, list[GateEvent])


def audit_document(events: Iterable[GateEvent]) -> Document:
    """Return the document of `aicost audit --json`; amounts are in the unit of the budget."""
    return {"schema": SCHEMA, "events": [_fields(event) for event in events]}


def audit_table(events: Sequence[GateEvent], zone: ZoneInfo, style: Style) -> str:
    """Return one row an entry, the oldest first."""
    if not events:
        return "Nothing was stopped, and nothing would have been.\n"
    rows = [
        (
            f"{event.at.astimezone(zone):%m-%d %H:%M:%S}",
            event.kind,
            " ".join(filter(None, (event.event, clean(event.tool)))) or UNKNOWN,
            clean(event.budget_id) or UNKNOWN,
            clean(event.text) or _amounts(event),
        )
        for event in events
    ]
    at, kind, where, budget, text = zip(*rows, strict=True)
    return as_table(
        [
            Column(("When", *at), is_text=True),
            Column(("What", *kind), is_text=True),
            id_column(("Session", *(event.session_id or "all" for event in events)), rank=1),
            Column(("Where", *where), is_text=True, rank=3),
            Column(("Budget", *budget), is_text=True, rank=2),
            Column(("Why", *text), is_text=True),
        ],
        style,
    )


def _fields(event: GateEvent) -> Document:
    return {
        "at": moment(event.at),
        "kind": event.kind,
        "session_id": event.session_id or None,
        "thread_id": event.thread_id or None,
        "agent": event.agent or None,
        "event": event.event or None,
        "tool": event.tool or None,
        "budget": event.budget_id or None,
        "unit": event.unit or None,
        "limit": _units(event, event.limit),
        "spent": _units(event, event.spent),
        "reserved": _units(event, event.reserved),
        "text": event.text or None,
    }


def _amounts(event: GateEvent) -> str:
    limit, spent = _units(event, event.limit), _units(event, event.spent)
    if limit is None or spent is None:
        return UNKNOWN
    return f"{spent:,.10g} of {limit:,.10g} {event.unit}"


def _units(event: GateEvent, steps: int | None) -> float | None:
    step = next((size for unit, size in STEPS.items() if unit == event.unit), None)
    return None if steps is None or step is None else steps / step
