"""The answer to `history`: days and groups of a span, for the history screen."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from aicost.core.history import History, HistoryQuery
from aicost.core.reports import EVIDENCE_GROUPS
from aicost.daemon.answers import Question, converted, found_report
from aicost.store.history import history, ledger_zone


def history_answer(question: Question, params: Mapping[str, object]) -> History:
    """Answer `history`. Raises ConfigError for what cannot be asked, sqlite3.Error."""
    query = converted(params, HistoryQuery)
    today = question.now.astimezone(ledger_zone(question.db)).date()
    find = partial(history, question.db, query, today, partial(found_report, question))
    if question.remembered is None:
        found = find()
    else:
        key = ("history", query, today)
        found = question.remembered.answer(key, find, lambda one: len(one.rows))
    asks_evidence = {query.by, *(part.by for part in query.within)} & EVIDENCE_GROUPS
    return replace(
        found,
        complete=question.complete and (question.has_evidence or not asks_evidence),
        pending_bytes=question.pending_bytes,
        has_evidence=question.has_evidence,
    )
