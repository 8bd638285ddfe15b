"""Reports as CSV, with the JSON's field names."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from aicost.core.reports import TurnRow, UsageReport, WorkDone
from aicost.core.text import visible
from aicost.core.usage import TokenCounts
from aicost.core.view import SessionRow
from aicost.report.documents import session_fields, turn_fields, usage_fields, work_of

_NO_TURN = TurnRow(  # its fields are the heading
    session_id="", prompt_uuid="", started_at=None, requests=0, tokens=TokenCounts(), cost_nusd=None
)
_NO_SESSION = SessionRow(session_id="", agent="claude")


def report_csv(report: UsageReport) -> str:
    """Return `aicost report --csv`: one line a row, no total (whoever adds up adds up)."""
    rows = [{"key": row.key, **usage_fields(row)} for row in report.rows]
    names = ["key", *usage_fields(report.total)]
    return as_csv(names, rows)


def turns_csv(rows: Iterable[TurnRow]) -> str:
    """Return `aicost turns --csv`: one line a turn."""
    return as_csv(turn_fields(_NO_TURN), map(turn_fields, rows))


def sessions_csv(rows: Iterable[SessionRow], work: Mapping[str, WorkDone] | None = None) -> str:
    """Return `aicost sessions --csv`: one line a session."""
    lines = (session_fields(row, work_of(row, work)) for row in rows)
    return as_csv(session_fields(_NO_SESSION), lines)


def as_csv(names: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows under a heading; lists are joined by spaces, null is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, dict):
        value = [part for part in value.values() if part is not None]
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if not isinstance(value, str):
        return value
    # A branch named like a formula must not be one in a spreadsheet.
    guard = "'" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else ""
    # A bare \r would be a broken line; other controls would steer the terminal it is shown on.
    return guard + visible(value.replace("\r", " "))
