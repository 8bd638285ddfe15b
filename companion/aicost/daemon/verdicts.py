"""The files that agents' hooks look at before they ask: who may go on, who asks, who is to stop.

In a folder of the run folder, a file a session, `default` for sessions not known yet, and `.codex`
while a session of Codex is to ask: its hooks know their session too late. A first line `pass`,
`check`, or `stop EXPIRES PID` with a prepared answer for each event; no file means `pass`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from aicost.core.budget import OF_ONE, BudgetFilter, BudgetStatus, Traits
from aicost.core.gate import (
    AFTER_TOOLS,
    BEFORE_COMPACTION,
    BEFORE_TOOL,
    Ask,
    Footing,
    Ruling,
    pressure,
    rule,
    verdict_of,
)
from aicost.core.gate_words import Telling, decided
from aicost.core.hook_answers import claude_answer, verdict_line
from aicost.core.reservation import UNKNOWN_CALL, larger
from aicost.core.spending import SessionNow
from aicost.daemon.verdict_files import HOLDS, Verdict
from aicost.daemon.weighing import Weighed
from aicost.daemon.world import World

DEFAULT, CODEX = "default", ".codex"
_PREPARED = (BEFORE_TOOL, *sorted(AFTER_TOOLS), BEFORE_COMPACTION)
_NAME = re.compile(r"[0-9A-Za-z_-]{1,128}")  # as gate.sh takes a session's id

Tell = Callable[[Ask, Ruling, World], Telling]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What all files say, and which sessions ask at each event."""

    files: Mapping[str, Verdict]
    asking: frozenset[str]


def find_verdicts(weighed: Weighed, tell: Tell) -> Verdicts:
    """Say what each session's hooks are to do until they hear more."""
    has_default, wakes_codex = _unknown_may_ask(weighed, ""), _unknown_may_ask(weighed, "codex")
    found: dict[str, Verdict] = {}
    asking, codex = set(weighed.world.guards), set[str]()
    for session_id, session in weighed.sessions.items():
        footing = weighed.footing(session_id)
        word, ruling = verdict_of(footing)
        if word == "stop":  # a file is for all its threads: what stops some of them, they ask about
            footing = _of_all_threads(footing, session)
            word, ruling = verdict_of(footing)
            word = "check" if word == "pass" else word
        if word != "pass":
            asking.add(session_id)
        if session.traits.agent == "codex":
            codex.add(session_id)
        elif _is_file_name(session_id) and (word != "pass" or has_default):
            is_stop = word == "stop"
            found[session_id] = (
                _stop(session_id, footing, ruling, weighed.world, tell)
                if is_stop
                else Verdict(word)
            )
    if wakes_codex or codex & asking:
        found[CODEX] = Verdict("")
        asking |= codex
    if has_default:  # the last one: who is known has its own by then
        found[DEFAULT] = Verdict("check")
    return Verdicts(found, frozenset(asking))


def _of_all_threads(footing: Footing, session: SessionNow) -> Footing:
    shared = (one for one in footing.statuses if session.is_wholly_under(one.budget.filter))
    return replace(footing, statuses=tuple(shared))


def _is_file_name(session_id: str) -> bool:
    return session_id != DEFAULT and _NAME.fullmatch(session_id) is not None


def _unknown_may_ask(weighed: Weighed, agent: str) -> bool:
    """Say whether a session that nobody knows yet could be stopped; "": of any agent."""
    expected = UNKNOWN_CALL
    for size in weighed.evaluation.sizes.values():
        expected = larger(expected, size)
    footing = Footing(expected=expected, grace_permille=weighed.world.grace_permille)
    budgets = weighed.world.budgets
    of_one = any(
        one.is_hard and one.scope in OF_ONE and one.origin != "guard" and _fits(one.filter, agent)
        for one in budgets
    )
    return of_one or any(
        one.budget.is_hard and _fits(one.budget.filter, agent) and pressure(one, footing) != "free"
        for one in weighed.evaluation.shared
    )


def _fits(filter_: BudgetFilter, agent: str) -> bool:
    if not agent or not filter_.agent:
        return True
    return BudgetFilter(agent=filter_.agent).covers(Traits(agent="codex"))


def _stop(session_id: str, footing: Footing, ruling: Ruling, world: World, tell: Tell) -> Verdict:
    """Prepare the answers to each event of a session that is to stop."""
    lines = []
    for event in _PREPARED:
        ask = Ask(agent="claude", event=event, session_id=session_id, path="")
        what = rule(ask, footing)
        answer = claude_answer(event, asdict(decided(ask, what, tell(ask, what, world))))
        lines.append(verdict_line(event, answer))
    ends = [end for one in ruling.causes if (end := _end_of(one)) is not None and end > world.now]
    until = min([world.now + HOLDS, *ends])
    return Verdict("stop", until, tuple(filter(None, lines)))


def _end_of(status: BudgetStatus) -> datetime | None:
    return status.window.end or status.resets_at
