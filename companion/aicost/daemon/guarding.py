"""Guarded runs: which sessions belong to which, and what their hooks were told.

A session belongs to a guard because its hooks said so, or because its process carries the guard's
mark or was started by the guard's command. All methods are for the event loop only.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aicost.core.budget import Budget
from aicost.core.guard import MARK, innermost, is_guard_id, is_within
from aicost.core.session import Running
from aicost.platform.families import birth_of, is_below, mark_of

_MOST_SESSIONS = 4_096  # that are remembered of runs that ended
BEFORE_TOOL, PROMPT = "PreToolUse", "UserPromptSubmit"
_ENDS = ("stop", "block")
_REFUSES = ("stop", "refuse")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedRun:
    """One `aicost guard` that runs a command."""

    guard_id: str
    pid: int  # of the guard itself: its budgets end with it
    since: datetime  # UTC; what its sessions used before does not count
    budgets: tuple[Budget, ...] = ()
    child_pid: int = 0  # of the command; 0: it is not started yet


@dataclass(slots=True)
class Member:
    """What is known of a session under a guard."""

    guard_id: str  # the innermost
    has_hooks: bool = False
    refusals: int = 0  # tools refused since the last prompt that was let pass
    stop_reason: str = ""  # of the last stop, "" if it went on since


@dataclass(slots=True)
class _Registered:
    run: GuardedRun
    birth: float | None
    over_since_s: Mapping[str, float] = field(default_factory=dict)  # monotonic, by session id


@dataclass(slots=True)
class Guards:
    """All runs that are under guard now."""

    _runs: dict[str, _Registered] = field(default_factory=dict)
    _members: dict[str, Member] = field(default_factory=dict)  # by session id
    _looked_at: dict[str, int] = field(default_factory=dict)  # process by session id

    def register(self, run: GuardedRun, sessions: Iterable[str] = ()) -> None:
        """Take a run on, or what changed of it; `sessions` are known to be under it."""
        known = self._runs.get(run.guard_id)
        if known is None:
            self._runs[run.guard_id] = _Registered(run, birth_of(run.pid))
            self._looked_at.clear()  # whoever ran already may be under it
        else:
            if known.run.child_pid != run.child_pid:
                self._looked_at.clear()
            known.run = run
        for session_id in sessions:
            self._place(session_id, run.guard_id)

    def end(self, guard_id: str) -> None:
        """Forget a run; its budgets stop nobody any more."""
        self._runs.pop(guard_id, None)
        if len(self._members) > _MOST_SESSIONS:
            self._members = {
                session_id: member
                for session_id, member in self._members.items()
                if any(is_within(member.guard_id, run) for run in self._runs)
            }

    def end_dead(self, birth: Callable[[int], float | None] = birth_of) -> None:
        """Forget the runs whose guard is gone: it was killed."""
        for guard_id, known in tuple(self._runs.items()):
            if known.birth is None or birth(known.run.pid) != known.birth:
                self.end(guard_id)

    def run(self, guard_id: str) -> GuardedRun | None:
        """Return a run that is under guard."""
        known = self._runs.get(guard_id)
        return known.run if known else None

    def budgets(self) -> tuple[Budget, ...]:
        """Return the budgets of all runs whose guard is there."""
        self.end_dead()
        return tuple(one for known in self._runs.values() for one in known.run.budgets)

    def members(self, guard_id: str = "") -> Mapping[str, Member]:
        """Return the sessions under a guard and those within it, ended ones too; "": under any."""
        guards = (guard_id,) if guard_id else tuple(self._runs)
        return {
            session_id: member
            for session_id, member in self._members.items()
            if any(is_within(member.guard_id, one) for one in guards)
        }

    def guard_ids(self) -> dict[str, str]:
        """Return the innermost guard of each session that is under one, ended ones too."""
        return {session_id: member.guard_id for session_id, member in self.members().items()}

    def note_hook(self, session_id: str, guard_id: str) -> None:
        """Take what a session's hook said: under which guard it is, and so that it has hooks."""
        if is_guard_id(guard_id):
            self._place(session_id, guard_id)
            self._members[session_id].has_hooks = True

    def note_decision(self, session_id: str, event: str, action: str, reason: str) -> None:
        """Take what was decided at an event of a session."""
        member = self._members.get(session_id)
        if member is None:
            return
        member.refusals += event == BEFORE_TOOL and action in _REFUSES
        if action in _ENDS:
            member.stop_reason = reason or "over a hard budget"
        elif event == PROMPT:  # the user, or a script, may go on: the stop is over
            member.stop_reason, member.refusals = "", 0

    def over_for_s(
        self, guard_id: str, agents: Iterable[str], now_s: float, *, is_over: bool
    ) -> Mapping[str, float]:
        """Return for how long each session that runs goes on over a run's budget, in seconds.

        `now_s` is monotonic. One that starts later has its time as well.
        """
        known = self._runs.get(guard_id)
        before = known.over_since_s if known else {}
        since = {one: before.get(one, now_s) for one in agents} if is_over else {}
        if known:
            known.over_since_s = since
        return {one: now_s - since_s for one, since_s in since.items()}

    def unplaced(self, running: Running) -> dict[str, int]:
        """Return the processes of sessions that nobody looked at yet, by session id."""
        if not self._runs:
            return {}
        return {
            session_id: live.pid
            for session_id, live in running.sessions.items()
            if self._looked_at.get(session_id) != live.pid
        }

    def commands(self) -> dict[str, int]:
        """Return the process of each run's command, by guard."""
        return {guard_id: known.run.child_pid for guard_id, known in self._runs.items()}

    def place(self, owners: Mapping[str, tuple[int, str]]) -> None:
        """Take what was found of processes: (pid, guard or "") by session id."""
        for session_id, (pid, guard_id) in owners.items():
            self._looked_at[session_id] = pid
            if guard_id:
                self._place(session_id, guard_id)

    def _place(self, session_id: str, guard_id: str) -> None:
        known = self._members.get(session_id)
        if known is not None and is_within(guard_id, known.guard_id):
            known.guard_id = guard_id
        elif known is None or not is_within(known.guard_id, guard_id):  # of an earlier run
            self._members[session_id] = Member(guard_id)


def owners_of(pids: Mapping[str, int], commands: Mapping[str, int]) -> dict[str, tuple[int, str]]:
    """Return each session's process with the innermost guard that it runs under, "" for none.

    `pids` are of sessions, `commands` of guards. Asks the process table: not in the event loop.
    """
    found = {}
    for session_id, pid in pids.items():
        mark = mark_of(pid, MARK)
        guards = [mark] if is_guard_id(mark) else []
        guards += [one for one, command in commands.items() if command and is_below(pid, command)]
        found[session_id] = (pid, innermost(guards))
    return found
