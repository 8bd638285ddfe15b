"""The answer to `explain`: the calls behind an id, and every product of their prices."""

import msgspec

from aicost.core.errors import ConfigError
from aicost.core.explain import CallExplained, Explained, explain
from aicost.core.purpose import Purpose
from aicost.core.reconcile import Finding
from aicost.core.spent import NOTHING
from aicost.core.tasks import Task
from aicost.core.waste.hits import Hit
from aicost.daemon.answers import Params, Question, converted, parted
from aicost.report.documents import as_json
from aicost.report.explained import explained_table
from aicost.report.explained_document import explained_document
from aicost.store.accounts import accounts
from aicost.store.categories import session_purposes, turn_purposes
from aicost.store.explain import MAX_NAMED, Named, calls_of, named_by
from aicost.store.outcomes import verdicts
from aicost.store.tasks import session_tasks
from aicost.store.waste import progress_in, waste_in


class ExplainQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `explain`. Who names an id means it, in whatever folder it lies."""

    id: str
    homes: tuple[str, ...] = ()


def explained(question: Question, params: Params) -> str:
    """Answer `explain`. Raises ConfigError for an id that names nothing or more than one thing."""
    shown, rest = parted(params)
    query = converted(rest, ExplainQuery)
    found = _explained(question, one_named(query.id, named_by(question.db, query.id)))
    if shown.format == "json":
        return as_json(explained_document(found))
    return explained_table(found, shown.style, question.zone)


def one_named(text: str, named: tuple[Named, ...]) -> Named:
    """Return the one thing that a text names. Raises ConfigError unless it is one."""
    if not named:
        raise ConfigError(
            f"the ledger has no call, turn or session whose id begins with {text[:80]!r}",
            hint="aicost sessions",
        )
    if len(named) > 1:
        more = " and more" if len(named) == MAX_NAMED else ""
        raise ConfigError(
            f"{text[:80]!r} may be {', '.join(f'{n.kind} {n.id}' for n in named)}{more}",
            why="more than one id begins so",
            hint=f"aicost explain {named[0].id}",
        )
    return named[0]


def _hidden(question: Question, named: Named) -> tuple[Finding, ...]:
    """Return what a session's client counts besides its calls."""
    if named.kind != "session":
        return ()
    findings = accounts(question.db, session_id=named.id)
    return tuple(one for one in findings if one.session_id == named.id and one.hidden != NOTHING)


def _waste(question: Question, named: Named, session_id: str) -> tuple[Hit, ...]:
    """Return what of a turn or session led nowhere."""
    if named.kind == "call" or not question.has_evidence:
        return ()
    hits = waste_in(question.db, [session_id]).get(session_id, ())
    return tuple(hit for hit in hits if named.kind == "session" or hit.turn_id == named.id)


def _purpose(question: Question, named: Named, session_id: str) -> Purpose | None:
    """Return what a turn or session was for."""
    if named.kind == "call" or not question.has_evidence:
        return None
    if named.kind == "turn":
        found = turn_purposes(question.db, session_id=session_id)
        return found.get((session_id, named.id))
    return session_purposes(question.db, session_id=session_id).get(session_id)


def _tasks(question: Question, named: Named, session_id: str) -> tuple[Task, ...]:
    """Return the tasks of a session, or the one that a turn belongs to."""
    if named.kind == "call" or not question.has_evidence:
        return ()
    found = session_tasks(question.db, session_id=session_id).get(session_id, ())
    return tuple(task for task in found if named.kind == "session" or named.id in task.turn_ids)


def _explained(question: Question, named: Named) -> Explained:
    calls = calls_of(question.db, named)
    session_id = calls[0].call.event.session_id if calls else named.id
    is_session = named.kind == "session" and question.has_evidence
    return Explained(
        kind=named.kind,
        id=named.id,
        price_book=question.book.book_id,
        calls=tuple(
            CallExplained(
                event=found.call.event,
                turn_id=found.turn_id,
                price=explain(found.call.event, question.book),
                ledger_nusd=found.call.cost_nusd,
                ledger_book=found.price_book,
            )
            for found in calls
        ),
        hidden=_hidden(question, named),
        outcome=verdicts(question.db, session_id=named.id).get(named.id) if is_session else None,
        purpose=_purpose(question, named, session_id),
        tasks=_tasks(question, named, session_id),
        waste=_waste(question, named, session_id),
        progress=progress_in(question.db, named.id) if is_session else None,
        complete=question.complete,
        pending_bytes=question.pending_bytes,
    )
