"""The files that agents' hooks look at before they ask: who may go on, who asks, who is to stop.

In a folder of the run folder, a file a session, `default` for sessions not known yet, and `.codex`
while a session of Codex is to ask: its hooks know their session too late. A first line `pass`,
`check`, or `stop EXPIRES PID` with a prepared answer for each event; no file means `pass`.
"""

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from aicost.core.budget import OF_ONE, BudgetFilter, BudgetStatus, Traits
from aicost.core.errors import ConfigError
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
from aicost.daemon.weighing import Weighed, World
from aicost.platform.rundir import make_private

log = logging.getLogger(__name__)

FOLDER = "verdict"
DEFAULT, CODEX = "default", ".codex"
HOLDS = timedelta(minutes=5)  # a stop that nobody renews: a daemon that hangs must stop nobody
_RENEW = HOLDS / 2
_PREPARED = (BEFORE_TOOL, *sorted(AFTER_TOOLS), BEFORE_COMPACTION)
_NAME = re.compile(r"[0-9A-Za-z_-]{1,128}")  # as gate.sh takes a session's id

Tell = Callable[[Ask, Ruling, World], Telling]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one file says."""

    word: str  # "pass", "check", "stop", "" for a mark
    until: datetime | None = None  # of a stop, UTC
    lines: tuple[str, ...] = ()


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


class VerdictFiles:
    """Keeps the folder as it is to be. Belongs to one thread, and never raises OSError."""

    def __init__(self, run_dir: Path, pid: int) -> None:
        self._folder, self._pid = run_dir / FOLDER, pid
        self._written: dict[str, Verdict] = {}

    def clear(self) -> None:
        """Empty the folder, made if it is missing: what is left of another daemon stops nobody."""
        self._written.clear()
        try:
            make_private(str(self._folder))
            for entry in os.scandir(self._folder):
                os.unlink(entry.path)  # noqa: PTH108 - a name is all we have
        except (OSError, ConfigError) as error:
            log.warning("old verdicts cannot be removed: %s", error)

    def show(self, wanted: Mapping[str, Verdict], now: datetime) -> None:
        """Write what changed, in this order; then remove what is no longer said."""
        for attempt in (1, 2):
            try:
                for name, verdict in wanted.items():
                    self._write(name, verdict, now)
                for name in [one for one in self._written if one not in wanted]:
                    (self._folder / name).unlink(missing_ok=True)
                    del self._written[name]
            except FileNotFoundError:  # somebody tidied the run folder
                self.clear()
                continue
            except OSError as error:
                log.warning("verdicts cannot be written: %s (attempt %d)", error, attempt)
            return

    def _write(self, name: str, verdict: Verdict, now: datetime) -> None:
        known = self._written.get(name)
        if known is not None and _still_says(known, verdict, now):
            return
        path, part = self._folder / name, self._folder / f".{name}.part"
        part.unlink(missing_ok=True)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, self._text(verdict).encode())  # (a few kB: whole, or the disk is full)
        finally:
            os.close(fd)
        part.replace(path)
        self._written[name] = verdict

    def _text(self, verdict: Verdict) -> str:
        if not verdict.word:
            return ""
        first = verdict.word
        if verdict.until is not None:
            first = f"{first} {int(verdict.until.timestamp())} {self._pid}"
        return "\n".join((first, *verdict.lines, ""))


def _still_says(known: Verdict, wanted: Verdict, now: datetime) -> bool:
    """Say whether a file need not be written again: it says the same, and for long enough."""
    if (known.word, known.lines) != (wanted.word, wanted.lines):
        return False
    if known.until is None or wanted.until is None:
        return known.until == wanted.until
    is_long_enough = known.until - now >= _RENEW or known.until == wanted.until
    return is_long_enough and known.until <= wanted.until
