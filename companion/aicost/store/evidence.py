"""What calls were made for: tool calls, errors, settings, and what the client says it spent.

Facts are kept as they are, each under a key. What reports add up of them by day, `evidence_day`,
is rolled up anew for each span that changed (`stale_span`): see `roll_up`.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from operator import add, itemgetter
from typing import TypeVar

from aicost.core.days import to_us
from aicost.core.facts import (
    ClientTotal,
    CommandRan,
    CompactionSeen,
    CopySeen,
    ErrorSeen,
    HiddenSeen,
    LimitsSeen,
    Parsed,
    PullRequestSeen,
    SettingsSeen,
    SkillSeen,
    StepTaken,
    SubagentSeen,
    ToolCallSeen,
    WorkSeen,
)
from aicost.core.usage import Agent
from aicost.store.accounts import mark_accounts, settle_accounts
from aicost.store.calls import key_of
from aicost.store.categories import note_work
from aicost.store.limits import note_limits
from aicost.store.names import Names
from aicost.store.schema import TOKENS
from aicost.store.sessions import note_kind
from aicost.store.waste import mark_waste

F = TypeVar("F")
_ROW_KEY = itemgetter(0, 1)  # of a row of what calls asked for

EVIDENCE = ("tool_calls", "api_errors", "retries", "active_us")
MOST_ACTIVE_US = 300_000_000  # a longer pause between two calls is no work: somebody was asked
_CHUNK = 1000  # spans or keys in one IN (…); spans in one transaction
_SETTINGS = ("version", "entrypoint", "effort", "permission_mode", "command")


# A fork repeats its parent's errors and hints, and does not say so: of several sessions the lowest
# id has them, which is the same in every order of reading.
_UPSERT_OF_SPAN = (
    "INSERT INTO {table} VALUES ({values}) ON CONFLICT (key) DO UPDATE SET span = excluded.span"
    " WHERE (SELECT x.session_id FROM session x JOIN span s ON s.session = x.id"
    " WHERE s.id = excluded.span) < (SELECT x.session_id FROM session x"
    " JOIN span s ON s.session = x.id WHERE s.id = {table}.span)"
)
_UPSERT_ERROR = _UPSERT_OF_SPAN.format(table="api_error", values="?, ?, ?, ?, ?, ?")
_UPSERT_COMPACTION = _UPSERT_OF_SPAN.format(table="compaction", values="?, ?, ?")
# Of two records of a run (a fork may date its copies anew) the earlier is the run's own.
_UPSERT_RUN = (
    "INSERT INTO command_run VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (call, key) DO UPDATE SET"
    " at_us = excluded.at_us, command = excluded.command, label = excluded.label,"
    " error = excluded.error WHERE (excluded.at_us, excluded.command, ifnull(excluded.error, 0))"
    " < (at_us, command, ifnull(error, 0))"
)
_STEP = ("at_us", "kind", "target", "label", "part", "content", "size_bytes", "failed")
_UPSERT_STEP = (
    f"INSERT INTO step (call, key, {', '.join(_STEP)}) VALUES (?, ?, {', '.join('?' * len(_STEP))})"
    " ON CONFLICT (call, key) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in _STEP)}"
    " WHERE (excluded.at_us, excluded.target, excluded.content, ifnull(excluded.size_bytes, -1))"
    " < (at_us, target, content, ifnull(size_bytes, -1))"
)
_UPSERT_HINT = (
    "INSERT INTO hidden_hint VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
    " SET session = excluded.session"
    " WHERE (SELECT session_id FROM session WHERE id = excluded.session)"
    " < (SELECT session_id FROM session WHERE id = hidden_hint.session)"
)


class EvidenceWriter:
    """Writes one batch's facts. Used inside the ledger's transaction."""

    def __init__(self, db: sqlite3.Connection, names: Names, ci_job: str) -> None:
        self._db, self._names, self._ci_job = db, names, ci_job

    def write(self, agent: Agent, all_parsed: Sequence[Parsed]) -> None:
        """Keep all evidence in what logs of an agent say; what is there already stays."""

        def every(facts: Callable[[Parsed], Iterable[F]]) -> list[F]:
            return [fact for parsed in all_parsed for fact in facts(parsed)]

        self._tool_calls(every(lambda parsed: parsed.tool_calls))
        self._commands(every(lambda parsed: parsed.commands))
        self._steps(every(lambda parsed: parsed.steps))
        self._compactions(agent, every(lambda parsed: parsed.compactions))
        self._work(agent, every(lambda parsed: parsed.work))
        self._errors(agent, every(lambda parsed: parsed.errors))
        self._settings(agent, every(lambda parsed: parsed.settings))
        self._kinds(agent, every(lambda parsed: parsed.subagents))
        self._skills(every(lambda parsed: parsed.skills))
        self._copies(agent, every(lambda parsed: parsed.copies))
        self.totals(agent, every(lambda parsed: parsed.client_totals))
        self._hidden(agent, every(lambda parsed: parsed.hidden))
        self._pull_requests(agent, every(lambda parsed: parsed.pull_requests))

    def limits(self, home: str, seen: Sequence[LimitsSeen]) -> None:
        """Keep how much of its limits the account of a home used."""
        if seen:
            note_limits(self._db, self._names.home(home), seen)

    def _tool_calls(self, seen: Iterable[ToolCallSeen]) -> None:
        tool_of = cache(self._names.tool)
        rows = [(key_of(t.event_key), key_of(t.key), tool_of(t.name)) for t in seen]
        rows.sort()
        self._db.executemany("INSERT OR IGNORE INTO tool_call VALUES (?, ?, ?)", rows)
        mark = "INSERT OR IGNORE INTO stale_span SELECT DISTINCT span FROM call WHERE key IN ({})"
        self._for_keys(mark, {call for call, _, _ in rows})

    def _commands(self, seen: Iterable[CommandRan]) -> None:
        label_of = cache(self._names.command_label)
        rows = [
            (
                key_of(run.event_key), key_of(run.key), to_us(run.at), run.command,
                label_of(run.label), run.error,
            )
            for run in seen
        ]  # fmt: skip
        rows.sort(key=_ROW_KEY)
        self._db.executemany(_UPSERT_RUN, rows)

    def _steps(self, seen: Iterable[StepTaken]) -> None:
        label_of = cache(self._names.command_label)
        rows = [
            (
                key_of(step.event_key), key_of(step.key), to_us(step.at), step.kind,
                step.target, label_of(step.label), step.part, step.content,
                step.size_bytes, step.failed,
            )
            for step in seen
        ]  # fmt: skip
        rows.sort(key=_ROW_KEY)
        self._db.executemany(_UPSERT_STEP, rows)
        mark = (
            "INSERT OR IGNORE INTO stale_waste SELECT DISTINCT s.session FROM call c"
            " JOIN span s ON s.id = c.span WHERE c.key IN ({})"
        )
        self._for_keys(mark, {row[0] for row in rows})

    def _for_keys(self, sql: str, keys: Iterable[int]) -> None:
        """Run a statement for all of these keys, many at once."""
        left = sorted(keys)
        for at in range(0, len(left), _CHUNK):
            chunk = left[at : at + _CHUNK]
            self._db.execute(sql.format(", ".join("?" * len(chunk))), chunk)

    def _compactions(self, agent: Agent, seen: Iterable[CompactionSeen]) -> None:
        for one in seen:
            session = self._names.session(one.session_id, agent)
            span = self._names.span(session, one.turn_id, one.subagent_id)
            self._db.execute(_UPSERT_COMPACTION, (key_of(one.key), span, to_us(one.at)))
            mark_waste(self._db, [session])

    def _work(self, agent: Agent, seen: Iterable[WorkSeen]) -> None:
        spans = ((self._known_span(agent, work), work) for work in seen)
        rows = [(span, work.steps, work.features) for span, work in spans if span is not None]
        note_work(self._db, rows)

    def _errors(self, agent: Agent, seen: Iterable[ErrorSeen]) -> None:
        for error in seen:
            session = self._names.session(error.session_id, agent)
            span = self._names.span(session, error.turn_id, error.subagent_id)
            key = key_of(error.key)
            before = self._db.execute("SELECT span FROM api_error WHERE key = ?", (key,))
            mark_stale(self._db, [span, *(known for (known,) in before)])
            self._db.execute(
                _UPSERT_ERROR,
                (
                    key,
                    span,
                    to_us(error.at),
                    error.is_retried,
                    error.status,
                    error.wait_ms * 1000,
                ),
            )

    def _settings(self, agent: Agent, seen: Iterable[SettingsSeen]) -> None:
        by_span: dict[int, tuple[str, ...]] = {}
        for settings in seen:
            span = self._known_span(agent, settings)
            if span is None:  # a replay: its calls count elsewhere
                continue
            values = (*(getattr(settings, name) for name in _SETTINGS), self._ci_job)
            by_span[span] = _larger(by_span.get(span), values)
        columns = ", ".join((*_SETTINGS, "ci_job"))
        for span, values in by_span.items():
            known = self._db.execute(
                f"SELECT {columns} FROM setting WHERE id = (SELECT setting FROM span WHERE id = ?)",
                (span,),
            ).fetchone()
            wanted = _larger(known, values)
            if wanted != known:
                self._db.execute(
                    "UPDATE span SET setting = ? WHERE id = ?", (self._names.setting(wanted), span)
                )

    def _skills(self, seen: Iterable[SkillSeen]) -> None:
        self._db.executemany(
            "INSERT INTO call_skill VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(key_of(s.event_key), self._names.skill(s.skill)) for s in seen],
        )

    def _copies(self, agent: Agent, seen: Sequence[CopySeen]) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO copied_call VALUES (?, ?)",
            [(self._names.session(c.session_id, agent), key_of(c.event_key)) for c in seen],
        )
        self._mark_accounts(agent, seen)

    def totals(self, agent: Agent, seen: Sequence[ClientTotal]) -> None:
        """Keep what a client says of sessions, where it is more than it said before."""
        columns = (*TOKENS, "web_searches", "cost_nusd")
        self._db.executemany(
            f"INSERT INTO client_total (session, model, {', '.join(columns)})"
            f" VALUES ({', '.join('?' * (2 + len(columns)))}) ON CONFLICT (session, model)"
            f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns)}"
            " WHERE (excluded.cost_nusd, excluded.output_tokens, excluded.cache_write_1h_tokens)"
            " > (cost_nusd, output_tokens, cache_write_1h_tokens)",
            [
                (
                    self._names.session(total.session_id, agent), total.model,
                    *total.tokens.counts(), total.web_searches, total.cost_nusd,
                )
                for total in seen
            ],
        )  # fmt: skip
        self._mark_accounts(agent, seen)

    def _pull_requests(self, agent: Agent, seen: Iterable[PullRequestSeen]) -> None:
        self._db.executemany(
            "INSERT INTO pull_request VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET at_us = excluded.at_us WHERE excluded.at_us < at_us",
            [(self._names.session(p.session_id, agent), p.number, to_us(p.at)) for p in seen],
        )

    def _hidden(self, agent: Agent, seen: Sequence[HiddenSeen]) -> None:
        self._db.executemany(
            _UPSERT_HINT,
            [
                (
                    key_of(hint.key), self._names.session(hint.session_id, agent),
                    to_us(hint.at), hint.kind, hint.context_tokens,
                )
                for hint in seen
            ],
        )  # fmt: skip

        self._mark_accounts(agent, seen)

    def _mark_accounts(
        self, agent: Agent, seen: Iterable[CopySeen | HiddenSeen | ClientTotal]
    ) -> None:
        changed = {fact.session_id for fact in seen}
        mark_accounts(self._db, [self._names.session(name, agent) for name in changed])

    def _kinds(self, agent: Agent, seen: Iterable[SubagentSeen]) -> None:
        for subagent in seen:
            span = self._known_span(agent, subagent)
            if span is not None:
                note_kind(self._db, span, subagent.kind)

    def _known_span(self, agent: Agent, fact: SettingsSeen | SubagentSeen | WorkSeen) -> int | None:
        session = self._names.session(fact.session_id, agent)
        return self._names.known_span(session, fact.turn_id, fact.subagent_id)


def evidence_moments(spans: str = "1") -> str:
    """Return a subquery: all evidence by time, of the spans that a condition on `span` names.

    It takes the condition's values three times. An error counts where its span's first call is.
    """
    return (
        "(SELECT c.at_us, c.key, c.span, c.model, c.place, 1 AS tool_calls, 0 AS api_errors,"
        " 0 AS retries, 0 AS active_us FROM call c JOIN tool_call t ON t.call = c.key"
        f" WHERE {spans}"
        " UNION ALL SELECT e.at_us, c.key, e.span, coalesce(c.model, 0), coalesce(c.place, 0),"
        " 0, 1, e.is_retried, 0 FROM (SELECT * FROM api_error"
        f" WHERE {spans}) e LEFT JOIN call c ON c.id = (SELECT f.id FROM call f"
        " WHERE f.span = e.span ORDER BY f.at_us, f.key LIMIT 1)"
        " UNION ALL SELECT c.at_us, c.key, c.span, c.model, c.place, 0, 0, 0, max(0, min("
        "c.at_us - lag(c.at_us, 1, coalesce(s.started_us, c.at_us)) OVER"
        f" (PARTITION BY c.span ORDER BY c.at_us, c.key), {MOST_ACTIVE_US}))"
        f" FROM (SELECT * FROM call WHERE {spans}) c JOIN span s ON s.id = c.span)"
    )


def mark_stale(
    db: sqlite3.Connection, spans: Iterable[int], sessions: Collection[int] = ()
) -> None:
    """Note that the daily evidence of these spans, and the sessions they are of, changed.

    `sessions` are others that changed: a span that lost its last call may be gone.
    """
    db.executemany("INSERT OR IGNORE INTO stale_span VALUES (?)", [(span,) for span in spans])
    mark_accounts(db, sessions)
    mark_waste(db, sessions)


def has_stale(db: sqlite3.Connection) -> bool:
    """Say whether some daily evidence is out of date."""
    stale = "SELECT 1 FROM stale_span UNION ALL SELECT 1 FROM stale_account LIMIT 1"
    return db.execute(stale).fetchone() is not None


def roll_up(db: sqlite3.Connection, day_of: Callable[[int], int]) -> None:
    """Bring what is kept of some stale spans and sessions up to date. Inside a transaction."""
    query = "SELECT span FROM stale_span ORDER BY span LIMIT ?"
    spans = [span for (span,) in db.execute(query, (_CHUNK,))]
    roll_up_spans(db, day_of, spans)
    if len(spans) < _CHUNK:  # the last ones: before, sessions would be settled again and again
        settle_accounts(db)


def spans_read(db: sqlite3.Connection) -> list[int]:
    """Return some stale spans of sessions whose steps were read since they were settled."""
    query = (
        "SELECT s.id FROM stale_waste w JOIN span s ON s.session = w.session"
        " JOIN stale_span k ON k.span = s.id LIMIT ?"
    )
    return [span for (span,) in db.execute(query, (_CHUNK,))]


def roll_up_spans(
    db: sqlite3.Connection, day_of: Callable[[int], int], spans: Sequence[int]
) -> None:
    """Bring the daily evidence of these spans up to date. Inside a transaction."""
    _mark_sessions_of(db, spans)
    _roll_up(db, day_of, spans)
    db.executemany("DELETE FROM stale_span WHERE span = ?", [(span,) for span in spans])


def _mark_sessions_of(db: sqlite3.Connection, spans: Iterable[int]) -> None:
    for table in ("stale_account", "stale_waste"):
        mark = f"INSERT OR IGNORE INTO {table} SELECT session FROM span WHERE id = ?"
        db.executemany(mark, [(span,) for span in spans])


def _roll_up(db: sqlite3.Connection, day_of: Callable[[int], int], spans: Sequence[int]) -> None:
    wanted = f"span IN ({', '.join('?' * len(spans))})"
    db.execute(f"DELETE FROM evidence_day WHERE {wanted}", spans)
    found: dict[tuple[int, int, int, int], list[int]] = {}
    columns = f"at_us, span, model, place, {', '.join(EVIDENCE)}"
    query = f"SELECT {columns} FROM {evidence_moments(wanted)}"
    for at_us, span, model, place, *counts in db.execute(query, [*spans] * 3):
        key = (day_of(at_us), span, model, place)
        sums = found.get(key)
        found[key] = counts if sums is None else list(map(add, sums, counts))
    db.executemany(
        f"INSERT INTO evidence_day VALUES ({', '.join('?' * (4 + len(EVIDENCE)))})",
        sorted((*key, *sums) for key, sums in found.items()),
    )


def _larger(known: tuple[str, ...] | None, found: tuple[str, ...]) -> tuple[str, ...]:
    """Return value by value the larger one: "" is not known."""
    return found if known is None else tuple(map(max, known, found))
