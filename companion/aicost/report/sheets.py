"""Reports as CSV, with the JSON's field names."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from aicost.core.reports import UsageReport
from aicost.report.documents import usage_fields


def report_csv(report: UsageReport) -> str:
    """Return `aicost report --csv`: one line a row, no total (whoever adds up adds up)."""
    rows = [{"key": row.key, **usage_fields(row)} for row in report.rows]
    names = ["key", *usage_fields(report.total)]
    return as_csv(names, rows)


def as_csv(names: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows under a heading; lists are joined by spaces, null is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if not isinstance(value, str):
        return value
    # A branch named like a formula must not be one in a spreadsheet.
    guard = "'" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else ""
    return guard + value.replace("\r", " ")  # the csv module would leave it bare: a broken line
