"""One session as a whole, for the screen that shows it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from aicost.core.context_parts import context_of
from aicost.core.days import from_us, to_us
from aicost.core.errors import ConfigError
from aicost.core.prompt_line import PromptLine
from aicost.core.session_page import PageSubagent, PageTurn, Rebuild, SessionPage
from aicost.core.waste.rebuilding import rebuilt_in
from aicost.core.waste.work import Work
from aicost.daemon.answers import Params, Question, converted
from aicost.store import session_pages as store
from aicost.store.accounts import hidden
from aicost.store.categories import session_purposes, turn_purposes
from aicost.store.outcomes import turn_outcomes, verdicts
from aicost.store.tasks import session_tasks
from aicost.store.waste import progress_in, waste_in, work_of

_SECOND_US = 1_000_000


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `session.page`. Who names an id means it, in whatever folder it lies."""

    id: str
    homes: tuple[str, ...] = ()


def transcript(question: Question, params: Params) -> tuple[store.Found, store.Transcript | None]:
    """Return the session that is asked for, and its log where there is one.

    Raises ConfigError for an id that names no session, sqlite3.Error.
    """
    session_id = converted(params, PageQuery).id
    found = store.find_session(question.db, session_id)
    if found is None:
        raise ConfigError(f"the ledger has no session {session_id[:80]!r}", hint="aicost sessions")
    return found, store.transcript_of(question.db, found.row, session_id)


def session_page(
    question: Question, params: Params, prompts: Mapping[str, PromptLine] | None = None
) -> SessionPage:
    """Answer `session.page`; `prompts`: what the session's log says now, by turn.

    Raises ConfigError for an id that names no session, sqlite3.Error.
    """
    found, log = transcript(question, params)
    page = _facts(question, converted(params, PageQuery).id, found)
    said = prompts or {}
    page = replace(
        page,
        transcript="" if log is None else log.path,
        has_evidence=log is None or log.has_evidence,
        turns=tuple(
            replace(turn, prompt=said[turn.turn_id].line) if turn.turn_id in said else turn
            for turn in store.turns_of(question.db, found.row)
        ),
    )
    page = _with_evidence(question, page, found.row)
    sizes = {turn_id: prompt.size_bytes for turn_id, prompt in said.items()}
    return _with_work(page, work_of(question.db, found.row, question.book), sizes, question)


def _facts(question: Question, session_id: str, found: store.Found) -> SessionPage:
    db, row = question.db, found.row
    used = store.used_by(db, row)
    cwd, branch, repo = store.places_of(db, row)
    besides, _ = hidden(db, "x.id = ?", (row,))
    return SessionPage(
        session_id=session_id,
        agent="codex" if found.agent == "codex" else "claude",
        timezone=question.zone.key,
        homes=store.homes_of(db, row),
        cwd=cwd,
        repo=repo or question.repo_of(cwd),
        branch=branch,
        version=store.version_of(db, row),
        started_at=None if found.first_us is None else from_us(found.first_us),
        last_at=None if found.last_us is None else from_us(found.last_us),
        requests=used.requests,
        tokens=used.tokens,
        cost_nusd=used.cost_nusd,
        unpriced_tokens=used.unpriced_tokens,
        hidden_tokens=besides.tokens.total_tokens,
        hidden_nusd=besides.cost_nusd,
    )


def _with_evidence(question: Question, page: SessionPage, row: int) -> SessionPage:
    """Add what the calls were made for, as far as it is read."""
    db, session_id = question.db, page.session_id
    purposes = turn_purposes(db, session_id=session_id)
    outcomes = turn_outcomes(db, session_id=session_id)

    def with_both(turn: PageTurn) -> PageTurn:
        key = (session_id, turn.turn_id)
        return replace(turn, purpose=purposes.get(key), outcome=outcomes.get(key, ""))

    return replace(
        page,
        turns=tuple(map(with_both, store.with_work(db, row, page.turns))),
        purpose=session_purposes(db, session_id=session_id).get(session_id),
        subagents=store.subagents_of(db, row),
        hits=waste_in(db, [session_id]).get(session_id, ()),
        progress=progress_in(db, session_id),
        outcome=verdicts(db, session_id=session_id).get(session_id),
        commands=store.commands_of(db, row),
        tasks=session_tasks(db, session_id=session_id).get(session_id, ()),
    )


def _with_work(
    page: SessionPage, work: Work, prompt_bytes: Mapping[str, int], question: Question
) -> SessionPage:
    """Add how its calls went on: context, rebuilds, subagents, times."""
    context = context_of(work, prompt_bytes)
    main = work.threads.get("", ())
    last = main[-1] if main else None
    window = None
    if last is not None:
        known = question.book.context_window_tokens(last.model, last.context_tokens)
        window = question.windows.get(page.session_id, known)
    return replace(
        page,
        models=tuple(dict.fromkeys(call.model for call in reversed(work.calls))),
        context_tokens=None if last is None else last.context_tokens,
        context_window_tokens=window,
        points=context.points,
        parts=context.parts,
        bytes_per_token=context.bytes_per_token,
        results=context.results,
        rebuilds=tuple(sorted(_rebuilds(work), key=lambda one: one.at)),
        subagents=tuple(_subagent(agent, work) for agent in page.subagents),
        turns=tuple(_timed(page.turns, page.subagents, work)),
    )


def _rebuilds(work: Work) -> Iterator[Rebuild]:
    for thread, calls in work.threads.items():
        for one in rebuilt_in(work, calls):
            yield Rebuild(
                at=from_us(one.after.at_us),
                turn_id=one.after.turn_id,
                thread=thread,
                cause=one.cause,
                idle_s=(one.after.at_us - one.before.at_us) / _SECOND_US,
                tokens=one.tokens,
                cost_nusd=one.cost_nusd,
            )


def _subagent(agent: PageSubagent, work: Work) -> PageSubagent:
    calls = work.threads.get(agent.subagent_id, ())
    if not calls:
        return agent
    return replace(
        agent,
        model=calls[-1].model,
        started_at=agent.started_at or from_us(calls[0].at_us),
        last_at=from_us(calls[-1].at_us),
        context_tokens=calls[-1].context_tokens,
    )


def _timed(
    turns: Sequence[PageTurn], subagents: Sequence[PageSubagent], work: Work
) -> Iterator[PageTurn]:
    """Yield turns with their times and with what happened in them."""
    first_us, last_us = dict[str, int](), dict[str, int]()
    for call in work.calls:
        first_us.setdefault(call.turn_id, call.at_us)
        last_us[call.turn_id] = call.at_us
    agents = Counter(agent.turn_id for agent in subagents)
    compactions = Counter(one.turn_id for one in work.compactions if not one.thread)
    for turn in turns:
        ended_us = last_us.get(turn.turn_id)
        started_at = turn.started_at
        if started_at is None and ended_us is not None:
            started_at = from_us(first_us[turn.turn_id])
        yield replace(
            turn,
            started_at=started_at,
            duration_us=(
                None
                if ended_us is None or started_at is None
                else max(0, ended_us - to_us(started_at))
            ),
            subagents=agents[turn.turn_id],
            compactions=compactions[turn.turn_id],
        )
