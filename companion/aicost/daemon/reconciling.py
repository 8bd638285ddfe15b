"""The answer to `reconcile`, from a read-only ledger."""

from collections.abc import Mapping

import msgspec

from aicost.daemon.answers import Question, converted, parted
from aicost.report.documents import as_json
from aicost.report.reconciled import reconcile_document, reconcile_rows, reconcile_table
from aicost.report.sheets import as_csv
from aicost.report.tables import nothing_of
from aicost.store.accounts import accounts


class ReconcileQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `reconcile`."""

    session: str | None = None
    homes: tuple[str, ...] = ()


def reconcile(question: Question, params: Mapping[str, object]) -> str:
    """Answer `reconcile`. Raises ConfigError, sqlite3.Error."""
    shown, rest = parted(params)
    query = converted(rest, ReconcileQuery)
    findings = accounts(question.db, session_id=query.session, homes=query.homes)
    if shown.format == "table":
        if query.session and not findings:
            return nothing_of("figures", query.session)
        return reconcile_table(findings, shown.style, complete=question.has_evidence)
    if shown.format == "csv":
        rows = reconcile_rows(findings)
        return as_csv(_NAMES, rows)
    return as_json(reconcile_document(findings, complete=question.has_evidence))


_NAMES = (
    "session_id", "model", "ours_tokens", "client_tokens", "hidden_tokens", "ours_usd",
    "client_usd", "hidden_usd", "difference_usd", "causes",
)  # fmt: skip
