"""The table on a screen as a file: CSV, JSON or Markdown. Never over a file that is there."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from aicost.core.errors import AicostError
from aicost.core.money import usd
from aicost.core.text import escaped, visible
from aicost.core.view import SessionRow

Format = Literal["csv", "json", "md"]
FORMATS: tuple[Format, ...] = ("csv", "json", "md")
NAMES: dict[Format, str] = {"csv": "CSV", "json": "JSON", "md": "Markdown"}
Cell = str | int | float | None  # None: not known
_SCHEMA = 1
_MOST_FILES = 100  # of one name and minute
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SESSION_HEADERS = (
    "session_id", "agent", "state", "repo", "branch", "task", "model", "context_tokens",
    "context_share", "usd_per_hour", "cost_usd", "unpriced_tokens", "next_prompt_usd",
    "cache_share", "requests", "subagents", "started_at", "last_at", "cwd",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """What a screen shows: a name for the file, headers, and as many cells in each row."""

    name: str  # of a-z and dashes
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@runtime_checkable
class Exportable(Protocol):
    """A screen whose table can be exported."""

    def export_table(self) -> Table | None:
        """Return what is shown now, in its order; None if there is nothing."""
        ...


def render(table: Table, format: Format) -> str:
    """Return a table as a file holds it."""
    match format:
        case "csv":
            return _as_csv(table)
        case "json":
            return _as_json(table)
        case "md":
            return _as_markdown(table)


def file_name(table: Table, format: Format, at: datetime, number: int = 1) -> str:
    """Return the name of a file, e.g. `aicost-sessions-20261122-1141.csv`, then `…-2.csv`."""
    more = "" if number == 1 else f"-{number}"
    return f"aicost-{table.name}-{at:%Y%m%d-%H%M}{more}.{format}"


def write_new(folder: Path, table: Table, format: Format, at: datetime) -> Path:
    """Write a table to a new file in a folder and return its path. Raises AicostError."""
    content = render(table, format)
    try:
        for number in range(1, _MOST_FILES + 1):
            path = folder / file_name(table, format, at, number)
            try:
                with path.open("x", encoding="utf-8", newline="") as file:
                    file.write(content)
            except FileExistsError:
                continue
            return path
    except OSError as error:
        raise AicostError(
            "the table cannot be written here",
            why=error.strerror or str(error),
            hint="start aicost top in another folder",
        ) from error
    raise AicostError("too many files of this name are there", hint="try again in a minute")


def session_table(rows: Iterable[SessionRow]) -> Table:
    """Return sessions as `aicost sessions --csv` names their fields, as far as a screen knows."""
    return Table("sessions", _SESSION_HEADERS, tuple(map(_session_cells, rows)))


def _session_cells(row: SessionRow) -> tuple[Cell, ...]:
    return (
        row.session_id, row.agent, row.state, row.repo, row.branch, row.task, row.model,
        row.context_tokens, row.context_share, usd(row.burn.nusd_per_hour), dollars(row.cost_nusd),
        row.unpriced_tokens, dollars(row.next_prompt_nusd), row.cache_share, row.requests,
        row.subagents, moment(row.started_at), moment(row.last_at), row.cwd,
    )  # fmt: skip


def dollars(nusd: int | None) -> float | None:
    """Return nano-dollars as dollars; None stays not known."""
    return None if nusd is None else usd(nusd)


def moment(at: datetime | None) -> str | None:
    """Return a moment as ISO 8601 has it; None stays not known."""
    return None if at is None else at.isoformat()


def _as_csv(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.headers)
    writer.writerows([map(_csv_cell, row) for row in table.rows])
    return text.getvalue()


def _csv_cell(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    # A branch named like a formula must not be one in a spreadsheet.
    guard = "'" if cell.startswith(_FORMULA) else ""
    return guard + visible(cell.replace("\r", " "))


def _as_json(table: Table) -> str:
    rows = [dict(zip(table.headers, row)) for row in table.rows]
    document = {"schema": _SCHEMA, table.name.replace("-", "_"): rows}
    return escaped(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _as_markdown(table: Table) -> str:
    is_number = [
        any(isinstance(row[at], int | float) for row in table.rows)
        for at in range(len(table.headers))
    ]
    rule = ["---:" if number else "---" for number in is_number]
    lines = [table.headers, rule, *([_md_cell(cell) for cell in row] for row in table.rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _md_cell(cell: Cell) -> str:
    """Return a cell in which nothing marks up: no link, no HTML, no other column."""
    if cell is None:
        return ""
    text = visible(" ".join(str(cell).split()))
    return "".join(f"\\{char}" if char in "\\`*_[]<>|~#!" else char for char in text)
