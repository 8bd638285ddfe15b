"""Reports with what a cheaper model did as well."""

from dataclasses import replace

from aicost.core.mismatch import Mismatch
from aicost.core.reports import MISMATCH_GROUPS, UsageReport
from aicost.daemon.answers import Question
from aicost.store.mismatches import mismatches


def with_mismatches(question: Question, report: UsageReport) -> UsageReport:
    """Return a report with the work for a cheaper model, where that is shown and known.

    Raises sqlite3.Error.
    """
    if report.query.by not in MISMATCH_GROUPS or not question.has_evidence:
        return report

    def find() -> tuple[Mismatch, ...]:
        return mismatches(question.db, question.book, report.query, question.now)

    if question.remembered is None:
        return replace(report, mismatches=find())
    told = question.remembered.answer((Mismatch, report.query), find, len)
    return replace(report, mismatches=told)
